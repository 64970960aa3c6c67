"""One method, one split, one seed: the only thing that its process does.

python -m benchmarks.worker FOLDER METHOD SPLIT SEED STEPS prints one line of JSON;
python -m benchmarks.worker FOLDER puts the splits of the real MovieLens into FOLDER;
python -m benchmarks.worker prints what there is to run.
"""

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from types import SimpleNamespace

import numpy as np

from benchmarks.memory import peak_mb
from benchmarks.methods import Method, find, find_all

SPLITS = ("ua", "u1")
TARGETS = (0.96, 0.95, 0.94, 0.93, 0.92)
GROWTH = 1.1  # from one refit's epochs to the next


class Clock:
    """CPU seconds of a method, which stand still while it is scored.

    `curve` holds a row (step, seconds so far, RMSE clipped to 1..5) per score. `predict` is what
    the last prediction took, or with `average` all that the mean is taken of.
    """

    def __init__(self, ratings: np.ndarray):
        """Take the true ratings, (m,)."""
        self.ratings, self.average = ratings, False  # whether means of predictions are scored
        self.curve, self.seconds, self.predict, self.step = [], 0.0, 0.0, 0
        self.total, self.count = np.zeros(len(ratings)), 0

    def start(self) -> None:
        """Let it run: everything is imported, and the ratings lie where they are wanted."""
        self.since = process_time()

    def stop(self) -> None:
        """Let it stand still."""
        self.stopped = process_time()
        self.seconds += self.stopped - self.since

    def watch(self, models: Iterator) -> Iterator:
        """Pass models on; it runs while the next one is trained."""
        for self.step, model in enumerate(models, 1):
            self.stop()
            yield model
            self.start()

    def score(self, prediction: object, _: object = None) -> None:
        """Note how good a prediction is, (m,), and what it took."""
        took = process_time() - self.stopped
        self.predict = took + (self.predict if self.average else 0.0)
        stars = np.asarray(prediction, dtype=float).clip(1, 5)
        rmse = np.sqrt(np.mean((stars - self.ratings) ** 2))
        self.curve.append((self.step, self.seconds, float(rmse)))

    def report(self, step: int, predict: Callable[[], object], average: bool = False) -> None:
        """Score what `predict()` returns, (m,), or with `average` the mean of all so far."""
        self.stop()
        self.step, self.average = step, average
        prediction = np.asarray(predict(), dtype=float)
        if average:
            self.total, self.count = self.total + prediction, self.count + 1
            prediction = self.total / self.count
        self.score(prediction)
        self.start()


def run(method: Method, data: object, seed: int, steps: int, refit: bool = False) -> dict:
    """Run a method once and return what was measured.

    `refit` asks for the curve of a method that shows no iterates: it is trained anew, from the
    same seed, for 1 epoch, 2 and so on, until it reaches every target.
    """
    clock, before = Clock(data.test["rating"].to_numpy(float)), peak_mb()
    method.run(data, seed, clock, steps)
    peak, curve, (_, seconds, rmse) = peak_mb(), clock.curve, clock.curve[-1]
    if method.refit:
        curve = list(_refits(method, data, seed, steps)) if refit else []
    reached = {
        str(target): next((seconds for _, seconds, rmse in curve if rmse <= target), None)
        for target in TARGETS
    }
    return {
        "rmse": rmse,
        "fit_cpu_s": seconds,
        "predict_cpu_s": clock.predict,
        "peak_mb": peak,
        "peak_before_mb": before,
        "reached_cpu_s": reached if curve else None,
    }


def _refits(method: Method, data: object, seed: int, steps: int):
    epochs = 1
    while True:
        clock = Clock(data.test["rating"].to_numpy(float))
        method.run(data, seed, clock, epochs)
        yield clock.curve[-1]
        if epochs == steps or clock.curve[-1][2] <= min(TARGETS):
            return
        epochs = min(steps, max(epochs + 1, round(epochs * GROWTH)))


def save(data: object, path: Path) -> None:
    """Save a `Ratings` as tables, which peers' workers read without torch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(vars(data)))


def load(path: Path, ours: bool) -> object:
    """Load what `save` wrote: a `Ratings`, or for a peer something with the same tables."""
    tables = pickle.loads(path.read_bytes())
    if not ours:
        return SimpleNamespace(**tables)
    from lecture_utils.data import Ratings

    return Ratings(**tables)


def fetch(folder: Path) -> None:
    """Save the splits; SystemExit unless they are the real ones."""
    from lecture_utils.data import load_movielens

    for split in SPLITS:
        data = load_movielens(split)
        if data.name != "ml-100k":
            raise SystemExit("benchmarks need the real MovieLens 100K: set LECTURE_DATA_DIR")
        save(data, folder / f"{split}.pickle")


def registry() -> dict[str, dict]:
    """Return every method without its function."""
    return {key: vars(method) | {"run": None} for key, method in find_all().items()}


def main(*arguments: str) -> None:
    """Print the registry, save the splits, or run one method."""
    match arguments:
        case []:
            print(json.dumps(registry()))
        case [folder]:
            fetch(Path(folder))
        case [folder, key, split, seed, steps]:
            method = find(key)
            data = load(Path(folder) / f"{split}.pickle", method.ours)
            refit = split == SPLITS[0]
            print(json.dumps(run(method, data, int(seed), int(steps), refit)))


if __name__ == "__main__":
    main(*sys.argv[1:])
