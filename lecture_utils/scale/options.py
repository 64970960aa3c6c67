"""How the text of an option is read, and what is refused."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _refuse(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
    return argparse.ArgumentTypeError(f"{shown} 대신 {wanted}" if text else f"값이 없으니 {wanted}")


def reader(kind: type, fine: Callable[[Any], bool], wanted: str) -> Callable[[str], Any]:
    """Build a reader that refuses what is not `fine`, which NaN must not be."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not fine(value):
            raise _refuse(text, f"{wanted} 주세요")
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """Build a reader of whole numbers from `low` to `high`."""
    return reader(int, lambda number: low <= number <= high, f"{low}에서 {high}까지의 정수를")


def choice(*choices: str) -> Callable[[str], str]:
    """Build a reader of one of these words."""
    listed = f"{', '.join(choices[:-1])} 또는 {choices[-1]}"
    return reader(str, choices.__contains__, f"{listed}를")


def new_folder(text: str) -> Path:
    """Accept what is a folder, or could become one."""
    if not text:
        raise _refuse(text, "폴더를 주세요")
    try:
        path = Path(text).expanduser()
        there = next(one for one in (path, *path.parents) if one.exists())
    except RuntimeError:
        raise _refuse(text, "홈을 찾을 수 있는 이름이나 './~...' 꼴을 주세요") from None
    except OSError as error:
        raise _refuse(text, f"쓸 수 있는 이름을 주세요({error.strerror})") from None
    if not there.is_dir():
        raise _refuse(text, f"폴더를 주세요({str(there)!r}: 파일입니다)")
    return path


def folder(text: str) -> Path:
    """Accept a folder that is there."""
    path = new_folder(text)
    if not path.exists():
        raise _refuse(text, "있는 폴더를 주세요(그런 폴더가 없습니다)")
    return path


def file(text: str) -> Path:
    """Accept a file that is there."""
    if not text:
        raise _refuse(text, "파일을 주세요")
    try:
        path = Path(text).expanduser()
        there = path.is_file()
    except (OSError, RuntimeError):
        there = False
    if not there:
        raise _refuse(text, "있는 파일을 주세요(그런 파일이 없습니다)")
    return path


positive = reader(float, lambda number: 0 < number < math.inf, "0보다 큰 수를")
share = reader(float, lambda number: 0 < number < 1, "0보다 크고 1보다 작은 수를")
penalty = reader(float, lambda number: 0 <= number <= 1e9, "0에서 10억까지의 수를")
dropped = reader(float, lambda number: 0 <= number < 1, "0에서 1까지(1은 빼고)의 수를")
