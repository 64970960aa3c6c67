"""Implicit ALS: factors that explain who watched what, by weighted least squares on all pairs.

Hu, Koren & Volinsky (2008), Collaborative Filtering for Implicit Feedback Datasets, in the form of
Rendle, Krichene, Zhang & Koren (2021), Revisiting the Performance of iALS on Item Recommendation
Benchmarks.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.least_squares import normal_equations, solve
from lecture_utils.methods.protocol import Size, check_counts, check_positive
from lecture_utils.sparse import Rows


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
    weights, num_items = interactions.values, interactions.by_item.shape[0]
    item = torch.randn(num_items, rank, device=weights.device) * (0.1 / rank**0.5)
    while True:
        user = solve_rows(interactions.by_user, weights, item, ridge, alpha)
        item = solve_rows(interactions.by_item, weights, user, ridge, alpha)
        yield ImplicitFactors(user, item, ridge, alpha, interactions.grades)


def solve_rows(rows: Rows, weights: Tensor, design: Tensor, ridge: float, alpha: float) -> Tensor:
    """Solve the weighted regression of every row on the factors of the columns.

    The pairs that a row has not rated are never touched: what all pairs add to the normal
    equations is the same for every row, alpha times the Gram matrix of the `design`.

    Args:
        rows: which columns each row has.
        weights: the strengths of the interactions, (n,).
        design: the factors of the columns, (num_columns, rank).
        ridge: as in `ials`.
        alpha: as in `ials`.

    Returns:
        The factors of the rows, (num_rows, rank).
    """
    num_columns = rows.shape[1]
    gram, moment = normal_equations(rows, design, torch.ones_like(weights), weights)
    gram += (alpha * design.T @ design)[..., None]
    total = rows.matrix(weights) @ weights.new_ones(num_columns)  # (num_rows,)
    gram.diagonal().add_(ridge * (total + alpha * num_columns)[:, None])
    return solve(gram, moment).T
