"""Exercises: `check.exercise("name", function)` judges a student's function, in Korean.

The answer of an exercise is a function, and so is each mistake that has a hint: a student's
function that gives on every case what a mistake gives has made that mistake. A function that is
right on the cases must be right on random arguments too. Each lecture has one module,
`lecture_NN`, with `EXERCISES` by name.
"""

import inspect
import io
import pkgutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

import torch

from lecture_utils import course
from lecture_utils.course.values import (
    call,
    call_and_watch,
    equal,
    equal_flat,
    is_blank,
    show,
    to_tensor,
    wrap,
)

# What goes wrong on one draw in ten slips through 50 draws once in 200 times; they take
# some milliseconds. The seeds are always the same, and so is what a student reads.
DRAWS = 50


@dataclass(frozen=True)
class Exercise:
    """What a student's function is compared with. Cases are small enough to be printed.

    Attributes:
        answer: The function that is asked for.
        cases: Arguments, one tuple per call. Hints are recognised on them.
        inputs: Draws valid arguments for a seed: also the shortest, ties, repeated ids, row 0.
        mistakes: Hint in Korean -> a function that makes the mistake, and the bodies that students
            write when they make it. Tests run these.
        others: What the judge says where no hint fits (the shape, the dtype, an error) -> a body
            that students write and that gets it. Tests run these.
        in_place: The function is meant to change its arguments.
    """

    answer: Callable
    cases: Sequence[tuple]
    inputs: Callable[[int], tuple]
    mistakes: Mapping[str, tuple]
    others: Mapping[str, str] = field(default_factory=dict)
    in_place: bool = False


def judge(name: str, function: Callable) -> str:
    """Tell a student how `function` does on the exercise `name`.

    A blank is `...` returned or computed with.

    Returns:
        Korean text that begins with ✓ (passed), □ (still blank) or ✗ (a hint).

    Raises:
        KeyError: No exercise has this name.
    """
    if name not in (exercises := load()):
        raise KeyError(f"there is no exercise {name!r}: choose one of {', '.join(exercises)}")
    if not callable(function):
        return wrap(f"✗ {name}: 함수를 괄호 없이 이름으로 건네주세요.")
    with warnings.catch_warnings(action="ignore"):  # in English, and not about the exercise
        return wrap(_judge(name, exercises[name], function))


@cache
def load() -> dict[str, Exercise]:
    """Collect the exercises of all lectures by name."""
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
    if any(map(is_blank, found)):
        return f"□ {name}: 아직 비어 있습니다. `...`을 지우고 채워 봅시다."
    wanted = [call(exercise.answer, case) for case in exercise.cases]
    if not all(map(equal, found, wanted)):
        return f"✗ {name}: 아직 아닙니다. {_hint(exercise, found, wanted)}"
    tried = [*exercise.cases, *map(exercise.inputs, range(DRAWS))]
    with redirect_stdout(io.StringIO()):  # a student's print() was shown for the cases
        objection = _object(exercise, function, tried)
    if objection:
        return f"✗ {name}: 아직 아닙니다. {objection}"
    return f"✓ {name}: 맞았습니다. {len(tried)}가지 경우를 모두 통과했습니다."


def _object(exercise: Exercise, function: Callable, tried: list[tuple]) -> str | None:
    """Say what is wrong with `function` where hints do not reach; None if nothing is."""
    objections = []
    for case in tried:
        found, changed = call_and_watch(function, case)
        wanted = call(exercise.answer, case)
        if not equal(found, wanted):
            return _show_case(exercise, case, found, wanted)
        objections.append(_explain_kind(found, wanted))
        if changed and not exercise.in_place:
            objections.append(_explain_change(exercise, changed))
    return next(filter(None, objections), None)


def _hint(exercise: Exercise, found: list, wanted: list) -> str:
    """Return the hint of the mistake that gives `found`, else describe the first difference."""
    for hint, (mistake, *_) in exercise.mistakes.items():
        if all(map(equal, found, (call(mistake, case) for case in exercise.cases))):
            return hint
    first = next(n for n, pair in enumerate(zip(found, wanted)) if not equal(*pair))
    if all(map(equal_flat, found, wanted)):
        return _explain_shape(found[first], wanted[first])
    return _explain_type(found[first]) or _show_case(
        exercise, exercise.cases[first], found[first], wanted[first]
    )


def _explain_shape(found: object, wanted: object) -> str:
    """Explain the right numbers in a wrong shape."""
    shape, asked = tuple(to_tensor(found).shape), tuple(to_tensor(wanted).shape)
    right = f"{asked}이어야 합니다." if asked else "숫자 하나여야 합니다."
    return f"값은 맞습니다. 모양이 {shape}입니다. {right}"


def _explain_type(found: object) -> str | None:
    """Explain a result of a type that holds no numbers to compare."""
    if found is None:
        return "돌려주는 값이 없습니다. 함수 끝에 return이 있나요?"
    if isinstance(found, Iterator | Set):
        return f"나온 것은 {type(found).__name__}입니다. 목록이나 텐서로 바꿔 돌려주세요."
    if type(found).__module__ == "torch.return_types":
        return "여러 값이 한데 묶여 나왔습니다. 그 가운데 무엇을 돌려주어야 할까요?"
    return None


def _explain_kind(found: object, wanted: object) -> str | None:
    """Explain the right numbers in a kind that cannot be used as the answer can."""
    if hasattr(wanted, "columns"):
        return None
    if hasattr(found, "columns"):
        return "값은 맞습니다. 그런데 표(DataFrame)가 나왔습니다. 문제가 물은 것도 표인가요?"
    x, y = to_tensor(found, dtype=None), to_tensor(wanted, dtype=None)
    if x is None or y is None or not x.numel():
        return None
    if x.dtype == torch.bool and y.dtype != torch.bool:
        return "숫자가 아니라 참과 거짓이 나왔습니다. 계산에 그대로 쓸 수 있을까요?"
    if y.dim() and x.is_floating_point() and not y.is_floating_point():
        return "값은 맞습니다. 그런데 번호가 실수입니다. 실수로 표의 줄을 꺼낼 수 있을까요?"
    return None


def _explain_change(exercise: Exercise, changed: list[int]) -> str:
    """Explain that the arguments at these positions are not what they were before the call."""
    names = list(inspect.signature(exercise.answer).parameters)
    return (
        "값은 맞습니다. 그런데 넣어 준 값을 함수가 바꾸어 놓았습니다"
        f"({', '.join(names[n] for n in changed)}). 부른 쪽에서 그 값을 또 쓰려 하면 어떻게 될까요?"
    )


def _show_case(exercise: Exercise, case: tuple, found: object, wanted: object) -> str:
    """Print the arguments of a case, what they should give and what they gave."""
    names = inspect.signature(exercise.answer).parameters
    given = [f"{name} = {show(value)}" for name, value in zip(names, case)]
    if isinstance(found, Exception):
        said, came = "함수가 오류를 냅니다.", f"{type(found).__name__}: {found}"
    else:
        said, came = "답이 다른 경우가 있습니다.", show(found)
    return "\n".join(
        [said, "넣은 값:", *given, f"나와야 할 값: {show(wanted)}", f"나온 값: {came}"]
    )
