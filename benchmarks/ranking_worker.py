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

from benchmarks.memory import peak_mb
from benchmarks.rankers import SPLITS, Ranker, find, find_all, split_per_user
from benchmarks.worker import load, save

K = 10  # length of the lists


def run(ranker: Ranker, data: object, seed: int, relevant: float) -> dict:
    """Train a ranker once, let it score everything, and return what was measured."""
    before = peak_mb()
    fit = ranker.prepare(data, seed)
    begun = process_time()
    score = fit()
    fitted = process_time()
    table = score()
    took = {"fit_cpu_s": fitted - begun, "predict_cpu_s": process_time() - fitted}
    return took | {"peak_mb": peak_mb(), "peak_before_mb": before} | judge(table, data, relevant)


def judge(table: np.ndarray, data: object, relevant: float) -> dict:
    """Judge scores, (num_users, num_items), by the same code for all.

    Means over users, the NDCG of each, and what the lists show: the share of the catalogue, and
    how many training ratings a listed movie has.
    """
    import torch

    from lecture_utils import as_tensors
    from lecture_utils.ranking import lists, metrics

    train, test = as_tensors(data.train), as_tensors(data.test)
    scores, offered = torch.from_numpy(table), torch.tensor(data.movies["movie"].to_numpy())
    found = metrics.per_user(scores, train, test, offered, K, relevant)
    shown = lists.top_lists(scores, test.users.unique(), train, offered, K)
    return found.mean().to_dict() | {
        "coverage": lists.coverage(shown, offered),
        "list_popularity": lists.mean_popularity(shown, train),
        "ndcg_per_user": found["ndcg"].round(5).tolist(),
    }


def fetch(folder: Path) -> None:
    """Save the splits; SystemExit unless they are the real ones."""
    from lecture_utils.data import load_movielens
    from lecture_utils.download import find_movielens

    data = load_movielens("ua")
    if data.name != "ml-100k":
        raise SystemExit("benchmarks need the real MovieLens 100K: set LECTURE_DATA_DIR")
    save(data, folder / "ua.pickle")
    train, test = split_per_user(read_all(find_movielens()))
    save(replace(data, train=train, test=test), folder / "recommenders.pickle")


def read_all(folder: Path):
    """Read u.data, all ratings in the order in which they were published."""
    import pandas as pd

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
            print(json.dumps(run(ranker, data, int(seed), SPLITS[split])))


if __name__ == "__main__":
    main(*sys.argv[1:])
