"""benchmarks/ranking*.py and splits.py: on cheap rankers and the synthetic set, the published split
and table rebuilt, and the results on disk."""

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("resource")  # Windows has none, and so no `make bench-ranking`

from benchmarks import rankers, ranking, ranking_holdout, ranking_worker, run, splits, worker
from lecture_utils import Ratings, as_tensors, evaluate
from lecture_utils.data import load_movielens
from lecture_utils.download import DownloadError, find_movielens
from lecture_utils.methods import METHODS
from lecture_utils.synthetic import small as synthetic
from tests.notebooks import ROOT

CHEAP = {
    "ua": ("popularity", "ease"),
    "recommenders": ("popularity", "sar"),
    "recbole": ("popularity", "ease"),
    "moment": ("popularity", "co-occurrence"),
}
RECBOLE_SIZES = [80_808, 9_596, 9_596]
RECBOLE_PAIRS = [
    "15eb4f9af0a8de11a884e94cbaadd87c30c3d24faa5ad4c636121acaa41efbde",
    "30054f303480bb1c7663c8f12caed125c3b6bad8ce0a7370ae518beee37f6d31",
    "03779553070a99b84a66b98a068009d6d830e0ffcd083bb50e23f2335633ae12",
]
METRICS = ("precision", "recall", "ndcg", "map")


@pytest.fixture(scope="module")
def data():
    return Ratings("synthetic", *synthetic.make("ua"))


@pytest.fixture(scope="module")
def both(data):
    """All ratings of the synthetic set."""
    return pd.concat([data.train, data.test]).reset_index(drop=True)


@pytest.fixture(scope="module")
def cut(data, both):
    """Microsoft's split of them."""
    train, test = splits.split_per_user(both)
    return replace(data, train=train, test=test)


@pytest.fixture(scope="module")
def parts(both):
    """RecBole's split of them."""
    return splits.split_recbole(both)


@pytest.fixture(scope="module")
def earlier(data, both):
    """What is before the last moment of each user, and that."""
    train, test = evaluate.last_moment_split(both)
    return replace(data, train=train, test=test)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data, cut, parts, earlier):
    folder = tmp_path_factory.mktemp("ranking")
    worker.save(data, folder / "ua.pickle")
    worker.save(cut, folder / "recommenders.pickle")
    worker.save(replace(data, train=parts.train, test=parts.test), folder / "recbole.pickle")
    parts.valid.to_pickle(folder / "recbole-valid.pickle")
    worker.save(earlier, folder / "moment.pickle")
    return folder


@pytest.fixture(scope="module")
def ratings():
    """All of the real u.data, in its order."""
    try:
        return ranking_worker.read_all(find_movielens())
    except DownloadError as error:
        pytest.skip(str(error))


def test_sar_gives_the_published_values(ratings):
    """So the split, the candidates and the metrics are those of Microsoft's table."""
    train, test = splits.split_per_user(ratings)
    data = replace(load_movielens("ua"), train=train, test=test)
    found = ranking_worker.judge(rankers.sar(data, 0)()(), data, splits.SPLITS["recommenders"])
    published = ranking.PUBLISHED["recommenders"]["SAR"]
    assert {name: found[name] for name in published} == pytest.approx(published, abs=5e-7)


def digest(frame):
    """Digest the pairs of user and movie, in whatever order they stand."""
    pairs = sorted(zip(frame["user"], frame["movie"]))
    return sha256("\n".join(f"{user} {movie}" for user, movie in pairs).encode()).hexdigest()


def test_the_split_is_recboles(ratings):
    """Digests of the pairs that RecBole 1.2.1 itself puts into the parts, for its quick start."""
    found = splits.split_recbole(ratings)
    assert [len(part) for part in found] == RECBOLE_SIZES
    assert [digest(part) for part in found] == RECBOLE_PAIRS


def test_every_user_keeps_three_quarters(both, cut):
    again = pd.concat([cut.train, cut.test])
    assert digest(again) == digest(both) and len(again) == len(both)
    counts, kept = (frame.groupby("user").size() for frame in (both, cut.train))
    assert (kept == (0.75 * counts).map(round)).all()
    first, again, other = (splits.split_per_user(both, seed)[0] for seed in (42, 42, 7))
    assert first.equals(again) and not first.equals(other)


def test_of_every_user_a_tenth_is_for_validation_and_one_for_the_test(both, parts):
    again = pd.concat(parts)
    assert digest(again) == digest(both) and len(again) == len(both)
    counts, _, valid, test = (frame.groupby("user").size() for frame in (both, *parts))
    assert (valid == counts // 10).all() and (test == counts // 10).all()
    first, again, other = (splits.split_recbole(both, seed).test for seed in (2020, 2020, 7))
    assert first.equals(again) and not first.equals(other)


def test_what_is_for_validation_is_not_shown_again(data, parts):
    """Whoever ranks it first has nothing of it: the next items move up."""
    own = replace(data, train=parts.train, test=parts.test)
    table = np.random.default_rng(0).random((data.num_users, data.num_items), np.float32)
    raised = table.copy()
    raised[parts.valid["user"], parts.valid["movie"]] += 1
    expected, found = (ranking_worker.judge(t, own, 1.0, parts.valid) for t in (table, raised))
    assert found == expected
    assert ranking_worker.judge(raised, own, 1.0)["ndcg"] < 0.5 * expected["ndcg"]


def check_row(row):
    for name in ranking.MEASURED:
        assert row[name]["mean"] >= 0 and row[name]["spread"] >= 0
    assert all(0 < row[name]["mean"] < 1 for name in (*METRICS, "mrr", "hit_rate", "coverage"))
    assert row["peak_mb"]["mean"] >= row["peak_before_mb"]["mean"] > 10
    assert row["list_popularity"]["mean"] > 1
    assert (row["code_lines"] is None) == (row["who"] != "ours")
    if row["behind"]:
        assert row["behind"]["low"] <= row["behind"]["mean"] <= row["behind"]["high"]


@pytest.mark.full
def test_a_row_has_means_over_the_seeds_and_the_best_comes_first(folder):
    registry = json.loads(run.spawn("benchmarks.ranking_worker"))
    chosen = {split: {key: registry[split][key] for key in keys} for split, keys in CHEAP.items()}
    runs = ranking.measure(folder, chosen, [0, 1])
    assert [(one["seed"], one["method"]) for one in runs] == [
        (seed, key) for seed in (0, 1) for keys in CHEAP.values() for key in keys
    ]
    assert ranking.measure(folder, chosen, [0, 1]) == runs  # from the file
    rows = ranking.summarise(runs, chosen)
    assert {(row["split"], row["method"]) for row in rows} == {
        (split, key) for split, keys in CHEAP.items() for key in keys
    }
    for row in rows:
        check_row(row)
        assert row["seeds"] == [0, 1] and row["ndcg"]["spread"] == 0  # none of them draws
    for split in CHEAP:
        ndcg = [row["ndcg"]["mean"] for row in rows if row["split"] == split]
        behind = [row["behind"] for row in rows if row["split"] == split]
        assert ndcg == sorted(ndcg, reverse=True) and behind[0] is None
        assert behind[1]["mean"] == pytest.approx(ndcg[0] - ndcg[1], abs=2e-5)


def test_the_slow_run_where_they_are_wanted_or_have_run(folder):
    fast, slow = ({"who": "peer", "setting": "", "slow": slow} for slow in (False, True))
    given = {"ua": {"fast": fast, "slow": slow}}
    assert ranking.choose(folder, given, slow=True) == given
    assert ranking.choose(folder, given, slow=False) == {"ua": {"fast": fast}}
    for seed in ranking.SEEDS:
        assert ranking.choose(folder, given, slow=False) == {"ua": {"fast": fast}}
        run.find_or_run(folder, ranking.identity("ua", "slow", slow) | {"seed": seed}, dict)
    assert ranking.choose(folder, given, slow=False) == given


def test_only_fitting_is_fitting(data, monkeypatch):
    """Preparing is nobody's time, scoring has its own, and judging is nobody's."""
    now = [0.0]
    monkeypatch.setattr(ranking_worker, "process_time", lambda: now[0])

    def spend(seconds, value):
        now[0] += seconds
        return value

    table = np.ones((data.num_users, data.num_items), np.float32)
    ranker = rankers.Ranker(
        "ours", "", lambda *_: spend(1, lambda: spend(10, lambda: spend(100, table)))
    )
    monkeypatch.setattr(ranking_worker, "judge", lambda *_: spend(1000, {}))
    found = ranking_worker.run(ranker, data, 0, 4.0)
    assert (found["fit_cpu_s"], found["predict_cpu_s"]) == (10, 100)


def test_all_are_judged_as_the_course_judges(data):
    table = rankers.find("ua", "popularity").prepare(data, 0)()()
    model = next(METHODS["popularity"].start(data, as_tensors(data.train)))
    found = ranking_worker.judge(table, data, 4.0)
    train, test = as_tensors(data.train), as_tensors(data.test)
    expected = evaluate.ranking(model, train, test, data.offered)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert np.mean(found["ndcg_per_user"]) == pytest.approx(expected["ndcg"], abs=1e-5)
    assert found["coverage"] < 0.2 and found["list_popularity"] > len(train.users) / 1682


def test_every_ranker_of_the_course_is_compared():
    """And ALS, so that a reader sees what few stars of error are worth in a list."""
    ours, following = (
        {name for name, m in METHODS.items() if m.label and m.task == task}
        for task in ("ranking", "next")
    )
    assert {*rankers.find_ours("ua")} == {"als", *ours}
    assert {*rankers.find_ours("moment")} == {"popularity", *following}
    assert all({*rankers.find_ours(split)} <= ours for split in ("recommenders", "recbole"))
    for split in splits.SPLITS:
        found = rankers.find_ours(split)
        assert all(run.code_lines(ranker.code) > 20 for ranker in found.values())


def test_a_peer_is_found_without_what_ours_need():
    code = (
        "import sys, benchmarks.rankers as r; r.find('ua', 'implicit-als');"
        "r.find('recommenders', 'sar'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("split", "key"), [(split, key) for split in ("ua", "moment") for key in rankers.PEERS[split]]
)
def test_a_peer_scores_every_pair(data, earlier, split, key):
    """Rows are ids: the next user's list, or scores of the item before, are worse."""
    pytest.importorskip(key.partition("-")[0])
    data = {"ua": data, "moment": earlier}[split]
    table = rankers.find(split, key).prepare(data, 0)()()
    assert table.shape == (data.num_users, data.num_items)
    moved = [np.roll(table, 1, axis) for axis in (0, 1)]
    relevant = splits.SPLITS[split]
    own, *others = (ranking_worker.judge(t, data, relevant)["ndcg"] for t in (table, *moved))
    assert own > max(others)


@pytest.mark.parametrize("split", splits.SPLITS)
def test_candidates_are_compared_on_training_ratings_alone(folder, split):
    whole = worker.load(folder / f"{split}.pickle", ours=True)
    valid = ranking_worker.read_valid(folder, split)
    held = ranking_holdout.holdout(whole, split, 0, valid)
    assert digest(pd.concat([held.train, held.test])) == digest(pd.concat([whole.train, valid]))
    share = len(held.test) / (len(held.train) + len(held.test))
    assert share == pytest.approx(
        {"ua": 5 / 96, "recommenders": 1 / 4, "recbole": 1 / 9, "moment": 0.02}[split], abs=0.01
    )


def test_the_moment_before_the_last_is_held_out(earlier):
    held = ranking_holdout.holdout(earlier, "moment", 0)
    times = earlier.train.groupby("user")["timestamp"]
    first, last = times.transform("min"), times.transform("max")
    wanted = earlier.train[(earlier.train["timestamp"] == last) & (first < last)]
    assert digest(held.test) == digest(wanted)


def test_candidates_change_settings_that_their_method_has(data, monkeypatch, folder):
    for split, candidates in ranking_holdout.CANDIDATES.items():
        for key in candidates.keys() - rankers.PEERS[split].keys():
            known = {"steps", *METHODS[key].function.__kwdefaults__}
            assert all({*candidate} <= known for candidate in candidates[key])
    few = {"recommenders": {"popularity": [{"grades": rankers.LINEAR}]}}
    monkeypatch.setattr(ranking_holdout, "CANDIDATES", few)
    (line,) = ranking_holdout.compare(folder, [])
    assert line.startswith(f"recommenders popularity {few['recommenders']['popularity'][0]}: 0.")


def test_the_results_on_disk():
    results = json.loads(ranking.RESULTS.read_text(encoding="utf-8"))
    assert results["data"] == "ml-100k" and results["machine"]["cpu"]
    found = {(row["split"], row["method"]): row for row in results["rows"]}
    known = {(s, k): one for s in splits.SPLITS for k, one in rankers.find_all(s).items()}
    assert {key for key, one in known.items() if not one.slow} <= found.keys() <= known.keys()
    for (split, key), row in found.items():
        check_row(row)
        ranker = known[split, key]
        assert (row["who"], row["setting"]) == (ranker.who, ranker.setting)
        assert row["seeds"] == [*ranking.SEEDS]
    assert results["users"] == {"ua": 934, "recommenders": 943, "recbole": 943, "moment": 943}
    assert results["published"] == ranking.PUBLISHED
    sar = found["recommenders", "sar"]
    for name, value in ranking.PUBLISHED["recommenders"]["SAR"].items():
        assert sar[name]["mean"] == value


def test_the_peers_are_pinned():
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("#")[0].strip().split("==") for line in lines if line[0] != "#")
    installed = json.loads(ranking.RESULTS.read_text(encoding="utf-8"))["versions"]
    assert installed["implicit"] == pinned["implicit"] and installed["cornac"] == pinned["cornac"]
