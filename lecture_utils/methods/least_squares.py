"""Least squares for every user at once, or for every item.

Given the items' factors f, user x's own solve a ridge regression on her ratings. Its normal
equations need the sum of f f^T over the items that she rated. For all users together that is one
product: a sparse 0/1 matrix (users x items) times a dense one that holds f f^T of each item.

The regressions are those of Zhou et al. (2008), Large-scale Parallel Collaborative Filtering.
"""

import torch
from torch import Tensor

from lecture_utils.sparse import Rows


def normal_equations(ratings: Rows, design: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Sum up the normal equations of each row's regression of `values`, (n,), on `design`.

    Args:
        ratings: which columns each row has.
        design: what is known of each column, f, (num_columns, k).
        values: what the regression explains, one per rating.

    Returns:
        The sums of f f^T, (k, k, num_rows), and of values times f, (k, num_rows).
    """
    gram = sum_products(ratings.matrix(torch.ones_like(values)), design)
    return gram, (ratings.matrix(values) @ design).T.contiguous()


def sum_products(cells: Tensor, design: Tensor) -> Tensor:
    """Sum up f f^T over the cells of each row, weighted by their values: (k, k, num_rows).

    Args:
        cells: a sparse matrix, (num_rows, num_columns).
        design: what is known of each column, f, (num_columns, k).
    """
    k = design.shape[1]
    i, j = torch.tril_indices(k, k, device=design.device)
    products = design.index_select(1, i) * design.index_select(1, j)  # (num_columns, k (k + 1) / 2)
    half = cells @ products  # (num_rows, k (k + 1) / 2)
    whole = i.new_empty(k, k)
    whole[i, j] = whole[j, i] = torch.arange(len(i), device=i.device)
    gram = half.T.contiguous().index_select(0, whole.flatten())  # (k k, num_rows)
    return gram.view(k, k, -1)


def solve(gram: Tensor, moment: Tensor, noise: Tensor | float = 0.0) -> Tensor:
    """Solve one small system per row by Cholesky.

    It goes column by column, every column for all n rows at once: LAPACK, one row after the other,
    takes twice as long.

    Args:
        gram: positive definite, (k, k, n).
        moment: the right-hand sides, (k, n).
        noise: standard normal numbers, (k, n). With them the result is a draw from
            N(gram^-1 moment, gram^-1), which is what a Gibbs sampler needs.

    Returns:
        The solutions, (k, n).
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
