"""Metrics of a list of `k` items, user by user, expected exactly over all orders of equals.

Where scores are equal nothing says who stands first, so each order counts alike: a metric depends
neither on the platform nor on the numbering of the items (McSherry & Najork 2008, Computing
Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_ids

BATCH = 64  # users that a model is asked for at a time
METRICS = ("precision", "recall", "ndcg", "mrr", "map", "hit_rate")


class Ties(NamedTuple):
    """Where the wanted items of one user stand, (n,) each; equals share the places of a group."""

    above: Tensor  # how many items are better
    group: Tensor  # how many are equal, itself included
    wanted_above: Tensor  # how many wanted items are better
    wanted_group: Tensor  # how many wanted items are equal, itself included
    index: Tensor  # 0, 1, ... counts the wanted items of a group


def per_user(
    model: Any, train: Tensors, test: Tensors, offered: Tensor, k: int = 10, relevant: float = 4.0
) -> pd.DataFrame:
    """Measure the list of each user: one row per user, one column for each of METRICS.

    Each user is shown the `k` best of all `offered` items that she did not rate in `train`, never
    a sample of them. Test items that also stand in `train` count as misses. A user without a
    relevant item has no row. With |wanted| relevant items:

    - precision: hits / k; recall: hits / |wanted|; hit_rate: whether there is a hit
    - ndcg: sum of 1 / log2(place + 1) over hits, divided by its largest possible value
      (Järvelin & Kekäläinen 2002, with the discount of Burges et al. 2005)
    - mrr: 1 / place of the first hit, or 0
    - map: sum over hits of the precision down to their place, divided by |wanted|, as trec_eval
      does; others divide by min(k, |wanted|)

    Args:
        model: as in `score_rows`.
        train: ratings whose items are not shown again.
        test: ratings to find.
        offered: ids of the items that may be shown.
        k: length of the list.
        relevant: the lowest test rating that is worth finding.

    Returns:
        A frame whose index `user` holds the ids in ascending order.

    Raises:
        ValueError: for a score that is NaN, if nothing is relevant, for a `k` below 1 or above
            the number of items left to some user.
        IndexError: for an unknown id.
    """
    liked = Tensors(*(column[test.ratings >= relevant] for column in test))
    users = liked.users.unique()
    if not len(users):
        raise ValueError(f"no test rating is {relevant:g} or better: lower `relevant`")
    found = []
    rows = zip(score_rows(model, users), items_of(users, train), items_of(users, liked))
    for scores, seen, wanted in rows:
        wanted = wanted.unique()
        found.append(measure(find_places(scores, seen, wanted, offered, k), len(wanted), k))
    return pd.DataFrame(
        torch.stack(found).tolist(), pd.Index(users.tolist(), name="user"), [*METRICS]
    )


def score_rows(model: Any, users: Tensor) -> Iterator[Tensor]:
    """Yield the scores of every item, (num_items,), for each of `users`, (m,).

    `model` has `table(users)`, or is a table of scores, (num_users, num_items), itself. It is asked
    for BATCH users at a time: memory grows with them, not with all users.
    """
    for batch in users.split(BATCH):
        if isinstance(model, Tensor):
            check_ids("user", batch, len(model))
            yield from model[batch]
        else:
            yield from model.table(batch)


def items_of(users: Tensor, ratings: Tensors) -> list[Tensor]:
    """List the items that each of these `users`, (m,), has rated."""
    order = ratings.users.argsort(stable=True)
    owners, items = ratings.users[order], ratings.items[order]
    low, high = (torch.searchsorted(owners, users, right=right) for right in (False, True))
    return [items[start:end] for start, end in zip(low.tolist(), high.tolist())]


def find_places(scores: Tensor, seen: Tensor, wanted: Tensor, offered: Tensor, k: int) -> Ties:
    """Find where one user's `wanted` items stand; what is never shown is left out.

    `scores` is (num_items,), the others are ids of items, `wanted` without repetition.
    """
    for ids in (seen, wanted, offered):
        check_ids("item", ids, len(scores))
    shown = torch.zeros_like(scores, dtype=torch.bool)
    shown[offered] = True
    shown[seen] = False
    left = scores[shown]
    if not 1 <= k <= len(left):
        raise ValueError(f"k must be from 1 to {len(left)}, the items left to a user, not {k}")
    if left.isnan().any():
        raise ValueError("a score is NaN: a model that predicts NaN ranks nothing")
    own = scores[wanted[shown[wanted]]]
    column, same = own[:, None], own == own[:, None]
    above, group = (left > column).sum(1), (left == column).sum(1)
    return Ties(above, group, (own > column).sum(1), same.sum(1), same.tril(-1).sum(1))


def measure(ties: Ties, num_wanted: int, k: int) -> Tensor:
    """Return METRICS of one user, (6,), as expected over all orders of equals.

    Each item has the places above + 1 .. above + group, each with the chance 1 / group.
    """
    place = torch.arange(1, k + 1, device=ties.above.device)  # (k,)
    above, group, wanted_above, wanted_group, index = (column[:, None] for column in ties)
    inside = (place > above) & (place <= above + group)
    chance = inside / group  # (n, k): that the item stands at the place
    hit = chance.sum(0)  # (k,)
    discount = 1 / (place + 1).log2()
    ndcg = (hit * discount).sum() / discount[:num_wanted].sum()

    equals = (wanted_group - 1) / (group - 1).clamp(min=1) * (place - above - 1)
    precision = (wanted_above + 1 + equals) / place  # (n, k): down to the item, where it is there
    average_precision = (chance * precision).sum() / num_wanted

    # The first r places take m of a group's g items. None is wanted with the chance
    # (g - m) / g times (g - 1 - m) / (g - 1) ...: a factor for each wanted item, at least 0.
    taken = (place - above).clamp(min=0)
    miss = ((group - taken - index).clamp(min=0) / (group - index)).prod(0)  # (k,)
    first = torch.cat([miss.new_ones(1), miss[:-1]]) - miss  # (k,): the first hit is there
    reciprocal_rank = (first / place).sum()
    hits = hit.sum()
    return torch.stack(
        [hits / k, hits / num_wanted, ndcg, reciprocal_rank, average_precision, 1 - miss[-1]]
    )
