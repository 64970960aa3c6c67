"""Measure lecture 09, and break it.

`climb` goes through the lecture with one seed of the chains: what is held out stays the same, and
each seed also chooses anew what lectures 07 and 08 chose. Where the lecture asks which of two is
better, `measure_earlier` answers: there a seed is one of the held-out part and of the chains, and
the difference is taken between two runs of the same seed.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import pandas as pd
import torch
from torch import Tensor

from lecture_utils import Ratings, as_tensors, evaluate
from lecture_utils.methods import (
    METHODS,
    PAUSES,
    Method,
    make_attributes,
    make_features,
    make_features_and_times,
    make_sets,
)
from lecture_utils.methods.selection import score
from lecture_utils.methods.sessions import Sessions, timestamps
from tests.lectures.measure import DATA_SETS, SEEDS, list_values, load, open_parts, run_each
from tests.lectures.mutants import Mutant, build_test

LATER = ("biases", "gibbs", "side", "time")
CONFIRMED = ("als", "gibbs", "day", "time")
FEW = (30, 240, 3600)  # seconds, the finest first


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; biases alone depend on none."""
    values = {}
    for name in DATA_SETS:
        runs = run_each(climb, [(name, seed) for seed in seeds])
        values |= list_values(f"{name}.stars.", runs)
    return {key: found[:1] if len({*found}) == 1 else found for key, found in values.items()}


def measure_earlier(seeds: Iterable[int] = SEEDS) -> dict[str, list[float]]:
    """Return the differences that the lecture shows as measured earlier: half a CPU hour.

    They are measured on MovieLens alone and stand above the marker of the toml, with their day.
    """
    jobs = {
        compare_days: ["ua"],
        compare_likelihoods: ["ua", "u1"],
        compare_pauses: ["ua", "u1"],
        compare_ranks: ["ua", "u1"],
        compare_future: ["ua"],
    }
    values = {}
    for function, parts in jobs.items():
        for part in parts:
            runs = run_each(function, [(part, seed) for seed in seeds])
            values |= list_values("seeds.stars.", runs)
    return values


def list_candidates() -> dict[str, list[Method]]:
    """Return what `climb` chooses among, step by step."""
    powers = {0: (9, 12, 16), 0.5: (1.0, 1.4, 2.0), 1: (0.11, 0.16, 0.23)}
    methods = list_methods()
    gibbs, side, day, ordinal, few, many = (
        methods[key] for key in ("gibbs", "side", "day", "ordinal", "few", "many")
    )
    return {
        "biases": [METHODS["biases"].vary(ridge=r) for r in (1, 2, 5, 10, 20)],
        "als": [
            METHODS["als"].vary(power=p, ridge=r, ridge_bias=r / 2)
            for p, ridges in powers.items()
            for r in ridges
        ],
        "gibbs": [gibbs.vary(rank=k) for k in (6, 10, 14)],
        "side": [*(replace(gibbs, inputs=known) for known in (make_attributes, make_sets)), side],
        "day": [side, day],
        "ordinal": [day, ordinal],
        "time": [day, few, many],
    }


def climb(name: str, seed: int) -> dict[str, float]:
    """Go through the lecture with one seed."""
    ua, parts = load(name), open_parts(name)
    found, chosen = {}, {}
    for step, candidates in list_candidates().items():
        for part, (small, valid, train, test) in parts.items():
            rmse = [score(method, ua, small, valid, seed=seed) for method in candidates]
            chosen[step, part] = candidates[rmse.index(min(rmse))]
            if step in ("day", "ordinal", "time"):
                found[f"{step}_{part}"] = score(chosen[step, part], ua, train, test, seed=seed)
    for key, pause in (("same_second", 0), ("same_day", 86_400)):
        found[key] = correlate(ua, *parts["ua"][:2], pause, seed)
    past, future = split_future(ua)
    for step in LATER:
        found[f"future_{step}"] = score(chosen[step, "ua"], ua, past, future, seed=seed)
    others = {split: load(name, split) for split in ("ub", "u2", "u3", "u4", "u5")}
    for step in CONFIRMED:
        rmse = [
            score(
                chosen[step, "ua" if split == "ub" else "u1"], ua, data.train, data.test, seed=seed
            )
            for split, data in others.items()
        ]
        found[f"final_{step}"] = sum(rmse) / len(rmse)
    return found


def split_future(data: Ratings) -> evaluate.Split:
    """Hold out the latest tenth of all ratings."""
    return evaluate.time_split(pd.concat([data.train, data.test], ignore_index=True), 0.1)


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


def list_methods() -> dict[str, Method]:
    """Return the steps of the lecture, with the settings chosen in lectures 07 and 08."""
    bayes = METHODS["gibbs"].vary(101, rank=10)
    timed = replace(bayes, inputs=make_features_and_times)
    return {
        "biases": METHODS["biases"].vary(ridge=5),
        "als": METHODS["als"],
        "gibbs": bayes,
        "side": replace(bayes, inputs=make_features),
        "day": timed.vary(pauses=["day"]),
        "ordinal": timed.vary(pauses=["day"], ordinal=True),
        "few": timed.vary(pauses=FEW),
        "many": timed.vary(pauses=PAUSES, rank=16),
        "many10": timed.vary(pauses=PAUSES),
    }


def hold_out(name: str, part: str, seed: int, shaped: bool = False) -> tuple[Ratings, tuple]:
    """Hold out a part of the training file: of u1 at random, or shaped like its test set."""
    data = load(name, part)
    if part == "ua":
        return data, evaluate.per_user_split(data.train, 5, seed=seed)
    if not shaped:
        return data, evaluate.random_split(data.train, 0.2, seed=seed)
    others = data.train["user"].drop_duplicates().loc[lambda user: user > 462]
    half = data.train["user"].isin(others.sample(frac=0.5, random_state=seed))
    held = data.train[half].sample(frac=0.43, random_state=seed)
    return data, (data.train.drop(held.index), held)


def compare_likelihoods(part: str, seed: int) -> dict[str, float]:
    """Compare both likelihoods at the length and on the holdouts of the benchmark."""
    return compare(part, seed, "ordinal_gain", ("day", "ordinal"), steps=250, shaped=True)


def compare_days(part: str, seed: int) -> dict[str, float]:
    """Compare the day with no time at all, at the length of the lecture's chains."""
    return compare(part, seed, "day_gain", ("side", "day"))


def compare_pauses(part: str, seed: int) -> dict[str, float]:
    """Compare three pauses and eleven, as the lecture runs them."""
    return compare(part, seed, "many_gain", ("few", "many"))


def compare_ranks(part: str, seed: int) -> dict[str, float]:
    """Compare factors of length 10 and 16 under eleven pauses."""
    return compare(part, seed, "rank_gain", ("many10", "many"))


def compare(
    part: str, seed: int, key: str, pair: tuple[str, str], steps: int = 101, shaped: bool = False
) -> dict[str, float]:
    """Return what the second of a pair gains over the first on a held-out part of MovieLens."""
    data, held = hold_out("ml-100k", part, seed, shaped)
    methods = list_methods()
    old, new = (score(methods[one].vary(steps), data, *held, seed=seed) for one in pair)
    return {f"{key}_{part}": old - new}


def compare_future(part: str, seed: int) -> dict[str, float]:
    """Compare methods on the latest tenth: all ratings, and those of users who are known."""
    data, methods = load("ml-100k", part), list_methods()
    past, future = split_future(data)
    known = torch.isin(as_tensors(future).users, as_tensors(past).users)
    rmse, of_known, bias = {}, {}, {}
    for key, step in {"biases": "biases", "gibbs": "gibbs", "side": "side", "time": "many"}.items():
        error = score(methods[step], data, past, future, find_errors, seed)
        rmse[key] = error.square().mean().sqrt().item()
        of_known[key] = error[known].square().mean().sqrt().item()
        bias[key] = error.mean().item()
    return {
        **{f"later_{key}_gain": rmse["biases"] - rmse[key] for key in ("gibbs", "side", "time")},
        **{f"later_{key}_loss": rmse[key] - rmse["gibbs"] for key in ("side", "time")},
        "later_known_gain": of_known["biases"] - of_known["gibbs"],
        "later_known_time": of_known["biases"] - of_known["time"],
        "later_bias_side": bias["side"],
    }


def find_errors(prediction: Tensor, rating: Tensor) -> Tensor:
    """Return the errors of clipped predictions, (n,)."""
    return prediction.clamp(1, 5) - rating


LADDER = {"climb", "time", "ordinal", "fine", "summary", "future", "final"}
MUTANTS = {
    "order": Mutant(
        {"left_seat = times.diff() > 60": "left_seat = (times.diff() - 300).abs() > 275"},
        "check-tiny",
        LADDER,
    ),
    "moods": Mutant(
        {"mean = (total / count.clamp(min=1))[b]": "mean = -(total / count.clamp(min=1))[b]"},
        "check-session",
        LADDER - {"time"},
    ),
    "shrink": Mutant(
        {"center = tau * total / (lam + tau * count)": "center = total / count"},
        "check-mood",
        LADDER,
    ),
    "wide": Mutant({"variance = 1 / (lam": "variance = 0.01 * (lam"}, "check-mood", LADDER),
    "tree": Mutant({"keep = lam / (lam + w)": "keep = w / (lam + w)"}, "check-tree", LADDER),
    "joint": Mutant({"lam * torch.eye(5)": "torch.eye(5)"}, "check-tree", LADDER),
    "threshold": Mutant(
        {"above = 1 - ndtr(": "above = ndtr("}, "check-ordinal", LADDER - {"ordinal"}
    ),
    "latent": Mutant(
        {"center + ndtri(spot)": "center - ndtri(spot)"}, "check-latent", LADDER - {"ordinal"}
    ),
    "alone": Mutant(
        {"return (found < seconds": "return (found >= seconds"}, "check-pairs", long=True
    ),
    "ranges": Mutant(
        {'for step in ["time", "day"])': 'for step in ["day", "time"])'},
        "check-fine-ranges",
        long=True,
    ),
    "ladder": Mutant(
        {"ladder[step][part] = tested[part][best]": "ladder[step][part] = 1 - tested[part][best]"},
        "check-day",
        long=True,
    ),
    "no time": Mutant(
        {
            '    "날짜": dated,\n    "자리 셋"': '    "자리 셋"',
            "timed.vary(pauses=[30, 240, 3600])": 'before["교대 최소제곱"]',
            "timed.vary(pauses=PAUSES, rank=16)": 'before["교대 최소제곱"]',
        },
        "check-time",
        long=True,
    ),
    "future": Mutant(
        {"later = pd.DataFrame(rows": "later = 2 - pd.DataFrame(rows"}, "check-future", long=True
    ),
    "final": Mutant(
        {"confirmed = pd.DataFrame(final)": "confirmed = -pd.DataFrame(final)"},
        "check-final",
        long=True,
    ),
}
test_mutants = build_test("09", MUTANTS)
