"""Lecture 08: measure training from blocks, and break the lecture.

A seed deals the blocks, draws the start and orders the steps.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lecture_utils import as_tensors
from lecture_utils.scale import checkpoint
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.train import Training
from tests.lectures.measure import DATA_SETS, load, run_each
from tests.lectures.mutants import Mutant, build_test

EPOCHS = 20


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return the test MSE of each seed."""
    return {
        f"{name}.scale.test_mse": run_each(train, [(name, seed) for seed in seeds])
        for name in DATA_SETS
    }


def train(name: str, seed: int) -> float:
    """Deal blocks and train EPOCHS from them; return the last test MSE."""
    data = load(name)
    users, items, ratings = as_tensors(pd.concat([data.train, data.test], ignore_index=True))
    chunk = users.int().numpy(), items.int().numpy(), ratings.numpy()
    with TemporaryDirectory() as folder:
        blocks = prepare(lambda: iter([chunk]), Path(folder) / "ratings", seed=seed)
        settings = {"model": "mf", "rank": 10, "seed": seed}
        sizes = blocks.num_users, blocks.num_items, blocks.mean
        training = Training(checkpoint.build(settings, *sizes), blocks, seed=seed)
        return [training.epoch() for _ in range(EPOCHS)][-1].held_out_mse


BIG = {"shapes", "growth", "race", "shuffle"}
MUTANTS = {
    "added": Mutant(
        {"(model.P[data.items] * model.Q": "(model.P[data.items] + model.Q"},
        "check-same",
        {"shapes"},
        long=True,
    ),
    "in order": Mutant({"randperm(n) if": "arange(n) if"}, "check-shuffle", BIG - {"shuffle"}),
    "lr": Mutant({"blocks, **more)": "blocks, lr=1e-9, **more)"}, "check-stream", BIG),
    "shuffled": Mutant(
        {"everything.ratings]": "everything.ratings[torch.randperm(len(everything.ratings))]]"},
        "check-stream",
        BIG,
    ),
    "forgotten": Mutant({"second.optimizer.load_state_dict(memory)": "pass"}, "check-resume", BIG),
    "mean of means": Mutant(
        {"(gap.square().sum() / number).backward()\n": "gap.square().mean().backward()\n"},
        "check-shares",
        BIG,
    ),
}
test_mutants = build_test("08", MUTANTS)
