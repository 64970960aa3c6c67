"""What lectures on rankings share: the split of ua, a method trained on it, its users' lists.

A closed form hangs on no seed, but what a processor rounds hangs on the processor, and a list may
turn two movies round for it. So `jitter` stands in for other machines, once for each seed.
"""

from functools import cache
from itertools import islice
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils import Ratings, Tensors, as_tensors, evaluate
from lecture_utils.methods import METHODS
from lecture_utils.ranking.metrics import per_user
from tests.lectures.measure import load

ROUNDING = 1e-5  # of the largest score: as far as float32 is from float64, for EASE at penalty 10


@cache
def open_data(data_set: str) -> tuple[Ratings, dict[str, tuple[Tensors, Tensors]]]:
    """Load a data set, and make what to train on and what to find, of validation and test."""
    data = load(data_set)
    valid = evaluate.per_user_split(data.train, 5, seed=0)
    parts = {"valid": valid, "test": (data.train, data.test)}
    return data, {part: tuple(map(as_tensors, frames)) for part, frames in parts.items()}


def fit(data_set: str, method: str, part: str = "test", seed: int = 0, **settings: Any) -> Any:
    """Train a method of the registry, and return the last model."""
    data, parts = open_data(data_set)
    torch.manual_seed(seed)
    chosen = METHODS[method].vary(**settings)
    *_, model = islice(chosen.start(data, parts[part][0]), chosen.steps)
    return model


def tabulate(
    data_set: str, method: str, part: str = "test", seed: int = 0, **settings: Any
) -> Tensor:
    """Train a method of the registry, and return its table of scores."""
    model = fit(data_set, method, part, seed, **settings)
    return model.table(torch.arange(open_data(data_set)[0].num_users))


tabulate_once = cache(tabulate)  # for what has no seed


def jitter(scores: Tensor, seed: int) -> Tensor:
    """Move each score by as much as another processor may round it."""
    noise = torch.randn(scores.shape, generator=torch.Generator().manual_seed(seed))
    return scores + ROUNDING * scores.abs().max() * noise


def judge(data_set: str, model: Any, part: str = "test") -> pd.DataFrame:
    """Measure each user's list."""
    data, parts = open_data(data_set)
    return per_user(model, *parts[part], data.offered)
