"""What a function gave: to get it, to hold it against another, to print it in short lines."""

import copy
import unicodedata
from collections.abc import Callable

import torch

WIDTH = 60  # columns of a printed line, where Hangul takes two


def call(function: Callable, case: tuple) -> object:
    """What `function` returns for a copy of the arguments, or the exception that it raises."""
    torch.manual_seed(0)
    try:
        return function(*copy.deepcopy(case))
    except Exception as error:
        return error


def blank(found: object) -> bool:
    """Whether `...` was returned, alone or among others, or computed with."""
    if isinstance(found, Exception):
        return "ellipsis" in str(found).lower()
    return found is ... or (isinstance(found, list | tuple) and any(x is ... for x in found))


def same(a: object, b: object) -> bool:
    """Whether two outcomes agree: numbers of one shape to rounding, exceptions by their type."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b) and ("NoneType" in str(a)) is ("NoneType" in str(b))
    x, y = numbers(a), numbers(b)
    if x is not None and y is not None:
        return x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-6, equal_nan=True)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return x is y is None and type(a) is type(b) and a == b


def same_values(a: object, b: object) -> bool:
    """Whether both are numbers and agree but perhaps for their shapes."""
    x, y = numbers(a), numbers(b)
    return x is not None and y is not None and same(x.flatten(), y.flatten())


def numbers(value: object) -> torch.Tensor | None:
    """A number, or numbers in any box, as float64; None for anything else."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy(copy=True)  # pandas lends what torch must not write to
    if isinstance(value, list | tuple) and any(hasattr(part, "columns") for part in value):
        return None  # torch would look at the names of a table, not at its cells
    try:
        return torch.as_tensor(value, dtype=torch.float64).detach()
    except (TypeError, ValueError, RuntimeError):
        return None


def show(value: object) -> str:
    """A short form of an argument or a result; the shape of what has more than one axis."""
    if hasattr(value, "columns"):
        return _table(value)
    if (found := numbers(value)) is not None and not isinstance(value, bool):
        short = str(_round(found.tolist()))
        return f"{short}, 모양 {tuple(found.shape)}" if found.dim() > 1 else short
    if isinstance(value, list | tuple) and any(hasattr(part, "shape") for part in value):
        parts = [show(part) for part in value]
        return ("\n/" if "\n" in parts[0] else " / ").join(parts)
    return repr(value)


def _table(frame: object) -> str:
    """A line for the names of the columns and one per row, all below the line it stands in."""
    rows = zip(frame.index, frame.to_numpy().tolist())
    cells = [["줄", *frame.columns], *([name, *map(_round, row)] for name, row in rows)]
    cells = [list(map(str, row)) for row in cells]
    widths = [max(map(columns, column)) for column in zip(*cells)]
    padded = ([cell + " " * (w - columns(cell)) for cell, w in zip(row, widths)] for row in cells)
    return "".join("\n" + "  ".join(row).rstrip() for row in padded)


def _round(value: object) -> object:
    """Numbers to three decimals, and whole ones without any."""
    if isinstance(value, list):
        return [_round(part) for part in value]
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 3)


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
