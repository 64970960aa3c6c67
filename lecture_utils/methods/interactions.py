"""Ratings read as interactions: who watched what, and how much that says.

A rating of any size says that a movie was watched. Whether one star also says "more of this" is a
choice, made by `grades`: a graded input counts a loved movie more, as Hu, Koren & Volinsky (2008),
Collaborative Filtering for Implicit Feedback Datasets, weigh each interaction by how much was
watched; BINARY counts each once.
"""

from collections.abc import Sequence
from copy import copy

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.protocol import Size, check_ratings
from lecture_utils.models import check_ids, check_lengths
from lecture_utils.sparse import Rows

# How much 1, 2, ..., 5 stars say, chosen on validation ratings: closed forms and softmax MF rank
# better by LINEAR; BPR, LightGCN and MultVAE by GRADED.
GRADED = (0.0, 0.1, 0.3, 0.6, 1.0)
LINEAR = (0.0, 0.25, 0.5, 0.75, 1.0)
BINARY = (1.0,) * 5  # watched is watched
BATCH = 1024  # users whose rows are dense at a time


class Interactions:
    """Who interacted with what, and how strongly, as the sparse matrix X (num_users, num_items).

    `by_user` holds it row by row, `by_item` column by column; `values` (n,) are the strengths in
    the order of the ratings. `users`, `items`, both (n,), and `grades` are those that made it.
    What is defined below needs `matrix`, `values` and `grades` alone.
    """

    def __init__(self, train: Tensors, size: Size, grades: Sequence[float]):
        """Grade the ratings of `train`; refuse what `check_ratings` refuses, and bad grades."""
        check_ratings(train, size)
        self.users, self.items, ratings = train
        self.grades, self.values = grades, grade(ratings, grades)
        self.by_user = Rows(self.users, self.items, *size)
        self.by_item = Rows(self.items, self.users, *size[::-1])
        self.matrix = self.by_user.matrix(self.values)  # X
        self.transposed = self.by_item.matrix(self.values)  # its transpose

    def cells(self, users: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """List what `users`, (m,), watched: which of them, 0..m-1, item and strength, (k,) each."""
        check_ids("user", users, self.matrix.shape[0])
        starts = self.matrix.crow_indices()
        start, end = starts[users].long(), starts[users + 1].long()
        row = torch.repeat_interleave(end - start)  # (k,)
        place = torch.arange(len(row), device=row.device) - (end - start).cumsum(0)[row] + end[row]
        return row, self.matrix.col_indices()[place].long(), self.matrix.values()[place]

    def rows(self, users: Tensor) -> Tensor:
        """Return the rows of X for `users`, (m,), as a dense table (m, num_items)."""
        row, column, strengths = self.cells(users)
        table = self.values.new_zeros(len(users), self.matrix.shape[1])
        return table.index_put_((row, column), strengths, accumulate=True)  # twice adds up

    def weigh(self, factors: Tensor) -> "Interactions":
        """Return the same interactions, their strengths times `factors`, (n,) in their order."""
        other = copy(self)
        other.values = self.values * factors
        other.matrix = self.by_user.matrix(other.values)
        other.transposed = self.by_item.matrix(other.values)
        return other

    def item_gram(self) -> Tensor:
        """Sum up how often, and how strongly, items go together: X^T X, (num_items, num_items)."""
        num_users, num_items = self.matrix.shape
        gram = self.values.new_zeros(num_items, num_items)
        for batch in torch.arange(num_users, device=gram.device).split(BATCH):
            rows = self.rows(batch)
            gram.addmm_(rows.T, rows)
        return gram


def grade(ratings: Tensor, grades: Sequence[float]) -> Tensor:
    """Turn stars, (n,), into strengths: `grades` are those of 1..5 stars, linear in between.

    Raises:
        ValueError: unless there are five grades of at least 0, not all 0, and the stars lie in
            0.5..5.
    """
    ratings = ratings.float()  # whole numbers and double precision are stars, too
    table = ratings.new_tensor(grades)
    if table.shape != (5,) or not bool((table >= 0).all()) or not bool(table.any()):
        raise ValueError(f"grades must be five numbers of at least 0, not all 0; not {[*grades]}")
    if not bool(((ratings >= 0.5) & (ratings <= 5)).all()):
        raise ValueError("graded ratings must lie between 0.5 and 5 stars")
    stars = ratings.clamp(min=1) - 1
    below = stars.floor().clamp(max=3)
    return torch.lerp(table[below.long()], table[below.long() + 1], stars - below)


def grade_new(items: Tensor, ratings: Tensor, num_items: int, grades: Sequence[float]) -> Tensor:
    """Grade what someone new gave, (n,): stars to `items`, none or many.

    Raises:
        ValueError: unless both are (n,), and for what `grade` refuses.
        IndexError, TypeError: for a bad id.
    """
    check_lengths(items=items, ratings=ratings)
    check_ids("item", items, num_items)
    return grade(ratings, grades)
