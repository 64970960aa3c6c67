"""python -m lecture_utils train, prepare, recommend: what they leave, and what they refuse.

What ranks, and `evaluate`, are in test_cli_rankers.py.
"""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch

from lecture_utils import __main__
from lecture_utils.scale import checkpoint, cli, folders
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.settings import COMMANDS, TrainSettings
from lecture_utils.scale.train import Training
from lecture_utils.scale.world import World
from lecture_utils.synthetic import large as synthetic
from tests.scale.conftest import metrics, wait_for


@pytest.fixture
def run(published, tmp_path, call):
    """run(more, ...): `train` on the published ratings, as `call`."""

    def run(*more: object, data=published, out=tmp_path / "run") -> tuple[int, str, str]:
        return call("train", "--data", data, "--out", out, *more)

    return run


@pytest.fixture
def altered(published, tmp_path):
    """altered(lines): a folder with these lines more."""

    def altered(lines: str):
        (tmp_path / "altered").mkdir()
        text = (published / "ratings.csv").read_text() + lines
        (tmp_path / "altered" / "ratings.csv").write_text(text)
        return tmp_path / "altered"

    return altered


def test_a_run_from_the_published_file(run, tmp_path):
    status, out, error = run("--epochs", 3, "--rank", 5)
    assert status == 0 and out.startswith("✓ 에폭 3까지 했습니다.\n  검증 MSE가 가장 낮은 에폭 3의")
    assert error == "평점 세기...\n블록에 나누기...\n블록 정리하기...\n"  # it is no terminal
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"checkpoint.pt", "metrics.csv", "ratings"}
    told = metrics(tmp_path / "run")
    assert [*told] == ["train_mse", "validation_mse", "seconds"] and [*told.index] == [1, 2, 3]
    assert told["train_mse"].is_monotonic_decreasing and told["seconds"].gt(0).all()
    held = Blocks(tmp_path / "run" / "ratings").sizes[-1]
    assert f"검증 MSE {told['validation_mse'].iloc[-1]:.4f}" in out
    assert f"검증에 쓴 블록: 8개 가운데 1개 (평점 {held:,}개)\n" in out


def test_the_model_it_leaves_is_the_best_epochs(run, tmp_path):
    """Overfitting on purpose: the validation error rises again, and an early epoch is kept."""
    out = run("--epochs", 25, "--rank", 20, "--ridge", 0, "--ridge-bias", 0)[1]
    told = metrics(tmp_path / "run")["validation_mse"]
    best = int(told.idxmin())
    assert 1 < best < 20 and f"가장 낮은 에폭 {best}의 모델" in out
    model, users, movies, test_mse = checkpoint.load_model(tmp_path / "run")
    blocks = Blocks(tmp_path / "run" / "ratings")
    assert model.Q.shape == (len(users), 20) and model.P.shape == (len(movies), 20)
    assert users.tolist() == blocks.read_ids("users").tolist()
    assert model.mean == blocks.mean

    def mse(parts):
        errors = torch.cat([model(u, i) - r for u, i, r, *_ in parts])
        return errors.square().mean().item()

    assert mse([blocks.read(7)]) == pytest.approx(told[best], rel=1e-5)
    assert mse(blocks.read_test()) == pytest.approx(test_mse, rel=1e-5)
    assert f"테스트 MSE {test_mse:.4f}" in out


def test_a_run_worse_than_the_mean_does_not_end_well(run):
    status, out, error = run("--lr", 1000, "--epochs", 3)
    assert status == 1 and not out and "평균만 예측한" in error and "--lr 1000을 줄이거나" in error


def test_the_same_command_goes_on(run, tmp_path, monkeypatch):
    run("--epochs", 5)
    assert run("--epochs", 2, out=tmp_path / "parts")[0] == 0
    tested, measure = [], Training.test_mse
    monkeypatch.setattr(Training, "test_mse", lambda *a: tested.append(a) or measure(*a))
    assert run("--epochs", 5, out=tmp_path / "parts")[0] == 0
    assert len(tested) == 1  # when all is done
    parts, whole = (metrics(tmp_path / name) for name in ("parts", "run"))
    pd.testing.assert_frame_equal(parts.iloc[:, :2], whole.iloc[:, :2], rtol=1e-12)
    assert parts["seconds"].is_monotonic_increasing
    states = [checkpoint.load(tmp_path / name) for name in ("parts", "run")]
    assert states[0]["best"][0] == states[1]["best"][0]
    assert states[0]["test_mse"] == states[1]["test_mse"]
    before = (tmp_path / "parts" / "checkpoint.pt").read_bytes()
    assert run("--epochs", 5, out=tmp_path / "parts")[0] == 0  # nothing left to do
    assert (tmp_path / "parts" / "checkpoint.pt").read_bytes() == before and len(tested) == 1


def test_the_learning_rate_may_change(run, tmp_path):
    run("--epochs", 2)
    run("--epochs", 3, "--lr", 0.001)
    state = checkpoint.load(tmp_path / "run")
    assert state["optimizer"]["param_groups"][0]["lr"] == 0.001 and len(state["history"]) == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--rank", 4], "--rank 10(으)로 시작했는데 이번에는 4입니다. 처음 것을"),
        (["--model", "mf-plain"], "--model mf(으)로"),
        (["--ridge", 1], "--ridge 10.0(으)로"),
        (["--ridge-bias", 1], "--ridge-bias 5.0(으)로"),
        (["--validation", 2], "--validation 1(으)로"),
        (["--full-batch"], "--full-batch False(으)로"),
        (["--seed", 1], "--seed 0(으)로 시작했는데 이번에는 1입니다"),
        (["--test", 0.2], "--test 0.1(으)로"),
    ],
)
def test_other_settings_are_refused(run, tmp_path, more, told):
    run("--epochs", 1)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    status, _, error = run("--epochs", 2, *more)
    assert status == 1 and error.startswith("✗ ") and told in error
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


def test_other_ratings_are_refused(run, altered, small):
    run("--epochs", 1)
    status, _, error = run("--epochs", 2, data=altered("9,9,5.0,9\n"))
    assert status == 1 and "--data ['ratings.csv'" in error and "--out을 바꾸세요" in error
    status, _, error = run("--epochs", 2, "--rank", 4, data=small.folder)
    assert status == 1 and "(으)로 시작했는데" in error


def test_prepare_once_train_often(published, tmp_path, call, run):
    folder = tmp_path / "prepared"
    options = ["prepare", "--data", published, "--out", folder, "--test", 0.2]
    status, out, _ = call(*options)
    told = f"✓ 평점 {sum(Blocks(folder).sizes):,}개를 블록 8개에 담았습니다: {folder}\n"
    assert status == 0 and out == told and Blocks(folder).about["fraction"] == 0.2
    assert run("--epochs", 1, data=folder)[0] == 0
    assert not (tmp_path / "run" / "ratings").exists()
    status, _, error = call(*options)
    assert status == 2 and "--out: prepare한 폴더인" in error


def test_doubled_ratings_are_told(run, published, altered):
    again = (published / "ratings.csv").read_text().splitlines(keepends=True)[1:200]
    status, out, _ = run("--epochs", 1, data=altered("".join(again)))
    assert status == 0 and out.startswith("같은 사용자가 같은 영화에") and "199개를 뺐습니다" in out


@pytest.fixture(scope="module")
def trained(published, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    options = ["train", "--data", str(published), "--out", str(folder), "--epochs", "2"]
    assert __main__.main(options) == 0
    return folder


def test_recommending_from_a_run(trained, tmp_path, call):
    """The first row, too, can be recommended: rows count from 0, and none is left unused."""
    state = checkpoint.load(trained)
    state["best"][1]["bias_item"][0] = 100
    torch.save(state, tmp_path / "checkpoint.pt")
    options = ["--run", tmp_path, "--data", trained / "ratings", "--n", 5]
    model, users, movies, _ = checkpoint.load_model(tmp_path)
    blocks = Blocks(trained / "ratings")
    row = next(row for row in range(100) if 0 not in blocks.find_rated(row))
    status, out, _ = call("recommend", *options, "--user", int(users[row]))
    seen = blocks.find_rated(row).tolist()
    with torch.no_grad():
        scores = model(torch.full((len(movies),), row), torch.arange(len(movies)))
    order = [i for i in scores.argsort(descending=True).tolist() if i not in seen][:5]
    expected = [(int(movies[i]), f"{scores[i]:.2f}") for i in order]
    told = [(int(line.split()[2]), line.split()[4]) for line in out.splitlines()[1:]]
    assert status == 0 and told == expected and order[0] == 0


def test_many_processes_are_told_to_prepare_first(published, tmp_path):
    """They would wait for the first one, longer than they may."""
    settings = TrainSettings(data=published, out=tmp_path / "run")
    with pytest.raises(ValueError, match="먼저 평점을 .*: python -m lecture_utils prepare"):
        folders.open_blocks(settings, World(1, 2))


WHOLE, REAL = ["", "x", "1.5", "-1", "nan", "9" * 30, "9" * 5000], ["", "x", "-1", "nan", "inf"]
BAD = {
    "--data": ["", "nowhere", "file", "~$backup", "x" * 300],
    "--out": ["", "file", "file/run", "~$backup", "x" * 300, "published", "prepared"],
    "--run": ["", "nowhere", "file"],
    "--test": [*REAL, "0", "1", "2"],
    "--validation": [*WHOLE, "0"],
    "--seed": WHOLE,
    "--model": ["", "gpt"],
    "--rank": [*WHOLE, "0"],
    "--epochs": [*WHOLE, "0"],
    "--lr": [*REAL, "0", "-inf"],
    "--ridge": [*REAL, "1e300"],
    "--alpha": [*REAL, "0"],
    "--drop": [*REAL, "1"],
    "--batch": [*WHOLE, "0"],
    "--items": [*WHOLE, "0"],
    "--memory": [*REAL, "0"],
    "--users": [*WHOLE, "1"],
    "--ratings": ["", "nowhere", "run", "x" * 300, "~$backup"],
    "--ridge-bias": [*REAL, "1e300"],
    "--full-batch": ["=1"],
    "--stream": ["=yes"],
    "--device": ["", "gpu"],
    "--user": [*WHOLE, "0"],
    "--n": [*WHOLE, "0"],
}


def refused(called: tuple[int, str, str], told: str) -> None:
    """One Korean sentence on stderr, and nothing else."""
    status, out, error = called
    assert status == 2 and not out and error.startswith(f"✗ {told}")
    assert re.fullmatch(r"✗ [^\n]*[가-힣][^\n]*\.\n", error), error


def test_every_option_is_tried():
    known = {field.name for kind in COMMANDS.values() for field in dataclasses.fields(kind)}
    assert {f"--{name.replace('_', '-')}" for name in known} == {*BAD}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_bad_option_is_named_in_one_sentence(
    name, value, published, small, tmp_path, call, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "run").mkdir()
    value = {"published": str(published), "prepared": str(small.folder)}.get(value, value)
    options = {"--data": str(published), "--out": "new"}
    command = next(c for c in COMMANDS if name[2:].replace("-", "_") in COMMANDS[c].__annotations__)
    if command in ("recommend", "evaluate"):
        options = {"--run": "run"}
    if name == "--n":
        options["--user"] = "1"
    options.pop(name, None)
    given = [f"{name}{value}"] if value.startswith("=") else [name, value]
    words = [word for pair in options.items() for word in pair]
    refused(call(command, *words, *given), f"{name}: ")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "run"}


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Ratings on which `trained` was not trained."""
    folder = tmp_path_factory.mktemp("other") / "ratings"
    return prepare(lambda: synthetic.chunks(12_000), folder).folder


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("trian", "'trian': 그런 명령은 없으니 train인지"),
        ("x", "'x': 그런 명령은 없으니 train, prepare, evaluate, recommend 가운데"),
        ("train --out x", "--data: 빠뜨릴 수 없으니"),
        ("train --rnak 3", "'--rnak': 그런 옵션은 없으니 --rank"),
        ("train --rank", "--rank: 값이 없으니"),
        ("train y", "'y': 그런 옵션은 없으니"),
        ("prepare --rank=3", "'--rank=3': 그런 옵션은 없으니"),
        ("recommend --run RUN --user 999999", "--user: 학습한 데이터에 없는 999999 대신"),
        ("recommend --run RUN --user 7 --n 100000", "--n: 아직 보지 않은 영화가"),
        ("recommend --run RUN --user 7 --data OTHER", "--data: "),
    ],
)
def test_bad_words(call, trained, other, words, told):
    folders = {"RUN": trained, "OTHER": other}
    refused(call(*(folders.get(word, word) for word in words.split())), told)


def test_too_much_memory(run, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("you tried to allocate memory")

    monkeypatch.setattr(checkpoint, "build", refuse)
    status, _, error = run()
    assert status == 1 and "✗ 메모리가 모자랍니다. --rank를 줄이거나" in error


def test_a_bad_line_is_named_and_leaves_nothing(run, altered, tmp_path):
    status, _, error = run(data=altered("1,2,6.0,9\n"))
    assert status == 1 and re.search(r"ratings.csv \d+번째 줄: rating 칸은.*6\.0", error)
    assert not (tmp_path / "run" / "ratings").exists()


def test_a_damaged_checkpoint(run, tmp_path):
    run("--epochs", 1)
    path = tmp_path / "run" / "checkpoint.pt"
    whole, again = path.read_bytes(), "다른 곳으로 옮기고 다시 train하세요"
    for length in [*range(0, len(whole), len(whole) // 40), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="checkpoint.pt 파일이 손상되었습니다. 다른 곳으로"):
            checkpoint.load(tmp_path / "run")
    status, _, error = run("--epochs", 2)
    assert status == 1 and f"✗ {path} 파일이 손상되었습니다. {again} (" in error
    torch.save({"model": 1}, path)
    status, _, error = run("--epochs", 2)
    assert status == 1 and f"✗ {path} 파일은 다른 판이 남긴 것입니다. {again}." in error
    path.unlink()
    assert run("--epochs", 2)[0] == 0


def test_what_a_killed_process_leaves_is_cleaned(run, tmp_path):
    left = [tmp_path / "run" / f".{name}.123" for name in ("checkpoint.pt", "metrics.csv")]
    pile = tmp_path / "run" / ".ratings.123"
    pile.mkdir(parents=True)
    for path in (*left, pile / "0", tmp_path / "run" / ".checkpoint.pt.mine"):
        path.touch()
    run("--epochs", 1)
    hidden = [path.name for path in (tmp_path / "run").glob(".*")]
    assert hidden == [".checkpoint.pt.mine"]


def test_a_full_disk_leaves_the_old_checkpoint(run, tmp_path, monkeypatch):
    run("--epochs", 1)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()

    def save(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", save)
    status, _, error = run("--epochs", 2)
    assert status == 1 and "✗ 파일을 읽거나 쓰지 못했습니다" in error
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left == {"checkpoint.pt", "metrics.csv", "ratings"}


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
@pytest.mark.parametrize(
    "sign", [pytest.param(signal.SIGINT, marks=pytest.mark.full), signal.SIGTERM]
)
def test_stopped_by_a_signal(start, published, run, tmp_path, sign):
    options = ["train", "--data", published, "--out", tmp_path / "run", "--epochs"]
    process = start(*options, 10**6)
    wait_for(process, tmp_path / "run", epochs=2)
    os.kill(process.pid, sign)
    _, error = process.communicate(timeout=60)
    done = len(checkpoint.load(tmp_path / "run")["history"])
    assert process.returncode == 130 and "Traceback" not in error
    assert f"✗ 멈추라는 신호를 받았습니다.\n에폭 {done}까지" in error
    assert run("--epochs", done + 1)[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_signal_waits_until_all_is_saved(run, tmp_path, monkeypatch):
    """An interrupt within PyTorch's writer would come out as something else."""

    def save(state, file, torch_save=torch.save):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)  # here Python would raise it
        torch_save(state, file)

    monkeypatch.setattr(torch, "save", save)
    status, _, error = run("--epochs", 2)
    assert status == 130 and cli.STOPPED in error
    assert len(checkpoint.load(tmp_path / "run")["history"]) == 1


def test_help_is_korean(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "잠재 요인 벡터의 길이 (mf 10, ials 32, softmax 64)" in text
    assert "표 세 벌에 쓸 GB, 없으면 남은 것의 5분의 4 (ease)" in text
