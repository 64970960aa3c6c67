"""The command line on very many ratings, by the clock on the wall: two processes, and a killed run.

python -m benchmarks.scale_runs FOLDER PART prints one line of JSON; `scale_ways` has filled FOLDER.
What is timed runs in processes of its own, each on one thread.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

EPOCHS = 9
SAVED = 3  # epochs before the kill
ENDLESS = 10**6  # epochs
FULL_BATCH = {"full": ["--full-batch"], "blocks": []}


def command(folder: Path, run: Path, epochs: int, *options: str, processes: int = 1) -> list[str]:
    """Return the command that trains on blocks of `folder`."""
    torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    train = ["lecture_utils", "train", "--data", str(folder / "blocks"), "--out", str(run)]
    python = [sys.executable, "-W", "ignore", "-m", *(torchrun if processes > 1 else [])]
    return [*python, *train, "--epochs", str(epochs), *options]


def saved(run: Path) -> list[float]:
    """Read the seconds of each saved epoch, the pass over the held-out data included."""
    try:
        ends = pd.read_csv(run / "metrics.csv")["seconds"]
    except FileNotFoundError:
        return []
    return np.diff(ends, prepend=0).tolist()


def processes(folder: Path) -> dict:
    """Time an epoch after the first two with one process and with two: median seconds."""
    found = {}
    for name, options in FULL_BATCH.items():
        one, two = (_epoch(folder, number, options) for number in (1, 2))
        found[name] = {"one_s": one, "two_s": two, "times_faster": one / two}
    return found


def _epoch(folder: Path, number: int, options: list[str]) -> float:
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    train = command(folder, run, EPOCHS, *options, processes=number)
    done = subprocess.run(train, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return median(saved(run)[2:])


def kill(folder: Path) -> dict:
    """Measure what a kill costs a run with a step per block, in seconds.

    `lost_s` is the sum of `repeated_s`, the part of an epoch that was done when SIGKILL came,
    `start_s`, until the second process had been started and had loaded the checkpoint, and
    `read_s`, by which its first epoch was longer than usual because it read the blocks.
    """
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    train = command(folder, run, ENDLESS)
    with subprocess.Popen(train, stderr=subprocess.PIPE, text=True) as process:
        _wait(process, run, SAVED)
        time.sleep(median(saved(run)[1:]) / 2)
        process.kill()
        killed = time.time()
    done, repeated = len(saved(run)), killed - (run / "metrics.csv").stat().st_mtime
    begun = time.time()
    with subprocess.Popen(train, stderr=subprocess.PIPE, text=True) as process:
        _wait(process, run, done + 1)
        took = time.time() - begun
        _wait(process, run, done + SAVED)
        process.terminate()
        process.communicate()
    return _parts(saved(run), done, repeated, took)


def _parts(epochs: list[float], done: int, repeated: float, took: float) -> dict:
    """Split the cost: `done` epochs before the kill, and `took` seconds to finish the next."""
    usual = median(epochs[1:done] + epochs[done + 1 :])
    parts = {"repeated_s": repeated, "start_s": took - epochs[done], "read_s": epochs[done] - usual}
    return {"epoch_s": usual, **parts, "lost_s": sum(parts.values())}


def _wait(process: subprocess.Popen, run: Path, epochs: int) -> None:
    """Wait until the run has saved so many epochs. SystemExit if it ends before."""
    while len(saved(run)) < epochs:
        if process.poll() is not None:
            raise SystemExit(f"ended before epoch {epochs}:\n{process.stderr.read()[-2000:]}")
        time.sleep(0.01)


PARTS = {"processes": processes, "kill": kill}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[2]](Path(sys.argv[1]))))
