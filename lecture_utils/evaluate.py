"""Splits, errors of ratings, curves and metrics of rankings, by their usual names."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors, check_frame, warn_doubled
from lecture_utils.models import check_ids, check_lengths

BATCH = 64  # users that `ranking` asks a model for at a time
Split = tuple[pd.DataFrame, pd.DataFrame]  # train and held out, both with the columns of the frame


def random_split(frame: pd.DataFrame, fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out a random `fraction` of all ratings.

    Raises:
        ValueError: where either part would be empty, and for an index that is not unique.
    """
    _check_fraction(fraction)
    return _separate(frame, frame.sample(frac=fraction, random_state=seed).index)


def time_split(frame: pd.DataFrame, fraction: float = 0.1) -> Split:
    """Hold out the latest `fraction` of all ratings: what is predicted lies in the future.

    Raises:
        ValueError: where either part would be empty, for an index that is not unique and for a
            missing column.
    """
    _check_fraction(fraction)
    latest = _by_time(frame).index
    return _separate(frame, latest[len(frame) - round(fraction * len(frame)) :])


def per_user_split(frame: pd.DataFrame, n: int = 5, seed: int | None = None) -> Split:
    """Hold out `n` ratings of every user: the latest, or with a `seed` random ones.

    Raises:
        ValueError: where a user would be left without a rating, for an index that is not unique,
            an empty frame and a missing column.
    """
    check_frame(frame, "user")
    fewest = frame["user"].value_counts().min()
    if not 1 <= n < fewest:
        raise ValueError(f"n must be from 1 to {fewest - 1}, fewer than any user has, not {n}")
    order = _by_time(frame) if seed is None else frame.sample(frac=1, random_state=seed)
    return _separate(frame, order.groupby("user").tail(n).index)


def rmse(prediction: Tensor, rating: Tensor) -> float:
    """Return the root mean squared error, in stars, of predictions and ratings, (n,) each."""
    return _errors(prediction, rating).square().mean().sqrt().item()


def clipped_rmse(prediction: Tensor, rating: Tensor) -> float:
    """Return the root mean squared error of predictions clipped to 1..5 stars."""
    return rmse(prediction.clamp(1, 5), rating)


def mae(prediction: Tensor, rating: Tensor) -> float:
    """Return the mean absolute error, in stars, of predictions and ratings, (n,) each."""
    return _errors(prediction, rating).abs().mean().item()


def curve(
    models: Iterable[Callable],
    test: Tensors,
    steps: int,
    times: Tensor | None = None,
    burn_in: int | None = None,
    score: Callable[[Tensor, Tensor], Any] = rmse,
) -> list:
    """Score the first `steps` models that a method yields on `test`, one after the other.

    Args:
        models: what a method yields: callables that predict ratings, (n,), for pairs of ids.
        test: the ratings to predict, n of them.
        steps: how many models are taken, at least 1.
        times: when the ratings were given, (n,), for models that know sessions.
        burn_in: None scores each model by itself. A number is for samplers: so many models are
            left out, and the mean of the predictions of all models since is scored.
        score: a function of (predictions, ratings).

    Returns:
        One score per model, or per model after the burn-in.
    """
    if callable(models):
        raise TypeError("curve takes what a method yields; for a single model give it as [model]")
    if not 0 <= (burn_in or 0) < steps:
        found = f"{steps} steps, burn_in {burn_in}"
        raise ValueError(f"steps must be at least 1 and above burn_in: {found}")
    scores, total = [], 0.0
    for step, model in enumerate(islice(models, steps), 1):
        if step <= (burn_in or 0):
            continue
        with torch.no_grad():  # not around the loop: the models train in it
            prediction = model(test.users, test.items, times)
        if burn_in is not None:
            total = total + prediction
            prediction = total / (step - burn_in)
        scores.append(score(prediction, test.ratings))
    return scores


def ranking(
    model: Any, train: Tensors, test: Tensors, offered: Tensor, k: int = 10, relevant: float = 4.0
) -> dict[str, float]:
    """Average `precision`, `recall` and `ndcg` at `k` over users (Järvelin & Kekäläinen 2002).

    Each user is shown the `k` best of all `offered` items that she did not rate in `train`. Where
    scores are equal, the metric is its mean over all orders of the equals, so it depends neither
    on the platform nor on the numbering of the items. Test items that also stand in `train` count
    as misses. A user without a relevant item does not count.

    Args:
        model: has `table(users)`, or is a table of scores, (num_users, num_items) itself. It is
            asked for BATCH users at a time: memory grows with them, not with all users.
        train: ratings whose items are not shown again.
        test: ratings to find.
        offered: ids of the items that may be shown.
        k: length of the list.
        relevant: the lowest test rating that is worth finding.

    Raises:
        ValueError: for a score that is NaN, if nothing is relevant, for a `k` below 1 or above
            the number of items left to some user.
        IndexError: for an unknown id.
    """
    if isinstance(model, Tensor):
        check_ids("user", test.users, len(model))
    table = model.__getitem__ if isinstance(model, Tensor) else model.table
    liked = Tensors(*(column[test.ratings >= relevant] for column in test))
    users = liked.users.unique()
    if not len(users):
        raise ValueError(f"no test rating is {relevant:g} or better: lower `relevant`")
    rows = (scores for batch in users.split(BATCH) for scores in table(batch))
    found = [
        _rank_one(scores, seen, wanted, offered, k)
        for scores, seen, wanted in zip(rows, _items_of(users, train), _items_of(users, liked))
    ]
    return dict(zip(("precision", "recall", "ndcg"), torch.stack(found).mean(0).tolist()))


def _rank_one(scores: Tensor, seen: Tensor, wanted: Tensor, offered: Tensor, k: int) -> Tensor:
    """Return one user's precision, recall and NDCG, (3,), as expected over all orders of equals.

    An item with `first` better ones shares the places first..last with its equals, each place with
    the same chance. `scores` is (num_items,), the others are ids of items.
    """
    for ids in (seen, wanted, offered):
        check_ids("item", ids, len(scores))
    shown = torch.zeros_like(scores, dtype=torch.bool)
    shown[offered] = True
    shown[seen] = False
    left, wanted = scores[shown], wanted.unique()
    if not 1 <= k <= len(left):
        raise ValueError(f"k must be from 1 to {len(left)}, the items left to a user, not {k}")
    if left.isnan().any():
        raise ValueError("a score is NaN: a model that predicts NaN ranks nothing")
    own = scores[wanted[shown[wanted]], None]  # (n, 1): what is never shown is never found
    first = (left > own).sum(1).clamp(max=k)  # (n,): how many stand above
    group = (left == own).sum(1)  # (n,): how many share the place, itself included
    last = (first + group).clamp(max=k)
    discount = 1 / torch.arange(2, k + 2, device=scores.device).log2()  # 1 / log2(rank + 1)
    gain = torch.cat([discount.new_zeros(1), discount.cumsum(0)])  # (k + 1,): of the first places
    hits = ((last - first) / group).sum()
    ndcg = ((gain[last] - gain[first]) / group).sum() / gain[min(k, len(wanted))]
    return torch.stack([hits / k, hits / len(wanted), ndcg])


def _items_of(users: Tensor, ratings: Tensors) -> list[Tensor]:
    """List the items that each of these sorted `users`, (m,), has rated."""
    order = ratings.users.argsort(stable=True)
    owners, items = ratings.users[order], ratings.items[order]
    low, high = (torch.searchsorted(owners, users, right=right) for right in (False, True))
    return [items[start:end] for start, end in zip(low.tolist(), high.tolist())]


def _separate(frame: pd.DataFrame, held: pd.Index) -> Split:
    if not frame.index.is_unique:
        raise ValueError("the frame's index must be unique: use frame.reset_index(drop=True)")
    if {"user", "movie"} <= {*frame}:
        warn_doubled(frame, stacklevel=4)
    chosen = frame.index.isin(held)
    if not 0 < chosen.sum() < len(frame):
        found = f"{chosen.sum()} of {len(frame)} ratings would be held out"
        raise ValueError(f"{found}, and one part is empty: change the fraction")
    return frame[~chosen].reset_index(drop=True), frame[chosen].reset_index(drop=True)


def _by_time(frame: pd.DataFrame) -> pd.DataFrame:
    check_frame(frame, "timestamp")
    return frame.sort_values("timestamp", kind="stable")


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, not {fraction}")


def _errors(prediction: Tensor, rating: Tensor) -> Tensor:
    check_lengths(predictions=prediction, ratings=rating)
    if not len(rating):
        raise ValueError("there are no ratings to measure the error on")
    return prediction - rating
