"""Exercises: `check.exercise("name", function)` judges a student's function, in Korean.

The answer of an exercise is a function, and so is each mistake that has a hint: a student's
function that gives on every case what a mistake gives has made that mistake. There is a module
per lecture, `lecture_01` and so on, or two where there is much, `lecture_04` and
`lecture_04_solved`, each with `EXERCISES`, a mapping of names to `Exercise`.
"""

import inspect
import pkgutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from lecture_utils import course
from lecture_utils.course.outcome import blank, call, numbers, same, same_values, show, wrap


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
    if not callable(function):
        return wrap(f"✗ {name}: 함수를 괄호 없이 이름으로 건네주세요.")
    with warnings.catch_warnings(action="ignore"):  # in English, and not about the exercise
        return wrap(_judge(name, exercises[name], function))


@cache
def load() -> dict[str, Exercise]:
    """The exercises of all lectures by name."""
    found: dict[str, Exercise] = {}
    modules = sorted(module.name for module in pkgutil.iter_modules(course.__path__))
    for module in filter(lambda module: module.startswith("lecture_"), modules):
        for name, exercise in import_module(f"{course.__name__}.{module}").EXERCISES.items():
            if name in found:
                raise ValueError(f"two exercises are called {name!r}")
            found[name] = exercise
    return found


def _judge(name: str, exercise: Exercise, function: Callable) -> str:
    found = [call(function, case) for case in exercise.cases]
    if any(map(blank, found)):
        return f"□ {name}: 아직 비어 있습니다. `...`을 지우고 채워 봅시다."
    wanted = [call(exercise.answer, case) for case in exercise.cases]
    if all(map(same, found, wanted)):
        return f"✓ {name}: 맞았습니다. {len(found)}가지 경우를 모두 통과했습니다."
    return f"✗ {name}: 아직 아닙니다. {_hint(exercise, found, wanted)}"


def _hint(exercise: Exercise, found: list, wanted: list) -> str:
    """The hint of the mistake that gives what was `found`; else what can be said of any."""
    for hint, mistake in exercise.mistakes.items():
        if all(map(same, found, (call(mistake, case) for case in exercise.cases))):
            return hint
    first = next(n for n, pair in enumerate(zip(found, wanted)) if not same(*pair))
    if all(map(same_values, found, wanted)):
        return _shapes(found[first], wanted[first])
    return _box(found[first]) or _compared(exercise, first, found[first], wanted[first])


def _shapes(was: object, should_be: object) -> str:
    """For the right numbers in a wrong shape."""
    shape, asked = tuple(numbers(was).shape), tuple(numbers(should_be).shape)
    right = f"{asked}이어야 합니다." if asked else "숫자 하나여야 합니다."
    return f"값은 맞습니다. 모양이 {shape}입니다. {right}"


def _box(was: object) -> str | None:
    """What there is to say of a box that holds no numbers to compare, if it is one."""
    if was is None:
        return "돌려주는 값이 없습니다. 함수 끝에 return이 있나요?"
    if isinstance(was, Iterator | Set):
        return f"나온 것은 {type(was).__name__}입니다. 목록이나 텐서로 바꿔 돌려주세요."
    if type(was).__module__ == "torch.return_types":
        return "여러 값이 한데 묶여 나왔습니다. 그 가운데 무엇을 돌려주어야 할까요?"
    return None


def _compared(exercise: Exercise, number: int, was: object, should_be: object) -> str:
    """The arguments of a case, what they should give and what they gave."""
    names = inspect.signature(exercise.answer).parameters
    given = [f"{name} = {show(value)}" for name, value in zip(names, exercise.cases[number])]
    if isinstance(was, Exception):
        said, came = "함수가 오류를 냅니다.", f"{type(was).__name__}: {was}"
    else:
        said, came = "답이 다른 경우가 있습니다.", show(was)
    return "\n".join(
        [said, "넣은 값:", *given, f"나와야 할 값: {show(should_be)}", f"나온 값: {came}"]
    )
