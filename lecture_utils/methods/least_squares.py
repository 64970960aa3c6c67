"""Least squares for every user at once, or for every movie.

Given the movies' factors f, user x's own solve a ridge regression on her ratings. Its normal
equations need the sum of f f^T over the movies that she rated. For all users together that is one
product: a sparse 0/1 matrix (users x movies) times a dense one that holds f f^T of each movie.

The regressions are those of Zhou et al. (2008), Large-scale Parallel Collaborative Filtering.
"""

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_pairs
from lecture_utils.sparse import Rows


def check_ratings(train: Tensors, num_users: int, num_items: int) -> None:
    """Raise ValueError unless users, items and ratings are of one shape (n,), not empty, and all
    ratings finite; IndexError for an unknown id."""
    users, items, ratings = train
    check_pairs(users, items, num_users, num_items)
    if ratings.shape != users.shape or not len(ratings):
        raise ValueError(
            f"ratings {tuple(ratings.shape)} and users {tuple(users.shape)} must be of one shape "
            "(n,), not empty"
        )
    if not bool(ratings.isfinite().all()):
        raise ValueError("ratings must be finite; drop the blanks (NaN) first")


def normal_equations(ratings: Rows, design: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Of each row's regression of `values` (n,) on `design` (num_columns, k): the sums of f f^T,
    shape (k, k, num_rows), and of values times f, shape (k, num_rows)."""
    k = design.shape[1]
    i, j = torch.tril_indices(k, k)
    ones = ratings.matrix(torch.ones_like(values))
    products = design.index_select(1, i) * design.index_select(1, j)  # (num_columns, k (k + 1) / 2)
    half = ones @ products  # (num_rows, k (k + 1) / 2)
    whole = torch.empty(k, k, dtype=torch.long)
    whole[i, j] = whole[j, i] = torch.arange(len(i))
    gram = half.T.contiguous().index_select(0, whole.flatten())  # (k k, num_rows)
    return gram.view(k, k, -1), (ratings.matrix(values) @ design).T.contiguous()


def solve(gram: Tensor, moment: Tensor, noise: Tensor | float = 0.0) -> Tensor:
    """Solve a small system per row: gram (k, k, n) positive definite, moment (k, n) -> (k, n).

    With standard normal `noise` (k, n) a draw from N(gram^-1 moment, gram^-1) comes back, which is
    what a Gibbs sampler wants. Cholesky column by column, every column for all n rows at once:
    LAPACK one row after the other takes twice as long.
    """
    k = len(moment)
    L, x = torch.empty_like(gram), torch.empty_like(moment)
    for j in range(k):
        column = gram[j:, j] - (L[j:, :j] * L[j, :j]).sum(1)  # (k - j, n)
        scale = column[0].rsqrt()
        L[j:, j] = column * scale
        x[j] = (moment[j] - (L[j, :j] * x[:j]).sum(0)) * scale  # L x = moment
    x = x + noise
    for j in reversed(range(k)):
        x[j] = (x[j] - (L[j + 1 :, j] * x[j + 1 :]).sum(0)) / L[j, j]  # L^T x = x
    return x
