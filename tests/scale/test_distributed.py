"""torchrun: more processes, the same curve; one that is killed, and the run that goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from lecture_utils import __main__
from lecture_utils.scale import checkpoint
from tests.scale.conftest import metrics

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no gloo as torchrun wants it")


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Agree as docs/decisions/0001-house-plan.md says: training to 1e-4, test to 1e-3."""
    for name, tolerance in (("train_mse", 1e-4), ("validation_mse", 1e-3)):
        pd.testing.assert_series_equal(one[name], other[name], rtol=tolerance, atol=0)


@pytest.fixture(scope="module")
def options(small) -> list:
    return ["train", "--data", small.folder, "--rank", 4, "--full-batch", "--lr", 0.1]


def finish(process: subprocess.Popen) -> None:
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error


def test_two_processes_agree_with_one(start, options, tmp_path):
    finish(start(*options, "--out", tmp_path / "two", "--epochs", 3, processes=2))
    assert __main__.main([*map(str, options), "--out", str(tmp_path / "one"), "--epochs", "3"]) == 0
    same(metrics(tmp_path / "two"), metrics(tmp_path / "one"))
    best = [checkpoint.load_model(tmp_path / name) for name in ("two", "one")]
    torch.testing.assert_close(best[0].model.P, best[1].model.P, rtol=1e-3, atol=1e-4)
    assert best[0].test_mse == pytest.approx(best[1].test_mse, rel=1e-3)


@pytest.mark.full
def test_one_and_four_processes_agree(start, options, tmp_path):
    runs = {number: tmp_path / str(number) for number in (0, 4)}
    for number, run in runs.items():
        finish(start(*options, "--out", run, "--epochs", 30, processes=number))
    alone = metrics(runs[0])
    assert len(alone) == 30 and alone["train_mse"].iloc[-1] < 0.8 * alone["train_mse"].iloc[0]
    same(metrics(runs[4]), alone)


@pytest.mark.full
def test_a_process_without_a_block_waits_for_the_others(start, small, tmp_path):
    """Seven blocks for three: two are left out of the third step, and all end together."""
    options = ["train", "--data", small.folder, "--out", tmp_path / "run", "--epochs", 4]
    finish(start(*options, processes=3))
    curve = metrics(tmp_path / "run")["train_mse"]
    assert curve.iloc[-1] < 0.9 * curve.iloc[0]


def workers(torchrun: subprocess.Popen) -> list[int]:
    """The processes that torchrun has started."""
    told = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid="], text=True)
    pairs = [tuple(map(int, line.split())) for line in told.splitlines()]
    return [pid for pid, parent in pairs if parent == torchrun.pid]


def wait_for(run: Path, epochs: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not (run / "metrics.csv").exists() or len(metrics(run)) < epochs:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kill_one(torchrun: subprocess.Popen, run: Path, victim: int) -> None:
    """In the middle of it, and without a word of warning."""
    wait_for(run, 3, torchrun)
    os.kill(sorted(workers(torchrun))[victim], signal.SIGKILL)


@pytest.mark.full
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker(start, options, tmp_path, victim):
    """The run ends by itself, says what to do, and goes on as if nothing had been."""
    run = tmp_path / "run"
    process = start(*options, "--out", run, "--epochs", 10**6, processes=2)
    kill_one(process, run, victim)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    before = len(checkpoint.load(run)["history"])
    assert f"에폭 {before}까지 {run}에 저장되어 있습니다. 같은 명령을 다시" in error

    finish(start(*options, "--out", run, "--epochs", before + 5))  # even by itself
    finish(start(*options, "--out", tmp_path / "whole", "--epochs", before + 5))
    same(metrics(run), metrics(tmp_path / "whole"))
