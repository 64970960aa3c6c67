"""Measure lecture 08, and break it.

For every seed the lecture's candidates are compared on its validation data, and the best of each
step is scored. What is held out stays the same. What is compared is measured as a difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd
import torch

from lecture_utils import Tensors, as_tensors, evaluate
from lecture_utils.methods import METHODS, Method, make_attributes, make_features, make_sets
from lecture_utils.methods.als import Factors, design
from lecture_utils.methods.least_squares import normal_equations, solve
from lecture_utils.methods.selection import choose, score
from lecture_utils.sparse import Rows
from tests.lectures.measure import DATA_SETS, list_values, load, open_parts, run_each
from tests.lectures.mutants import Mutant, build_test

ALS = METHODS["als"].vary(power=0.5, ridge=1.4, ridge_bias=0.7)  # chosen in lecture 07
BAYES = METHODS["gibbs"].vary(101, rank=10)
SIGMA, RIDGE, SWEEPS, BURN_IN = 0.9, 8.0, 75, 15


STEPS: dict[str, dict[str, Method]] = {
    "gibbs": {f"rank {k}": BAYES.vary(rank=k) for k in (6, 10, 14)},
    "side": {
        "attributes": replace(BAYES, inputs=make_attributes),
        "sets": replace(BAYES, inputs=make_sets),
        "both": replace(BAYES, inputs=make_features),
    },
}


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed."""
    values = {}
    for name in DATA_SETS:
        each = [(name, seed) for seed in seeds]
        for part in (average_draws, choose_steps, blend_parts):
            values |= list_values(f"{name}.likely.", run_each(part, each))
    return values


def choose_steps(name: str, seed: int) -> dict[str, float]:
    """Choose by validation as the lecture does, and score what is chosen."""
    data, found = load(name), {}
    for part, (small, valid, train, test) in open_parts(name).items():
        last = found[f"als_{part}"] = score(ALS, data, train, test, seed=seed)
        for step, candidates in STEPS.items():
            best, table = choose(candidates, data, small, valid, seed)
            now = score(candidates[best], data, train, test, seed=seed)
            found[f"{step}_{part}"], found[f"{step}_gain_{part}"] = now, last - now
            last = now
        found[f"sets_gain_{part}"] = table["attributes"] - table["sets"]
    return found


def average_draws(name: str, seed: int) -> dict[str, float]:
    """Average the draws of the simple chain, and compare them with ALS; all are clipped."""
    data, (small, valid, *_) = load(name), open_parts(name)["ua"]
    als = score(ALS, data, small, valid, seed=seed)
    a, b = as_tensors(small), as_tensors(valid)
    torch.manual_seed(seed)
    each = evaluate.curve(chain(a, data.size), b, SWEEPS, score=evaluate.clipped_rmse)
    torch.manual_seed(seed)
    mixed = evaluate.curve(
        chain(a, data.size), b, SWEEPS, burn_in=BURN_IN, score=evaluate.clipped_rmse
    )
    return {
        "average": mixed[-1],
        "average_gain": als - mixed[-1],
        "each_behind": min(each[BURN_IN:]) - als,
    }


def blend_parts(name: str, seed: int) -> dict[str, float]:
    """Mix a sampler and an autoencoder on u1, in the shares that validation chooses."""
    data, (small, valid, train, test) = load(name), open_parts(name)["u1"]
    kinds = STEPS["side"]["sets"], METHODS["autoencoder"]

    def predict(fit: pd.DataFrame, held: pd.DataFrame) -> list[torch.Tensor]:
        return [score(kind, data, fit, held, lambda p, r: p, seed) for kind in kinds]

    (p, q), ratings = predict(small, valid), as_tensors(valid).ratings
    shares = [n / 10 for n in range(11)]
    rmse = [evaluate.clipped_rmse(w * p + (1 - w) * q, ratings) for w in shares]
    share = shares[rmse.index(min(rmse))]
    (p, q), ratings = predict(train, test), as_tensors(test).ratings
    alone = [evaluate.clipped_rmse(each, ratings) for each in (p, q)]
    mixed = evaluate.clipped_rmse(share * p + (1 - share) * q, ratings)
    return {
        "autoencoder": alone[1],
        "blend": mixed,
        "blend_gain": min(alone) - mixed,
        "rivals_gap": alone[0] - alone[1],
    }


def chain(a: Tensors, size: tuple[int, int]) -> Iterator[Factors]:
    """Draw as the lecture does by hand, with one penalty and one noise for all."""
    mean = a.ratings.mean()
    by_user, by_item = Rows(a.users, a.items, *size), Rows(a.items, a.users, *reversed(size))
    penalty = torch.diag(torch.tensor([RIDGE] * 10 + [RIDGE / 2]))[..., None]
    item = torch.zeros(size[1], 11)
    item[:, :-1] = 0.1 * torch.randn(size[1], 10)

    def draw(rows: Rows, table: Tensors, rest: torch.Tensor) -> torch.Tensor:
        gram, moment = normal_equations(rows, design(table), rest)
        return solve(gram + penalty, moment, SIGMA * torch.randn(moment.shape)).T

    while True:
        user = draw(by_user, item, a.ratings - mean - item[a.items, -1])
        item = draw(by_item, user, a.ratings - mean - user[a.users, -1])
        yield Factors(mean.item(), user, item)


LADDER = {"start", "ids", "side", "blend"}
MUTANTS = {
    "shuffled": Mutant(
        {
            'data = load_movielens("ua")': (
                'data = load_movielens("ua")\n'
                'data.train["rating"] = data.train["rating"].sample(frac=1).to_numpy()'
            ),
            'u1 = data, load_movielens("u1")': (
                'u1 = data, load_movielens("u1")\n'
                'u1.train["rating"] = u1.train["rating"].sample(frac=1).to_numpy()'
            ),
        },
        "check-start",
        long=True,
    ),
    "map": Mutant({"x = z @ M.T": "x = z @ M"}, "check-map", LADDER),
    "root": Mutant({"solve(L.T, z.T)": "solve(L, z.T)"}, "check-root", LADDER),
    "draw": Mutant({"solve(L.T, noise": "solve(L, noise"}, "check-draw", LADDER),
    "still": Mutant({"sigma * torch.randn": "(0.1 + sigma) * torch.randn"}, "check-still", LADDER),
    "hardly drawn": Mutant(
        {"sigma=0.9": "sigma=0.1"}, "check-average", LADDER - {"start"}, long=True
    ),
    "apart": Mutant(
        {"(draws - average)": "(draws - draws[0])"}, "check-ambiguity", LADDER - {"start"}
    ),
    "gamma": Mutant({"tau**4": "tau**5"}, "check-gamma", LADDER | {"bayes"}),
    "weight": Mutant(
        {"5 + e.square().sum(1) / 2": "5 + e.square().sum(1).flip(0) / 2"},
        "check-gamma",
        LADDER | {"bayes"},
    ),
    "scatter": Mutant(
        {"linalg.inv(torch.eye(k) + scatter)": "eye(k) + scatter"},
        "check-wishart",
        LADDER | {"bayes"},
    ),
    "center": Mutant(
        {"return n * average / (n + 2) + jump": "return average / 2 + jump"},
        "check-wishart",
        LADDER | {"bayes"},
    ),
    "whole": Mutant({"root = weight.sqrt()": "root = weight"}, "check-same", LADDER | {"averages"}),
    "effects": Mutant({"A = 4 * X.T @ X": "A = X.T @ X"}, "check-effects", LADDER | {"bayes"}),
    "one draw": Mutant(
        {"vary(steps=101)": "vary(steps=16)"}, ("check-gibbs", "check-side"), long=True
    ),
    "side": Mutant(
        {'gap = table[part]["속성"]': 'gap = -table[part]["속성"]'},
        "check-side",
        LADDER - {"start", "ids", "side"},
        long=True,
    ),
    "blend": Mutant(
        {
            "- w * (1 - w) * apart": "+ w * (1 - w) * apart",
            "torch.linspace(0, 1, 11)": "torch.linspace(0, -1, 11)",
        },
        ("check-blend", "check-blend-test"),
        LADDER - {"blend"} | {"bayes"},
        long=True,
    ),
}
test_mutants = build_test("08", MUTANTS)
