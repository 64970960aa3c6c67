"""Two towers: one reads what a user watched, the other the features of an item.

Covington, Adams & Sargin (2016), Deep Neural Networks for YouTube Recommendations; Yi et al.
(2019), Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations. The score is
the inner product of what the towers say, so the vectors of all items can be made beforehand, and
the nearest ones looked up. Those systems take the items of a batch as negatives; MovieLens is small
enough for all. Their towers are networks. On MovieLens 100K towers without a hidden layer rank new
movies better, so that is the default.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.content import join_features
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.fm import train_on_seen
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_shares,
)
from lecture_utils.models import check_ids, check_pairs


class TwoTower(nn.Module):
    """Scores pairs by the inner product of what the towers make of them.

    `user` reads rows of X of length 1, (m, num_items), some of what was watched dropped in
    training; `item` reads features, (n, f). Both answer with vectors of `rank` numbers.
    """

    def __init__(
        self,
        interactions: Interactions,
        features: Tensor,
        hidden: int | None,
        rank: int,
        drop: float,
    ):
        super().__init__()
        self.interactions, self.features = interactions, features
        user = build_tower(len(features), hidden, rank, features.device)
        self.user = nn.Sequential(nn.Dropout(drop), user)
        self.item = build_tower(features.shape[1], hidden, rank, features.device)

    def read(self, users: Tensor) -> Tensor:
        """Return the vectors of `users`, (m, rank)."""
        check_ids("user", users, self.interactions.matrix.shape[0])
        return self.user(F.normalize(self.interactions.rows(users)))

    def score(self, q: Tensor, items: Tensor) -> Tensor:
        """Score `items`, (n,), for users whose vectors are `q`, (m, rank): (m, n)."""
        return q @ self.item(self.features[items]).T

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,); each user and each item passes its tower once."""
        check_pairs(users, items, *self.interactions.matrix.shape)
        (who, user), (what, item) = (ids.unique(return_inverse=True) for ids in (users, items))
        return (self.read(who)[user] * self.item(self.features[what])[item]).sum(1)

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        return self.read(users) @ self.item(self.features).T

    @torch.no_grad()
    def freeze(self) -> DotProduct:
        """Make all vectors once; what remains are inner products, for an index of neighbours."""
        users = torch.arange(self.interactions.matrix.shape[0], device=self.features.device)
        return DotProduct(self.read(users), self.item(self.features))

    @torch.no_grad()
    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        strengths = grade_new(items, ratings, len(self.features), self.interactions.grades)
        row = strengths.new_zeros(len(self.features)).index_add(0, items, strengths)
        return self.item(self.features) @ self.user(F.normalize(row, dim=0))


def build_tower(width: int, hidden: int | None, rank: int, device: torch.device) -> nn.Module:
    """Build a tower that reads `width` numbers and answers with `rank`."""
    if hidden is None:
        return nn.Linear(width, rank, device=device)
    first, last = nn.Linear(width, hidden, device=device), nn.Linear(hidden, rank, device=device)
    return nn.Sequential(first, nn.ReLU(), last)


def two_tower(
    train: Tensors,
    size: Size,
    *,
    item_features: Sequence[Tensor],
    hidden: int | None = None,
    rank: int = 32,
    ridge: float = 10.0,
    drop: float = 0.5,
    lr: float = 0.01,
    batch: int = 1024,
    grades: Sequence[float] = LINEAR,
) -> Iterator[TwoTower]:
    """Train both towers by Adam on the softmax over all items that were rated; yield each epoch.

    Start, order and dropout come from torch's global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        item_features: tables (num_items, f), as `features.describe_items` makes them.
        hidden: units of a hidden layer of each tower; None is a linear map.
        rank: length of the vectors that the towers answer with.
        ridge: penalty on the squares of all weights, added to the sum of the users' losses.
        drop: share of what a user watched that dropout hides from her tower.
        lr: learning rate.
        batch: users of a step.
        grades: strengths of 1..5 stars, of what is read and of what weighs the logarithms.
    """
    check_counts(rank=rank, batch=batch, **({} if hidden is None else {"hidden": hidden}))
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    check_shares(drop=drop)
    interactions = Interactions(train, size, grades)
    features = join_features(item_features, interactions)
    model = TwoTower(interactions, features, hidden, rank, drop)
    return train_on_seen(model, interactions, ridge, lr, batch)
