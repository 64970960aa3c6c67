"""Implicit ALS: factors that explain who watched what, by weighted least squares on all pairs.

Hu, Koren & Volinsky (2008), Collaborative Filtering for Implicit Feedback Datasets, in the form of
Rendle, Krichene, Zhang & Koren (2021), Revisiting the Performance of iALS on Item Recommendation
Benchmarks.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.least_squares import solve, sum_products
from lecture_utils.methods.protocol import Size, check_counts, check_positive


class ImplicitFactors(DotProduct):
    """Scores pairs by the dot product of their factors, and solves for someone new."""

    def __init__(
        self, user: Tensor, item: Tensor, ridge: float, alpha: float, grades: Sequence[float]
    ):
        """Keep the tables (num_users, rank) and (num_items, rank), and settings of `ials`."""
        super().__init__(user, item)
        self.ridge, self.alpha, self.grades = ridge, alpha, grades

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        weights = grade_new(items, ratings, len(self.item), self.grades)
        watched = self.item[items]  # (n, rank)
        gram = self.alpha * self.item.T @ self.item + watched.T @ (weights[:, None] * watched)
        gram.diagonal().add_(self.ridge * (weights.sum() + self.alpha * len(self.item)))
        return self.item @ torch.linalg.solve(gram, weights @ watched)


def ials(
    train: Tensors,
    size: Size,
    *,
    rank: int = 32,
    ridge: float = 0.01,
    alpha: float = 0.4,
    grades: Sequence[float] = LINEAR,
) -> Iterator[ImplicitFactors]:
    r"""Solve for all users, then for all items, in closed form; yield the model after each sweep.

    With strengths $w_{xi}$ of interactions this minimises $\sum w_{xi} (1 - q_x \cdot p_i)^2$ over
    the interactions, plus $\alpha \sum (q_x \cdot p_i)^2$ over all pairs, plus the penalties. It
    starts from torch's random numbers: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        ridge: penalty on the squares of the factors; each row pays it times the sum of all weights
            in its loss, those of its interactions and `alpha` for every pair.
        alpha: weight of every pair, with target 0; an interaction has its strength besides.
        grades: strengths of 1..5 stars.
    """
    check_counts(rank=rank)
    check_positive(ridge=ridge, alpha=alpha)
    return _sweep(Interactions(train, size, grades), rank, ridge, alpha)


def _sweep(
    interactions: Interactions, rank: int, ridge: float, alpha: float
) -> Iterator[ImplicitFactors]:
    item = start_items(interactions, rank)
    while True:
        user = solve_rows(interactions.matrix, item, ridge, alpha)
        item = solve_rows(interactions.transposed, user, ridge, alpha)
        yield ImplicitFactors(user, item, ridge, alpha, interactions.grades)


def start_items(interactions: Interactions, rank: int) -> Tensor:
    """Draw the items' factors that the first sweep starts from, (num_items, rank)."""
    num_items, device = interactions.matrix.shape[1], interactions.values.device
    return torch.randn(num_items, rank, device=device) * (0.1 / rank**0.5)


def solve_rows(
    cells: Tensor,
    design: Tensor,
    ridge: float,
    alpha: float,
    sum_products: Callable[[Tensor, Tensor], Tensor] = sum_products,
) -> Tensor:
    """Solve the weighted regression of every row on the factors of the columns.

    The pairs that a row has not rated are never touched: what all pairs add to the normal
    equations is the same for every row, alpha times the Gram matrix of the `design`.

    Args:
        cells: the strengths of the interactions, a sparse matrix (num_rows, num_columns).
        design: the factors of the columns, (num_columns, rank).
        ridge: as in `ials`.
        alpha: as in `ials`.
        sum_products: see `least_squares`; there are several ways.

    Returns:
        The factors of the rows, (num_rows, rank).
    """
    num_columns = cells.shape[1]
    gram = sum_products(cells, design)
    gram += (alpha * design.T @ design)[..., None]
    total = cells @ design.new_ones(num_columns)  # (num_rows,)
    gram.diagonal().add_(ridge * (total + alpha * num_columns)[:, None])
    return solve(gram, (cells @ design).T.contiguous()).T
