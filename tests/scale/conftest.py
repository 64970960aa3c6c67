"""A small folder of blocks, and the command line in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lecture_utils import __main__
from lecture_utils.data import Tensors
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare
from lecture_utils.synthetic import large as synthetic

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def metrics(run: Path) -> pd.DataFrame:
    """Read what `train` has written of each epoch."""
    return pd.read_csv(run / "metrics.csv", index_col="epoch")


def close(curve, other) -> None:
    """Agree as docs/decisions/0001-house-plan.md says: training to 1e-4, test to 1e-3."""
    for (_, one), (_, two), rtol in zip(curve.items(), other.items(), (1e-4, 1e-3)):
        pd.testing.assert_series_equal(one, two, rtol=rtol, atol=0)


def join_parts(parts: Iterable[tuple]) -> Tensors:
    """Put blocks, or parts of the test data, one behind the other."""
    users, items, ratings = map(torch.cat, zip(*(part[:3] for part in parts)))
    return Tensors(users.long(), items.long(), ratings)


def wait_for(process: subprocess.Popen, run: Path, epochs: int) -> None:
    """Wait until `train` has saved so many epochs."""
    deadline = time.monotonic() + 120
    while not (run / "metrics.csv").exists() or len(metrics(run)) < epochs:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def restore_interrupt() -> None:
    """Let Ctrl-C through, which processes ignore that a shell starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Blocks:
    """About 18,000 ratings in 8 blocks."""
    folder = tmp_path_factory.mktemp("small") / "ratings"
    return prepare(lambda: synthetic.chunks(20_000), folder)


@pytest.fixture
def start() -> Callable[..., subprocess.Popen]:
    """start(arguments): `python -m lecture_utils` or, with `processes`, torchrun; ended if late."""
    running = []

    def start(*arguments: object, processes: int = 0) -> subprocess.Popen:
        torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
        command = [*(torchrun if processes else []), "lecture_utils", *map(str, arguments)]
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | PLAIN,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=None if os.name == "nt" else restore_interrupt,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()  # not kill: torchrun ends its workers
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A folder like ml-25m, with titles."""
    folder = tmp_path_factory.mktemp("ml-25m")
    columns = map(np.concatenate, zip(*synthetic.chunks(20_000)))
    ratings = pd.DataFrame(dict(zip(("userId", "movieId", "rating"), columns)))
    ratings.assign(timestamp=1147880044).to_csv(folder / "ratings.csv", index=False)
    movies = sorted({*ratings["movieId"]})
    titles = [f"영화, 제목 {movie} (1999)" for movie in movies]
    pd.DataFrame({"movieId": movies, "title": titles}).to_csv(folder / "movies.csv", index=False)
    return folder


@pytest.fixture
def call(capsys):
    """call(command, ...): exit status, what was printed, and what was complained."""
    return lambda *words: (__main__.main([*map(str, words)]), *capsys.readouterr())
