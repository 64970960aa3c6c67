"""Exercises: `check.exercise("name", function)` judges a student's function, in Korean.

The answer of an exercise is a function, and so is each mistake that has a hint: a student's
function that gives on every case what a mistake gives has made that mistake. There is a module
per lecture, `lecture_01` and so on, each with `EXERCISES`, a mapping of names to `Exercise`.
"""

import copy
import pkgutil
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import torch

WIDTH = 60  # columns of a printed line, where Hangul takes two


@dataclass(frozen=True)
class Exercise:
    """What a student's function is held against. Everything is small enough to be printed."""

    answer: Callable  # what is asked for
    cases: Sequence[tuple]  # arguments, one tuple per call
    mistakes: Mapping[str, Callable]  # hint in Korean -> a function that makes the mistake


def judge(name: str, function: Callable) -> str:
    """What to tell the student: it begins with ✓ (passed), □ (still blank) or ✗ (a hint).

    A blank is `...` returned or computed with. Raises KeyError for an exercise that there is not.
    """
    if name not in (exercises := load()):
        raise KeyError(f"there is no exercise {name!r}: choose one of {', '.join(exercises)}")
    exercise = exercises[name]
    if not callable(function):
        return wrap(f"✗ {name}: 함수를 괄호 없이 이름으로 건네주세요.")
    found = [_call(function, case) for case in exercise.cases]
    if any(map(_blank, found)):
        return wrap(f"□ {name}: 아직 비어 있습니다. `...`을 지우고 채워 봅시다.")
    wanted = [_call(exercise.answer, case) for case in exercise.cases]
    if all(map(same, found, wanted)):
        return wrap(f"✓ {name}: 맞았습니다. {len(found)}가지 경우를 모두 통과했습니다.")
    return wrap(f"✗ {name}: 아직 아닙니다. {_hint(exercise, found, wanted)}")


@cache
def load() -> dict[str, Exercise]:
    """The exercises of all lectures by name."""
    found: dict[str, Exercise] = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        for name, exercise in import_module(f"{__name__}.{module}").EXERCISES.items():
            if name in found:
                raise ValueError(f"two exercises are called {name!r}")
            found[name] = exercise
    return found


def _hint(exercise: Exercise, found: list, wanted: list) -> str:
    """The hint of the mistake that gives what was `found`; else what can be said of any."""
    for hint, mistake in exercise.mistakes.items():
        if all(map(same, found, (_call(mistake, case) for case in exercise.cases))):
            return hint
    first = next(n for n, pair in enumerate(zip(found, wanted)) if not same(*pair))
    was, should_be = found[first], wanted[first]
    if was is None:
        return "돌려주는 값이 없습니다. 함수 끝에 return이 있나요?"
    given = ", ".join(map(_show, exercise.cases[first]))
    if isinstance(was, Exception):
        said, came = "함수가 오류를 냅니다.", f"{type(was).__name__}: {was}"
    else:
        said, came = "답이 다른 경우가 있습니다.", _show(was)
    return f"{said}\n넣은 값: {given}\n나와야 할 값: {_show(should_be)}\n나온 값: {came}"


def _call(function: Callable, case: tuple) -> object:
    """What `function` returns for a copy of the arguments, or the exception that it raises."""
    torch.manual_seed(0)
    try:
        return function(*copy.deepcopy(case))
    except Exception as error:
        return error


def _blank(found: object) -> bool:
    return found is ... or (isinstance(found, TypeError) and "ellipsis" in str(found).lower())


def same(a: object, b: object) -> bool:
    """Whether two outcomes agree: numbers of one shape to rounding, exceptions by their type."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    x, y = _numbers(a), _numbers(b)
    if x is not None and y is not None:
        return x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-6, equal_nan=True)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return x is y is None and type(a) is type(b) and a == b


def _numbers(value: object) -> torch.Tensor | None:
    """A number, or numbers in any box, as float64; None for anything else."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy(copy=True)  # pandas lends what torch must not write to
    try:
        return torch.as_tensor(value, dtype=torch.float64).detach()
    except (TypeError, ValueError, RuntimeError):
        return None


def _show(value: object) -> str:
    """A short form of an argument or a result; the shape of what has more than one axis."""
    if (numbers := _numbers(value)) is None or isinstance(value, bool):
        return repr(value)
    rounded = torch.round(numbers, decimals=3).tolist()
    if not numbers.dim():
        return f"{rounded:g}"
    return f"{rounded}, 모양 {tuple(numbers.shape)}" if numbers.dim() > 1 else str(rounded)


def wrap(text: str) -> str:
    """Lines of at most WIDTH columns, broken between words; all but the first are set in."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = "  " if lines else ""
        for word in paragraph.split(" "):
            if line.strip() and columns(line) + 1 + columns(word) > WIDTH:
                lines.append(line)
                line = "  "
            line += (" " if line.strip() else "") + word
        lines.append(line)
    return "\n".join(lines)


def columns(text: str) -> int:
    """Width on a screen."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
