"""What a model has to beat: biases alone, in closed form."""

from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_pairs


class Biases(NamedTuple):
    """Predicts `mean + user[x] + item[i]`, in stars (Koren, Bell & Volinsky 2009, section 4)."""

    mean: float
    user: Tensor  # (num_users,)
    item: Tensor  # (num_items,)

    def __call__(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings, shape (n,), for ids of shape (n,). IndexError for an unknown id."""
        check_pairs(users, items, len(self.user), len(self.item))
        return self.mean + self.user[users] + self.item[items]


def fit_biases(
    train: Tensors, num_users: int, num_items: int, strength: float = 5.0, sweeps: int = 10
) -> Biases:
    """Biases that minimise the squared error plus `strength` times the sum of their squares.

    Given the users' biases the items' are shrunken means, and the other way round: `sweeps` turns
    of each, as in lecture 02. An id without a rating has bias 0.
    Raises ValueError for ratings that are not finite, or none, for a `strength` below 0 and for
    fewer sweeps than one; IndexError for an unknown id.
    """
    users, items, ratings = train
    check_pairs(users, items, num_users, num_items)
    mean = ratings.mean()
    if not bool(mean.isfinite()):
        raise ValueError("ratings must be finite, and at least one; drop the blanks (NaN) first")
    if not strength >= 0 or sweeps < 1:
        raise ValueError(
            f"strength must be at least 0 and sweeps at least 1, not {strength} and {sweeps}"
        )
    user, item = torch.zeros(num_users), torch.zeros(num_items)
    for _ in range(sweeps):
        item = _shrunken_mean(items, ratings - mean - user[users], num_items, strength)
        user = _shrunken_mean(users, ratings - mean - item[items], num_users, strength)
    return Biases(mean.item(), user, item)


def _shrunken_mean(ids: Tensor, values: Tensor, size: int, strength: float) -> Tensor:
    """Per id the sum of `values` over their count + `strength`, shape (size,)."""
    total = torch.zeros(size).index_add(0, ids, values)
    count = torch.bincount(ids, minlength=size)
    return total / (count + strength).clamp(min=1e-9)  # 0 / 0 without ratings and strength
