"""Lecture 07's numbers on MovieLens 100K and on the synthetic set, over seeds.

The lecture is too long to be written twice: its own cells run, without checks and exercises, each
time with another seed wherever it says 0. What is held out stays the same.
"""

import contextlib
import io
import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import matplotlib.pyplot as plt
import torch

import lecture_utils
from lecture_utils import Ratings
from lecture_utils.synthetic import small as synthetic
from tests.lectures.measure import DATA_SETS
from tests.lectures.mutants import Mutant, build_test
from tests.notebooks import ROOT, cells, source

LECTURE = ROOT / "lectures" / "07_frontier.ipynb"
SEED = re.compile(r"torch\.manual_seed\(0\)|seed=0\):")
CLIMBED = {
    "편향만": "biases", "행렬 분해": "descent", "교대 최소제곱": "als", "SVD++": "svdpp",
    "NeuMF": "neumf", "베이즈": "gibbs", "+ 부가 정보": "side", "+ 날짜": "day",
    "+ 순서형": "ordinal", "+ 시각": "time",
}  # fmt: skip
LATER = ("편향만", "베이즈", "+ 부가 정보", "+ 시각")
CONFIRMED = ("교대 최소제곱", "베이즈", "+ 날짜", "+ 시각")


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """One value per seed; biases alone depend on none."""
    values = {}
    for name in DATA_SETS:
        synthetic_set = name == "synthetic"
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            for found in pool.map(partial(numbers, synthetic_set), seeds):
                for key, value in found.items():
                    values.setdefault(f"{name}.frontier.{key}", []).append(value)
    return {key: found[:1] if len({*found}) == 1 else found for key, found in values.items()}


def numbers(synthetic_set: bool, seed: int) -> dict[str, float]:
    """What the lecture says of one seed."""
    said = run(synthetic_set, seed)
    assert set(said["ladder"]) == set(CLIMBED), "a step of the lecture has no key here"
    ladder, together = said["ladder"], said["together"]
    found = {f"{key}_{part}": ladder[name][part] for name, key in CLIMBED.items()
             for part in ("ua", "u1")}  # fmt: skip
    found |= {"same_second": together["0초"][1], "same_day": together["하루"][1]}
    later = said["later"]["전체"]
    found |= {f"future_{CLIMBED[name]}": float(later[name]) for name in LATER}
    mean = said["confirmed"].mean(axis=1)
    return found | {f"final_{CLIMBED[name]}": float(mean[name]) for name in CONFIRMED}


def run(synthetic_set: bool, seed: int) -> dict:
    """The names of the lecture after its cells have run."""
    torch.set_num_threads(1)
    plt.switch_backend("Agg")
    if synthetic_set:
        lecture_utils.load_movielens = lambda split: Ratings("synthetic", *synthetic.make(split))
    space, changed = {}, 0
    for cell in cells(LECTURE, "code"):
        name, tags = cell["metadata"].get("name", ""), cell["metadata"].get("tags", [])
        if name.startswith(("check-", "exercise-")) or "speed" in tags:
            continue
        text, seeds = SEED.subn(lambda said: said.group().replace("0", str(seed)), source(cell))
        changed += seeds
        with contextlib.redirect_stdout(io.StringIO()):
            exec(text, space)
        plt.close("all")
    assert changed >= 8, "the lecture sets its seeds in another way than SEED knows"
    return space


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
    ),
    "ridge": Mutant({"F.T @ F + penalty": "F.T @ F + 2 * penalty"}, "check-als", LADDER),
    "noise": Mutant(
        {"torch.linalg.solve(L.T, noise": "torch.linalg.solve(L, noise"},
        "check-draw",
        LADDER,
    ),
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
