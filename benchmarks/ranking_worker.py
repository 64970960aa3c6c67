"""One ranker, one split, one seed: the only thing that its process does.

python -m benchmarks.ranking_worker FOLDER SPLIT RANKER SEED prints one line of JSON;
python -m benchmarks.ranking_worker FOLDER puts the splits of the real MovieLens into FOLDER;
python -m benchmarks.ranking_worker prints what there is to run.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from benchmarks.memory import peak_mb
from benchmarks.rankers import Ranker, find, find_all
from benchmarks.splits import SPLITS, split_per_user, split_recbole
from benchmarks.worker import load, save

K = 10  # length of the lists


def run(
    ranker: Ranker, data: object, seed: int, relevant: float, valid: pd.DataFrame | None = None
) -> dict:
    """Train a ranker once, let it score everything, and return what was measured."""
    before = peak_mb()
    fit = ranker.prepare(data, seed)
    begun = process_time()
    score = fit()
    fitted = process_time()
    table = score()
    took = {"fit_cpu_s": fitted - begun, "predict_cpu_s": process_time() - fitted}
    return (
        took
        | {"peak_mb": peak_mb(), "peak_before_mb": before}
        | judge(table, data, relevant, valid)
    )


def judge(
    table: np.ndarray, data: object, relevant: float, valid: pd.DataFrame | None = None
) -> dict:
    """Judge scores, (num_users, num_items), by the same code for all.

    Neither training ratings nor those of `valid` are shown again.

    Returns:
        Means over users, the NDCG of each, and what the lists show: the share of the catalogue,
        and how many training ratings a listed movie has.
    """
    import torch

    from lecture_utils import as_tensors
    from lecture_utils.ranking import lists, metrics

    train, test = as_tensors(data.train), as_tensors(data.test)
    known = as_tensors(pd.concat([data.train, valid]))
    scores, offered = torch.from_numpy(table), torch.tensor(data.movies["movie"].to_numpy())
    found = metrics.per_user(scores, known, test, offered, K, relevant)
    shown = lists.top_lists(scores, test.users.unique(), known, offered, K)
    return found.mean().to_dict() | {
        "coverage": lists.coverage(shown, offered),
        "list_popularity": lists.mean_popularity(shown, train),
        "ndcg_per_user": found["ndcg"].round(5).tolist(),
    }


def fetch(folder: Path) -> None:
    """Save the splits; SystemExit unless they are the real ones."""
    from lecture_utils import evaluate
    from lecture_utils.data import load_movielens
    from lecture_utils.download import find_movielens

    data = load_movielens("ua")
    if data.name != "ml-100k":
        raise SystemExit("benchmarks need the real MovieLens 100K: set LECTURE_DATA_DIR")
    save(data, folder / "ua.pickle")
    ratings = read_all(find_movielens())
    train, test = split_per_user(ratings)
    save(replace(data, train=train, test=test), folder / "recommenders.pickle")
    train, valid, test = split_recbole(ratings)
    save(replace(data, train=train, test=test), folder / "recbole.pickle")
    valid.to_pickle(folder / "recbole-valid.pickle")
    train, test = evaluate.last_moment_split(ratings)
    save(replace(data, train=train, test=test), folder / "moment.pickle")


def read_valid(folder: Path, split: str) -> pd.DataFrame | None:
    """Read the ratings that a split keeps to validate on; None where it keeps none."""
    path = folder / f"{split}-valid.pickle"
    return pd.read_pickle(path) if path.exists() else None


def read_all(folder: Path) -> pd.DataFrame:
    """Read u.data, all ratings in the order in which they were published."""
    columns = ["user", "movie", "rating", "timestamp"]
    with (folder / "u.data").open() as file:  # in a folder or an archive
        return pd.read_csv(file, sep="\t", names=columns)


def describe(split: str) -> dict[str, dict]:
    """Return every ranker of a split without its function."""
    return {key: vars(ranker) | {"prepare": None} for key, ranker in find_all(split).items()}


def main(*arguments: str) -> None:
    """Print what there is, save the splits, or run one ranker."""
    match arguments:
        case []:
            print(json.dumps({split: describe(split) for split in SPLITS}))
        case [folder]:
            fetch(Path(folder))
        case [folder, split, key, seed]:
            ranker = find(split, key)
            data = load(Path(folder) / f"{split}.pickle", ours=ranker.who == "ours")
            valid = read_valid(Path(folder), split)
            print(json.dumps(run(ranker, data, int(seed), SPLITS[split], valid)))


if __name__ == "__main__":
    main(*sys.argv[1:])
