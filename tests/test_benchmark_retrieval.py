"""benchmarks/retrieval.py on few movies, and its results on disk."""

import json

import numpy as np
import pytest

pytest.importorskip("resource")  # as `make bench-ranking`

from benchmarks import retrieval
from tests.notebooks import ROOT

MEASURED = {
    *("build_s", "exact_ms", "index_ms", "speedup", "recall", "fm_ms", "deep_ms", "vary_ms"),
    *("directions_speedup", "directions_recall", "taste_speedup", "taste_recall"),
}


@pytest.fixture
def small(monkeypatch):
    """Few movies, users and candidates."""
    for name, value in {"MOVIES": 3000, "USERS": 100, "CELLS": 16, "CANDIDATES": 50}.items():
        monkeypatch.setattr(retrieval, name, value)


def test_taste_weighs_more_beside_the_same_popularity(small):
    (users, movies), (same, more) = (retrieval.draw_factors(0, taste) for taste in (1.0, 2.0))
    np.testing.assert_array_equal(users, same)
    np.testing.assert_allclose(2 * movies[:, :-1], more[:, :-1], rtol=1e-6)
    np.testing.assert_array_equal(movies[:, -1], more[:, -1])


def test_a_movie_has_a_bias_that_falls_with_its_rank_and_a_user_takes_it_as_it_is(small):
    users, movies = retrieval.draw_factors(0)
    assert (users[:, -1] == 1).all()
    fallen = np.sort(np.exp(-2 * movies[:, -1]))
    np.testing.assert_allclose(fallen, np.arange(1, 3001), rtol=1e-5)
    again, other = (retrieval.draw_factors(seed)[1] for seed in (0, 1))
    assert np.array_equal(again, movies) and not np.array_equal(other, movies)


def test_milliseconds_are_those_of_one_call(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(retrieval.time, "process_time", lambda: now[0])

    def spend(seconds):
        now[0] += seconds
        return seconds

    assert retrieval.time_each(spend, [(1.0,), (2.0,)]) == (1500.0, [1.0, 2.0])


def test_ranking_and_picking_take_time(small):
    found = retrieval.rank(0)
    assert {*found} == {"fm_ms", "deep_ms", "vary_ms"} and min(found.values()) > 0


@pytest.mark.parametrize("directions", [True, False])
def test_who_looks_into_every_cell_finds_all(small, directions):
    pytest.importorskip("faiss")
    assert retrieval.retrieve(0, 16, directions=directions)["recall"] == 1.0
    assert retrieval.retrieve(0, 1, directions=directions)["recall"] < 0.9


def test_the_results_on_disk():
    results = json.loads(retrieval.RESULTS.read_text(encoding="utf-8"))
    assert [one.pop("seed") for one in results["runs"]] == [*retrieval.SEEDS]
    assert all(one.keys() == MEASURED and min(one.values()) > 0 for one in results["runs"])
    recalls = [one["recall"] for one in results["probes"].values()]
    assert recalls == sorted(recalls) and recalls[-1] <= 1
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8").splitlines()
    (pin,) = (line.split()[0] for line in lines if line.startswith("faiss"))
    assert pin == f"faiss-cpu=={results['versions']['faiss-cpu']}"
