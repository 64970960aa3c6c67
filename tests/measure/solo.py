"""Lecture 03's numbers on the 9x8 table of document 003, over seeds.

RMSE in points of rating: on the 63 known cells (train) and on the 7 blanks whose truth is known.
The deep network's thousandth epoch depends on the processor's rounding as much as on the seed.
"""

import math
import statistics
from collections.abc import Callable, Iterable

import torch
from torch import nn

from lecture_utils import EmbeddingFactorization, NeuralRecommender, fit, load_solo
from lecture_utils.data import Tensors

BLOCKS = 10


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Errors per seed of `seeds`. What the lecture says of twenty seeds together (medians, and
    how often the deep network does worse) is measured on BLOCKS disjoint blocks as long as
    `seeds`: the seeds themselves, those after them, and so on. Factorization after 1000 epochs
    has no median here: it is 0.175531 in every block, because most seeds end in one place."""
    seeds = list(seeds)
    known, blanks = tables()
    values = {"solo.mean.blanks_rmse": [rmse(known.ratings.mean() - blanks.ratings)]}
    linear = [train(lambda: NeuralRecommender(9, 8, hidden=()), seed, known) for seed in seeds]
    values["solo.linear.train_rmse"] = [math.sqrt(h.train_mse[-1]) for h in linear]
    for block in range(BLOCKS):
        runs = [scores(seed + block * len(seeds), known, blanks) for seed in seeds]
        for key, errors in zip(runs[0], zip(*(run.values() for run in runs))):
            if block == 0:
                values[key] = list(errors)
            if key in ("solo.mf.blanks_rmse", "solo.deep.blanks_rmse"):
                values.setdefault(f"{key}_median", []).append(statistics.median(errors))
        for name in ("mf", "mf1000"):
            worse = sum(r["solo.deep.blanks_rmse"] > r[f"solo.{name}.blanks_rmse"] for r in runs)
            values.setdefault(f"solo.deep.worse_than_{name}", []).append(worse)
    return values


def scores(seed: int, known: Tensors, blanks: Tensors) -> dict[str, float]:
    """Factorization after 100 and 1000 epochs, and the deep network after 1000."""
    mf = train(lambda: EmbeddingFactorization(9, 8), seed, known, blanks)
    deep = train(lambda: NeuralRecommender(9, 8), seed, known, blanks)
    found = {}
    for name, history, epoch in (("mf", mf, 99), ("mf1000", mf, 999), ("deep", deep, 999)):
        found[f"solo.{name}.train_rmse"] = math.sqrt(history.train_mse[epoch])
        found[f"solo.{name}.blanks_rmse"] = math.sqrt(history.test_mse[epoch])
    return found


def train(make: Callable[[], nn.Module], seed: int, known: Tensors, blanks: Tensors | None = None):
    torch.manual_seed(seed)
    return fit(make(), known, blanks, epochs=1000)


def tables() -> tuple[Tensors, Tensors]:
    """The 63 known cells in row order, and the 7 blanks; ids are row and column, from 0."""
    table, truth = load_solo()
    rows, columns = table.notna().to_numpy().nonzero()
    ratings = table.to_numpy()[rows, columns]
    women, men = table.index.get_indexer(truth["woman"]), table.columns.get_indexer(truth["man"])
    return tensors(rows, columns, ratings), tensors(women, men, truth["rating"].to_numpy())


def tensors(users, items, ratings) -> Tensors:
    return Tensors(torch.tensor(users), torch.tensor(items), torch.tensor(ratings).float())


def rmse(errors: torch.Tensor) -> float:
    return errors.square().mean().sqrt().item()
