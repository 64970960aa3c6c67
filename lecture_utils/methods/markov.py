"""A Markov chain: what comes next hangs on what was watched last, and on nothing before.

Rendle, Freudenthaler & Schmidt-Thieme (2010), Factorizing Personalized Markov Chains for
Next-Basket Recommendation, let such a chain go from set to set; here its table is counted.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.histories import Histories, RecentToItem
from lecture_utils.methods.protocol import Size, check_positive


def markov(
    train: Tensors, size: Size, *, times: Tensor, shrink: float = 50.0
) -> Iterator[RecentToItem]:
    """Count which items follow which, from one moment to the next; yield once.

    Args:
        train: the ratings.
        size: (num_users, num_items); the table of chances is num_items x num_items.
        times: when the ratings were given, (n,), in seconds.
        shrink: how many followers of each item are invented, shared out by popularity: what
            rests on few is trusted less.
    """
    check_positive(shrink=shrink)
    histories = Histories(train, times, size)
    followers = count_followers(histories, size[1])
    popular = torch.bincount(train.items, minlength=size[1]) / len(train.items)
    chances = (followers + shrink * popular) / (followers.sum(1, keepdim=True) + shrink)
    return iter([RecentToItem(train, histories, chances, is_last)])


def is_last(ages: Tensor) -> Tensor:
    """Return 1 for an item of the last moment, and 0 for one before."""
    return (ages == 0).float()


def count_followers(histories: Histories, num_items: int) -> Tensor:
    """Count how often item j is in the moment after item i's, (num_items, num_items).

    Each item that follows counts once, shared out among the items of the moment before.
    """
    users, items, moments = histories.users, histories.items, histories.moments
    members = torch.bincount(moments)
    counts = torch.zeros(num_items, num_items, device=items.device)
    for shift in range(1, 2 * int(members.max())):  # no pair of two moments is further apart
        follows = (moments[shift:] == moments[:-shift] + 1) & (users[shift:] == users[:-shift])
        before, after = items[:-shift][follows], items[shift:][follows]
        share = 1 / members[moments[:-shift][follows]]
        counts.index_put_((before, after), share, accumulate=True)
    return counts
