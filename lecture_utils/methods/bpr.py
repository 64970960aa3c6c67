"""BPR: what a user watched shall stand above what she did not, pair by pair.

Rendle, Freudenthaler, Gantner & Schmidt-Thieme (2009), BPR: Bayesian Personalized Ranking from
Implicit Feedback.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import GRADED
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_ratings,
)
from lecture_utils.methods.samplers import Negatives, draw_triples, find_positives
from lecture_utils.methods.tables import Tables, descend, start_tables


def bpr_loss(difference: Tensor, strengths: Tensor | float = 1.0) -> Tensor:
    r"""Return the mean of $-w \ln \sigma(s_{xi} - s_{xj})$ over differences of scores, (n,).

    A difference is a log-odds: of two items, which one did she watch? `strengths` w, (n,), say how
    much each pair counts.
    """
    return -(strengths * F.logsigmoid(difference)).mean()


def bpr(
    train: Tensors,
    size: Size,
    *,
    rank: int = 64,
    ridge: float = 0.003,
    lr: float = 0.006,
    batch: int = 8192,
    power: float = 0.0,
    grades: Sequence[float] = GRADED,
) -> Iterator[DotProduct]:
    """Train factors by Adam on triples (user, watched, not watched); yield them after each epoch.

    Start, order and negatives come from torch's global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        ridge: penalty on the squares of the factors of a triple, added to its loss.
        lr: learning rate.
        batch: triples of a step.
        power: negatives are drawn by count ** power; 0 is uniform.
        grades: strengths of 1..5 stars, which weigh the triples.
    """
    check_ratings(train, size)
    check_counts(rank=rank, batch=batch)
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    positives, negatives = find_positives(train, grades), Negatives(*train[:2], size, power)
    tables = start_tables(positives, size, rank)
    losses = partial(bpr_losses, tables, positives, negatives, batch, ridge)
    return descend(tables, lr, losses, tables.freeze)


def bpr_losses(
    tables: Tables,
    positives: Tensors,
    negatives: Negatives,
    batch: int,
    ridge: float,
    embed: Callable[[Tables], Tables] = lambda tables: tables,
) -> Iterator[Tensor]:
    """Yield the loss of each minibatch of an epoch; scores are those of `embed(tables)`."""
    for users, items, others, strengths in draw_triples(positives, negatives, batch):
        loss = bpr_loss(embed(tables).compare(users, items, others), strengths)
        squares = tables.squares(users, torch.cat([items, others]))
        yield loss + ridge * squares / len(users)
