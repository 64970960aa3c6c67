"""How good is a model? Splits, errors of ratings, and metrics of rankings, by their usual names."""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.models import check_pairs

Split = tuple[pd.DataFrame, pd.DataFrame]  # train and held out, both with the columns of the frame


def random_split(frame: pd.DataFrame, fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out a random `fraction` of all ratings.

    Raises ValueError where either part would be empty, and for an index that is not unique.
    """
    _check_fraction(fraction)
    return _apart(frame, frame.sample(frac=fraction, random_state=seed).index)


def time_split(frame: pd.DataFrame, fraction: float = 0.1) -> Split:
    """Hold out the latest `fraction` of all ratings: what is predicted lies in the future.

    Raises ValueError where either part would be empty, for an index that is not unique and for a
    missing column.
    """
    _check_fraction(fraction)
    latest = _by_time(frame).index
    return _apart(frame, latest[len(frame) - round(fraction * len(frame)) :])


def per_user_split(frame: pd.DataFrame, n: int = 5, seed: int | None = None) -> Split:
    """Hold out `n` ratings of every user: the latest, or with a `seed` random ones.

    Raises ValueError where a user would be left without a rating, for an index that is not unique,
    an empty frame and a missing column.
    """
    _check_column(frame, "user")
    if frame.empty:
        raise ValueError("the frame is empty: there must be at least one rating")
    fewest = frame["user"].value_counts().min()
    if not 1 <= n < fewest:
        raise ValueError(f"n must be from 1 to {fewest - 1}, fewer than any user has, not {n}")
    order = _by_time(frame) if seed is None else frame.sample(frac=1, random_state=seed)
    return _apart(frame, order.groupby("user").tail(n).index)


def rmse(prediction: Tensor, rating: Tensor) -> float:
    """Root mean squared error, in stars. ValueError unless both have one shape (n,), not empty."""
    return _errors(prediction, rating).square().mean().sqrt().item()


def mae(prediction: Tensor, rating: Tensor) -> float:
    """Mean absolute error, in stars. ValueError unless both have one shape (n,), not empty."""
    return _errors(prediction, rating).abs().mean().item()


def ranking(
    scores: Tensor, train: Tensors, test: Tensors, k: int = 10, good: float = 4.0
) -> dict[str, float]:
    """`precision`, `recall` and `ndcg` at `k`, averaged over users (Järvelin & Kekäläinen 2002).

    `scores` is (num_users, num_items), the higher the better. Each user is offered the `k` best of
    all items that she did not rate in `train`; relevant are those that she rated `good` or better
    in `test`: what stands in both is never offered, so a sure miss. A user without a relevant item
    does not count. Id 0 is not used.

    Raises ValueError for NaN, where nothing is relevant, and for a `k` below 1 or above the number
    of items left to some user; IndexError for an unknown id.
    """
    if scores.isnan().any():
        raise ValueError("scores holds NaN: a model that predicts NaN ranks nothing")
    for ids in (train, test):
        check_pairs(ids.users, ids.items, *scores.shape)
    relevant = torch.zeros(scores.shape, dtype=torch.bool)
    relevant[test.users, test.items] = test.ratings >= good
    offered = scores.clone()
    offered[train.users, train.items] = float("-inf")
    offered[:, 0] = float("-inf")
    users = relevant.any(dim=1)  # (num_users,)
    if not bool(users.any()):
        raise ValueError(f"no test rating is {good:g} or better: lower `good`")
    fewest = int((offered[users] > float("-inf")).sum(dim=1).min())
    if not 1 <= k <= fewest:
        raise ValueError(f"k must be from 1 to {fewest}, the fewest items left to a user, not {k}")
    best = offered[users].topk(k, dim=1).indices  # (counted, k)
    hits = relevant[users].gather(1, best).float()
    count = relevant[users].sum(dim=1)  # (counted,)
    discount = 1 / torch.arange(2, k + 2).log2()  # (k,): 1 / log2(rank + 1)
    ideal = discount.cumsum(dim=0)[count.clamp(max=k) - 1]  # all relevant ones come first
    return {
        "precision": hits.mean().item(),
        "recall": (hits.sum(dim=1) / count).mean().item(),
        "ndcg": ((hits * discount).sum(dim=1) / ideal).mean().item(),
    }


def _apart(frame: pd.DataFrame, held: pd.Index) -> Split:
    if not frame.index.is_unique:
        raise ValueError("the frame's index must be unique: use frame.reset_index(drop=True)")
    chosen = frame.index.isin(held)
    if not 0 < chosen.sum() < len(frame):
        found = f"{chosen.sum()} of {len(frame)} ratings would be held out"
        raise ValueError(f"{found}, and one part is empty: change the fraction")
    return frame[~chosen].reset_index(drop=True), frame[chosen].reset_index(drop=True)


def _by_time(frame: pd.DataFrame) -> pd.DataFrame:
    _check_column(frame, "timestamp")
    return frame.sort_values("timestamp", kind="stable")


def _check_column(frame: pd.DataFrame, name: str) -> None:
    if name not in frame:
        raise ValueError(f"the frame lacks the column {name}: it has {[*frame]}")


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, not {fraction}")


def _errors(prediction: Tensor, rating: Tensor) -> Tensor:
    if prediction.shape != rating.shape or prediction.dim() != 1 or not len(rating):
        shapes = f"prediction {tuple(prediction.shape)} and rating {tuple(rating.shape)}"
        raise ValueError(f"{shapes} must be of one shape (n,), not empty")
    return prediction - rating
