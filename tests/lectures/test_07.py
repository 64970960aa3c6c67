"""Measure lecture 07, and break it.

For every seed the lecture's candidates are compared on its validation data, and the best of each
step is scored. What is held out stays the same. The settings of the autoencoders are the lecture's
own. AutoRec's were compared once, with seed 0, on the holdout of `u1` that `benchmarks.holdout`
makes: for movies ridges of 40, 80 and 160 and 20 to 200 epochs by twenties, for users ridges of 40
and 80 and 20 to 120 epochs. Those of the others are the package's.
"""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from lecture_utils import Ratings, as_tensors, evaluate, fit_biases
from lecture_utils.methods import METHODS, Method
from lecture_utils.methods.selection import choose, score
from tests.lectures.measure import DATA_SETS, list_values, load, open_parts, run_each
from tests.lectures.mutants import Mutant, build_test

POWERS = {0: (9, 12, 16), 0.5: (1.0, 1.4, 2.0), 1: (0.11, 0.16, 0.23)}
RAW = {"drop": 0.0, "residual": False, "ridge": 40.0, "ridge_sets": None, "lr": 0.02}
TWO_SIDED = METHODS["autoencoder"]
LAST = replace(TWO_SIDED, burn_in=None)  # no average of epochs
NETWORKS = {
    "autorec_user": LAST.vary(40, side="user", **RAW),
    "autorec_item": LAST.vary(40, **RAW),
    "one_sided": LAST.vary(60, ridge_sets=None),
}


def list_candidates() -> dict[str, dict[str, Method]]:
    """Return what the lecture compares, step by step."""
    found = {
        "biases": [METHODS["biases"].vary(ridge=r) for r in (1, 2, 5, 10, 20)],
        "descent": [METHODS["descent"].vary(ridge=r, ridge_bias=r / 2) for r in (6, 9, 12, 18)],
        "als": [method for methods in list_powers().values() for method in methods],
        "svdpp": [
            METHODS["svdpp"].vary(ridge=r, ridge_bias=r / 2, ridge_sets=y)
            for r, y in ((12, 60), (16, 60), (16, 120))
        ],
        "neumf": [METHODS["neumf"].vary(n, ridge=r) for n, r in ((5, 5), (8, 5), (10, 10))],
    }
    return {step: dict(enumerate(methods)) for step, methods in found.items()}


def list_powers() -> dict[float, list[Method]]:
    """Return the lecture's candidates of ALS by the power of the count."""
    return {
        power: [METHODS["als"].vary(power=power, ridge=r, ridge_bias=r / 2) for r in ridges]
        for power, ridges in POWERS.items()
    }


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; biases alone depend on none."""
    values, seeds = {}, list(seeds)
    for name in DATA_SETS:
        each = [(name, seed) for seed in seeds]
        for part in (climb, compare_powers, score_networks, erase):
            values |= list_values(f"{name}.closed.", run_each(part, each))
    return {key: found[:1] if len({*found}) == 1 else found for key, found in values.items()}


def measure_earlier(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return what GLocal-K reaches on MovieLens, with the lengths that validation chose."""
    return list_values("seeds.closed.", run_each(score_glocal_k, [(seed,) for seed in seeds]))


def score_glocal_k(seed: int) -> dict[str, float]:
    """Train GLocal-K on u1 and score it once: a minute."""
    data = load("ml-100k", "u1")
    return {"glocal_k_u1": score(METHODS["glocal-k"], data, data.train, data.test, seed=seed)}


def climb(name: str, seed: int) -> dict[str, float]:
    """Go through the lecture as far as NeuMF with one seed."""
    found = {}
    for step, candidates in list_candidates().items():
        for part, (small, valid, train, test) in open_parts(name).items():
            data = load(name, part)
            best, _ = choose(candidates, data, small, valid, seed)
            found[f"{step}_{part}"] = score(candidates[best], data, train, test, seed=seed)
    return found


def compare_powers(name: str, seed: int) -> dict[str, float]:
    """Subtract the best validation RMSE of each power on ua."""
    data = load(name)
    small, valid, *_ = open_parts(name)["ua"]
    none, root, whole = (
        min(score(method, data, small, valid, seed=seed) for method in methods)
        for methods in list_powers().values()
    )
    return {"root_gain": none - root, "whole_loss": whole - none}


def score_networks(name: str, seed: int) -> dict[str, float]:
    """Score the autoencoders on u1, the two-sided one also on ua; subtract pairs."""
    data, ua = load(name, "u1"), load(name)
    found = {
        f"{step}_u1": score(method, data, data.train, data.test, seed=seed)
        for step, method in NETWORKS.items()
    }
    found["two_sided_u1"] = score(TWO_SIDED, data, data.train, data.test, seed=seed)
    found["two_sided_ua"] = score(TWO_SIDED, ua, ua.train, ua.test, seed=seed)
    ladder = [found[f"{step}_u1"] for step in (*NETWORKS, "two_sided")]
    gains = zip(("item_gain", "bias_gain", "late_gain"), ladder, ladder[1:])
    return found | {key: before - after for key, before, after in gains}


def erase(name: str, seed: int) -> dict[str, float]:
    """Let a small autoencoder read stars, who rated only, and what biases leave of the stars."""
    data = load(name, "u1")
    small, valid = map(as_tensors, open_parts(name)["u1"][:2])
    base = fit_biases(small, *data.size, ridge=4.0, sweeps=15)
    target = fill(data, small, small.ratings - base(small.users, small.items))
    known = fill(data, small, torch.ones_like(small.ratings))
    stars, average = fill(data, small, small.ratings), small.ratings.mean() * known
    rmse = {}
    for key, read in {"stars": stars, "erased": average, "rest": target}.items():
        guess = autoencode(read, target, known, 30, 80.0, 40, 0.03, seed)
        answer = base(valid.users, valid.items) + guess[valid.items, valid.users]
        rmse[key] = evaluate.clipped_rmse(answer, valid.ratings)
    alone = evaluate.clipped_rmse(base(valid.users, valid.items), valid.ratings)
    return {
        "erased_share": (rmse["erased"] - rmse["stars"]) / (alone - rmse["stars"]),
        "erased_ahead": rmse["rest"] - rmse["erased"],
    }


def fill(data: Ratings, train, values: Tensor) -> Tensor:
    """Put `values`, (n,), into a table of zeros, (num_items, num_users)."""
    table = torch.zeros(*reversed(data.size))
    table[train.items, train.users] = values
    return table


def autoencode(
    read: Tensor, target: Tensor, known: Tensor, rank: int, ridge: float, epochs: int, lr: float,
    seed: int,
) -> Tensor:  # fmt: skip
    """Train as the function of that name in the lecture does; return what it predicts."""
    torch.manual_seed(seed)
    columns = read.shape[1]
    W, V = (nn.init.xavier_uniform_(torch.empty(columns, rank)) for _ in range(2))
    b, c = torch.zeros(rank), torch.zeros(columns)
    tables = [table.requires_grad_() for table in (W, b, V, c)]
    optimizer = torch.optim.Adam(tables, lr=lr)
    for _ in range(epochs):
        guess = torch.sigmoid(read @ W + b) @ V.T + c
        cost = (known * (guess - target)).square().sum()
        loss = cost + ridge * (W.square().sum() + V.square().sum())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (torch.sigmoid(read @ W + b) @ V.T + c).detach()


LADDER = {"biases", "descent", "als", "race", "power", "svdpp", "neumf", "networks"}
MUTANTS = {
    "shuffled": Mutant(
        {
            'data = load_movielens("ua")': (
                'data = load_movielens("ua")\n'
                'data.train["rating"] = data.train["rating"].sample(frac=1).to_numpy()'
            )
        },
        "check-biases",
        LADDER - {"biases"},
    ),
    "two steps": Mutant(
        {"stages = (150, 0.1), (50, 0.01)": "stages = (1, 0.1), (1, 0.01)"},
        "check-descent",
        LADDER - {"biases", "descent"},
        long=True,
    ),
    "ridge": Mutant(
        {"F.T @ F + penalty": "F.T @ F + 2 * penalty"},
        "check-als",
        LADDER - {"descent", "als"},
        long=True,
    ),
    "one sweep": Mutant(
        {"for sweep in range(3)": "for sweep in range(1)"},
        "check-als",
        LADDER - {"descent", "als"},
        long=True,
    ),
    "a low bar": Mutant(
        {"bar = 1.01 * min(race)": "bar = 10 * min(race)"},
        "check-race",
        LADDER - {"als", "race"},
        long=True,
    ),
    "powers mixed up": Mutant(
        {"for p in tries]": "for p in reversed(tries)]"},
        "check-als-power",
        LADDER - {"power"},
    ),
    "SVD++ on the other split": Mutant(
        {
            'check.reference(f"ml-100k.closed.{step}_u1")': (
                'check.reference(f"ml-100k.closed.{step}_ua")'
            ),
        },
        "check-svdpp-gain",
        LADDER - {"power", "als", "svdpp"},
        long=True,
    ),
    "NeuMF against itself": Mutant(
        {'check.below(known["als"]["high"]': 'check.below(known["neumf"]["high"]'},
        "check-neumf-gain",
        LADDER - {"als", "neumf"},
        long=True,
    ),
    "blanks learned as 0": Mutant(
        {"errors = known * (": "errors = ("},
        "check-ae-tiny",
        LADDER - {"networks"},
        long=True,
    ),
    "an answer leaked": Mutant(
        {"x = stars.nan_to_num(0)": ("x = stars.nan_to_num(0)\nx[8, 2], known[8, 2] = 4.75, 1.0")},
        "check-ae-tiny",
        LADDER - {"networks"},
        long=True,
    ),
    "no set to read": Mutant(
        {'"목록만": average * known': '"목록만": target'},
        "check-erase",
        LADDER - {"networks"},
        long=True,
    ),
    "an epoch less": Mutant(
        {"known, tables, 80, 5, 0.03)": "known, tables, 80, 4, 0.03)"},
        "check-ae-package",
        LADDER - {"networks"},
        long=True,
    ),
    "the wrong side, no biases, itself": Mutant(
        {
            'side="user", **raw': "**raw",
            "last.vary(60, ridge_sets=None)": "last.vary(60, ridge_sets=None, residual=False)",
            'known[f"svdpp_{part}"]["low"]': 'known[f"two_sided_{part}"]["low"]',
        },
        "check-networks",
        LADDER - {"biases", "networks"},
        long=True,
    ),
}
test_mutants = build_test("07", MUTANTS)
