"""The mutants' own test: on a lecture of four cells, what is not caught as it should be is told."""

import json
import sys

import pytest

from tests.lectures import mutants
from tests.lectures.mutants import Mutant, assert_caught, assert_green, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mutants fork")
START = """
from pathlib import Path
from tempfile import mkdtemp
a = Path(mkdtemp())
x, y, z = 1, 1, 1
"""
CELLS = [  # metadata, code
    ({}, START),
    ({"tags": ["side"]}, "a.rename(a.with_name('b'))\ny = 2"),
    ({"name": "check-x"}, "assert x == 1, '✗ x'"),
    ({"name": "check-y"}, "assert y == z + 1, f'✗ {y}'"),
]
BOTH = "check-x", "check-y"
BROKEN = {  # mutants and what is said of them
    "green": (Mutant({"x, y, z = 1": "x, y, z = 1.0"}, "check-x"), "['check-x'] stayed green"),
    "half": (Mutant({"y = 2": "y = 3"}, BOTH), "['check-x'] stayed green; red: ['ch"),
    "beyond": (Mutant({"z = 1, 1, 1": "z = 0, 0, 0"}, BOTH[::-1]), "['check-y'] stayed green; red"),
    "crash": (Mutant({"y = 2": "boom"}, "check-y"), "cell 1 crashed: NameError"),
    "elsewhere": (Mutant({"y = 2": "assert 0, '✗'"}, "check-y"), "cell 1 crashed: AssertionError"),
    "no mark": (Mutant({"x == 1, '✗": "x == 2, '"}, "check-x"), "check-x crashed: Assertion"),
    "raises": (Mutant({"x == 1": "1 / 0"}, "check-x"), "check-x crashed: ZeroDivisionError"),
    "exits": (Mutant({"y = 2": "import os; os._exit(3)"}, "check-y"), "process crashed: ended"),
    "gone": (Mutant({"y = 3": "y = 4", "x": "x"}, "check-x"), "no longer stands ['y = 3', 'x']"),
    "late": (Mutant({"y == z": "y != z"}, "check-x"), "no cell check-x, or before it no longer"),
    "no check": (Mutant({"y = 2": "y = 3"}, "check-z"), "no cell check-z, or before it no longer"),
}
CAUGHT = {
    "x": (Mutant({"x, y, z = 1": "x, y, z = 2"}, "check-x", {"side"}), {"check-x"}),
    "y": (Mutant({"y = 2": "y = 3"}, "check-y"), {"check-y"}),
    "both": (Mutant({"z = 1, 1, 1": "z = 0, 0, 0"}, "check-y"), {"check-x", "check-y"}),
    "each": (Mutant({"z = 1, 1, 1": "z = 0, 0, 0"}, BOTH), {*BOTH}),
}


@pytest.fixture
def lecture(tmp_path, monkeypatch):
    """Put a notebook with CELLS in the lectures' place."""
    code = [{"cell_type": "code", "source": [text], "metadata": about} for about, text in CELLS]
    path = tmp_path / "99_small.ipynb"
    path.write_text(json.dumps({"cells": code}), "utf-8")
    monkeypatch.setattr(mutants, "LECTURES", [path])


def test_all_red_checks_are_collected(lecture):
    outcome = run("99", {name: mutant for name, (mutant, _) in CAUGHT.items()})
    for name, (mutant, red) in CAUGHT.items():
        assert_caught(name, mutant, outcome)
        assert {*outcome[name]} == red


def test_what_is_not_caught_is_told(lecture):
    outcome = run("99", {name: mutant for name, (mutant, _) in BROKEN.items()})
    for name, (mutant, told) in BROKEN.items():
        with pytest.raises(AssertionError, match=".") as error:
            assert_caught(name, mutant, outcome)
        assert told in str(error.value)


def test_what_is_skipped_must_not_be_needed(lecture):
    needs = Mutant({"z = 1, 1, 1": "z = 1, 1, 2"}, "check-y", {"side"})
    assert_green("99", {name: mutant for name, (mutant, _) in CAUGHT.items()})
    with pytest.raises(AssertionError, match="red without a change: {'needs': {'check-y': .*✗ 1"):
        assert_green("99", {"needs": needs})


def test_a_check_that_fails_does_not_hide_the_next():
    checks = "from lecture_utils import check\ncheck.below(2, 1, 'a')\ncheck.below(3, 1, 'b c')"
    raised = mutants.execute([("check-x", f"{checks}\ncheck.below(0, 1, 'd')")], {})
    assert raised == {
        "check-x": "AssertionError: ✗ a: 2.0000, 1.0000보다 낮아야 합니다\n"
        "AssertionError: ✗ b c: 3.0000, 1.0000보다 낮아야 합니다"
    }
    mutants.assert_claims_turn_red(["b c", "a"], {"x": raised})
    for green in ("b", "c", "d"):
        with pytest.raises(AssertionError, match="red in no mutant"):
            mutants.assert_claims_turn_red(["a", green], {"x": raised})


def test_threads_are_refused(lecture, monkeypatch):
    """A child would hang in its first product."""
    torch = "types.SimpleNamespace(get_num_threads=lambda: 2)"
    start = mutants.plan("99", {"y": CAUGHT["y"][0]})
    start["cells"][0] = (0, "cell 0", f"import sys, types; sys.modules['torch'] = {torch}")
    monkeypatch.setattr(mutants, "plan", lambda *_: start)
    with pytest.raises(AssertionError, match="a child would hang: PyTorch has 2 threads"):
        assert_caught("y", CAUGHT["y"][0], run("99", {"y": CAUGHT["y"][0]}))
