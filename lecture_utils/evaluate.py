"""How good is a model? Splits, errors of ratings, and metrics of rankings, by their usual names."""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import Tensors

Split = tuple[pd.DataFrame, pd.DataFrame]  # train and held out, both with the columns of the frame


def random_split(frame: pd.DataFrame, fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out a random `fraction` of all ratings."""
    _check_fraction(fraction)
    return _apart(frame, frame.sample(frac=fraction, random_state=seed).index)


def time_split(frame: pd.DataFrame, fraction: float = 0.1) -> Split:
    """Hold out the latest `fraction` of all ratings: what is predicted lies in the future."""
    _check_fraction(fraction)
    latest = frame.sort_values("timestamp", kind="stable").index
    return _apart(frame, latest[len(frame) - round(fraction * len(frame)) :])


def per_user_split(frame: pd.DataFrame, n: int = 5, seed: int | None = None) -> Split:
    """Hold out `n` ratings of every user: the latest, or with a `seed` random ones.

    Raises ValueError where a user would be left without a rating.
    """
    fewest = frame["user"].value_counts().min()
    if not 1 <= n < fewest:
        raise ValueError(f"n must be from 1 to {fewest - 1}, fewer than any user has, not {n}")
    if seed is None:
        order = frame.sort_values("timestamp", kind="stable")
    else:
        order = frame.sample(frac=1, random_state=seed)
    return _apart(frame, order.groupby("user").tail(n).index)


def rmse(prediction: Tensor, rating: Tensor) -> float:
    """Root mean squared error of two tensors of shape (n,), in stars."""
    return _errors(prediction, rating).square().mean().sqrt().item()


def mae(prediction: Tensor, rating: Tensor) -> float:
    """Mean absolute error of two tensors of shape (n,), in stars."""
    return _errors(prediction, rating).abs().mean().item()


def ranking(
    scores: Tensor, train: Tensors, test: Tensors, k: int = 10, good: float = 4.0
) -> dict[str, float]:
    """Precision, recall and NDCG at `k`, averaged over users (Järvelin & Kekäläinen 2002).

    `scores` is (num_users, num_items), the higher the better. Each user is offered the `k` best of
    all items that she did not rate in `train`; relevant are those that she rated `good` or better
    in `test`. A user without a relevant item does not count. Id 0 is not used.
    """
    if scores.isnan().any():
        raise ValueError("scores holds NaN: a model that predicts NaN ranks nothing")
    relevant = torch.zeros(scores.shape, dtype=torch.bool)
    relevant[test.users, test.items] = test.ratings >= good
    offered = scores.clone()
    offered[train.users, train.items] = float("-inf")
    offered[:, 0] = float("-inf")
    users = relevant.any(dim=1)  # (num_users,)
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
    return frame[~chosen].reset_index(drop=True), frame[chosen].reset_index(drop=True)


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, not {fraction}")


def _errors(prediction: Tensor, rating: Tensor) -> Tensor:
    if prediction.shape != rating.shape or prediction.dim() != 1 or not len(rating):
        shapes = f"prediction {tuple(prediction.shape)} and rating {tuple(rating.shape)}"
        raise ValueError(f"{shapes} must be of one shape (n,), not empty")
    return prediction - rating
