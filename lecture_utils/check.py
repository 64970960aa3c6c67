"""The sentences a lecture asserts.

Each check prints in Korean what it found, and raises AssertionError when that does not hold.
The numbers come from course/lecture_NN.toml, the file of the lecture that promises them.
"""

import math
import platform
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import torch

# Rounding differs between processors: a thousand steps of training amplify the last digit.
EXACT = (platform.system(), platform.machine()) == ("Linux", "x86_64")


@cache
def _entries() -> dict[str, dict]:
    """Read the entries of all course/lecture_*.toml by key."""
    found: dict[str, dict] = {}
    for file in files("lecture_utils.course").iterdir():
        if file.name.endswith(".toml"):
            for key, entry in tomllib.loads(file.read_text("utf-8")).items():
                if found.setdefault(key, entry) is not entry:
                    raise ValueError(f"two of course/lecture_*.toml define {key!r}")
    return found


def reference(key: str) -> dict:
    """Look up what course/lecture_*.toml states under `key`, such as `ml-100k.plain.test_mse`.

    Returns:
        The entry: `source`, and `low` and `high`, or `value` or `values` with `atol` (and
        perhaps `atol_elsewhere`, which holds where not EXACT).

    Raises:
        KeyError: No lecture promises this number.
    """
    if key not in _entries():
        raise KeyError(f"no course/lecture_*.toml has {key!r}: make reference LECTURE=NN")
    return _entries()[key]


def bounds(entry: dict) -> tuple[float, float]:
    """Return the lowest and the highest value that an entry with one value allows."""
    if "low" in entry:
        return entry["low"], entry["high"]
    return entry["value"] - entry["atol"], entry["value"] + entry["atol"]


def falls(
    curve: Sequence[float],
    baseline: float,
    fraction: float = 0.5,
    name: str = "훈련 MSE",
    against: str = "평균 예측",
) -> None:
    """Assert that `curve` is finite and falls.

    Args:
        curve: One error per epoch.
        baseline: Error of what learns nothing, such as one constant; the curve must end below it.
        fraction: The curve must end below this share of its first value.
        name: What to call the curve; it ends in a vowel, since "가" follows.
        against: What to call the baseline.
    """
    if len(curve) < 2 or not all(map(math.isfinite, curve)):
        raise AssertionError(f"✗ {name}: 유한한 값이 두 개 이상 있어야 합니다: {list(curve)[:5]}")
    first, last = curve[0], curve[-1]
    found = f"{first:.2f} → {last:.2f} ({against} {baseline:.2f})"
    if not last < fraction * first:
        raise AssertionError(f"✗ {name}가 처음의 {fraction:g}배 아래로 줄지 않았습니다: {found}")
    if not last < baseline:  # true for nan, too
        raise AssertionError(f"✗ {name}가 {against}보다 낮아지지 않았습니다: {found}")
    print(f"✓ {name}가 줄었습니다: {found}")


def below(value: float, bound: float, name: str) -> None:
    """Assert that `value` is below `bound`, such as a model's error below a baseline's."""
    if not value < bound:  # true for nan, too
        raise AssertionError(f"✗ {name}: {value:.4f}, {bound:.4f}보다 낮아야 합니다")
    print(f"✓ {name}: {value:.4f} < {bound:.4f}")


def within(value: float, key: str) -> None:
    """Assert that `value` lies in the range that course/lecture_*.toml states under `key`."""
    entry = reference(key)
    low, high = bounds(entry)
    shown = value if isinstance(value, int) else f"{value:.4f}"
    found = f"{key} = {shown} (기준 {low:.5g}~{high:.5g})"
    if not low <= value <= high:  # false for nan, too
        raise AssertionError(f"✗ {found}\n  기준의 출처: {entry['source']}")
    print(f"✓ {found}")


def measured(key: str) -> None:
    """Print what was measured earlier, over seeds, where it takes too long for a lecture."""
    entry = reference(key)
    (low, high), when = bounds(entry), f"{entry['measured']}에 시드 {entry['seeds']}개로 잼"
    print(f"· {key} = {entry['median']:.4f}\n  ({when}, 기준 {low:.5g}~{high:.5g})")


def close(
    actual: object, expected: object, name: str = "", rtol: float = 1e-4, atol: float = 0.0
) -> None:
    """Assert that numbers agree: |actual - expected| <= atol + rtol * |expected|, elementwise.

    Args:
        actual: A number, a sequence, a tensor or a frame.
        expected: The same, or a key of course/lecture_*.toml, whose own tolerance then holds.
        name: What to call the numbers.
        rtol: 1e-4 suits two curves of training errors; use 1e-3 for test errors.
        atol: Absolute difference allowed in addition.
    """
    if isinstance(expected, str):
        entry, name = reference(expected), name or expected
        rtol, atol = 0.0, entry["atol"] if EXACT else entry.get("atol_elsewhere", entry["atol"])
        expected = entry["values"] if "values" in entry else entry["value"]
    a, b = map(_flat, (actual, expected))
    if a.shape != b.shape or not len(a):
        raise AssertionError(f"✗ {name}: 값의 개수가 다릅니다: {len(a)}개와 {len(b)}개")
    gap = (a - b).abs()
    slack = atol + rtol * b.abs()
    if not bool((gap <= slack).all()):
        worst = int((gap - slack).argmax())  # the first nan, if there is one
        both = f"{a[worst]:.6g}, 기준은 {b[worst]:.6g} (허용 차이 {slack[worst]:.2g})"
        raise AssertionError(f"✗ {name}: 값이 다릅니다. {worst}번째에서 {both}")
    if len(a) == 1:
        found = f"{a[0]:.5g} (기대한 값 {b[0]:.5g}, 허용 {slack[0]:.2g})"
    else:
        widest = int(gap.argmax())
        found = f"{len(a)}개 일치 (최대 차이 {gap[widest]:.1g}, 허용 {slack[widest]:.2g})"
    print(f"✓ {name or '두 결과'}: {found}")


def _flat(values: object) -> torch.Tensor:
    """Flatten to float64; copy a frame, since pandas may lend what torch must not write to."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy(copy=True)
    return torch.as_tensor(values, dtype=torch.float64).detach().flatten()


@contextmanager
def fails(error: type[BaseException]) -> Iterator[None]:
    """Assert that the block raises `error`; print its message and go on."""
    try:
        yield
    except error as caught:
        from lecture_utils.course.values import wrap

        message = (str(caught).strip() or "(메시지 없음)").splitlines()[0]
        print(wrap(f"✓ 예상대로 {type(caught).__name__}가 났습니다.\n{message}"))
    else:
        raise AssertionError(f"✗ {error.__name__}가 나야 하는데 아무 일도 없었습니다")


def exercise(name: str, function: Callable) -> None:
    """Judge a student's `function`, the answer to the exercise `name`.

    Print in Korean: passed, still blank, or a hint for the mistake that was recognised. Errors
    that `function` raises are part of the judgement.

    Raises:
        KeyError: No exercise has this name.
    """
    from lecture_utils.course.grader import judge

    print(judge(name, function))
