"""NeuMF: a product of embeddings and a network on others, side by side.

He, Liao, Zhang, Nie, Hu & Chua (2017), Neural Collaborative Filtering; here for ratings, with the
mean squared error instead of the ranking of clicks that the paper trains for.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_ratings,
    check_shares,
)
from lecture_utils.models import Model, check_pairs
from lecture_utils.train import mse


class NeuMF(Model):
    """A product and a network whose outputs meet in one linear layer, `head`.

    The product is elementwise, of embeddings (GMF in the paper); the network, `mlp`, has two
    hidden layers on embeddings of its own. `user` (num_users, 2 rank) and `item`
    (num_items, 2 rank) hold both kinds side by side, the product's first. `mean` is added.
    """

    def __init__(
        self, num_users: int, num_items: int, mean: float, rank: int = 8, drop: float = 0.2
    ):
        super().__init__(num_users, num_items)
        self.mean = mean
        self.user, self.item = nn.Embedding(num_users, 2 * rank), nn.Embedding(num_items, 2 * rank)
        self.mlp = nn.Sequential(
            nn.Linear(2 * rank, 2 * rank),
            nn.ReLU(),
            nn.Dropout(drop),
            nn.Linear(2 * rank, rank),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * rank, 1)
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        product_u, deep_u = self.user(users).chunk(2, dim=1)  # (n, rank) each
        product_i, deep_i = self.item(items).chunk(2, dim=1)
        deep = self.mlp(torch.cat([deep_u, deep_i], dim=1))  # (n, rank)
        both = torch.cat([product_u * product_i, deep], dim=1)  # (n, 2 rank)
        return self.mean + self.head(both).squeeze(1)


def neumf(
    train: Tensors,
    size: Size,
    *,
    rank: int = 8,
    drop: float = 0.2,
    ridge: float = 5.0,
    lr: float = 3e-3,
    batch: int = 1024,
) -> Iterator[NeuMF]:
    """Train NeuMF by Adam on shuffled minibatches; yield it, in evaluation mode, after each epoch.

    Start, order and dropout come from torch's global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of each kind of embedding.
        drop: share of the first hidden layer that dropout leaves out.
        ridge: penalty on the squares of all parameters, added to the sum of squared errors.
        lr: learning rate.
        batch: ratings of a step.
    """
    check_ratings(train, size)
    check_counts(rank=rank, batch=batch)
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    check_shares(drop=drop)
    with train.ratings.device:
        model = NeuMF(*size, train.ratings.mean().item(), rank, drop)
    # Adam's weight_decay adds weight_decay * w to the gradient of the mean squared error.
    decay = 2 * ridge / len(train.ratings)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=decay)
    return _train(model, train, optimizer, batch)


def _train(
    model: NeuMF, train: Tensors, optimizer: torch.optim.Optimizer, batch: int
) -> Iterator[NeuMF]:
    while True:
        model.train()
        for part in torch.randperm(len(train.ratings), device=train.ratings.device).split(batch):
            loss = mse(model, tuple(column[part] for column in train))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield model.eval()
