"""The lists themselves: made for many users, and what they recommend."""

from typing import Any

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_ids
from lecture_utils.ranking.metrics import BATCH, score, sort_by_user
from lecture_utils.recommend import top_n


def top_lists(model: Any, users: Tensor, train: Tensors, offered: Tensor, n: int = 10) -> Tensor:
    """List the `n` best items of each of `users`, best first, as `top_n` does for one.

    Among equals the lower id comes first.

    Args:
        model: has `table(users)`, or is a table of scores, (num_users, num_items), itself.
        users: ids, (m,).
        train: ratings whose items are left out.
        offered: ids of the items that may be recommended.
        n: length of a list.

    Returns:
        Ids of items, (m, n).

    Raises:
        ValueError: where there are no users, and as `top_n` does.
        IndexError: for an unknown id.
    """
    if not len(users):
        raise ValueError("there are no users to make lists for")
    rows = (row for batch in users.split(BATCH) for row in score(model, batch))
    seen = items_of(users, train)
    return torch.stack([top_n(*each, offered, n) for each in zip(rows, seen)])


def items_of(users: Tensor, ratings: Tensors) -> list[Tensor]:
    """List the items that each of these `users`, (m,), has rated."""
    ratings = sort_by_user(ratings)
    low, high = (torch.searchsorted(ratings.users, users, right=right) for right in (False, True))
    return [ratings.items[start:end] for start, end in zip(low.tolist(), high.tolist())]


def coverage(lists: Tensor, offered: Tensor) -> float:
    """Return the share of the `offered` items that stand in any of the `lists`, (m, n)."""
    return (_count_shown(lists, offered) > 0).float().mean().item()


def gini(lists: Tensor, offered: Tensor) -> float:
    """Return the Gini index of how often each of the `offered` items is shown in `lists`, (m, n).

    It is 0 where each is shown equally often, and near 1 where everybody gets the same few.
    """
    shown = _count_shown(lists, offered).sort().values  # sorted values have no order among equals
    n = len(shown)
    rank = torch.arange(1, n + 1, device=shown.device)
    return ((2 * rank - n - 1) * shown).sum().item() / (n * lists.numel())


def mean_popularity(lists: Tensor, train: Tensors) -> float:
    """Return how many ratings in `train` a recommended item has, on average over `lists`, (m, n).

    What people watched by themselves has such a mean, too: compare with that of `test`.
    """
    _check_lists(lists)
    size = 1 + int(torch.cat([lists.flatten(), train.items]).max())
    check_ids("item", lists, size)
    return torch.bincount(train.items, minlength=size)[lists].float().mean().item()


def _count_shown(lists: Tensor, offered: Tensor) -> Tensor:
    """Count how often each item that is offered stands in the lists; refuse any other item."""
    _check_lists(lists)
    if len(strange := lists[~torch.isin(lists, offered)]):
        raise ValueError(f"item {int(strange[0])} is in a list, but not offered")
    return torch.bincount(lists.flatten(), minlength=1 + int(offered.max()))[offered.unique()]


def _check_lists(lists: Tensor) -> None:
    if lists.dim() != 2 or not lists.numel():
        raise ValueError(f"lists must be (m, n), and not empty; found {tuple(lists.shape)}")
