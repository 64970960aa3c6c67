"""Which settings rank best? Candidates on holdouts of the training files; no test rating is read.

python -m benchmarks.ranking_holdout FOLDER [RANKER ...] prints a line per candidate, after
`make bench-ranking` or `python -m benchmarks.ranking_worker FOLDER` has put the splits into FOLDER
(about an hour, most of it for `moment`).
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean

import pandas as pd

from benchmarks.rankers import ALIKE, HALF, LINEAR, find
from benchmarks.ranking_worker import judge, read_valid
from benchmarks.splits import SPLITS, split_per_user
from benchmarks.worker import load
from lecture_utils import evaluate
from lecture_utils.data import Ratings

SEEDS = (0, 1)  # of the holdout and of the method
SHARES = {"recommenders": 3 / 4, "recbole": 8 / 9}  # of what is known that trains


def cross(**settings: tuple) -> list[dict]:
    """Return every combination of these settings."""
    return [dict(zip(settings, values)) for values in product(*settings.values())]


CANDIDATES = {
    "recommenders": {
        "ease": [
            *cross(ridge=(200.0, 400.0, 800.0), grades=(HALF, ALIKE)),
            *cross(ridge=(100.0, 200.0), drop=(0.7,), grades=(HALF, ALIKE)),
        ],
        "ials": [
            *cross(alpha=(0.2, 0.4, 0.8), ridge=(0.01,), grades=(LINEAR, HALF, ALIKE)),
            *cross(alpha=(0.4,), ridge=(0.005, 0.02), grades=(HALF, ALIKE)),
        ],
        "ease-ials": cross(ridge=(50.0, 200.0), grades=(HALF,)),
        "softmax-mf": cross(drop=(0.7,), steps=(60, 100), grades=(HALF, ALIKE)),
    },
    "recbole": {
        "ease": cross(ridge=(50.0, 100.0, 200.0), drop=(0.5, 0.7), grades=(LINEAR, HALF, ALIKE)),
        "ials": cross(alpha=(0.2, 0.4, 0.8), ridge=(0.01,), grades=(LINEAR, HALF, ALIKE)),
        "ease-ials": cross(ridge=(50.0, 200.0), rank=(32, 48), grades=(HALF,)),
    },
    "ua": {
        "ease-ials": cross(ridge=(50.0, 200.0), rank=(32, 48)),
        "cornac-ease": cross(lamb=(200, 400), posB=(False, True)),
        "implicit-als": cross(factors=(32,), regularization=(10.0, 30.0, 60.0), alpha=(2.0, 5.0)),
        "cornac-bpr": [
            *cross(k=(64,), max_iter=(100,), learning_rate=(0.03,), lambda_reg=(0.003, 0.01)),
            *cross(k=(200,), max_iter=(200,), learning_rate=(0.01,), lambda_reg=(0.001, 0.01)),
            *cross(k=(200,), max_iter=(100,), learning_rate=(0.01,), lambda_reg=(0.01, 0.03)),
        ],
        "implicit-bpr": [
            *cross(
                factors=(64,), learning_rate=(0.03,), regularization=(0.01, 0.03, 0.1),
                iterations=(50, 100),
            ),
            *cross(
                factors=(64,), learning_rate=(0.003, 0.01), regularization=(0.01, 0.1),
                iterations=(100,),
            ),
        ],
    },
    "moment": {
        "cornac-fpmc": [{}, {"loss": "ce"}, {"learning_rate": 0.1}, {"n_epochs": 20}],
        "cornac-gru4rec": [
            *cross(batch_size=(32,), n_epochs=(5,), dropout_p_embed=(0.0, 0.5)),
            {
                "batch_size": 32, "n_epochs": 10, "learning_rate": 0.1, "dropout_p_embed": 0.3,
                "dropout_p_hidden": 0.3,
            },
            {"batch_size": 512, "n_epochs": 10},
        ],
    },
}  # fmt: skip


def holdout(data: Ratings, split: str, seed: int, valid: pd.DataFrame | None = None) -> Ratings:
    """Split the training ratings as the data were split: five of each user, a moment, or a share.

    What a split keeps to validate on is split anew with them, so that several seeds can be had.
    """
    known = pd.concat([data.train, valid], ignore_index=True)
    if split == "ua":
        train, test = evaluate.per_user_split(known, 5, seed)
    elif split == "moment":  # the same for all seeds
        train, test = evaluate.last_moment_split(known)
    else:
        train, test = split_per_user(known, seed, SHARES[split])
    return replace(data, train=train, test=test)


def compare(folder: Path, keys: list[str]) -> Iterator[str]:
    """Yield a line per split, ranker and candidate: mean NDCG over SEEDS, and each."""
    for split, candidates in CANDIDATES.items():
        data = load(folder / f"{split}.pickle", ours=True)
        valid = read_valid(folder, split)
        cuts = [(seed, holdout(data, split, seed, valid)) for seed in SEEDS]
        for key in [key for key in keys or candidates if key in candidates]:
            for change in candidates[key]:
                prepare = partial(find(split, key).prepare, **change)
                tables = ((prepare(cut, seed)()(), cut) for seed, cut in cuts)
                found = [judge(table, cut, SPLITS[split])["ndcg"] for table, cut in tables]
                each = " ".join(f"{value:.4f}" for value in found)
                yield f"{split} {key} {change}: {mean(found):.4f} ({each})"


if __name__ == "__main__":
    folder, *keys = sys.argv[1:]
    for line in compare(Path(folder), keys):
        print(line, flush=True)
