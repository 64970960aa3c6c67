"""Content to factors: the factors of an item that nobody has rated yet, from its features.

Gantner, Drumond, Freudenthaler, Rendle & Schmidt-Thieme (2010), Learning Attribute-to-Feature
Mappings for Cold-Start Recommendations: factorize what was watched, then learn, from the items that
were, how their factors follow from their features. Here both steps are closed forms.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.protocol import Size, check_counts, check_positive
from lecture_utils.methods.pure_svd import find_directions


class Content(DotProduct):
    """Scores pairs by the users' factors X V and the factors that the items' features promise."""

    def __init__(self, interactions: Interactions, item: Tensor, promised: Tensor):
        """Keep V, `item`, and what features say of it, `promised`: (num_items, rank) each."""
        super().__init__(interactions.matrix @ item, promised)
        self.watched, self.grades = item, interactions.grades

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        strengths = grade_new(items, ratings, len(self.item), self.grades)
        return self.item @ (strengths @ self.watched[items])


def content(
    train: Tensors,
    size: Size,
    *,
    item_features: Sequence[Tensor],
    rank: int = 32,
    ridge: float = 10.0,
    grades: Sequence[float] = LINEAR,
) -> Iterator[Content]:
    """Solve for the map from features to the factors of PureSVD; yield once.

    Args:
        train: the ratings. Items without any are no examples of how factors follow from features.
        size: (num_users, num_items), the smaller at most a few thousand.
        item_features: tables (num_items, f), as `features.describe_items` makes them.
        rank: length of the factors.
        ridge: penalty on the squares of the map, added to the sum of squared errors, in which the
            factors of an item count by the singular values: as its column of X does.
        grades: strengths of 1..5 stars.
    """
    check_counts(rank=rank)
    check_positive(ridge=ridge)
    interactions = Interactions(train, size, grades)
    features = join_features(item_features, interactions)
    V, seen = find_directions(interactions, rank), find_seen(interactions)
    weights = solve_ridge(features[seen], V[seen], ridge)  # (f, rank)
    return iter([Content(interactions, V, features @ weights)])


def solve_ridge(features: Tensor, targets: Tensor, ridge: float) -> Tensor:
    """Return the weights W, (f, k), that minimise |T - X W|^2 + ridge |W|^2.

    X are `features`, (n, f), and T `targets`, (n, k).
    """
    gram = features.T @ features
    gram.diagonal().add_(ridge)
    return torch.cholesky_solve(features.T @ targets, torch.linalg.cholesky(gram))


def find_seen(interactions: Interactions) -> Tensor:
    """Say of each item whether anybody rated it in training, (num_items,)."""
    return interactions.items.bincount(minlength=interactions.matrix.shape[1]) > 0


def join_features(fields: Sequence[Tensor], interactions: Interactions) -> Tensor:
    """Put the fields side by side, (num_items, f), where the interactions are.

    Raises:
        ValueError: where there is none, and unless each is a finite table of floats, a row for
            each item.
    """
    values, num_items = interactions.values, interactions.matrix.shape[1]
    if not len(fields):
        raise ValueError("item_features must hold at least one table")
    for field in fields:
        if field.dim() != 2 or len(field) != num_items or not field.is_floating_point():
            found = f"{tuple(field.shape)} and {field.dtype}"
            raise ValueError(f"features must be tables ({num_items}, f) of floats, not {found}")
        if not bool(field.isfinite().all()):
            raise ValueError("features must be finite: fill or drop the blanks (NaN) first")
    return torch.cat([field.to(values) for field in fields], dim=1)
