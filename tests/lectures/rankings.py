"""What lectures on rankings share: the split of ua, a method trained on it, its users' lists."""

from functools import cache
from itertools import islice
from typing import Any

import pandas as pd
import torch

from lecture_utils import Ratings, Tensors, as_tensors, evaluate
from lecture_utils.methods import METHODS
from lecture_utils.ranking.metrics import per_user
from tests.lectures.measure import load


@cache
def open_data(name: str) -> tuple[Ratings, dict[str, tuple[Tensors, Tensors]]]:
    """Load a data set, and make what to train on and what to find, of validation and test."""
    data = load(name)
    valid = evaluate.per_user_split(data.train, 5, seed=0)
    parts = {"valid": valid, "test": (data.train, data.test)}
    return data, {part: tuple(map(as_tensors, frames)) for part, frames in parts.items()}


def fit(name: str, method: str, part: str = "test", seed: int = 0, **settings: Any) -> Any:
    """Train a method of the registry, and return the last model."""
    data, parts = open_data(name)
    torch.manual_seed(seed)
    chosen = METHODS[method].vary(**settings)
    *_, model = islice(chosen.start(data, parts[part][0]), chosen.steps)
    return model


def judge(name: str, model: Any, part: str = "test") -> pd.DataFrame:
    """Measure each user's list."""
    data, parts = open_data(name)
    return per_user(model, *parts[part], data.offered)
