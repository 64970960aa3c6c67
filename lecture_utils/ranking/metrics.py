"""Metrics of a list of `k` items, user by user, expected exactly over all orders of equals.

Where scores are equal nothing says who stands first, so each order counts alike: a metric depends
neither on the platform nor on the numbering of the items (McSherry & Najork 2008, Computing
Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores).
"""

from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_ids

BATCH = 64  # users that a model is asked for at a time
METRICS = ("precision", "recall", "ndcg", "mrr", "map", "hit_rate")


class Ties(NamedTuple):
    """Where the wanted items stand: (m, n) each, a row for each user, her best item first.

    A row with fewer than n of them is filled up. Equals share the places of a group.
    """

    there: Tensor  # whether it is an item, and does not only fill the row
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
        model: as in `score`.
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
    liked = sort_by_user(Tensors(*(column[test.ratings >= relevant] for column in test)))
    users = liked.users.unique()
    if not len(users):
        raise ValueError(f"no test rating is {relevant:g} or better: lower `relevant`")
    train, found = sort_by_user(train), []
    for batch in users.split(BATCH):
        scores = score(model, batch)
        seen, wanted = (mark(batch, part, scores.shape[1]) for part in (train, liked))
        check_ids("item", offered, scores.shape[1])
        shown = torch.zeros_like(seen)
        shown[:, offered] = True
        places = find_places(scores, shown & ~seen, wanted, k)
        found.append(measure(places, wanted.sum(1), k))
    rows = torch.cat(found).tolist()
    return pd.DataFrame(rows, pd.Index(users.tolist(), name="user"), [*METRICS])


def score(model: Any, users: Tensor) -> Tensor:
    """Return the scores of every item for `users`, (m,): (m, num_items).

    `model` has `table(users)`, or is a table of scores, (num_users, num_items), itself. Ask for
    BATCH users at a time: memory grows with them, not with all users.
    """
    if isinstance(model, Tensor):
        check_ids("user", users, len(model))
        return model[users]
    return model.table(users)


def sort_by_user(ratings: Tensors) -> Tensors:
    """Put the ratings of each user next to each other, the users in ascending order."""
    order = ratings.users.argsort(stable=True)
    return Tensors(*(column[order] for column in ratings))


def mark(users: Tensor, ratings: Tensors, num_items: int) -> Tensor:
    """Mark what each of `users`, (m,) ascending, has rated: (m, num_items), true or false.

    The `ratings` are those of `sort_by_user`.
    """
    start = torch.searchsorted(ratings.users, users[0])
    end = torch.searchsorted(ratings.users, users[-1], right=True)
    owners, items = ratings.users[start:end], ratings.items[start:end]
    check_ids("item", items, num_items)
    rows = torch.searchsorted(users, owners)
    asked = users[rows] == owners
    marks = torch.zeros(len(users), num_items, dtype=torch.bool, device=users.device)
    marks[rows[asked], items[asked]] = True
    return marks


def find_places(scores: Tensor, shown: Tensor, wanted: Tensor, k: int) -> Ties:
    """Find where the `wanted` items stand among those `shown`; all are (m, num_items)."""
    left = shown.sum(1, keepdim=True)
    if not 1 <= k <= left.min():
        fewest = int(left.min())
        raise ValueError(f"k must be from 1 to {fewest}, the items left to a user, not {k}")
    if scores[shown].isnan().any():
        raise ValueError("a score is NaN: a model that predicts NaN ranks nothing")
    found = shown & wanted
    count = found.sum(1, keepdim=True)
    rivals, own = (scores.where(kept, -torch.inf) for kept in (shown, found))
    own = own.topk(int(count.max())).values  # (m, n)
    above, group = count_rivals(rivals, own, left)
    wanted_above, wanted_group = count_rivals(own, own, count)
    index = torch.arange(own.shape[1], device=own.device)
    return Ties(index < count, above, group, wanted_above, wanted_group, index - wanted_above)


def count_rivals(rivals: Tensor, own: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Count which `rivals`, (m, r), are better than each of `own`, (m, n), and which are equal.

    A row has `count`, (m, 1), rivals, and is filled up with -inf.
    """
    falling = (-rivals).sort(1).values
    better, up_to = (torch.searchsorted(falling, -own, right=right) for right in (False, True))
    fillers = (rivals.shape[1] - count) * (own == -torch.inf)
    return better, up_to - better - fillers


def measure(ties: Ties, num_wanted: Tensor, k: int) -> Tensor:
    """Return METRICS of each user, (m, 6), as expected over all orders of equals.

    Each item has the places above + 1 .. above + group, each with the chance 1 / group. Of what a
    user wants, `num_wanted` (m,), some may never be shown.
    """
    place = torch.arange(1, k + 1, device=num_wanted.device)  # (k,)
    there, above, group, wanted_above, wanted_group, index = (part[..., None] for part in ties)
    inside = there & (place > above) & (place <= above + group)
    chance = inside / group.clamp(min=1)  # (m, n, k): that the item stands at the place
    hit = chance.sum(1)  # (m, k)
    discount = 1 / (place + 1).log2()
    ideal = discount.cumsum(0)[num_wanted.clamp(max=k) - 1]  # (m,)
    ndcg = (hit * discount).sum(1) / ideal

    equals = (wanted_group - 1) / (group - 1).clamp(min=1) * (place - above - 1)
    precision = (wanted_above + 1 + equals) / place  # (m, n, k): down to the item if it is there
    average_precision = (chance * precision).sum((1, 2)) / num_wanted

    # The first r places take m of a group's g items. None is wanted with the chance
    # (g - m) / g times (g - 1 - m) / (g - 1) ...: a factor for each wanted item, at least 0.
    taken = (place - above).clamp(min=0)
    factor = (group - taken - index).clamp(min=0) / (group - index)
    miss = factor.where(there, 1.0).prod(1)  # (m, k)
    first = torch.cat([torch.ones_like(miss[:, :1]), miss[:, :-1]], dim=1) - miss  # the first hit
    reciprocal_rank = (first / place).sum(1)
    hits = hit.sum(1)
    metrics = [hits / k, hits / num_wanted, ndcg, reciprocal_rank, average_precision]
    return torch.stack([*metrics, 1 - miss[:, -1]], dim=1)
