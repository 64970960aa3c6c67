"""Item-to-item models: what was watched votes for what to watch next.

Every item has a weight for every other one, so each score is a sum over the items that someone
watched, and says of itself why it is high (Deshpande & Karypis 2004, Item-based Top-N
Recommendation Algorithms).
"""

import torch
from torch import Tensor

from lecture_utils.methods.interactions import BATCH, Interactions, grade_new
from lecture_utils.models import check_ids, check_pairs


class ItemToItem:
    """Scores item i for user x by the sum of X[x, j] B[j, i] over what she watched, j."""

    def __init__(self, interactions: Interactions, weights: Tensor):
        """Keep X and `weights`, which are B (num_items, num_items)."""
        self.interactions, self.weights = interactions, weights
        self.grades = interactions.grades

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, *self.interactions.matrix.shape)
        pairs = zip(users.split(BATCH), items.split(BATCH))  # a dense row per pair is large
        return torch.cat([(self.interactions.rows(u) * self.weights.T[i]).sum(1) for u, i in pairs])

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        return self.interactions.rows(users) @ self.weights

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        return self._grade(items, ratings) @ self.weights[items]

    def reasons(self, items: Tensor, ratings: Tensor, item: int) -> Tensor:
        """Return what each of `items` adds to the score that `fold_in` gives to `item`, (n,)."""
        check_ids("item", torch.as_tensor([item], device=items.device), len(self.weights))
        return self._grade(items, ratings) * self.weights[items, item]

    def _grade(self, items: Tensor, ratings: Tensor) -> Tensor:
        return grade_new(items, ratings, len(self.weights), self.grades)
