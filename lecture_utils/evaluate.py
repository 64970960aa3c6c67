"""Splits, errors of ratings, curves and metrics of rankings, by their usual names."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors, check_frame, warn_doubled
from lecture_utils.models import check_lengths
from lecture_utils.ranking.metrics import per_user

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


def last_moment_split(frame: pd.DataFrame) -> Split:
    """Hold out each user's last moment: the ratings of her last second, a set without an order.

    What remains of her is strictly earlier. Who has a single moment keeps it: nothing is earlier.

    Raises:
        ValueError: where nobody has two moments, for an index that is not unique, an empty frame
            and a missing column.
    """
    check_frame(frame, "user", "timestamp")
    times = frame.groupby("user")["timestamp"]
    first, last = times.transform("min"), times.transform("max")
    latest = (frame["timestamp"] == last) & (first < last)
    return _separate(frame, frame.index[latest])


def cold_split(frame: pd.DataFrame, n: int = 200, fewest: int = 20, seed: int = 0) -> Split:
    """Hold out all ratings of `n` random movies, drawn among those with `fewest` or more.

    Raises:
        ValueError: where there are not more than `n` such movies, for an index that is not unique
            and a missing column.
    """
    check_frame(frame, "movie")
    counts = frame["movie"].value_counts().sort_index()  # the draw knows no order of rows
    often = counts.index[counts >= fewest].to_series()
    if not 1 <= n < len(often):
        found = f"{len(often)} movies have {fewest} ratings or more"
        raise ValueError(f"n must be from 1 to {len(often) - 1}, as {found}, not {n}")
    held = often.sample(n, random_state=seed)
    return _separate(frame, frame.index[frame["movie"].isin(held)])


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
    """Average `precision`, `recall` and `ndcg` at `k` over users.

    `ranking.metrics.per_user` measures each user, takes the same arguments, and refuses the same;
    it knows more metrics. Where scores are equal, a metric is its mean over all orders of the
    equals, so it depends neither on the platform nor on the numbering of the items.
    """
    found = per_user(model, train, test, offered, k, relevant)
    return found[["precision", "recall", "ndcg"]].mean().to_dict()


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
