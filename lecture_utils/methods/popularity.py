"""Popularity: the same list for everybody, and what a personal one has to beat."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import BINARY, grade, grade_new
from lecture_utils.methods.protocol import Size, check_ratings
from lecture_utils.models import check_ids, check_pairs


class Popularity(NamedTuple):
    """Scores an item by what it got from all users."""

    score: Tensor  # (num_items,)
    num_users: int

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, self.num_users, len(self.score))
        return self.score[items]

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items), all rows the same."""
        check_ids("user", users, self.num_users)
        return self.score.repeat(len(users), 1)

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new, whatever she gave."""
        grade_new(items, ratings, len(self.score), BINARY)  # refuses what other models refuse
        return self.score.clone()


def popularity(
    train: Tensors, size: Size, *, grades: Sequence[float] = BINARY
) -> Iterator[Popularity]:
    """Add up the strengths of each item's interactions; yield once.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        grades: strengths of 1..5 stars; BINARY counts the ratings.
    """
    check_ratings(train, size)
    values = grade(train.ratings, grades)
    score = torch.zeros(size[1], device=values.device).index_add(0, train.items, values)
    return iter([Popularity(score, size[0])])
