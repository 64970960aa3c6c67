"""Factorization machines: a movie is the sum of the factors of its features.

Rendle (2010), Factorization Machines, multiply the factors of each two features of a row, and so of
a user and each feature of a movie. Two features of one movie give the same to every user; these
products are left out, as in Kula (2015), Metadata Embeddings for User and Item Cold-start
Recommendations (LightFM): they learned popularity by heart, and ranked new movies worse. DeepFM
(Guo, Tang, Ye, Li & He 2017) adds a small network that reads the same factors.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.content import find_seen, join_features
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_shares,
)
from lecture_utils.methods.softmax_mf import SoftmaxFactors, softmax_loss
from lecture_utils.methods.tables import take_steps
from lecture_utils.models import check_ids, check_pairs


class FM(nn.Module):
    """Scores a user and an item by the products of her factors with those of its features.

    `fold` are ridge, drop and grades of `fm`, by which `fold_in` finds the factors of someone new.
    """

    def __init__(
        self,
        num_users: int,
        features: Tensor,
        widths: list[int],
        rank: int,
        hidden: int | None,
        fold: tuple[float, float, Sequence[float]],
    ):
        """Draw small factors for `features`, (num_items, f), whose fields have `widths`."""
        super().__init__()
        self.features, self.widths, self.fold = features, widths, fold
        device = features.device
        self.user = nn.Parameter(0.1 * torch.randn(num_users, rank, device=device))
        self.feature = nn.Parameter(0.1 * torch.randn(features.shape[1], rank, device=device))
        self.linear = nn.Parameter(features.new_zeros(features.shape[1]))
        self.deep = None
        if hidden is not None:
            self.deep = Deep(rank, len(widths), hidden, device)

    def embed(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return the factors of `items` in each field, (n, fields, rank), and biases, (n,)."""
        rows = self.features[items]
        parts = zip(rows.split(self.widths, dim=1), self.feature.split(self.widths))
        return torch.stack([x @ v for x, v in parts], dim=1), rows @ self.linear

    def read(self, users: Tensor) -> Tensor:
        """Return the factors of `users`, (m,), some of them dropped in training: (m, rank)."""
        return F.dropout(self.user[users], self.fold[1], self.training)

    def score(self, q: Tensor, items: Tensor) -> Tensor:
        """Score `items`, (n,), for each of the users' factors `q`, (m, rank): (m, n)."""
        fields, bias = self.embed(items)
        scores = q @ fields.sum(1).T + bias
        return scores if self.deep is None else scores + self.deep(q, fields)

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, len(self.user), len(self.features))
        fields, bias = self.embed(items)
        q = self.read(users)
        scores = (q * fields.sum(1)).sum(1) + bias
        return scores if self.deep is None else scores + self.deep.score_pairs(q, fields)

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, len(self.user))
        items = torch.arange(len(self.features), device=users.device)
        return torch.cat([self.score(q, items) for q in self.read(users).split(64)])

    @torch.no_grad()
    def freeze(self) -> DotProduct:
        """Make the same model of factors alone: the bias becomes one more, whose partner is 1.

        Without a network it is an inner product, so that neighbours can be looked up in an index.
        """
        fields, bias = self.embed(torch.arange(len(self.features), device=self.linear.device))
        one = self.user.new_ones(len(self.user), 1)
        return DotProduct(
            torch.cat([self.user, one], 1), torch.cat([fields.sum(1), bias[:, None]], 1)
        )

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,).

        Raises:
            NotImplementedError: for DeepFM, whose optimum is not that of a softmax of products.
        """
        if self.deep is not None:
            raise NotImplementedError("DeepFM cannot fold in someone new; use fm without `hidden`")
        return SoftmaxFactors(self.freeze(), *self.fold).fold_in(items, ratings)


class Deep(nn.Module):
    """The network of DeepFM: one hidden layer on the factors of the user and of each field."""

    def __init__(self, rank: int, fields: int, hidden: int, device: torch.device):
        super().__init__()
        self.user = nn.Linear(rank, hidden, device=device)
        self.item = nn.Linear(fields * rank, hidden, bias=False, device=device)
        self.out = nn.Linear(hidden, 1, device=device)

    def forward(self, q: Tensor, fields: Tensor) -> Tensor:
        """Score every pair of users, (m, rank), and items, (n, fields, rank): (m, n)."""
        both = self.user(q)[:, None] + self.item(fields.flatten(1))  # (m, n, hidden)
        return self.out(both.relu()).squeeze(2)

    def score_pairs(self, q: Tensor, fields: Tensor) -> Tensor:
        """Score pairs, (n,), of users, (n, rank), and items, (n, fields, rank)."""
        both = self.user(q) + self.item(fields.flatten(1))
        return self.out(both.relu()).squeeze(1)


def fm(
    train: Tensors,
    size: Size,
    *,
    item_features: Sequence[Tensor],
    rank: int = 32,
    hidden: int | None = None,
    ridge: float = 10.0,
    drop: float = 0.5,
    lr: float = 0.02,
    batch: int = 1024,
    grades: Sequence[float] = LINEAR,
) -> Iterator[FM]:
    """Train by Adam on the cross-entropy over all items that were rated; yield after each epoch.

    Loss, dropout and grades are those of softmax MF. Start, order and dropout come from torch's
    global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        item_features: a table (num_items, f) for each field, as `features.describe_items` makes
            them; a field of ids, ones on the diagonal, gives each item factors of its own.
        rank: length of the factors.
        hidden: units of DeepFM's hidden layer; None is an FM without a network.
        ridge: penalty on the squares of all parameters, added to the sum of the users' losses.
        drop: share of a user's factors that dropout leaves out in each step.
        lr: learning rate.
        batch: users of a step.
        grades: strengths of 1..5 stars, which weigh the logarithms.
    """
    check_counts(rank=rank, batch=batch, **({} if hidden is None else {"hidden": hidden}))
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    check_shares(drop=drop)
    interactions = Interactions(train, size, grades)
    features = join_features(item_features, interactions)
    widths = [field.shape[1] for field in item_features]
    model = FM(size[0], features, widths, rank, hidden, (ridge, drop, grades))
    return train_on_seen(model, interactions, ridge, lr, batch)


def train_on_seen(
    model: nn.Module, interactions: Interactions, ridge: float, lr: float, batch: int
) -> Iterator[nn.Module]:
    """Train by Adam on the softmax over the items that were rated; yield after each epoch.

    What nobody could rate yet is no negative: it is left out, not pushed down. `model` has
    `read(users)`, what it makes of them, and `score(read, items)`, a table.
    """
    seen = find_seen(interactions).nonzero().flatten()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    while True:
        model.train()
        take_steps(optimizer, _losses(model, interactions, seen, ridge, batch))
        yield model.eval()


def _losses(
    model: nn.Module, interactions: Interactions, seen: Tensor, ridge: float, batch: int
) -> Iterator[Tensor]:
    """Yield the loss of each batch of users, as `softmax_losses` does."""
    num_users, total = interactions.matrix.shape[0], interactions.values.sum()
    for users in torch.randperm(num_users, device=total.device).split(batch):
        scores = model.score(model.read(users), seen)  # (m, items that were rated)
        loss = softmax_loss(scores, interactions.rows(users)[:, seen]).mean() * num_users
        squares = sum(parameter.square().sum() for parameter in model.parameters())
        yield (loss + ridge * squares) / total
