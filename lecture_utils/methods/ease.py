"""EASE: item-to-item weights by one ridge regression, in closed form.

Steck (2019), Embarrassingly Shallow Autoencoders for Sparse Data; the penalty that stands for
dropout is that of Steck (2020), Autoencoders that don't overfit towards the Identity.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.histories import Histories, RecentToItem, fade
from lecture_utils.methods.interactions import LINEAR, Interactions
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.protocol import Size, check_positive, check_shares


def ease(
    train: Tensors,
    size: Size,
    *,
    ridge: float = 200.0,
    drop: float = 0.0,
    grades: Sequence[float] = LINEAR,
    times: Tensor | None = None,
    half_life: float = 10.0,
) -> Iterator[ItemToItem]:
    r"""Predict each column of X from all others, by ridge regression; yield once.

    The weights B minimise $|X - X B|^2$ plus the penalty, with a diagonal of zeros: nothing may
    explain itself.

    Args:
        train: the ratings.
        size: (num_users, num_items); up to three tables num_items x num_items are made at a time.
        ridge: penalty on the squares of the weights, added to the sum of squared errors.
        drop: share of the interactions that dropout would hide from the regression, on average.
        grades: strengths of 1..5 stars.
        times: when the ratings were given, (n,), in seconds. With them the model scores what comes
            next: the weights are the same, but a user's recent items vote louder.
        half_life: after so many further items a vote counts half.
    """
    check_positive(ridge=ridge, half_life=half_life)
    check_shares(drop=drop)
    interactions = Interactions(train, size, grades)
    weights = solve_without_self(interactions.item_gram(), ridge, drop)
    if times is None:
        return iter([ItemToItem(interactions, weights)])
    histories = Histories(train, times, size)
    return iter([RecentToItem(train, histories, weights, partial(fade, half_life=half_life))])


def solve_without_self(gram: Tensor, ridge: float, drop: float = 0.0) -> Tensor:
    """Return the weights B, (num_items, num_items), for the Gram matrix of X.

    All regressions share one inverse P of the penalised Gram matrix: column j, without item j,
    is -P[:, j] / P[j, j].
    """
    penalty = ridge + drop / (1 - drop) * gram.diagonal()  # what dropout adds on average
    P = torch.cholesky_inverse(torch.linalg.cholesky(gram + penalty.diag()))
    return (P / -P.diagonal()).fill_diagonal_(0.0)
