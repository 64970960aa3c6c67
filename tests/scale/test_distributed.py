"""torchrun: more processes, the same curve; one that is killed, and the run that goes on."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from lecture_utils import __main__
from lecture_utils.scale import checkpoint
from tests.scale.conftest import close, metrics, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no gloo as torchrun wants it")


@pytest.fixture(scope="module")
def options(small) -> list:
    return ["train", "--data", small.folder, "--rank", 4, "--full-batch", "--lr", 0.1]


def finish(process: subprocess.Popen) -> None:
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error


@pytest.mark.full  # two processes: lecture 14, which `make test` executes, compares them with one
@pytest.mark.parametrize("number", [2, 4])
def test_processes_agree_with_one(start, options, tmp_path, number):
    finish(start(*options, "--out", tmp_path / "all", "--epochs", 3, processes=number))
    assert __main__.main([*map(str, options), "--out", str(tmp_path / "one"), "--epochs", "3"]) == 0
    close(metrics(tmp_path / "all"), metrics(tmp_path / "one"))
    best = [checkpoint.load_model(tmp_path / name) for name in ("all", "one")]
    torch.testing.assert_close(best[0].model.P, best[1].model.P, rtol=1e-3, atol=1e-4)
    assert best[0].test_mse == pytest.approx(best[1].test_mse, rel=1e-3)


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


@pytest.mark.full
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker(start, options, tmp_path, victim):
    """The run ends by itself, says what to do, and goes on as if nothing had been."""
    run = tmp_path / "run"
    process = start(*options, "--out", run, "--epochs", 10**6, processes=2)
    wait_for(process, run, epochs=3)
    os.kill(sorted(workers(process))[victim], signal.SIGKILL)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    before = len(checkpoint.load(run)["history"])
    assert f"에폭 {before}까지 {run}에 저장되어 있습니다. 같은 명령을 다시" in error

    finish(start(*options, "--out", run, "--epochs", before + 5))  # even by itself
    finish(start(*options, "--out", tmp_path / "whole", "--epochs", before + 5))
    close(metrics(run), metrics(tmp_path / "whole"))
