"""Exercises: the blank says that it is blank, the fold's answer passes, each mistake has its hint.

What students may write stands in tests/wrong_answers, written apart from the mistakes that
lecture_utils/exercises knows: the body of a function, and a word of the hint that is due.
"""

import re
import textwrap
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from lecture_utils import check, exercises
from lecture_utils.exercises import Exercise, judge
from tests.notebooks import LECTURES, load, printed, source

CELL = "exercise-"
PARTS = {path.stem: f"lecture_{path.stem[:2]}" for path in LECTURES}
IN = {
    stem: import_module(f"lecture_utils.exercises.{part}").EXERCISES for stem, part in PARTS.items()
}
WRONG = {
    name: wrong
    for part in PARTS.values()
    for name, wrong in import_module(f"tests.wrong_answers.{part}").WRONG.items()
}
NAMES = [name for found in IN.values() for name in found]


def cells(stem: str) -> dict[str, tuple[dict, str]]:
    """Of each exercise of a lecture the cell with the blank, and the fold below it."""
    path = next(path for path in LECTURES if path.stem == stem)
    every = load(path)["cells"]
    return {
        cell["metadata"]["name"].removeprefix(CELL): (cell, source(below))
        for cell, below in zip(every, every[1:])
        if cell["metadata"].get("name", "").startswith(CELL)
    }


ALL = {name: found for stem in IN for name, found in cells(stem).items()}


def written(code: str, name: str, capsys) -> str:
    """What the student reads after running `code` in a fresh notebook."""
    space = {"torch": torch, "F": F, "np": np, "pd": pd, "check": check}
    exec(code, space)
    if "check.exercise" not in code:
        check.exercise(name, space[name])
    return capsys.readouterr().out


def blank(name: str) -> str:
    return source(ALL[name][0])


def fold(name: str) -> str:
    """The code of the answer in the fold."""
    pattern = r"<details><summary>[^<]+</summary>\n\n```python\n(.*?)```\n.*?</details>"
    return re.search(pattern, ALL[name][1], re.DOTALL).group(1)


@pytest.mark.parametrize("stem", IN)
def test_every_lecture_has_at_least_three(stem):
    assert len(IN[stem]) >= 3
    assert list(cells(stem)) == list(IN[stem])


@pytest.mark.parametrize("name", NAMES)
def test_the_blank_says_so(name, capsys):
    assert f'check.exercise("{name}", {name})' in blank(name)
    assert written(blank(name), name, capsys).startswith(f"□ {name}")
    assert printed(ALL[name][0]).startswith(f"□ {name}"), "committed with an answer"


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_in_the_fold_passes(name, capsys):
    assert written(fold(name), name, capsys).startswith(f"✓ {name}")


@pytest.mark.parametrize("name", NAMES)
def test_each_mistake_has_a_hint_of_its_own(name):
    mistakes = exercises.load()[name].mistakes
    assert len(mistakes) >= 3
    for hint, mistake in mistakes.items():
        said = " ".join(judge(name, mistake).split())
        assert said.startswith(f"✗ {name}") and " ".join(hint.split()) in said


@pytest.mark.parametrize("name", NAMES)
def test_what_students_write_gets_the_hint_that_is_due(name, capsys):
    signature = re.search(rf"def {name}\(.*?\):\n", blank(name), re.DOTALL).group(0)
    assert len(set(WRONG[name].values())) >= 3
    for body, word in WRONG[name].items():
        said = written(signature + textwrap.indent(body, "    "), name, capsys)
        assert said.startswith(f"✗ {name}"), body
        assert word in " ".join(said.split()), said
        assert max(map(exercises.columns, said.splitlines())) <= exercises.WIDTH


@pytest.fixture
def double(monkeypatch):
    known = Exercise(lambda x: 2 * x, [(torch.tensor([1.0, 2.0]),)], {"뺐습니다": lambda x: x - 2})
    monkeypatch.setattr(exercises, "load", lambda: {"double": known})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 2 * x, "✓ double: 맞았습니다"),
        (lambda x: [2, 4], "✓"),  # a list of the right numbers is right
        (lambda x: ..., "□ double: 아직 비어"),
        (lambda x: x * ..., "□"),
        (lambda x: x - 2, "✗ double: 아직 아닙니다. 뺐습니다"),
        (lambda x: None, "return이 있나요"),
        (lambda x: x.reshape(2, 1) * 2, "나온 값: [[2.0], [4.0]], 모양 (2, 1)"),
        (lambda x: x * float("nan"), "나온 값: [nan, nan]"),
        (lambda x: x.twice, "나온 값: AttributeError: 'Tensor' object has no attribute 'twice'"),
        (lambda: 1, "TypeError"),
        (lambda x: x.mul_(3), "넣은 값: [1.0, 2.0]"),  # the case is not the student's to change
        (lambda x: "둘", "나온 값: '둘'"),
        (torch.tensor([2.0, 4.0]), "괄호 없이"),
    ],
)
def test_judge(double, function, words):
    assert words in " ".join(judge("double", function).split())


def test_an_unknown_exercise_is_named(double):
    with pytest.raises(KeyError, match="no exercise 'triple': choose one of double"):
        check.exercise("triple", abs)


@pytest.mark.parametrize(
    ("a", "b", "agree"),
    [
        (1, torch.tensor(1.0), True),
        ([1, 2], pd.Series([1.0, 2.0], index=[5, 6]), True),
        ([1, 2], [[1, 2]], False),
        (float("nan"), float("nan"), True),
        (ValueError("a"), ValueError("b"), True),
        (ValueError("a"), KeyError("a"), False),
        (ValueError("a"), 1, False),
        ((torch.ones(2), torch.ones(3)), [torch.ones(2), torch.ones(3)], True),
        ((torch.ones(2), torch.ones(3)), [torch.ones(3), torch.ones(2)], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ("a", "a", True),
        ({1, 2}, {2, 1}, True),
        (None, None, True),
        (None, 0, False),
        ("a", None, False),
    ],
)
def test_same(a, b, agree):
    assert exercises.same(a, b) is exercises.same(b, a) is agree
