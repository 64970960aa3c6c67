"""Which settings of ours? Candidates on holdouts of the training files; no test rating is read.

python -m benchmarks.holdout FOLDER [METHOD ...] prints a line per candidate, after `make bench` or
`python -m benchmarks.worker FOLDER` has put the splits into FOLDER (about 10 minutes).
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean

from benchmarks.methods import find_all
from benchmarks.worker import SPLITS, load, run
from lecture_utils import evaluate
from lecture_utils.data import Ratings
from lecture_utils.methods import PAUSES

SEEDS = (0, 1)  # of the holdout and of the chain; between two of a split RMSE differs by .01 to .02
CANDIDATES = {
    "als": [
        {"power": power, "ridge": ridge, "ridge_bias": ridge / 2}
        for power, ridges in {0: (9, 12, 16), 0.5: (1.0, 1.4, 2.0), 1: (0.11, 0.16, 0.23)}.items()
        for ridge in ridges
    ],
    "autoencoder": [
        {}, {"rank": 60}, {"rank": 200}, {"drop": 0.3}, {"drop": 0.7}, {"ridge": 50.0},
        {"ridge": 120.0}, {"ridge_sets": 10.0}, {"ridge_sets": 50.0}, {"ridge_sets": None},
    ],
    "gibbs": [{"rank": rank} for rank in (7, 10, 14, 20)],
    "gibbs-sets": [
        *({"rank": rank} for rank in (14, 10, 20)),
        {"rank": 14, "ordinal": False},
    ],
    "gibbs-side": [
        *({"rank": rank} for rank in (10, 7, 14)),
        {"rank": 10, "ordinal": False},
        {"rank": 10, "user_noise": False},
    ],
    "gibbs-time": [
        *({"rank": rank} for rank in (16, 10)),
        {"rank": 16, "ordinal": False},
        {"rank": 16, "pauses": PAUSES[::2]},
        {"rank": 16, "pauses": (30, 240, 3600)},
    ],
} | {
    name: [{"weights": (1 - weight, weight)} for weight in (0.2, 0.3, 0.4, 0.5)]
    for name in ("blend", "blend-side", "blend-time")
}  # fmt: skip


def holdout(data: Ratings, split: str, seed: int) -> Ratings:
    """Split the training ratings so that the held-out part resembles the real test set.

    ua.test has ten ratings of everybody: here five. u1.test has 43 % (median) of the ratings of
    users 1 to 462: here of a random half of the others, who have theirs all in u1.base.
    """
    if split == "ua":
        train, test = evaluate.per_user_split(data.train, 5, seed)
    else:
        others = data.train["user"].drop_duplicates().loc[lambda user: user > 462]
        half = data.train[data.train["user"].isin(others.sample(frac=0.5, random_state=seed))]
        test = half.sample(frac=0.43, random_state=seed)
        train = data.train.drop(test.index)
    return replace(data, train=train, test=test)


def compare(folder: Path, keys: list[str]) -> Iterator[str]:
    """Yield a line per split, method and candidate: mean RMSE over SEEDS, each, CPU seconds."""
    methods = find_all()
    for split in SPLITS:
        data = load(folder / f"{split}.pickle", ours=True)
        cuts = [(seed, holdout(data, split, seed)) for seed in SEEDS]
        for key in keys:
            for change in CANDIDATES[key]:
                method = replace(methods[key], run=partial(methods[key].run, **change))
                found = [run(method, cut, seed, method.steps) for seed, cut in cuts]
                rmse, seconds = ([one[name] for one in found] for name in ("rmse", "fit_cpu_s"))
                each = " ".join(f"{value:.4f}" for value in rmse)
                yield f"{split} {key} {change}: {mean(rmse):.4f} ({each}), {mean(seconds):.1f} s"


if __name__ == "__main__":
    folder, *keys = sys.argv[1:]
    for line in compare(Path(folder), keys or [*CANDIDATES]):
        print(line, flush=True)
