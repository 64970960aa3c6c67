"""Exercises: the blank says that it is blank, the fold's answer passes, each mistake has its hint.

What students may write stands beside each mistake in lecture_utils/course: the body of a function.
"""

import copy
import inspect
import re
import textwrap
import warnings
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from lecture_utils import check
from lecture_utils.course import grader, values
from lecture_utils.course.grader import Exercise, judge
from tests.notebooks import LECTURES, load, printed, source

CELL = "exercise-"
TABLE = pd.DataFrame([[4.0, float("nan")]], index=["옥순"], columns=["영식", "a"])


def cells(path: Path) -> dict[str, tuple[dict, str]]:
    """Of each exercise of a lecture the cell with the blank, and the fold below it."""
    every = load(path)["cells"]
    return {
        cell["metadata"]["name"].removeprefix(CELL): (cell, source(below))
        for cell, below in zip(every, every[1:])
        if cell["metadata"].get("name", "").startswith(CELL)
    }


ALL = {name: found for path in LECTURES for name, found in cells(path).items()}
NAMES = list(grader.load())


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


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_every_lecture_has_at_least_three_in_one_module(path):
    name = f"lecture_utils.course.lecture_{path.stem[:2]}"
    assert find_spec(name), f"{path.name} needs its exercises in {name}"
    exercises = import_module(name).EXERCISES
    assert sorted(cells(path)) == sorted(exercises), "a cell exercise-NAME for each, and no other"
    assert len(exercises) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_the_blank_says_so(name, capsys):
    """And it has the names of the arguments that the grader prints."""
    names = inspect.signature(grader.load()[name].answer).parameters
    assert f"def {name}({', '.join(names)}):" in blank(name)
    assert f'check.exercise("{name}", {name})' in blank(name)
    assert written(blank(name), name, capsys).startswith(f"□ {name}")
    assert printed(ALL[name][0]).startswith(f"□ {name}"), "committed with an answer"


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_in_the_fold_passes(name, capsys):
    assert written(fold(name), name, capsys).startswith(f"✓ {name}")


@pytest.mark.parametrize("name", NAMES)
def test_each_mistake_has_a_hint_of_its_own(name):
    mistakes = grader.load()[name].mistakes
    assert len(mistakes) >= 3
    for hint, (mistake, *_) in mistakes.items():
        said = " ".join(judge(name, mistake).split())
        assert said.startswith(f"✗ {name}") and " ".join(hint.split()) in said


@pytest.mark.parametrize("name", NAMES)
def test_what_students_write_gets_the_hint_that_is_due(name, capsys):
    signature = re.search(rf"def {name}\(.*?\):\n", blank(name), re.DOTALL).group(0)
    exercise = grader.load()[name]
    bodies = {hint: found for hint, (_, *found) in exercise.mistakes.items()}
    assert all(bodies.values()), "no wrong answer gets this hint"
    bodies |= {words: [body] for words, body in exercise.others.items()}
    for words, body in ((words, body) for words, found in bodies.items() for body in found):
        lines = written(signature + textwrap.indent(body, "    "), name, capsys).splitlines()
        assert max(map(values.text_width, lines)) <= values.WIDTH
        said = " ".join(" ".join(lines).split())
        assert said.startswith(f"✗ {name}") and " ".join(words.split()) in said, (body, said)


@pytest.fixture
def double(monkeypatch):
    cases, mistakes = [(torch.tensor([1.0, 2.0]),)], {"뺐습니다": (lambda x: x - 2,)}
    known = Exercise(lambda x: 2 * x, cases, lambda seed: cases[0], mistakes)
    monkeypatch.setattr(grader, "load", lambda: {"double": known})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 2 * x, "✓ double: 맞았습니다"),
        (lambda x: [2, 4], "✓"),  # a list of the right numbers is right
        (lambda x: ..., "□ double: 아직 비어"),
        (lambda x: x * ..., "□"),
        (lambda x: (...).mean(), "□"),
        (lambda x: (2, ...), "□"),
        (lambda x: x - 2, "✗ double: 아직 아닙니다. 뺐습니다"),
        (lambda x: None, "return이 있나요"),
        (lambda x: x.reshape(2, 1) * 2, "값은 맞습니다. 모양이 (2, 1)입니다. (2,)이어야 합니다."),
        (lambda x: x.reshape(2, 1) * 3, "나온 값: [[3], [6]], 모양 (2, 1)"),
        (lambda x: map(float, x * 2), "나온 것은 map입니다. 목록이나 텐서로"),
        (lambda x: (i for i in x), "나온 것은 generator입니다. 목록이나 텐서로"),
        (lambda x: {2, 4}, "나온 것은 set입니다. 목록이나 텐서로"),
        (lambda x: x.topk(2), "여러 값이 한데 묶여 나왔습니다."),
        (lambda x: warnings.warn("wrong", stacklevel=1) or 2 * x, "✓ double"),
        (lambda x: x * float("nan"), "나온 값: [nan, nan]"),
        (lambda x: x.twice, "나온 값: AttributeError: 'Tensor' object has no attribute 'twice'"),
        (lambda: 1, "TypeError"),
        (lambda x: x.mul_(3), "넣은 값: x = [1, 2] 나와야 할 값: [2, 4]"),  # not [3, 6]
        (lambda x: "둘", "나온 값: '둘'"),
        (torch.tensor([2.0, 4.0]), "괄호 없이"),
    ],
)
def test_judge(double, function, words, recwarn):
    assert words in " ".join(judge("double", function).split())
    assert not recwarn.list, "a warning is in English"


class Kept(torch.nn.Module):
    """A module that keeps its layers in a list, which no optimizer sees, or in a ModuleList."""

    def __init__(self, *layers: torch.nn.Module, seen: bool = True) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(layers) if seen else list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


WIDE, FLAT, RELU = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1), torch.nn.ReLU()


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Kept(torch.nn.Linear(2, 3), RELU, torch.nn.Linear(3, 1)), "✓"),  # other weights
        (torch.nn.Sequential(WIDE, FLAT), "나온 값: [[3, 2], [3], [1, 3], [1]] / "),
        (torch.nn.Sequential(WIDE, RELU, torch.nn.Linear(3, 1, bias=False)), "[1, 3]] / "),
        (torch.nn.Sequential(FLAT, WIDE), "함수가 오류를 냅니다"),
        (Kept(WIDE, RELU, FLAT, seen=False), "나온 값: []"),
        ([WIDE, RELU, FLAT], "목록입니다"),
    ],
)
def test_a_module_is_judged_by_its_parameters_and_by_what_it_answers(monkeypatch, module, words):
    known = Exercise(
        lambda x: torch.nn.Sequential(torch.nn.Linear(2, 3), RELU, torch.nn.Linear(3, 1)),
        [(0,)],
        lambda seed: (seed,),
        {"목록입니다": (lambda x: [torch.nn.Linear(2, 3), RELU, torch.nn.Linear(3, 1)],)},
    )
    monkeypatch.setattr(grader, "load", lambda: {"module": known})
    assert words in " ".join(judge("module", lambda x: module).split())


DRAWN = [[-3.0, 0.5], [0.5], [-2.25], [float("nan")]]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 2 * x, "✓ double: 맞았습니다. 51가지 경우를"),
        (lambda x: pd.DataFrame({"x": 2 * x}).x, "✓"),
        (lambda x: 2 * x.abs(), "넣은 값: x = [-3, 0.5] 나와야 할 값: [-6, 1] 나온 값: [6, 1]"),
        (lambda x: 2 * x.squeeze(), "넣은 값: x = [0.5] 나와야 할 값: [1] 나온 값: 1"),
        (lambda x: 2 * x[[0, 1]], "함수가 오류를 냅니다. 넣은 값: x = [0.5]"),
        (lambda x: x.mul_(2), "넣어 준 값을 함수가 바꾸어 놓았습니다(x)."),
        (lambda x: (2 * x, x.unsqueeze_(0))[0], "바꾸어 놓았습니다(x)."),
        (
            lambda x: x.mul_(2).trunc(),
            "x = [-2.25] 나와야 할 값: [-4.5]",
        ),  # what is wrong goes first
    ],
)
def test_what_passes_the_cases_is_tried_on_draws(double, monkeypatch, function, words):
    tried = replace(grader.load()["double"], inputs=lambda n: (torch.tensor(DRAWN[n % 4]),))
    monkeypatch.setattr(grader, "load", lambda: {"double": tried})
    assert words in " ".join(judge("double", function).split())


def test_what_a_student_prints_is_shown_for_the_cases_alone(double, capsys):
    assert judge("double", lambda x: print("x is", x) or 2 * x).startswith("✓")
    assert capsys.readouterr().out.count("x is") == 1


def test_arguments_may_be_changed_where_that_is_asked_for(double, monkeypatch):
    in_place = replace(grader.load()["double"], in_place=True)
    monkeypatch.setattr(grader, "load", lambda: {"double": in_place})
    assert judge("double", lambda x: x.mul_(2)).startswith("✓")


@pytest.mark.parametrize(
    ("wanted", "found", "words"),
    [
        (torch.tensor([0.0, 1.0]), torch.tensor([False, True]), "참과 거짓이"),
        ([0.0, 1.0], np.array([False, True]), "참과 거짓이"),
        (1.0, True, "참과 거짓이"),
        (torch.tensor([0, 1]), torch.tensor([0.0, 1.0]), "번호가 실수입니다"),
        ([0, 1], np.array([0.0, 1.0]), "번호가 실수입니다"),
        ([(0, 1)], pd.DataFrame([[0, 1]]), "표(DataFrame)가"),
        (torch.tensor([0.0, 1.0]), torch.tensor([0, 1]), "✓"),
        (16, 16.0, "✓"),
        (torch.tensor([True]), [True], "✓"),
        (torch.zeros(0, dtype=torch.long), [], "✓"),
        (pd.DataFrame([[0, 1]]), pd.DataFrame([[0.0, 1.0]]), "✓"),
    ],
)
def test_right_numbers_of_a_wrong_kind(monkeypatch, wanted, found, words):
    known = Exercise(lambda x: wanted, [(0,)], lambda seed: (seed,), {})
    monkeypatch.setattr(grader, "load", lambda: {"kind": known})
    assert words in " ".join(judge("kind", lambda x: found).split())


@pytest.mark.parametrize(
    ("value", "spoil"),
    [
        (torch.tensor([1.0, float("nan")]), lambda x: x.zero_()),
        (torch.tensor([893286638]), lambda x: x.add_(1)),
        (torch.tensor([True]), lambda x: x.logical_not_()),
        (torch.ones(2), lambda x: x.unsqueeze_(0)),
        ([1.0, 2.0], lambda x: x.reverse()),
        ([torch.ones(2)], lambda x: x[0].zero_()),
        ({1, 2}, lambda x: x.discard(2)),
        ({"a": 1}, lambda x: x.update(b=2)),
        (TABLE, lambda x: x.insert(0, "b", 1)),
        (TABLE.a, lambda x: x.update({"옥순": 0.0})),
        (["b", "a"], lambda x: x.sort()),
    ],
)
def test_call_and_watch(value, spoil):
    before = copy.deepcopy(value)
    assert values.call_and_watch(lambda n, x: x, (0, value))[1] == []
    assert values.call_and_watch(lambda n, x: spoil(x), (0, value))[1] == [1]
    assert values.equal(value, before), "not a copy"


def test_an_iterator_may_be_used_up():
    assert values.call_and_watch(list, (iter([1, 2]),)) == ([1, 2], [])


@pytest.mark.parametrize("name", NAMES)
def test_draws_depend_on_the_seed_alone(name):
    """And they are small enough to be printed."""
    inputs = grader.load()[name].inputs
    torch.manual_seed(0)
    first = list(map(values.show, inputs(3)))
    torch.manual_seed(1)
    assert list(map(values.show, inputs(3))) == first
    drawn = {" ".join(map(values.show, inputs(seed))) for seed in range(grader.DRAWS)}
    assert len(drawn) > 0.8 * grader.DRAWS and max(map(len, drawn)) < 300


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
        (RuntimeError("a leaf Variable that requires grad"), RuntimeError("a"), False),
        (TypeError("'NoneType' is not iterable"), TypeError("a"), False),
        (ValueError("a"), 1, False),
        ((torch.ones(2), torch.ones(3)), [torch.ones(2), torch.ones(3)], True),
        ((torch.ones(2), torch.ones(3)), [torch.ones(3), torch.ones(2)], False),
        ((TABLE, TABLE), [TABLE, TABLE], True),
        ((TABLE[:0], TABLE), (TABLE[:0], TABLE[:0]), False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        ("a", "a", True),
        ({1, 2}, {2, 1}, True),
        (None, None, True),
        (None, 0, False),
        ("a", None, False),
    ],
)
def test_equal(a, b, agree):
    assert values.equal(a, b) is values.equal(b, a) is agree


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (torch.tensor([1, 2]), "[1, 2]"),
        ([2.0, 0.12345, float("nan"), -0.0], "[2, 0.123, nan, 0]"),
        (893286638, "893286638"),
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]], 모양 (2, 2)"),
        (["b", "a"], "['b', 'a']"),
        ({1, 2}, "{1, 2}"),
        (True, "True"),
        ((torch.tensor([1.0, 2.0]), torch.tensor(3)), "[1, 2] / 3"),
        (TABLE, "\n줄    영식  a\n옥순  4     nan"),
        ((TABLE[:0], TABLE[:1]), "\n줄  영식  a\n/\n줄    영식  a\n옥순  4     nan"),
    ],
)
def test_show(value, shown):
    assert values.show(value) == shown
