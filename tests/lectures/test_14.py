"""Lecture 14: measure training from blocks, and break the lecture.

A seed deals the blocks, draws the start and orders the steps.
"""

import copy
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from lecture_utils import MatrixFactorization, Tensors, as_tensors, evaluate
from lecture_utils.methods.als import als
from lecture_utils.scale import checkpoint
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.train import Training
from lecture_utils.synthetic import large
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test

STOP, EPOCHS = 10, 20
RIDGE = 10.0


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed: of training from blocks, and on the invented ratings."""
    seeds, values = list(seeds), {}
    for name in DATA_SETS:
        values |= list_values(f"{name}.scale.", run_each(train, [(name, seed) for seed in seeds]))
    runs = run_each(learn_invented, [(seed,) for seed in seeds])
    return values | list_values("invented.scale.", runs)


def train(name: str, seed: int) -> dict[str, float]:
    """Train from blocks without a stop, and once more from the parameters of epoch STOP alone.

    Returns:
        The last test MSE; by how much the training MSE is higher in the first epoch after the stop;
        and the number of that epoch after it which comes within 1% of the run without a stop.
    """
    data = load(name)
    users, items, ratings = as_tensors(pd.concat([data.train, data.test], ignore_index=True))
    chunk = users.int().numpy(), items.int().numpy(), ratings.numpy()
    with TemporaryDirectory() as folder:
        blocks = prepare(lambda: iter([chunk]), Path(folder) / "ratings", seed=seed)
        settings = {"model": "mf", "rank": 10, "seed": seed}
        sizes = blocks.num_users, blocks.num_items, blocks.mean
        run, again = (
            Training(checkpoint.build(settings, *sizes), blocks, seed=seed) for _ in range(2)
        )
        for _ in range(STOP):
            run.epoch()
        again.model.load_state_dict(copy.deepcopy(run.model.state_dict()))
        again.history = run.history[:]
        for _ in range(STOP, EPOCHS):
            run.epoch(), again.epoch()
    kept, lost = (np.array([e.train_mse for e in t.history[STOP:]]) for t in (run, again))
    return {
        "test_mse": run.history[-1].held_out_mse,
        "forgotten_rise": float(lost[0] - kept[0]),
        "lost_epochs": 1 + int(np.argmax(abs(lost / kept - 1) < 0.01)),
    }


@cache
def invent() -> tuple[Tensors, Tensors, tuple[int, int]]:
    """Invent ratings as the lecture does; return training and test ratings and the sizes."""
    users, items, ratings = map(np.concatenate, zip(*large.chunks(300_000), strict=True))
    users, items = (np.unique(ids, return_inverse=True)[1] for ids in (users, items))
    data = Tensors(*map(torch.from_numpy, (users, items, ratings)))
    torch.manual_seed(0)
    held = torch.rand(len(ratings)) < 0.1
    parts = [Tensors(*(column[rows] for column in data)) for rows in (~held, held)]
    return *parts, (int(users.max()) + 1, int(items.max()) + 1)


def learn_invented(seed: int) -> dict[str, float]:
    """Learn the invented ratings in minibatches, shuffled or not, and by least squares.

    Returns:
        The least by which test RMSE is higher without shuffling, over four epochs; and by how much
        it is below 0.82 after three sweeps of alternating least squares.
    """
    train, test, size = invent()
    curves = [pass_through(train, test, size, shuffled, seed) for shuffled in (True, False)]
    torch.manual_seed(seed)
    sweeps = als(train, size, rank=10, ridge=RIDGE, ridge_bias=RIDGE / 2)
    third = list(islice((score(model, test) for model in sweeps), 3))[-1]
    return {
        "shuffle_gain": min(b - a for a, b in zip(*curves, strict=True)),
        "als_gain": 0.82 - third,
    }


def pass_through(
    train: Tensors, test: Tensors, size: tuple[int, int], shuffled: bool, seed: int
) -> list[float]:
    """Go through the ratings four times in minibatches; return the test RMSE of each time."""
    torch.manual_seed(seed)
    n, curve = len(train.ratings), []
    model = MatrixFactorization(*size, 10, bias=True, mean=train.ratings.mean().item())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(4):
        order = torch.randperm(n) if shuffled else torch.arange(n)
        for some in order.split(16_384):
            error = F.mse_loss(model(train.users[some], train.items[some]), train.ratings[some])
            for name, parameter in model.named_parameters():
                ridge = RIDGE / 2 if name.startswith("bias") else RIDGE
                error = error + ridge / n * parameter.square().sum()
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
        curve.append(score(model, test))
    return curve


@torch.no_grad()
def score(model: MatrixFactorization, test: Tensors) -> float:
    """Return the test RMSE of predictions clipped to half a star and five."""
    return evaluate.rmse(model(test.users, test.items).clamp(0.5, 5), test.ratings)


BIG = {"sizes", "shapes", "growth", "race", "shuffle"}
MUTANTS = {
    "from the rear": Mutant(
        {"descending=True).values": "descending=False).values", "counts <= 5": "counts > 5000"},
        "check-shapes",
        long=True,
    ),
    "not a mean": Mutant(
        {"2 / len(gap) * gap": "gap"}, "check-gradient", {"shapes", "race", "shuffle"}, long=True
    ),
    "added": Mutant(
        {"(model.P[data.items] * model.Q": "(model.P[data.items] + model.Q"},
        "check-same",
        {"shapes"},
        long=True,
    ),
    "counted anew": Mutant(
        {
            "rank=10)\neach = ": "rank=10).double()\neach = ",
            "cells.values(), cells.col_indices()": "cells.values()",
        },
        "check-remembered",
        {"shapes"},
        long=True,
    ),
    "longer": Mutant({"84 * number": "60 * number", "* 4 * 11": "* 4 * 65"}, "check-needs", BIG),
    "another loss": Mutant(
        {
            "squared_error(model, *train)": "squared_error(model, *train[:2], train.ratings + 1)",
            "ridge=ridge,": "ridge=1000,",
        },
        "check-race",
        BIG - {"race"},
        long=True,
    ),
    "the other order": Mutant(
        {
            '("섞어서", torch.randperm(n))': '("섞어서", torch.arange(n))',
            '("파일의 순서로", torch.arange(n))': '("파일의 순서로", torch.randperm(n))',
        },
        "check-batch",
        BIG,
    ),
    "a larger batch": Mutant({"order[:16_384]": "order[:160_000]"}, "check-batch", BIG),
    "in order": Mutant(
        {"shuffled=shuffled)": "shuffled=False)"}, "check-shuffle", BIG - {"shuffle"}
    ),
    "pieces": Mutant(
        {"(gap.square().sum() / number).backward()  # ": "gap.square().mean().backward()  # "},
        "check-pieces",
        BIG,
    ),
    "lr": Mutant({"blocks, **more)": "blocks, lr=1e-9, **more)"}, "check-stream", BIG),
    "shuffled": Mutant(
        {
            "everything.ratings]": "everything.ratings[torch.randperm(len(everything.ratings))]]",
            "begin(stream=True)": "begin(stream=True, lr=0.04)",
        },
        "check-stream",
        BIG,
    ),
    "forgotten": Mutant({"second.optimizer.load_state_dict(memory)": "pass"}, "check-resume", BIG),
    "remembered": Mutant({"go_on(False)": "go_on(True)"}, "check-resume", BIG),
    "from the start": Mutant(
        {"checkpoint.resume(again, checkpoint.load(run))": "pass"}, "check-saved", BIG
    ),
    "mean of means": Mutant(
        {"(gap.square().sum() / number).backward()\n": "gap.square().mean().backward()\n"},
        "check-shares",
        BIG,
    ),
    "unlike": Mutant(
        {'*options, "--out", "pair"': '*options, "--lr", "0.09", "--out", "pair"'},
        "check-pair",
        BIG,
        long=True,
    ),
    "untrained": Mutant(
        {
            'trained = checkpoint.load_model(work / "run")\n': (
                'trained = checkpoint.load_model(work / "run")\n'
                "trained.model.P.data.zero_()\ntrained.movies.add_(1)\n"
            )
        },
        "check-trained",
        BIG,
        long=True,
    ),
    "stars for lists": Mutant(
        {'"--model", "ials"': '"--model", "mf"'}, "check-lists", BIG, long=True
    ),
    "lists for stars": Mutant(
        {'["run", "lists"]': '["lists", "run"]'}, "check-lists", BIG, long=True
    ),
}
test_mutants = build_test("14", MUTANTS)
