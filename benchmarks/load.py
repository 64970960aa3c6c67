"""CPU time of load_movielens beside pd.read_csv of the same four files, in one process.

python -m benchmarks.load
"""

import time
from statistics import median

import pandas as pd

from lecture_utils import load_movielens
from lecture_utils.download import find_movielens

FOLDER = find_movielens()
RUNS = 21


def read_plain() -> None:
    """Read the four files as anybody would, without a look at what comes out."""
    for name, separator in (("ua.base", "\t"), ("ua.test", "\t"), ("u.user", "|"), ("u.item", "|")):
        pd.read_csv(FOLDER / name, sep=separator, header=None, encoding="latin-1")


if __name__ == "__main__":
    times: dict[str, list[float]] = {"read_plain": [], "load_movielens": []}
    for read in (read_plain, load_movielens) * RUNS:  # in turn, so that both meet the same load
        started = time.process_time()
        read()
        times[read.__name__].append(1000 * (time.process_time() - started))
    plain, ours = map(median, times.values())
    print(f"read_csv {plain:.1f} ms, load_movielens {ours:.1f} ms: {ours / plain:.2f} times")
