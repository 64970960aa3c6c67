"""benchmarks/: the driver, on cheap methods and the synthetic set, and the results that it left."""

import json
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("resource")  # Windows has none, and so no `make bench`

from benchmarks import epoch, holdout, run, worker
from benchmarks.methods import Method, find_all, modules
from lecture_utils import Ratings
from lecture_utils.methods import METHODS
from lecture_utils.synthetic import small as synthetic
from tests.notebooks import ROOT

CHEAP = ("mean", "biases", "als")
TARGETS = {str(target) for target in worker.TARGETS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    worker.save(Ratings("synthetic", *synthetic.make("ua")), folder / "ua.pickle")
    return folder


@pytest.fixture(scope="module")
def methods():
    registry = run.describe()
    return {key: registry[key] | {"steps": 2} for key in CHEAP}


@pytest.fixture(scope="module")
def runs(folder, methods):
    return run.measure(folder, methods, ["ua"], [0, 1])


def check_row(row):
    assert row["split"] in worker.SPLITS
    for name in run.MEASURED:
        assert row[name]["mean"] >= 0 and row[name]["spread"] >= 0
    assert 0.8 < row["rmse"]["mean"] < 2
    assert row["peak_mb"]["mean"] >= row["peak_before_mb"]["mean"] > 10
    assert row["reached_cpu_s"] is None or set(row["reached_cpu_s"]) == TARGETS
    assert row["code_lines"] is None or 20 < row["code_lines"] < 1000


@pytest.mark.full
def test_a_row_has_means_over_the_seeds(runs, methods):
    rows = run.summary(runs, methods, ["ua"], [0, 1])
    assert [row["method"] for row in rows] == [*CHEAP]
    for row in rows:
        check_row(row)
    rmse = [row["rmse"]["mean"] for row in rows]
    assert rmse[0] > rmse[1] > rmse[2]
    assert rows[1]["rmse"]["spread"] == 0 < rows[2]["rmse"]["spread"]  # only ALS has a seed
    assert all(row["setting"] in run.table(rows, run.SHOWN) for row in rows)


@pytest.mark.full
def test_other_runs_do_not_count(methods, runs):
    longer = {key: method | {"steps": 3} for key, method in methods.items()}
    stale = [one | {"code": "before"} for one in runs]
    assert run.summary(runs, methods, ["ua"], [0, 1, 2]) == []
    assert run.summary(runs, longer, ["ua"], [0, 1]) == []
    assert run.summary(stale, methods, ["ua"], [0, 1]) == []
    peer = run.identity("ua", "myfm", run.describe()["myfm"])
    assert peer["code"] != runs[0]["code"]  # ours depends on lecture_utils, a peer does not


@pytest.mark.full
def test_seeds_take_turns(runs):
    assert [(r["seed"], r["method"]) for r in runs] == [(s, k) for s in (0, 1) for k in CHEAP]


def test_a_failed_run_stops_and_tells_why(folder):
    with pytest.raises(SystemExit, match="KeyError: 'nothing'"):
        run.spawn("benchmarks.worker", folder, "nothing", "ua", 0, 1)


def test_only_the_real_movielens_is_measured(tmp_path, monkeypatch):
    made = Ratings("synthetic", *synthetic.make("ua"))
    monkeypatch.setattr("lecture_utils.data.load_movielens", lambda split: made)
    with pytest.raises(SystemExit, match="LECTURE_DATA_DIR"):
        worker.fetch(tmp_path)
    assert not list(tmp_path.iterdir())


def clocked(monkeypatch):
    """A clock whose time is `now[0]`, for two ratings of 3 stars."""
    now = [0.0]
    monkeypatch.setattr(worker, "process_time", lambda: now[0])
    clock = worker.Clock(np.array([3.0, 3.0]))
    clock.start()
    return now, clock


@pytest.mark.parametrize(
    ("average", "errors", "spent"), [(False, [2, 1, 0], 100), (True, [2, 1.5, 1], 300)]
)
def test_the_clock_stands_still_while_it_predicts(monkeypatch, average, errors, spent):
    """With `average` the mean of draws is scored, and all of them are needed."""
    now, clock = clocked(monkeypatch)
    stars = iter([1.0, 2.0, 3.0])

    def predict():
        now[0] += 100
        return [next(stars), 3.0]

    for step in range(3):
        now[0] += 2
        clock.report(step, predict, average)
    rmse = [pytest.approx(error / math.sqrt(2)) for error in errors]
    assert clock.curve == [(0, 2.0, rmse[0]), (1, 4.0, rmse[1]), (2, 6.0, rmse[2])]
    assert clock.predict == spent


def test_the_clock_runs_while_a_model_is_trained(monkeypatch):
    now, clock = clocked(monkeypatch)

    def models():
        for level in (4.0, 2.0, 9.0):
            now[0] += 2
            yield level

    for level in clock.watch(models()):
        now[0] += 100  # the prediction
        clock.score([level, 3.0])
    one, two = math.sqrt(0.5), math.sqrt(2)
    assert clock.curve == [(1, 2.0, one), (2, 4.0, one), (3, 6.0, two)]
    assert clock.predict == 100


def test_refits_go_on_until_all_targets_are_reached():
    asked = []

    def method(data, seed, clock, epochs):
        asked.append(epochs)
        clock.start()
        clock.report(epochs, lambda: np.array([3.0, 3.0]) + 1.2 - 0.01 * epochs)

    data = SimpleNamespace(test={"rating": SimpleNamespace(to_numpy=lambda _: np.full(2, 3.0))})
    result = worker.run(Method("ours", "", method, refit=True), data, 0, 100, refit=True)
    assert asked[0] == 100 and asked[1:4] == [1, 2, 3] and 28 <= asked[-1] <= 31
    assert None not in result["reached_cpu_s"].values()
    without = worker.run(Method("ours", "", method, refit=True), data, 0, 100)
    assert without["reached_cpu_s"] is None


def test_every_method_of_the_course_is_compared_and_its_code_counted():
    """How lines are counted: test_core."""
    methods = find_all()
    ours = {name for name, m in METHODS.items() if m.label and m.task == "rating"}
    assert {name for name, m in methods.items() if m.ours} == {"mean", *ours}
    assert all(run.code_lines(m.code) > 20 for m in methods.values() if m.code)
    assert all(bool(m.code) == (m.ours and key != "mean") for key, m in methods.items())
    assert {"sparse", "methods.als", "methods.least_squares"} < {*modules("methods.als")}


def test_a_peer_is_found_without_what_ours_need():
    code = "import sys, benchmarks.methods as m; m.find('myfm'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_results_on_disk():
    results = json.loads(run.RESULTS.read_text(encoding="utf-8"))
    assert results["data"] == "ml-100k" and results["machine"]["cpu"]
    assert {"python", "torch", "cornac", "myfm"} <= set(results["versions"])
    found = {(row["method"], row["split"]) for row in results["rows"]}
    methods = find_all()
    needed = {key for key, method in methods.items() if not method.slow}
    assert found >= {(key, split) for key in needed for split in worker.SPLITS}
    for row in results["rows"]:
        check_row(row)
        method = methods[row["method"]]
        assert (row["setting"], row["steps"]) == (method.setting, method.steps)
        assert len(row["seeds"]) == 3
    assert results["epoch"]["largest_relative_gradient_gap"] < 1e-5


def test_an_epoch_is_timed_all_ways(folder, monkeypatch):
    monkeypatch.setattr(epoch, "EPOCHS", 20)
    steps = []
    step = epoch.Twin.epoch
    monkeypatch.setattr(epoch.Twin, "epoch", lambda twin: steps.append(twin) or step(twin))
    result = epoch.measure(worker.load(folder / "ua.pickle", ours=True))
    ways = ("indexing", "indexing_fused_adam", "sparse")
    assert all(result[way]["median_ms"] >= result[way]["min_ms"] > 0 for way in ways)
    for way in ways[:2]:
        ratio = result[way]["median_ms"] / result["sparse"]["median_ms"]
        assert result[way]["times_sparse"] == pytest.approx(ratio)
    assert result["largest_relative_gradient_gap"] < 1e-5
    plain, fused, ours = steps[:3]
    assert [t.optimizer.defaults["fused"] for t in steps[:3]] == [None, True, True]
    assert steps[3:23] == [plain] * 10 + [fused] * 10  # turns of ten
    assert {steps.count(twin) for twin in (plain, fused, ours)} == {1 + epoch.WARM_UP + 20}


def test_the_peers_are_pinned():
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("#")[0].strip().split("==") for line in lines if line[0] != "#")
    installed = json.loads(run.RESULTS.read_text(encoding="utf-8"))["versions"]
    assert pinned.items() >= {p: v for p, v in installed.items() if p in pinned}.items()


@pytest.mark.parametrize("split", worker.SPLITS)
def test_candidates_are_compared_on_training_ratings_alone(split):
    data = Ratings("synthetic", *synthetic.make(split))
    cut = holdout.holdout(data, split, seed=0)
    both = pd.concat([cut.train, cut.test])
    assert len(both) == len(data.train)
    assert not pd.concat([both, data.test]).duplicated(["user", "movie"]).any()
    share = cut.test.groupby("user").size() / both.groupby("user").size()
    if split == "ua":
        assert (cut.test.groupby("user").size() == 5).all() and share.notna().all()
    else:
        assert cut.test["user"].min() > 462 and 0.4 < share.median() < 0.46
        assert 200 < share.notna().sum() < 245  # half of the 481 others


@pytest.mark.parametrize("key", holdout.CANDIDATES)
def test_candidates_are_settings_that_their_method_has(key):
    known = METHODS[key].function.__kwdefaults__
    assert all(set(candidate) <= set(known) for candidate in holdout.CANDIDATES[key])


def test_candidates_change_a_setting_that_their_method_has(folder, monkeypatch):
    monkeypatch.setattr(holdout, "SPLITS", ("ua",))
    candidates = {"als": [{"power": 0.5, "ridge": 2.0}]}
    monkeypatch.setattr(holdout, "CANDIDATES", candidates)
    (line,) = holdout.compare(folder, ["als"])
    assert line.startswith("ua als {'power': 0.5, 'ridge': 2.0}: 0.") and line.endswith(" s")
