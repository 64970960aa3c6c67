"""Choose among candidates by their error on held-out training ratings, as lecture 05 asks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils import evaluate
from lecture_utils.data import Ratings, as_tensors
from lecture_utils.methods import Method
from lecture_utils.methods.sessions import timestamps


def score(
    method: Method,
    data: Ratings,
    train: pd.DataFrame,
    held: pd.DataFrame,
    metric: Callable[[Tensor, Tensor], Any] = evaluate.clipped_rmse,
    seed: int = 0,
) -> Any:
    """Train on `train`, starting from `seed`, and score the last model on `held`.

    A sampler's predictions are averaged after its burn-in. `data` gives users and movies.
    """
    torch.manual_seed(seed)
    models = method.start(replace(data, train=train), as_tensors(train))
    skipped = method.steps - 1 if method.burn_in is None else method.burn_in
    times = timestamps(held)
    return evaluate.curve(models, as_tensors(held), method.steps, times, skipped, metric)[-1]


def choose(
    candidates: Mapping[str, Method],
    data: Ratings,
    train: pd.DataFrame,
    held: pd.DataFrame,
    seed: int = 0,
) -> tuple[str, dict[str, float]]:
    """Return the name of the candidate with the lowest RMSE on `held`, and every candidate's."""
    found = {name: score(each, data, train, held, seed=seed) for name, each in candidates.items()}
    return min(found, key=found.get), found
