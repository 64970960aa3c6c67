"""How good the lists of a model are on ratings that were held out, some users at a time."""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import BINARY, Interactions
from lecture_utils.methods.popularity import Popularity
from lecture_utils.ranking.lists import top_lists
from lecture_utils.ranking.metrics import BATCH, per_user
from lecture_utils.scale.interactions import SparseInteractions

K = 10  # movies in a list
RELEVANT = 4.0  # stars, from which on a movie is worth finding
USERS = 10_000  # whose lists are measured, at most


def collect_liked(
    parts: Iterable[tuple[Tensor, ...]], num_users: int, num_items: int
) -> Interactions:
    """Collect the pairs rated RELEVANT or better from `parts` of (users, items, ratings).

    Raises:
        ValueError: There is none.
    """
    kept = [[c[r >= RELEVANT] for c in (u.long(), i.long(), r)] for u, i, r in parts]
    liked = Tensors(*map(torch.cat, zip(*kept)))
    if not len(liked.users):
        raise ValueError(f"떼어 둔 평점에 별 {RELEVANT:g} 이상이 하나도 없어서 잴 수 없습니다.")
    return Interactions(liked, (num_users, num_items), BINARY)


def choose_users(watched: SparseInteractions, liked: Interactions, most: int = USERS) -> Tensor:
    """Choose who is asked, (m,) in ascending order: all, or `most` of them by a fixed lot.

    Who likes nothing that was held out has no say, and nor has who has fewer than K movies left.

    Raises:
        ValueError: Nobody is left.
    """
    left = watched.matrix.shape[1] - watched.matrix.crow_indices().diff()
    users = ((liked.matrix.crow_indices().diff() > 0) & (left >= K)).nonzero().flatten()
    if not len(users):
        raise ValueError(f"영화가 {K}편 이상 남은 사용자가 없어서 목록을 잴 수 없습니다.")
    lot = torch.randperm(len(users), generator=torch.Generator().manual_seed(0))
    return users[lot[:most]].sort().values


@torch.no_grad()
def measure(
    model: Any,
    watched: SparseInteractions,
    liked: Interactions,
    users: Tensor,
    progress: Callable[[int], object] = lambda users: None,
    lists: bool = False,
) -> tuple[pd.DataFrame, Tensor]:
    """Measure the K best of all items that each of `users`, (m,), has not watched.

    Args:
        model: has `table(users)`.
        watched: what is not shown again.
        liked: what is to be found.
        users: rows, in ascending order; each likes something.
        progress: told how many users are done.
        lists: whether to return the lists, too.

    Returns:
        The metrics of `ranking.metrics.per_user`, a row for each user, and the lists, (m, K) or
        (0, K), with -1 where a place is left: a score of -inf is never shown.
    """
    offered, frames, found = torch.arange(watched.matrix.shape[1]), [], [users.new_empty(0, K)]
    for batch in users.split(BATCH):
        scores = model.table(batch)
        seen, wanted = (Tensors(*part.cells(batch)) for part in (watched, liked))
        if lists:
            best = top_lists(scores, torch.arange(len(batch)), seen, offered, K)
            found.append(best.where(scores.gather(1, best) > -torch.inf, -1))
        frames.append(per_user(_put_last(scores, wanted), seen, wanted, offered, K, relevant=1.0))
        progress(len(batch))
    table = pd.concat(frames, ignore_index=True)
    return table.set_axis(pd.Index(users.tolist(), name="user")), torch.cat(found)


def _put_last(scores: Tensor, wanted: Tensors) -> Tensor:
    """Put what is wanted but scores -inf behind the other items that are never shown."""
    never = scores[wanted.users, wanted.items] == -torch.inf
    scores = scores.clamp(min=torch.finfo(scores.dtype).min)
    scores[wanted.users[never], wanted.items[never]] = -torch.inf
    return scores


@torch.no_grad()
def sum_squared_errors(
    predict: Callable[[Tensor, Tensor], Tensor], parts: Iterable[Iterable[Tensor]]
) -> tuple[float, int]:
    """Sum the squared errors of a model of ratings on `parts` of (users, items, ratings), (n,).

    Returns:
        The sum, and how many ratings there are.
    """
    error, count = 0.0, 0
    for users, items, ratings in parts:
        error += (predict(users, items) - ratings).square().sum().item()
        count += len(ratings)
    return error, count


def popularity(watched: SparseInteractions) -> Popularity:
    """Make the model that lists what was watched most."""
    return Popularity(watched.count_items().float(), watched.matrix.shape[0])
