"""Measure lecture 07, and break it.

For every seed the lecture's candidates are compared on its validation data, and the best of each
step is scored. What is held out stays the same.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pandas as pd
import torch

from lecture_utils import Ratings, Tensors, as_tensors, evaluate
from lecture_utils.methods import (
    METHODS,
    PAUSES,
    Method,
    make_features,
    make_features_and_times,
    rated_sets,
)
from lecture_utils.methods.sessions import Sessions, timestamps
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test

LATER = ("biases", "gibbs", "side", "time")
CONFIRMED = ("als", "gibbs", "day", "time")


def list_candidates() -> dict[str, list[Method]]:
    """Return what the lecture compares, step by step."""
    powers = {0: (9, 12, 16), 0.5: (1.0, 1.4, 2.0), 1: (0.11, 0.16, 0.23)}
    bayes = METHODS["gibbs"].vary(101, rank=10)
    both = replace(bayes, inputs=make_features)
    timed = replace(bayes, inputs=make_features_and_times)
    day = timed.vary(pauses=["day"])
    return {
        "biases": [METHODS["biases"].vary(ridge=r) for r in (1, 2, 5, 10, 20)],
        "descent": [METHODS["descent"].vary(ridge=r, ridge_bias=r / 2) for r in (6, 9, 12, 18)],
        "als": [
            METHODS["als"].vary(power=p, ridge=r, ridge_bias=r / 2)
            for p, ridges in powers.items()
            for r in ridges
        ],
        "svdpp": [
            METHODS["svdpp"].vary(ridge=r, ridge_bias=r / 2, ridge_sets=y)
            for r, y in ((12, 60), (16, 60), (16, 120))
        ],
        "neumf": [METHODS["neumf"].vary(n, ridge=r) for n, r in ((5, 5), (8, 5), (10, 10))],
        "gibbs": [bayes.vary(rank=k) for k in (6, 10, 14)],
        "side": [replace(bayes, inputs=known) for known in (know_attributes, know_sets)] + [both],
        "day": [both, day],
        "ordinal": [day, day.vary(ordinal=True)],
        "time": [day, timed.vary(pauses=[30, 240, 3600]), timed.vary(pauses=PAUSES, rank=16)],
    }


def know_attributes(data: Ratings, train: Tensors) -> dict:
    """Make the features of the first candidate with side information."""
    return {side: tables[:1] for side, tables in make_features(data, train).items()}


def know_sets(data: Ratings, train: Tensors) -> dict:
    """Make the features of the second one."""
    user, item = rated_sets(train, data.size)
    return {"user_features": [user], "item_features": [item]}


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; biases alone depend on none."""
    values = {}
    for name in DATA_SETS:
        runs = run_each(climb, [(name, seed) for seed in seeds])
        values |= list_values(f"{name}.frontier.", runs)
    return {key: found[:1] if len({*found}) == 1 else found for key, found in values.items()}


def climb(name: str, seed: int) -> dict[str, float]:
    """Go through the lecture with one seed."""
    ua, u1 = load(name), load(name, "u1")
    parts = {
        "ua": (*evaluate.per_user_split(ua.train, 5, seed=0), ua.train, ua.test),
        "u1": (*evaluate.random_split(u1.train, 0.2, seed=0), u1.train, u1.test),
    }
    found, chosen = {}, {}
    for step, candidates in list_candidates().items():
        for part, (small, valid, train, test) in parts.items():
            rmse = [score(method, ua, small, valid, seed) for method in candidates]
            chosen[step, part] = candidates[rmse.index(min(rmse))]
            found[f"{step}_{part}"] = score(chosen[step, part], ua, train, test, seed)
    for key, pause in (("same_second", 0), ("same_day", 86_400)):
        found[key] = correlate(ua, *parts["ua"][:2], pause, seed)
    past, future = evaluate.time_split(pd.concat([ua.train, ua.test], ignore_index=True), 0.1)
    for step in LATER:
        found[f"future_{step}"] = score(chosen[step, "ua"], ua, past, future, seed)
    others = {split: load(name, split) for split in ("ub", "u2", "u3", "u4", "u5")}
    for step in CONFIRMED:
        rmse = [
            score(chosen[step, "ua" if split == "ub" else "u1"], ua, data.train, data.test, seed)
            for split, data in others.items()
        ]
        found[f"final_{step}"] = sum(rmse) / len(rmse)
    return found


def score(
    method: Method, data: Ratings, train: pd.DataFrame, held: pd.DataFrame, seed: int
) -> float:
    """Return the RMSE of the last model, or of a sampler's mean, on `held`."""
    torch.manual_seed(seed)
    models = method.start(replace(data, train=train), as_tensors(train))
    skipped = method.burn_in or method.steps - 1
    test, times = as_tensors(held), timestamps(held)
    return evaluate.curve(models, test, method.steps, times, skipped, evaluate.clipped_rmse)[-1]


def correlate(
    data: Ratings, train: pd.DataFrame, held: pd.DataFrame, pause: int, seed: int
) -> float:
    """Correlate what ALS leaves of held-out ratings and of the training ratings beside them."""
    a, b = as_tensors(train), as_tensors(held)
    torch.manual_seed(seed)
    *_, model = islice(METHODS["als"].start(replace(data, train=train), a), 15)
    left, right = (d.ratings - model(d.users, d.items) for d in (a, b))
    sessions = Sessions(a.users, timestamps(train), [pause])
    number, (group,) = sessions.counts[0] + 1, sessions.find(b.users, timestamps(held))
    count = torch.bincount(sessions.groups[0], minlength=number)
    mean = torch.zeros(number).index_add(0, sessions.groups[0], left) / count.clamp(min=1)
    paired = count[group] > 0
    return torch.stack([mean[group][paired], right[paired]]).corrcoef()[0, 1].item()


LADDER = {
    "descent", "race", "power", "svdpp", "neumf", "ids", "side", "time", "ordinal", "fine",
    "summary", "future", "final",
}  # fmt: skip
MUTANTS = {
    "shuffled": Mutant(
        {
            'data = load_movielens("ua")': (
                'data = load_movielens("ua")\n'
                'data.train["rating"] = data.train["rating"].sample(frac=1).to_numpy()'
            )
        },
        "check-biases",
        long=True,
    ),
    "ridge": Mutant({"F.T @ F + penalty": "F.T @ F + 2 * penalty"}, "check-als", LADDER),
    "noise": Mutant({"solve(L.T, noise": "solve(L, noise"}, "check-draw", LADDER),
    "threshold": Mutant(
        {"above = 1 - ndtr(": "above = ndtr("},
        "check-ordinal",
        LADDER - {"ordinal"} | {"bayes"},
    ),
    "gradient": Mutant(
        {"2 / len(errors) * (by_item": "1 / len(errors) * (by_item"},
        "check-gradient",
        LADDER | {"averages"},
    ),
}
test_mutants = build_test("07", MUTANTS)
