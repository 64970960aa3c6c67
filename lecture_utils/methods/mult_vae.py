"""MultVAE: an autoencoder that reads what a user watched and says what else she may watch.

Liang, Krishnan, Hoffman & Jebara (2018), Variational Autoencoders for Collaborative Filtering.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import GRADED, Interactions, grade_new
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_shares,
)
from lecture_utils.methods.softmax_mf import softmax_loss
from lecture_utils.models import Model, check_pairs

BATCH = 256  # users whose rows are read at a time in prediction


class MultVAE(Model):
    """Encoder and decoder, each with one hidden layer; of a row (num_items,) they make scores.

    The encoder turns it into a normal distribution of `rank` numbers, the decoder turns a draw
    into scores. Without training the mean stands for the draw.
    """

    def __init__(self, interactions: Interactions, hidden: int, rank: int, drop: float):
        num_users, num_items = interactions.by_user.shape
        super().__init__(num_users, num_items)
        self.interactions, self.drop = interactions, drop
        self.encoder = nn.Sequential(
            nn.Linear(num_items, hidden), nn.Tanh(), nn.Linear(hidden, 2 * rank)
        )
        self.decoder = nn.Sequential(nn.Linear(rank, hidden), nn.Tanh())
        self.out = nn.Linear(hidden, num_items)

    def encode(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Read rows of strengths, (m, num_items); return means and log-variances, (m, rank)."""
        read = F.dropout(F.normalize(rows), self.drop, self.training)
        mean, log_variance = self.encoder(read).chunk(2, dim=1)
        return mean, log_variance

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        known, place = users.unique(return_inverse=True)
        hidden = torch.cat([self.read(self.interactions.rows(m)) for m in known.split(BATCH)])
        return (hidden[place] * self.out.weight[items]).sum(1) + self.out.bias[items]

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        return self.out(self.read(self.interactions.rows(users)))

    @torch.no_grad()
    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new: read the row of her `ratings`, (n,)."""
        strengths = grade_new(items, ratings, self.size[1], self.interactions.grades)
        row = strengths.new_zeros(self.size[1]).index_add(0, items, strengths)
        return self.out(self.read(row[None]))[0]

    def read(self, rows: Tensor) -> Tensor:
        """Return the decoder's hidden units, (m, hidden), for the means of rows."""
        return self.decoder(self.encode(rows)[0])


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence of N(mean, variance), (m, rank), from N(0, 1), summed to (m,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


def negative_elbo(model: MultVAE, rows: Tensor, beta: float) -> Tensor:
    """Return the loss of rows of strengths, (m, num_items), a mean over users.

    That is the softmax loss of scores from one draw, plus `beta` times the divergence.
    """
    mean, log_variance = model.encode(rows)
    draw = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
    scores = model.out(model.decoder(draw))
    return (softmax_loss(scores, rows) + beta * kl_divergence(mean, log_variance)).mean()


def mult_vae(
    train: Tensors,
    size: Size,
    *,
    hidden: int = 200,
    rank: int = 64,
    drop: float = 0.5,
    beta: float = 0.2,
    anneal: int = 20,
    lr: float = 0.003,
    batch: int = 128,
    grades: Sequence[float] = GRADED,
) -> Iterator[MultVAE]:
    """Train the autoencoder by Adam on batches of users; yield it, in eval mode, after each epoch.

    Start, order, dropout and draws come from torch's global generator: set torch.manual_seed
    before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        hidden: units of the hidden layers.
        rank: length of what stands between encoder and decoder.
        drop: share of what is read that dropout hides.
        beta: weight of the divergence, once it is annealed.
        anneal: epochs in which that weight grows from 0.
        lr: learning rate.
        batch: users of a step.
        grades: strengths of 1..5 stars, of what is read and of what is to be said.
    """
    check_counts(hidden=hidden, rank=rank, anneal=anneal, batch=batch)
    check_not_negative(beta=beta)
    check_positive(lr=lr)
    check_shares(drop=drop)
    interactions = Interactions(train, size, grades)
    with train.ratings.device:
        model = MultVAE(interactions, hidden, rank, drop)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return _train(model, optimizer, beta, anneal, batch)


def _train(
    model: MultVAE, optimizer: torch.optim.Optimizer, beta: float, anneal: int, batch: int
) -> Iterator[MultVAE]:
    users = (model.interactions.by_user.counts() > 0).nonzero().flatten()
    epoch = 0
    while True:
        epoch += 1
        model.train()
        for part in torch.randperm(len(users), device=users.device).split(batch):
            rows = model.interactions.rows(users[part])
            loss = negative_elbo(model, rows, beta * min(1.0, epoch / anneal))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield model.eval()
