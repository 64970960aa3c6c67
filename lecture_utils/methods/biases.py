"""Biases alone, in closed form: what a model has to beat.

Koren, Bell & Volinsky (2009), Matrix Factorization Techniques for Recommender Systems, section 4.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.protocol import Size, check_counts, check_not_negative, check_ratings
from lecture_utils.models import check_ids, check_pairs


class Biases(NamedTuple):
    """Predicts `mean + user[x] + item[i]`, in stars."""

    mean: float
    user: Tensor  # (num_users,)
    item: Tensor  # (num_items,)

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, len(self.user), len(self.item))
        return self.mean + self.user[users] + self.item[items]

    def table(self, users: Tensor) -> Tensor:
        """Predict every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, len(self.user))
        return self.mean + self.user[users, None] + self.item


def biases(train: Tensors, size: Size, *, ridge: float = 5.0) -> Iterator[Biases]:
    """Minimise the sum of squared errors plus `ridge` times the sum of the biases' squares.

    Given the users' biases the items' are shrunken means, and the other way round; a sweep does
    both, as in lecture 02. An id without a rating has bias 0.
    """
    check_ratings(train, size)
    check_not_negative(ridge=ridge)
    return _sweep(train, size, ridge)


def _sweep(train: Tensors, size: Size, ridge: float) -> Iterator[Biases]:
    users, items, ratings = train
    mean = ratings.mean()
    user = ratings.new_zeros(size[0])
    while True:
        item = _shrink_means(items, ratings - mean - user[users], size[1], ridge)
        user = _shrink_means(users, ratings - mean - item[items], size[0], ridge)
        yield Biases(mean.item(), user, item)


def _shrink_means(ids: Tensor, values: Tensor, size: int, ridge: float) -> Tensor:
    """Per id the sum of `values` over their count + `ridge`, (size,)."""
    total = values.new_zeros(size).index_add(0, ids, values)
    count = torch.bincount(ids, minlength=size)
    return total / (count + ridge).clamp(min=1e-9)  # 0 / 0 without ratings and ridge


def fit_biases(
    train: Tensors, num_users: int, num_items: int, ridge: float = 5.0, sweeps: int = 10
) -> Biases:
    """Return the biases after some sweeps: `biases` for lectures that do not know it yet."""
    check_counts(sweeps=sweeps)
    *_, model = islice(biases(train, (num_users, num_items), ridge=ridge), sweeps)
    return model
