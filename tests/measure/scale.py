"""Lecture 08's number on MovieLens 100K and on the synthetic set: blocks, 20 epochs, over seeds.

A seed deals the blocks, draws the start and orders the steps.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lecture_utils import Ratings, as_tensors
from lecture_utils.scale import checkpoint
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.train import Training
from tests.measure.movielens import load

EPOCHS = 20


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Test MSE of each seed."""
    both = map(load, (False, True))
    return {f"{data.name}.scale.test_mse": [train(data, s) for s in seeds] for data in both}


def train(data: Ratings, seed: int) -> float:
    users, items, ratings = as_tensors(pd.concat([data.train, data.test], ignore_index=True))
    chunk = users.int().numpy(), items.int().numpy(), ratings.numpy()
    with TemporaryDirectory() as folder:
        blocks = prepare(lambda: iter([chunk]), Path(folder) / "ratings", seed=seed)
        settings = {"model": "mf", "rank": 10, "seed": seed}
        sizes = blocks.num_users, blocks.num_items, blocks.mean
        training = Training(checkpoint.build(settings, *sizes), blocks, seed=seed)
        return [training.epoch() for _ in range(EPOCHS)][-1].held_out_mse
