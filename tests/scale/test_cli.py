"""python -m lecture_utils train and prepare: what they leave, and what they refuse."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch

from lecture_utils import __main__
from lecture_utils.scale import checkpoint, cli
from lecture_utils.scale.blocks import Blocks
from lecture_utils.synthetic import large as synthetic


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder like ml-25m."""
    folder = tmp_path_factory.mktemp("ml-25m")
    rows = ["userId,movieId,rating,timestamp"]
    for chunk in synthetic.chunks(20_000):
        rows += [f"{u},{m},{r},1147880044" for u, m, r in zip(*(c.tolist() for c in chunk))]
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def run(published, tmp_path, capsys):
    """run(more, ...): exit status, what was printed, and what was complained."""

    def run(*more: object, data=published, out=tmp_path / "run") -> tuple[int, str, str]:
        status = __main__.main(["train", "--data", str(data), "--out", str(out), *map(str, more)])
        return status, *capsys.readouterr()

    return run


def test_a_run_from_the_published_file(run, tmp_path):
    status, out, error = run("--epochs", 3, "--rank", 5)
    assert (status, error) == (0, "") and out.startswith("✓ 에폭 3: 훈련 MSE ")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"checkpoint.pt", "metrics.csv", "ratings"}
    metrics = pd.read_csv(tmp_path / "run" / "metrics.csv")
    assert [*metrics] == ["epoch", "train_mse", "test_mse", "seconds"]
    assert metrics["epoch"].tolist() == [1, 2, 3]
    assert metrics["train_mse"].is_monotonic_decreasing and metrics["seconds"].gt(0).all()
    assert f"{metrics['test_mse'].iloc[-1]:.4f}" in out


def test_the_model_it_leaves(run, tmp_path):
    run("--epochs", 2, "--rank", 5)
    model, users, movies = checkpoint.load_model(tmp_path / "run")
    blocks = Blocks(tmp_path / "run" / "ratings")
    assert model.Q.shape == (len(users), 5) and model.P.shape == (len(movies), 5)
    assert users.tolist() == blocks.ids("users").tolist()
    assert model.mean == blocks.mean
    error = [(model(u, i) - r).square().sum().item() for u, i, r in blocks.test()]
    told = pd.read_csv(tmp_path / "run" / "metrics.csv")["test_mse"].iloc[-1]
    assert sum(error) / blocks.about["test"] == pytest.approx(told, rel=1e-5)


def test_the_same_command_goes_on(run, tmp_path):
    run("--epochs", 5)
    whole = pd.read_csv(tmp_path / "run" / "metrics.csv")
    for epochs in (2, 5):
        assert run("--epochs", epochs, out=tmp_path / "parts")[0] == 0
    parts = pd.read_csv(tmp_path / "parts" / "metrics.csv")
    pd.testing.assert_frame_equal(parts.drop(columns="seconds"), whole.drop(columns="seconds"))
    before = (tmp_path / "parts" / "checkpoint.pt").read_bytes()
    assert run("--epochs", 5, out=tmp_path / "parts")[0] == 0  # nothing left to do
    assert (tmp_path / "parts" / "checkpoint.pt").read_bytes() == before


def test_the_learning_rate_may_change(run, tmp_path):
    run("--epochs", 2)
    run("--epochs", 3, "--lr", 0.001)
    state = checkpoint.load(tmp_path / "run")
    assert state["optimizer"]["param_groups"][0]["lr"] == 0.001 and len(state["history"]) == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--rank", 4], "was begun with rank 10, not 4: give what it was begun with, or choose"),
        (["--model", "mf-plain"], "was begun with model mf, not mf-plain"),
        (["--ridge", 1], "was begun with ridge 10.0, not 1.0"),
        (["--full-batch"], "was begun with full_batch False, not True"),
        (["--seed", 1], "was made with seed 0, not 1"),
        (["--test", 0.2], "was made with fraction 0.1, not 0.2"),
    ],
)
def test_other_settings_are_refused(run, tmp_path, more, told):
    run("--epochs", 1)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    status, _, error = run("--epochs", 2, *more)
    assert status == 1 and error.startswith("✗ ") and told in error
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


def test_other_ratings_are_refused(run, published, small, tmp_path):
    run("--epochs", 1)
    other = tmp_path / "other"
    other.mkdir()
    (other / "ratings.csv").write_text((published / "ratings.csv").read_text() + "9,9,5.0,9\n")
    status, _, error = run("--epochs", 2, data=other)
    assert status == 1 and "was made with source" in error and "choose another --out" in error
    status, _, error = run("--epochs", 2, "--rank", 4, data=small.folder)
    assert status == 1 and "was begun with" in error


def test_prepare_once_train_often(published, tmp_path, capsys, run):
    folder = tmp_path / "prepared"
    options = ["prepare", "--data", str(published), "--out", str(folder), "--test", "0.2"]
    assert __main__.main(options) == 0
    told = f"✓ 평점 {sum(Blocks(folder).sizes):,}개를 블록 8개에 담았습니다: {folder}\n"
    assert capsys.readouterr().out == told
    assert run("--epochs", 1, data=folder)[0] == 0
    assert not (tmp_path / "run" / "ratings").exists()
    assert __main__.main(options) == 1
    assert "prepared exists already: remove it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--test", 1.5], "test must lie between 0 and 1"),
        (["--lr", 1e30], "try an lr below 1e+30"),
    ],
)
def test_bad_numbers(run, more, told):
    status, _, error = run(*more)
    assert status == 1 and error.startswith("✗ ") and told in error


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--rank", 0], "1 이상이어야 합니다: 0"),
        (["--epochs", "x"], "x"),
        (["--lr", 0], "0보다 커야 합니다: 0"),
        (["--lr", "nan"], "0보다 커야 합니다: nan"),
        (["--ridge=-1"], "0 이상이어야 합니다: -1"),
        (["--model", "gpt"], "gpt"),
    ],
)
def test_what_argparse_refuses(run, capsys, more, told):
    with pytest.raises(SystemExit) as stop:
        run(*more)
    assert stop.value.code == 2 and told in capsys.readouterr().err


def test_a_file_instead_of_its_folder(run, published):
    status, _, error = run(data=published / "ratings.csv")
    assert status == 1 and "ratings.csv is a file: give the unpacked folder" in error


def test_too_much_memory(run):
    status, _, error = run("--rank", 2**31 - 1)
    assert status == 1 and "✗ not enough memory, try a smaller --rank" in error


def test_bad_folders(run, tmp_path):
    status, _, error = run(data=tmp_path / "nowhere")
    assert status == 1 and "nowhere holds none of u.data, ratings.dat, ratings.csv" in error
    (tmp_path / "file").touch()
    status, _, error = run(out=tmp_path / "file")
    assert status == 1 and error.startswith("✗ ") and "file" in error


def test_a_bad_line_is_named_and_leaves_nothing(run, tmp_path):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,6.0,9\n")
    status, _, error = run(data=bad)
    assert status == 1 and "ratings.csv, line 2" in error and "6.0" in error
    assert not (tmp_path / "run" / "ratings").exists()


def test_a_damaged_checkpoint(run, tmp_path):
    run("--epochs", 1)
    path = tmp_path / "run" / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    status, _, error = run("--epochs", 2)
    assert status == 1 and f"✗ {path} is damaged: move it away to begin anew" in error
    torch.save({"model": 1}, path)
    status, _, error = run("--epochs", 2)
    assert status == 1 and f"✗ {path} is not of this version" in error
    path.unlink()
    assert run("--epochs", 2)[0] == 0


def test_a_full_disk_leaves_the_old_checkpoint(run, tmp_path, monkeypatch):
    run("--epochs", 1)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()

    def save(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", save)
    status, _, error = run("--epochs", 2)
    assert status == 1 and "No space left on device" in error
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        "checkpoint.pt", "metrics.csv", "ratings"
    }  # fmt: skip


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu(run):
    status, _, error = run("--device", "cuda")
    assert status == 1 and "PyTorch sees no GPU here" in error


def test_without_pyarrow(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("lecture_utils.scale")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delattr("lecture_utils.scale")
    assert __main__.main(["train"]) == 1
    assert capsys.readouterr().err.startswith("✗ pyarrow 없음\n    고치려면: pip install pyarrow")


def test_lecture_utils_alone_does_without():
    code = (
        "import sys; sys.modules['pyarrow'] = sys.modules['tqdm'] = None\n"
        "from lecture_utils import *; print([n for n in sys.modules if 'lecture_utils.scale' in n])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(start, published, run, tmp_path, sign):
    options = ["train", "--data", published, "--out", tmp_path / "run", "--epochs"]
    process = start(*options, 10**6)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "checkpoint.pt").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, sign)
    _, error = process.communicate(timeout=60)
    done = len(checkpoint.load(tmp_path / "run")["history"])
    assert process.returncode == 130 and "Traceback" not in error
    assert f"✗ 멈추라는 신호를 받았습니다.\n에폭 {done}까지" in error
    assert run("--epochs", done + 1)[0] == 0


def test_help_is_korean(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    assert "잠재 요인 벡터의 길이 (10)" in capsys.readouterr().out
