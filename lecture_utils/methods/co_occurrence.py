"""Co-occurrence in a window: items that stand near each other in many histories go together.

The counts are those of word vectors before they are factored (Pennington, Socher & Manning 2014,
GloVe: Global Vectors for Word Representation), with items for words; the recent votes are louder.
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.histories import Histories, RecentToItem, fade
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
)


def co_occurrence(
    train: Tensors,
    size: Size,
    *,
    times: Tensor,
    window: int = 20,
    decay: float = 0.95,
    back: float = 0.5,
    half_life: float = 3.0,
    shrink: float = 10.0,
) -> Iterator[RecentToItem]:
    r"""Count which items stand within `window` items of each other; yield once.

    Item j gets $\sum_i 2^{-a_i / h} C_{ij} / \sqrt{c_j + s}$ from a history of items i of ages a,
    where C are the counts, c their column sums, h is `half_life`, and s is `shrink`.

    Args:
        train: the ratings.
        size: (num_users, num_items); the table of counts is num_items x num_items.
        times: when the ratings were given, (n,), in seconds.
        window: how far apart two items may stand.
        decay: what a pair counts less for each item that it is further apart; 1 is not at all.
        back: what a pair counts for the earlier item; for the later one it counts 1.
        half_life: after so many further items a vote counts half.
        shrink: added to the column sums: what rests on few pairs is trusted less.
    """
    check_counts(window=window)
    check_positive(decay=decay, half_life=half_life, shrink=shrink)
    check_not_negative(back=back)
    histories = Histories(train, times, size)
    forward = count_pairs(histories, size[1], window, decay)
    counts = forward + back * forward.T
    weights = counts / (counts.sum(0) + shrink).sqrt()
    return iter([RecentToItem(train, histories, weights, partial(fade, half_life=half_life))])


def count_pairs(histories: Histories, num_items: int, window: int, decay: float) -> Tensor:
    """Add up decay ** distance over pairs, the earlier item in the row: (num_items, num_items).

    The distance is the difference of the ages. Within a moment it is 0, and either item comes
    first: the pair counts in both cells.
    """
    users, items, ages = histories.users, histories.items, histories.ages
    counts = torch.zeros(num_items, num_items, device=items.device)
    for shift in range(1, len(items)):
        same, apart = users[shift:] == users[:-shift], ages[:-shift] - ages[shift:]
        near = (same & (apart <= window)).nonzero().flatten()
        if not len(near):  # who is further apart is in no window either
            break
        first, second, value = items[near], items[near + shift], decay ** apart[near].float()
        counts.index_put_((first, second), value, accumulate=True)
        tied = apart[near] == 0
        counts.index_put_((second[tied], first[tied]), value[tied], accumulate=True)
    return counts
