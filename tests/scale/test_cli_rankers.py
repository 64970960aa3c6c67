"""train --model ease|ials|softmax, evaluate, and recommend with titles."""

import os
import re
import signal
import sys
from functools import partial

import pandas as pd
import pytest
import torch

from lecture_utils import __main__, fold_in
from lecture_utils.ranking.compare import interval
from lecture_utils.ranking.lists import coverage, top_lists
from lecture_utils.ranking.metrics import per_user
from lecture_utils.scale import checkpoint, evaluate
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.recommend import NO_TITLES
from lecture_utils.scale.settings import MODELS
from lecture_utils.scale.train_rankers import RankerTraining
from lecture_utils.synthetic import large as synthetic
from tests.scale.conftest import join_parts, metrics, wait_for
from tests.scale.test_cli import refused

OPTIONS = {
    "ials": ["--rank", 4, "--epochs", 2],
    "softmax": ["--rank", 4, "--epochs", 3],
    "ease": [],
}


@pytest.fixture(scope="module")
def runs(published, tmp_path_factory):
    """The folder of a run of each model."""
    folder = tmp_path_factory.mktemp("runs")
    blocks = folder / "blocks"
    assert __main__.main(["prepare", "--data", str(published), "--out", str(blocks)]) == 0
    for model, more in ({"mf": ["--epochs", 3]} | OPTIONS).items():
        words = ["train", "--data", blocks, "--out", folder / model, "--model", model, *more]
        assert __main__.main([*map(str, words)]) == 0
    return folder


@pytest.mark.parametrize("model", OPTIONS)
def test_a_run_and_the_same_command_again(runs, tmp_path, call, monkeypatch, model):
    words = ["train", "--data", runs / "blocks", "--out", tmp_path / "run", "--model", model]
    status, out, error = call(*words, *OPTIONS[model])
    assert status == 0 and error == "평점 읽기...\n"
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"checkpoint.pt", "metrics.csv"}
    told = metrics(tmp_path / "run")
    assert [*told] == ["validation_ndcg", "seconds"] and told["seconds"].is_monotonic_increasing
    best = int(told["validation_ndcg"].idxmax())
    assert f"✓ 에폭 {len(told)}까지 했습니다." in out
    assert f"가장 높은 에폭 {best}의 모델을 남깁니다: {told['validation_ndcg'].max():.4f}\n" in out
    assert f"evaluate --run {tmp_path / 'run'} --data {runs / 'blocks'}\n" in out
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(RankerTraining, "epoch", None)  # nothing is trained, or even read
    monkeypatch.setattr(RankerTraining, "__init__", None)
    status, again, error = call(*words, *OPTIONS[model])
    assert status == 0 and again == "이미 다 된 학습이라 새로 한 것은 없습니다.\n" + out
    assert not error and (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


def test_more_epochs_go_on(runs, tmp_path, call):
    words = ["train", "--data", runs / "blocks", "--model", "softmax", "--rank", 4, "--out"]
    call(*words, tmp_path / "whole", "--epochs", 3)
    call(*words, tmp_path / "parts", "--epochs", 1)
    call(*words, tmp_path / "parts", "--epochs", 3)
    whole, parts = (metrics(tmp_path / name)["validation_ndcg"] for name in ("whole", "parts"))
    pd.testing.assert_series_equal(whole, parts, rtol=0)


def test_from_the_published_folder(published, tmp_path, call):
    words = ["--data", published, "--out", tmp_path / "run", "--model", "ials", "--epochs", 1]
    status, out, error = call("train", *words, "--rank", 2)
    assert status == 0 and error.endswith("블록 정리하기...\n평점 읽기...\n")
    assert out.endswith(f"evaluate --run {tmp_path / 'run'}\n")
    status, out, error = call("recommend", "--run", tmp_path / "run", "--user", 7, "--n", 1)
    assert status == 0 and not error
    whom, movie = out.splitlines()
    assert whom == "사용자 7에게 추천하는 영화 1편 (ials)"
    assert re.fullmatch(r"  1\. 영화 +(\d+)  점수 -?\d\.\d\d  영화, 제목 \1 \(1999\)", movie)


OTHERS = {  # an option of the left, given to a model that does not have it
    "--lr": "ease", "--rank": "ease", "--epochs": "ease", "--alpha": "softmax", "--drop": "mf",
    "--batch": "ials", "--items": "ials", "--memory": "mf", "--ridge-bias": "ials",
    "--stream": "softmax", "--full-batch": "ials", "--device": "ials",
}  # fmt: skip


def test_every_option_of_a_model_is_tried():
    own = {f"--{name.replace('_', '-')}" for options in MODELS.values() for name in options}
    assert own == {*OTHERS, "--ridge"}


@pytest.mark.parametrize("name", OTHERS)
def test_options_of_other_models_are_refused(runs, tmp_path, call, name):
    value = {"--stream": [], "--full-batch": [], "--device": ["cpu"], "--drop": [0.5]}.get(
        name, [3]
    )
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", OTHERS[name]]
    told = f"{name}: {OTHERS[name]}에는 없는 옵션이니 빼거나, 모델을 바꾸세요(--model "
    refused(call("train", *words, name, *value), told)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", ["ease", "ials"])
def test_no_ridge_is_refused(runs, tmp_path, call, model):
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", model]
    refused(call("train", *words, "--ridge", 0), "--ridge: 0 대신 0보다 큰 수를")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--model", "mf"], "--model ials(으)로 시작했는데 이번에는 mf입니다."),
        (["--model", "softmax"], "--model ials(으)로"),
        (["--model", "ials", "--rank", 5], "--rank 4(으)로"),
        (["--model", "ials", "--rank", 4, "--alpha", 2], "--alpha 0.4(으)로"),
        (["--model", "ials", "--rank", 4, "--seed", 1], "--seed 0(으)로"),
        (["--model", "ials", "--rank", 4, "--validation", 2], "--validation 1(으)로"),
    ],
)
def test_other_settings_are_refused(runs, call, more, told):
    before = (runs / "ials" / "checkpoint.pt").read_bytes()
    words = ["train", "--data", runs / "blocks", "--out", runs / "ials", *more]
    status, _, error = call(*words)
    assert status == 1 and told in error
    assert (runs / "ials" / "checkpoint.pt").read_bytes() == before


def test_too_large_a_table_is_refused(runs, tmp_path, call):
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", "ease"]
    status, out, error = call("train", *words, "--memory", 0.001)
    assert status == 1 and not out
    assert re.search(
        r"✗ --model ease: 영화 \d{3}편을 .*--items 288처럼 .*--model ials를 주세요\.", error
    )
    assert call("train", *words, "--memory", 0.001, "--items", 288)[0] == 0
    assert call("train", *words, "--items", 288)[0] == 0  # another limit is no other run
    status, _, error = call("train", *words, "--items", 200)
    assert status == 1 and "--items 288(으)로 시작했는데" in error


def test_torchrun_is_refused(runs, tmp_path, call, monkeypatch):
    from lecture_utils.scale import cli
    from lecture_utils.scale.world import World

    class Two:
        __enter__ = staticmethod(lambda: World(0, 2))
        __exit__ = staticmethod(lambda *_: None)

    monkeypatch.setattr(cli, "join", Two)
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", "ials"]
    refused(call("train", *words), "--model: ials은(는) torchrun 없이")


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_killed_and_begun_again(runs, tmp_path, start, call):
    words = ["--data", runs / "blocks", "--model", "ials", "--rank", 4, "--epochs"]
    process = start("train", *words, 10**6, "--out", tmp_path / "run")
    wait_for(process, tmp_path / "run", epochs=1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = len(checkpoint.load(tmp_path / "run")["history"])
    assert call("train", *words, done + 1, "--out", tmp_path / "run")[0] == 0
    assert call("train", *words, done + 1, "--out", tmp_path / "whole")[0] == 0
    found = (metrics(tmp_path / name)["validation_ndcg"] for name in ("run", "whole"))
    pd.testing.assert_series_equal(*found, rtol=0)


@pytest.mark.parametrize(
    "model", ["mf", "ease", *(pytest.param(m, marks=pytest.mark.full) for m in ("ials", "softmax"))]
)
def test_evaluating_a_run(runs, call, model, monkeypatch):
    """The numbers are those of `ranking` on everything."""
    monkeypatch.setattr(evaluate, "interval", partial(interval, draws=50))
    status, out, error = call("evaluate", "--run", runs / model, "--data", runs / "blocks")
    assert status == 0 and error == f"평점 읽기...\n{model}...\n인기...\n"
    blocks = Blocks(runs / "blocks")
    train = join_parts(blocks.read(number) for number in range(len(blocks)))
    test, offered = join_parts(blocks.read_test()), torch.arange(blocks.num_items)
    watched = evaluate.read_interactions(blocks, range(len(blocks)))
    state = checkpoint.load(runs / model)
    trained = checkpoint.restore(state, watched)
    popular = torch.bincount(train.items, minlength=blocks.num_items).float()
    users = test.users[test.ratings >= 4].unique()
    every = torch.arange(blocks.num_users)
    for label, table in (
        (model, trained.model.table(every)), ("인기", popular.repeat(len(every), 1))
    ):  # fmt: skip
        found = per_user(table, train, test, offered)
        shown = coverage(top_lists(table, users, train, offered), offered)
        mean, low, high = interval(found["ndcg"], draws=50)
        rest = [f"{found[name].mean():.4f}" for name in ("recall", "hit_rate")]
        wanted = f"{mean:.4f} ({low:.4f}~{high:.4f})", *rest, f"{shown:.1%}", label
        assert re.search(r" +".join(map(re.escape, wanted)) + "\n", out)
    assert ("RMSE" in out) == (model == "mf")
    if model == "mf":
        assert out.endswith(f"테스트 RMSE는 {state['test_mse'] ** 0.5:.4f}입니다 (mf).\n")


def test_one_user_is_too_few(runs, call, monkeypatch):
    monkeypatch.setattr(evaluate, "choose_users", lambda *_: torch.tensor([3]))
    status, out, error = call("evaluate", "--run", runs / "ials", "--data", runs / "blocks")
    assert status == 1 and not out
    assert "✗ 목록을 재어 볼 사용자가 한 명뿐이라" in error and error.endswith("train하세요.\n")


def test_coverage_counts_what_is_shown(runs, tmp_path, call, monkeypatch):
    """EASE on five movies fills its lists with others, which are not shown."""
    monkeypatch.setattr(evaluate, "interval", partial(interval, draws=50))
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", "ease"]
    call("train", *words, "--items", 5)
    _, out, _ = call("evaluate", "--run", tmp_path / "run", "--data", runs / "blocks")
    assert f" {5 / Blocks(runs / 'blocks').num_items:.1%}  ease\n" in out


def test_an_error_of_zero_is_an_error(runs, monkeypatch, capsys):
    state = checkpoint.load_trained(runs / "mf") | {"test_mse": 0.0}
    monkeypatch.setattr(checkpoint, "load_trained", lambda _: state)
    monkeypatch.setattr(evaluate, "interval", partial(interval, draws=50))
    assert (
        __main__.main(["evaluate", "--run", str(runs / "mf"), "--data", str(runs / "blocks")]) == 0
    )
    assert "테스트 RMSE는 0.0000입니다 (mf)." in capsys.readouterr().out


def test_a_sample_of_the_users(runs, call):
    _, out, _ = call("evaluate", "--run", runs / "ials", "--data", runs / "blocks", "--users", 20)
    assert re.search(r"사용자 1\d\d명 가운데 20명, 영화", out)


def test_the_rmse_of_a_run_that_was_stopped(runs, call, monkeypatch):
    """Its error on the test data was not measured at the end of the training."""
    state = checkpoint.load(runs / "mf")
    words = ["evaluate", "--run", runs / "mf", "--data", runs / "blocks"]
    told = call(*words)[1]
    monkeypatch.setattr(checkpoint, "load", lambda run: state | {"test_mse": None})
    assert call(*words)[1] == told and f"RMSE는 {state['test_mse'] ** 0.5:.4f}입니다" in told


def test_ratings_of_the_run_are_needed(runs, tmp_path, call):
    """Not others, nor the same with another part held out: it may have been trained on."""
    for command in ("evaluate", "recommend"):
        more = ["--user", 7] if command == "recommend" else []
        refused(call(command, "--run", runs / "ials", *more), "--data: 그 평점도 있어야 하니")
        for seed in (0, 1):
            folder = tmp_path / f"{command}{seed}"
            prepare(lambda n=20_000 + seed: synthetic.chunks(n), folder, seed=seed, test=0.2)
            words = [command, "--run", runs / "ials", "--data", folder, *more]
            refused(call(*words), f"--data: {runs / 'ials'}이(가) 학습한 폴더를")
    status, _, error = call("evaluate", "--run", tmp_path)
    assert status == 1 and "checkpoint.pt가 없습니다. 먼저 train하세요" in error


def listed(out: str) -> list[tuple[int, str, str]]:
    """Movie, score and title of each line but the first."""
    words = (line.split(maxsplit=5) for line in out.splitlines()[1:])
    return [(int(word[2]), word[4], word[5]) for word in words]


@pytest.mark.parametrize("model", OPTIONS)
def test_recommending_to_a_user(runs, call, model):
    words = ["recommend", "--run", runs / model, "--data", runs / "blocks", "--n", 4, "--user"]
    blocks = Blocks(runs / "blocks")
    watched = evaluate.read_interactions(blocks, range(len(blocks)))
    trained = checkpoint.restore(checkpoint.load(runs / model), watched)
    status, out, error = call(*words, int(trained.users[5]))
    scores = trained.model.table(torch.tensor([5]))[0]
    scores[blocks.find_rated(5)] = -torch.inf
    best = scores.topk(4)
    ids = trained.movies[best.indices].tolist()
    assert status == 0 and not error
    assert [movie for movie, _, _ in listed(out)] == ids
    assert [score for _, score, _ in listed(out)] == [f"{score:.2f}" for score in best.values]
    assert [title for _, _, title in listed(out)] == [f"영화, 제목 {i} (1999)" for i in ids]


@pytest.fixture
def own(tmp_path, runs):
    """own(lines): a file of ratings; movies 0, 1, ... are rows of the blocks."""
    movies = Blocks(runs / "blocks").read_ids("movies").tolist()

    def own(*lines: str, header: str = "movieId,rating"):
        text = re.sub(r"m(\d+)", lambda found: str(movies[int(found[1])]), "\n".join(lines))
        (tmp_path / "own.csv").write_text(f"{header}\n{text}\n" if lines else f"{header}\n")
        return tmp_path / "own.csv"

    return own


@pytest.mark.parametrize("model", ["mf", *OPTIONS])
def test_recommending_to_someone_new(runs, call, own, model):
    path = own("m3,5", "m9,4.5", "m20,0.5")
    words = ["--run", runs / model, "--data", runs / "blocks", "--ratings", path, "--n", 6]
    status, out, error = call("recommend", *words)
    trained = checkpoint.load_model(runs / model)
    items, ratings = torch.tensor([3, 9, 20]), torch.tensor([5, 4.5, 0.5])
    if model == "mf":
        factors, bias = fold_in(trained.model, items, ratings, 10.0, 5.0)
        twin = trained.model
        with torch.no_grad():
            twin.Q[0], twin.bias_user[0] = factors, bias
        scores = twin.table(torch.tensor([0]))[0]
    else:
        scores = trained.model.fold_in(items, ratings)
    scores[items] = -torch.inf
    best = scores.topk(6)
    assert out.startswith(f"own.csv의 주인에게 추천하는 영화 6편 ({model})\n")
    assert status == 0 and not error
    assert [movie for movie, _, _ in listed(out)] == trained.movies[best.indices].tolist()
    assert [score for _, score, _ in listed(out)] == [f"{score:.2f}" for score in best.values]


@pytest.mark.parametrize(
    ("lines", "number", "told"),
    [
        ((), 2, "평점이 있어야 하는데 파일이 끝났습니다"),
        (("m1,5", "m2"), 3, "로 나뉜 두 칸이어야 하는데 1칸입니다: 'm"),
        (("m1,5,9",), 2, "로 나뉜 두 칸이어야 하는데 3칸입니다"),
        (("m1,5", ""), 3, "로 나뉜 두 칸이어야 하는데 1칸입니다: ''"),
        (("x,5",), 2, "movieId 칸은 1에서 2147483647까지의 정수이어야 합니다. 읽은 것: 'x'"),
        (("m1,6",), 2, "rating 칸은 0.5에서 5까지 0.5점 단위의 별점이어야 합니다. 읽은 것: '6'"),
        (("m1,nan",), 2, "rating 칸은"),
        (("999999999,5",), 2, "학습한 데이터에 없는 영화입니다. 읽은 것: '999999999'"),
        (("m1,5", "m2,4", "m1,3"), 4, "앞에서 이미 매긴 영화입니다. 읽은 것: '"),
    ],
)
def test_a_bad_line_of_ones_own_is_named(runs, call, own, lines, number, told):
    path = own(*lines)
    status, out, error = call(
        "recommend", "--run", runs / "ials", "--data", runs / "blocks", "--ratings", path
    )
    told = re.sub(r"'m$", "'", told)
    assert status == 1 and not out and error.startswith(f"✗ {path} {number}번째 줄: ")
    assert told in error and error.count("\n") == 1 and not error.endswith("..\n")


@pytest.mark.parametrize("header", ["", "movieId;rating", "movie,rating", "1,5"])
def test_a_bad_header(runs, call, own, header):
    words = ["--run", runs / "ials", "--data", runs / "blocks", "--ratings"]
    status, _, error = call("recommend", *words, own("m1,5", header=header))
    assert status == 1 and "own.csv 1번째 줄: 머리줄 movieId,rating이어야 합니다." in error


def test_ratings_for_a_model_without_biases(runs, tmp_path, call, own):
    words = ["--data", runs / "blocks", "--epochs", 1, "--out"]
    call("train", *words, tmp_path / "plain", "--model", "mf-plain")
    call("train", *words, tmp_path / "free", "--ridge", 0)
    call("train", *words, tmp_path / "half", "--ridge-bias", 0)
    for run in ("plain", "free", "half"):
        words = ["--run", tmp_path / run, "--data", runs / "blocks", "--ratings", own("m1,5")]
        refused(call("recommend", *words), "--ratings: 편향이나 벌금 --ridge, --ridge-bias 없이")


def test_a_user_or_ratings(runs, call, own):
    words = ["recommend", "--run", runs / "ials", "--data", runs / "blocks"]
    refused(call(*words), "--user: 사용자 번호와 --ratings의 파일 가운데 하나만")
    refused(call(*words, "--user", 7, "--ratings", own("m1,5")), "--user: ")


def test_only_what_is_compared_is_recommended(runs, tmp_path, call, own):
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", "ease"]
    call("train", *words, "--items", 20)
    known = int(checkpoint.load_model(tmp_path / "run").model.shown[0])
    ratings = own(f"m{known},5", "m1,5")
    words = ["--run", tmp_path / "run", "--data", runs / "blocks", "--ratings", ratings]
    status, out, _ = call("recommend", *words, "--n", 15)
    assert status == 0 and "inf" not in out
    refused(call("recommend", *words, "--n", 21), "--n: 아직 보지 않은 영화가")


def test_nothing_is_left_or_nothing_is_known(runs, tmp_path, call, own):
    """Of the two movies that EASE compares; ratings of one star say nothing to it or to iALS."""
    words = ["--data", runs / "blocks", "--out", tmp_path / "run", "--model", "ease"]
    call("train", *words, "--items", 2)
    shown = checkpoint.load_model(tmp_path / "run").model.shown.tolist()
    other = next(row for row in range(3) if row not in shown)
    words = ["recommend", "--data", runs / "blocks", "--n", 1, "--ratings"]
    for lines, run, told in (
        ([f"m{row},5" for row in shown], tmp_path / "run", "영화 2편을 이미 모두 보았으니"),
        ([f"m{other},5"], tmp_path / "run", "영화 2편 가운데 별 하나보다 높은 평점을 받은 것이"),
        ([f"m{shown[0]},1"], tmp_path / "run", "영화 2편 가운데 별 하나보다"),
        (["m3,1", "m9,0.5"], runs / "ials", "별 하나보다 높은 평점을 받은 것이 없어 취향을"),
    ):
        status, out, error = call(*words, own(*lines), "--run", run)
        assert status == 1 and not out and told in error and error.endswith("train하세요.\n")


def test_a_folder_without_titles(small, tmp_path, call):
    words = ["--data", small.folder, "--out", tmp_path / "run", "--model", "ials", "--rank", 2]
    call("train", *words, "--epochs", 1)
    words = ["--run", tmp_path / "run", "--data", small.folder, "--user", 7, "--n", 2]
    status, out, error = call("recommend", *words)
    assert status == 0 and error == NO_TITLES + "\n"
    assert all(
        re.fullmatch(r" +\d\. 영화 +\d+  점수 -?\d\.\d\d", line) for line in out.splitlines()[1:]
    )


def test_too_little_memory_says_what_takes_less(runs, tmp_path, call, monkeypatch):
    def refuse(*_):
        raise RuntimeError("you tried to allocate memory")

    monkeypatch.setattr(RankerTraining, "epoch", refuse)
    for model, remedy in (("ease", "--items를"), ("ials", "--rank를"), ("softmax", "--batch를")):
        words = ["--data", runs / "blocks", "--out", tmp_path / model, "--model", model]
        status, _, error = call("train", *words)
        assert status == 1 and remedy in error and "--stream" not in error


@pytest.mark.parametrize("command", ["evaluate", "recommend", "prepare"])
def test_too_little_memory_where_no_option_takes_less(runs, tmp_path, call, monkeypatch, command):
    def refuse(*_, **__):
        raise RuntimeError("you tried to allocate memory")

    for name in ("evaluate.find_blocks", "recommend.find_blocks", "cli.write_blocks"):
        monkeypatch.setattr(f"lecture_utils.scale.{name}", refuse)
    words = {"prepare": ["--data", runs / "blocks", "--out", tmp_path / "out"]}
    more = words.get(command, ["--run", runs / "ials", "--data", runs / "blocks"])
    status, _, error = call(command, *more, *(["--user", 7] if command == "recommend" else []))
    assert status == 1 and "✗ 메모리가 모자랍니다. 메모리를 쓰는 다른" in error
    assert "--" not in error
