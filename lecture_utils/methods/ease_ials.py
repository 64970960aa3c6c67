"""EASE and implicit ALS, averaged: one knows pairs of items, the other a few factors.

What one ranks wrongly by accident the other ranks wrongly differently, as with any blend (see
`blend`). Their scores have other scales, so each user's are standardised first, as where search
engines are combined: Savoy (2004), Data Fusion for Effective European Monolingual Information
Retrieval.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.ease import ease
from lecture_utils.methods.ials import ImplicitFactors, ials
from lecture_utils.methods.interactions import BATCH, LINEAR
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.protocol import Size, check_counts
from lecture_utils.models import check_pairs


class EaseIals:
    """Scores an item by how far it stands above the user's mean item, on average over both."""

    def __init__(self, items: ItemToItem, factors: ImplicitFactors):
        """Keep the models of `ease` and of `ials`."""
        self.parts = items, factors
        self.size = len(factors.user), len(factors.item)

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        found, row = users.unique(return_inverse=True)
        return torch.cat([self.table(batch) for batch in found.split(BATCH)])[row, items]

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        return sum(standardise(part.table(users)) for part in self.parts) / len(self.parts)

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        scores = (part.fold_in(items, ratings) for part in self.parts)
        return sum(standardise(each) for each in scores) / len(self.parts)


def standardise(scores: Tensor) -> Tensor:
    """Shift and scale scores, (..., num_items), to mean 0 and standard deviation 1 over items.

    Where all are the same, as those of somebody who watched nothing, they become 0.
    """
    deviation = scores.std(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).tiny)
    return (scores - scores.mean(-1, keepdim=True)) / deviation


def ease_ials(
    train: Tensors,
    size: Size,
    *,
    ridge: float = 50.0,
    drop: float = 0.7,
    rank: int = 32,
    sweeps: int = 6,
    grades: Sequence[float] = LINEAR,
) -> Iterator[EaseIals]:
    """Train both and average their standardised scores; yield once.

    Implicit ALS starts from torch's random numbers: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items); as large as it may be for `ease`.
        ridge: of `ease`.
        drop: of `ease`.
        rank: of `ials`, whose other settings are its own defaults.
        sweeps: how many `ials` makes.
        grades: strengths of 1..5 stars, for both.
    """
    check_counts(sweeps=sweeps)
    factors = islice(ials(train, size, rank=rank, grades=grades), sweeps - 1, sweeps)
    return map(EaseIals, ease(train, size, ridge=ridge, drop=drop, grades=grades), factors)
