"""How far a mean over users could have come out otherwise, had the users been others.

The bootstrap draws as many users as there are, with replacement, again and again (Efron &
Tibshirani 1993, An Introduction to the Bootstrap). The models stay as they are: what other training
data would change is not in these intervals.
"""

from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

Values = Tensor | pd.Series  # one number per user, (n,), such as a column of `per_user`


class Interval(NamedTuple):
    """A mean over users, and the ends of the interval around it."""

    mean: float
    low: float
    high: float


def interval(values: Values, seed: int = 0, level: float = 0.95, draws: int = 2000) -> Interval:
    """Bootstrap the mean of `values` over users.

    Args:
        values: one per user, (n,).
        seed: of a generator of its own: the global one is left alone.
        level: the share of the resampled means that lies inside, half of the rest on either side.
        draws: how often the users are drawn again.

    Raises:
        ValueError: for fewer than two values or values that are not finite, for a `level` outside
            of 0..1 and for fewer than one of `draws`.
    """
    values = _check_values(values)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, e.g. 0.95, not {level}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    generator = torch.Generator(values.device).manual_seed(seed)
    n, device = len(values), values.device
    means = [  # one by one: memory does not grow with draws times users
        values[torch.randint(n, (n,), generator=generator, device=device)].mean()
        for _ in range(draws)
    ]
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], device=device, dtype=values.dtype)
    return Interval(values.mean().item(), *torch.stack(means).quantile(ends).tolist())


def paired(
    first: Values, second: Values, seed: int = 0, level: float = 0.95, draws: int = 2000
) -> Interval:
    """Bootstrap the mean of `first` minus `second`, two rankers measured on the same users.

    A user who is hard for one is hard for the other: subtracted user by user, that share cancels,
    and the interval is narrower than those of the two means would suggest.

    Args:
        first: one value per user, (n,).
        second: the same metric of the other ranker, of the same users in the same order.
        seed: as in `interval`.
        level: as in `interval`.
        draws: as in `interval`.

    Raises:
        ValueError: where the users differ; and see `interval`.
    """
    frames = isinstance(first, pd.Series) and isinstance(second, pd.Series)
    if len(first) != len(second) or (frames and not first.index.equals(second.index)):
        raise ValueError("the two were measured on different users: measure both on one test set")
    return interval(_check_values(first) - _check_values(second), seed, level, draws)


def _check_values(values: Values) -> Tensor:
    if isinstance(values, pd.Series):
        values = torch.tensor(values.to_numpy(dtype="float64", copy=True))
    if values.dim() != 1 or len(values) < 2:
        raise ValueError(f"values must be (n,), of two users or more, not {tuple(values.shape)}")
    if not bool(values.isfinite().all()):
        raise ValueError("values must be finite: leave out users that have none")
    return values if values.is_floating_point() else values.float()
