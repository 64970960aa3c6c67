"""The sentences a lecture asserts.

Each check prints, in Korean, what it found and raises AssertionError when it does not hold.
The numbers it compares with stand in one place, reference.toml, each with its source.
"""

import math
import platform
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import torch

from lecture_utils.course import grader

# Rounding differs between processors: a thousand steps of training amplify the last digit.
EXACT = (platform.system(), platform.machine()) == ("Linux", "x86_64")


@cache
def _tables() -> dict:
    file = files("lecture_utils.course").joinpath("reference.toml")
    return tomllib.loads(file.read_text("utf-8"))


def reference(key: str) -> dict:
    """The entry of reference.toml at a dotted `key`, such as `ml-100k.plain.test_mse`.

    An entry has `source`, and `low` and `high`, or `value` or `values` with `atol` (and
    perhaps `atol_elsewhere`, which holds where not EXACT).
    """
    entry = _tables()
    for part in key.split("."):
        if not isinstance(entry, dict) or part not in entry:
            raise KeyError(f"reference.toml has no {key!r}")
        entry = entry[part]
    if not (isinstance(entry, dict) and "source" in entry):
        raise KeyError(f"{key!r} is not an entry of reference.toml")
    return entry


def bounds(entry: dict) -> tuple[float, float]:
    """The lowest and the highest value that an entry with one value allows."""
    if "low" in entry:
        return entry["low"], entry["high"]
    return entry["value"] - entry["atol"], entry["value"] + entry["atol"]


def falls(
    curve: Sequence[float], baseline: float, fraction: float = 0.5, name: str = "훈련 MSE"
) -> None:
    """Assert that `curve` is finite throughout, and ends below `fraction` of its first value
    and below `baseline`, the MSE of predicting one constant."""
    if len(curve) < 2 or not all(map(math.isfinite, curve)):
        raise AssertionError(f"✗ {name}: 유한한 값이 두 개 이상 있어야 합니다: {list(curve)[:5]}")
    first, last = curve[0], curve[-1]
    found = f"{first:.2f} → {last:.2f} (평균 예측 {baseline:.2f})"
    if not last < fraction * first:
        raise AssertionError(f"✗ {name}가 처음의 {fraction:g}배 아래로 줄지 않았습니다: {found}")
    if not last < baseline:  # true for nan, too
        raise AssertionError(f"✗ {name}가 평균 예측보다 낮아지지 않았습니다: {found}")
    print(f"✓ {name}가 줄었습니다: {found}")


def below(value: float, bound: float, name: str) -> None:
    """Assert that `value` is below `bound`, such as a model's error below a baseline's."""
    if not value < bound:  # true for nan, too
        raise AssertionError(f"✗ {name}: {value:.4f}, {bound:.4f}보다 낮아야 합니다")
    print(f"✓ {name}: {value:.4f} < {bound:.4f}")


def within(value: float, key: str) -> None:
    """Assert that `value` lies in the range that reference.toml states under `key`."""
    entry = reference(key)
    low, high = bounds(entry)
    shown = value if isinstance(value, int) else f"{value:.4f}"
    found = f"{key} = {shown} (기준 {low:.5g}~{high:.5g})"
    if not low <= value <= high:  # false for nan, too
        raise AssertionError(f"✗ {found}\n  기준의 출처: {entry['source']}")
    print(f"✓ {found}")


def close(
    actual: object, expected: object, name: str = "", rtol: float = 1e-4, atol: float = 0.0
) -> None:
    """Assert that numbers agree: |actual - expected| <= atol + rtol * |expected|, elementwise.

    `expected` is a number, a sequence, a tensor, a frame, or a key of reference.toml, whose own
    tolerance then holds. rtol is 1e-4, "the same curve" of training errors; use 1e-3 for test.
    """
    if isinstance(expected, str):
        entry, name = reference(expected), name or expected
        rtol, atol = 0.0, entry["atol"] if EXACT else entry.get("atol_elsewhere", entry["atol"])
        expected = entry["values"] if "values" in entry else entry["value"]
    a, b = map(_flat, (actual, expected))
    if a.shape != b.shape or not len(a):
        raise AssertionError(f"✗ {name}: 값의 개수가 다릅니다: {len(a)}개와 {len(b)}개")
    gap = (a - b).abs()
    worst = int((gap - rtol * b.abs()).argmax())  # the first nan, if there is one
    slack = atol + rtol * float(b[worst].abs())
    if not bool((gap <= atol + rtol * b.abs()).all()):
        raise AssertionError(
            f"✗ {name}: 값이 다릅니다. {worst}번째에서 {a[worst]:.6g}, 기준은 {b[worst]:.6g} "
            f"(허용 차이 {slack:.2g})"
        )
    if len(a) == 1:
        found = f"{a[0]:.5g} (기대한 값 {b[0]:.5g}, 허용 {slack:.2g})"
    else:
        found = f"{len(a)}개 일치 (최대 차이 {gap.max():.1g}, 허용 {slack:.2g})"
    print(f"✓ {name or '두 결과'}: {found}")


def _flat(values: object) -> torch.Tensor:
    """All numbers in a row. A copy of a frame's: pandas may lend what torch must not write to."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy(copy=True)
    return torch.as_tensor(values, dtype=torch.float64).detach().flatten()


@contextmanager
def fails(error: type[BaseException]) -> Iterator[None]:
    """Assert that the block raises `error`; show its message and go on."""
    try:
        yield
    except error as caught:
        message = (str(caught).strip() or "(메시지 없음)").splitlines()[0]
        print(grader.wrap(f"✓ 예상대로 {type(caught).__name__}가 났습니다.\n{message}"))
    else:
        raise AssertionError(f"✗ {error.__name__}가 나야 하는데 아무 일도 없었습니다")


def exercise(name: str, function: Callable) -> None:
    """Judge a student's `function`, the answer to the exercise `name`; never raises for it.

    Prints in Korean: passed, still blank, or a hint for the mistake that was recognised.
    """
    print(grader.judge(name, function))
