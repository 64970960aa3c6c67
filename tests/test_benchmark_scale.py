"""benchmarks/scale.py: every way on 100,000 ratings, and the results that the full size left."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("resource")  # Windows has none, and so no `make bench-scale`

from benchmarks import run, scale, scale_runs, scale_ways
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.checkpoint import build
from lecture_utils.scale.train import Training
from tests.notebooks import ROOT

SIZE = 100_000
CHECKED = ("speed", "epoch_cpu_s", "start_cpu_s", "peak_mb", "peak_before_mb")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale") / str(SIZE)
    scale_ways.invent(folder, SIZE, "code")
    return folder


@pytest.fixture(scope="module")
def about(folder):
    return json.loads((folder / scale_ways.ABOUT).read_text("utf-8"))


def test_the_file_is_in_the_published_layout(folder, about):
    ratings = pd.read_csv(folder / "ratings.csv", dtype=str)
    assert [*ratings] == ["userId", "movieId", "rating", "timestamp"]
    assert 0.8 * SIZE < len(ratings) == about["ratings"] < SIZE
    assert {*ratings["rating"]} == {f"{half / 2:.1f}" for half in range(1, 11)}
    assert {*ratings["timestamp"].str.len()} <= {9, 10}
    assert [*ratings.nunique()[:2]] == [about["users"], about["movies"]]


def test_others_train_on_the_ratings_of_the_blocks(folder, about):
    users, movies, ratings = (np.load(folder / f"{name}.npy") for name in scale_ways.COLUMNS)
    blocks = Blocks(folder / "blocks")
    assert len(ratings) == sum(blocks.sizes) == about["train"]
    ours = np.hstack([np.stack(blocks.read(number)[:3]) for number in range(len(blocks))])  # (3, n)
    ours = ours[:, np.lexsort((ours[1], ours[0]))]
    assert (np.stack([users, movies, ratings]) == ours).all()
    assert users.dtype == movies.dtype == np.int64


@pytest.mark.parametrize("key", scale_ways.WAYS)
def test_every_way_goes_through_the_ratings(folder, about, key):
    way = scale_ways.WAYS[key]
    if way.who == "cornac":
        pytest.importorskip("cornac")
    result = scale_ways.measure(replace(way, epochs=1), folder)
    row = scale.row(key, {"about": about, "result": result})
    assert (row["epoch_cpu_s"] is None) == (key == "read")
    assert all(row[name] > 0 for name in CHECKED if row[name] is not None)
    assert row["peak_mb"] >= row["peak_before_mb"] > 10
    assert json.loads(json.dumps(row)) == row
    assert not (folder / "again").exists()


@pytest.mark.parametrize(("key", "sparse"), [("sparse-adam", True), ("adam", False)])
def test_minibatches_have_the_gradients_that_they_name(folder, key, sparse, monkeypatch):
    """Before the step of each batch: rows that occur in it alone, or whole tables."""
    seen, step = [], scale_ways._step

    def watch(model, *rest):
        step(model, *rest)
        seen.extend(table.grad.is_sparse for table in model.parameters())

    monkeypatch.setattr(scale_ways, "_step", watch)
    result = scale_ways.measure(scale_ways.WAYS[key], folder)
    assert {*seen} == {sparse} and len(seen) == 2 * 4
    assert result["steps"] == result["steps_timed"] == 2  # 76,000 ratings in batches of 65,536


@pytest.mark.parametrize("key", ["full", "blocks", "stream-full", "stream-blocks"])
def test_what_is_timed_is_training(folder, key, monkeypatch):
    """The same errors as those of `Training` used plainly, and one pass over the test data only."""
    way, blocks, passes = scale_ways.WAYS[key], Blocks(folder / "blocks"), []
    test_mse = Training.test_mse
    monkeypatch.setattr(Training, "test_mse", lambda t: passes.append(t) or test_mse(t))
    result = scale_ways.measure(replace(way, epochs=2), folder)
    assert len(passes) == 1
    sizes = blocks.num_users, blocks.num_items, blocks.mean
    model = build({"model": "mf", "rank": scale_ways.RANK, "seed": 0}, *sizes)
    training = Training(model, blocks, full_batch=key.endswith("full"))
    last = [training.epoch() for _ in range(3)][-1]
    assert (result["train_mse"], result["test_mse"]) == pytest.approx(last[:2], rel=1e-5)
    assert result["test_cpu_s"] > 0 and result["steps"] == len(training._steps())


def test_the_start_is_not_an_epoch_and_of_those_the_median_counts(monkeypatch):
    def way(folder, clock, epochs):
        clock.start()
        for share in (1, 1, 0.25, 1):  # a quarter of an epoch takes half a second
            clock.lap(share)
        return {"steps": 5}

    now = iter([0.0, 9.0, 9.0, 10.0, 10.0, 10.5, 10.5, 40.5, 40.5])
    monkeypatch.setattr(scale_ways, "process_time", lambda: next(now))
    result = scale_ways.measure(scale_ways.Way("ours", "", way), None)
    assert (result["start_cpu_s"], result["epoch_cpu_s"], result["steps"]) == (9, 2, 5)


def test_a_row_by_hand():
    found = {"about": {"ratings": 2_000_000, "train": 1_500_000}, "result": {}}
    found["result"] = {"epoch_cpu_s": 0.123456, "start_cpu_s": 2.0, "peak_mb": 1234.5}
    row = scale.row("full", found)
    assert (row["speed"], row["epoch_cpu_s"], row["peak_mb"]) == (12.2, 0.123, 1234)
    found["result"]["epoch_cpu_s"] = None
    assert scale.row("read", found)["speed"] == 1.0
    assert "in memory, full batch" in run.table([row], scale.SHOWN)


@pytest.fixture
def here(monkeypatch, tmp_path):
    """What would be processes runs in this one; their arguments are noted."""
    asked = []

    def spawn(module, folder, what, *arguments):
        asked.append((folder.name, what))
        if what == "invent":
            return json.dumps(scale_ways.invent(folder, *arguments))
        if module == "benchmarks.scale_runs":
            return json.dumps({"one_s": 2.0})
        return json.dumps(scale_ways.measure(replace(scale_ways.WAYS[what], epochs=1), folder))

    monkeypatch.setattr(run, "spawn", spawn)
    monkeypatch.setattr(scale, "SMALLER", (10_000, 20_000, 50_000))
    return SimpleNamespace(asked=asked, folder=tmp_path)


def test_sizes_grow_and_the_command_line_is_for_the_largest(here):
    found = scale.results(here.folder, 20_000, ["full", "processes"])
    assert here.asked == [
        *[("10000", "invent"), ("10000", "full"), ("20000", "invent"), ("20000", "full")],
        ("20000", "processes"),
    ]
    assert [*found["growth"]] == ["10000"] and found["processes"] == {"one_s": 2.0}
    assert found["growth"]["10000"]["ratings"] < found["ratings"]
    assert found["ways"]["full"]["speed"] > 0 and "pyarrow" in found["versions"]


def test_what_has_run_does_not_run_again_unless_its_code_has_changed(here, monkeypatch):
    first = scale.results(here.folder, 10_000, ["full", "blocks"])
    done = len(here.asked)
    assert scale.results(here.folder, 10_000, ["full", "blocks"]) == first
    assert len(here.asked) == done == 3
    monkeypatch.setattr(scale, "code_of", lambda part: f"new {part == 'full'}")
    scale.results(here.folder, 10_000, ["full"])
    assert here.asked[done:] == [("10000", "full")]  # and the ratings are still good
    monkeypatch.setattr(run, "digest", lambda *names, ours: "new")
    scale.results(here.folder, 10_000, ["blocks"])
    assert here.asked[done + 1 :] == [("10000", "invent"), ("10000", "blocks")]


def test_a_peer_does_not_depend_on_our_code(monkeypatch):
    assert run.digest(ours=True) != run.digest(ours=False)
    asked = []
    monkeypatch.setattr(run, "digest", lambda *names, ours: asked.append((ours, names)))
    for part in ("cornac", "full", "kill"):
        scale.code_of(part)
    assert [ours for ours, _ in asked] == [False, True, True]
    assert all((ROOT / name).is_file() for _, names in asked for name in names)


@pytest.mark.full
def test_in_a_process_of_its_own(folder):
    result = json.loads(run.spawn("benchmarks.scale_ways", folder, "full"))
    assert result["steps"] == 1 and result["peak_mb"] >= result["peak_before_mb"] > 50


@pytest.mark.full
def test_a_killed_run_goes_on(folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = scale_runs.kill(folder)
    assert 0 < found["epoch_s"] < found["start_s"] < found["lost_s"] and found["repeated_s"] > 0


@pytest.mark.full
def test_two_processes(folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = scale_runs.processes(folder)
    assert set(found) == {"full", "blocks"} and all(one["two_s"] > 0 for one in found.values())


def test_what_a_kill_costs_by_hand():
    """Epochs of 1 s (median); the fourth was half done, and took 3 s when it was repeated."""
    parts = scale_runs._parts([5.0, 1.0, 1.0, 3.0, 1.0, 2.0], done=3, repeated=0.5, took=5.0)
    assert parts == {"epoch_s": 1, "repeated_s": 0.5, "start_s": 2, "read_s": 2, "lost_s": 4.5}


def test_seconds_of_the_epochs_that_are_saved(tmp_path):
    assert scale_runs.saved(tmp_path) == []
    text = "epoch,train_mse,test_mse,seconds\n1,1.0,1.0,2.5\n2,0.9,0.9,3.5\n"
    (tmp_path / "metrics.csv").write_text(text)
    assert scale_runs.saved(tmp_path) == [2.5, 1.0]


def test_a_run_that_fails_stops_and_tells_why(tmp_path):
    with pytest.raises(SystemExit, match="✗ --data: "):
        scale_runs._epoch(tmp_path, 1, [])
    with pytest.raises(SystemExit, match=r"before epoch 3:\n"):
        scale_runs.kill(tmp_path)


def test_the_results_on_disk():
    """The page and its reader rely on this."""
    found = json.loads(scale.RESULTS.read_text(encoding="utf-8"))
    assert found["data"].startswith("invented") and found["machine"]["cpu"] and found["date"]
    assert {"python", "torch", "numpy", "pyarrow", "cornac"} == set(found["versions"])
    assert "1000000" in found["growth"]  # the page compares with it
    for size, part in {**found["growth"], scale.FULL: found}.items():
        assert 0.8 < part["ratings"] / int(size) < 1.01 and part["blocks"] >= 8
        assert abs(part["train"] / part["ratings"] - 0.9) < 0.01
        assert [*part["ways"]] == [*scale_ways.WAYS]
        for key, row in part["ways"].items():
            way = scale_ways.WAYS[key]
            assert (row["who"], row["setting"], row["epochs"]) == (way.who, way.setting, way.epochs)
            assert {*CHECKED} <= {*row} and row["peak_mb"] >= row["peak_before_mb"] > 10
    assert set(found["processes"]) == {"full", "blocks"} and found["kill"]["lost_s"] > 0
