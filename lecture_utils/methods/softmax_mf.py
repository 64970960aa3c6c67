"""Matrix factorization with softmax: of all items, which one did the user watch?

BPR compares an item with one other; the cross-entropy compares it with all at once, as a language
model does with words. MovieLens 100K is small enough to need no negative samples.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_shares,
)
from lecture_utils.methods.samplers import find_positives
from lecture_utils.methods.tables import Tables, descend, start_tables

NEWTON = 30  # steps that `fold_in` takes


def softmax_loss(scores: Tensor, strengths: Tensor) -> Tensor:
    r"""Return $-\sum_i w_{xi} \ln \mathrm{softmax}(s_x)_i$ of each user, (m,).

    `scores` s and `strengths` w are (m, num_items); w is 0 where nothing was watched.
    """
    return -(strengths * scores.log_softmax(dim=1)).sum(1)


class SoftmaxFactors(DotProduct):
    """Factors, and what it takes to find those of someone new."""

    def __init__(self, factors: DotProduct, ridge: float, drop: float, grades: Sequence[float]):
        """Keep the factors and the settings of `softmax_mf`."""
        super().__init__(factors.user, factors.item)
        self.ridge, self.drop, self.grades = ridge, drop, grades

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,).

        Damped Newton steps (Nesterov) with the items as they are. Dropout of factors is, to second
        order, a penalty on their squares: the curvature of the loss times drop / (1 - drop) / 2
        (Wager, Wang & Liang 2013, Dropout Training as Adaptive Regularization). The penalty's own
        change is left out.
        """
        strengths = grade_new(items, ratings, len(self.item), self.grades)
        P, bias = self.item[:, :-1], self.item[:, -1]
        watched, total = strengths @ P[items], strengths.sum()
        q = P.new_zeros(P.shape[1])
        for _ in range(NEWTON):
            chance = (P @ q + bias).softmax(0)  # (num_items,)
            expected = chance @ P
            curvature = total * (P.T @ (chance[:, None] * P) - torch.outer(expected, expected))
            penalty = 2 * self.ridge + self.drop / (1 - self.drop) * curvature.diagonal()
            penalty = penalty.clamp(min=1e-6)  # who watched nothing stays at 0, ridge or not
            slope = total * expected - watched + penalty * q
            step = torch.linalg.solve(curvature + torch.diag(penalty), slope)
            # That of the mean over what she watched: by the sum's, who watched much would creep.
            decrement = (step @ slope / total.clamp(min=1)).clamp(min=0).sqrt()
            q = q - step / (1 + decrement)
        return P @ q + bias


def softmax_mf(
    train: Tensors,
    size: Size,
    *,
    rank: int = 64,
    ridge: float = 1.5,
    drop: float = 0.7,
    lr: float = 0.015,
    batch: int = 1024,
    grades: Sequence[float] = LINEAR,
) -> Iterator[SoftmaxFactors]:
    """Train factors by Adam on the cross-entropy over all items; yield them after each epoch.

    Tables and start are those of BPR; loss, penalty, dropout and grades differ. The users' factors
    are free. Replacing them by the mean of the watched items' factors did worse on validation
    ratings, and took twice as long. Start, order and dropout come from torch's global generator:
    set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        ridge: penalty on the squares of the factors, added to the sum of the users' losses.
        drop: share of a user's factors that dropout leaves out in each step.
        lr: learning rate.
        batch: users of a step; all of MovieLens 100K fit into one, a table of 944 x 1683 scores.
        grades: strengths of 1..5 stars, which weigh the logarithms.
    """
    check_counts(rank=rank, batch=batch)
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    check_shares(drop=drop)
    interactions = Interactions(train, size, grades)
    tables = start_tables(find_positives(train, grades), size, rank)
    losses = partial(softmax_losses, tables, interactions, batch, ridge, drop)
    return descend(tables, lr, losses, lambda: SoftmaxFactors(tables.freeze(), ridge, drop, grades))


def softmax_losses(
    tables: Tables,
    interactions: Interactions,
    batch: int,
    ridge: float,
    drop: float = 0.0,
    embed: Callable[[Tables], Tables] = lambda tables: tables,
) -> Iterator[Tensor]:
    """Yield the loss of each batch of users of an epoch; scores are those of `embed(tables)`.

    It is the sum over all users, as a batch estimates it, divided by the sum of their
    strengths.
    """
    num_users, total = len(tables.user), interactions.values.sum()
    for users in torch.randperm(num_users, device=total.device).split(batch):
        user, item, bias = embed(tables)
        scores = F.dropout(user[users], drop) @ item.T + bias  # (m, num_items)
        loss = softmax_loss(scores, interactions.rows(users)).mean() * num_users
        squares = tables.user.square().sum() + tables.item.square().sum()
        yield (loss + ridge * squares) / total
