"""Call a student's function, compare what it returns, print it in short lines."""

import copy
import unicodedata
from collections.abc import Callable, Iterator

import torch

WIDTH = 60  # columns of a printed line, where Hangul takes two
# Errors of one type are told apart by these words of their messages.
SYMPTOMS = ("NoneType", "does not require grad", "leaf Variable", "assigned grad")


def call(function: Callable, case: tuple) -> object:
    """Return what `function` gives for a copy of the arguments, or the exception it raises."""
    return _call(function, tuple(map(_copy, case)))


def call_and_watch(function: Callable, case: tuple) -> tuple[object, list[int]]:
    """Do as `call`, and list the positions of the arguments that `function` changes in place.

    Iterators do not count: they are there to be used up.
    """
    given = tuple(map(_copy, case))
    found = _call(function, given)
    return found, [n for n, pair in enumerate(zip(case, given)) if _is_changed(*pair)]


def _call(function: Callable, given: tuple) -> object:
    torch.default_generator.manual_seed(0)  # torch.manual_seed formats a stack each time
    try:
        return _try_out(function(*given))
    except Exception as error:
        return error


def _try_out(found: object) -> object:
    """Describe a module by its parameters' shapes and its output for given weights.

    These are the parameters that an optimizer would be handed: what a module keeps in a list has
    none. Modules in a list are described one by one; anything else stays what it is.
    """
    if isinstance(found, list) and any(isinstance(part, torch.nn.Module) for part in found):
        return [_try_out(part) for part in found]
    if not isinstance(found, torch.nn.Module):
        return found
    parameters = list(found.parameters())
    if not parameters:
        return []
    inputs = torch.arange(3.0 * parameters[0].shape[-1]).sin().reshape(3, -1)
    with torch.no_grad():
        for values in parameters:
            values.copy_(torch.arange(1.0, values.numel() + 1).sin().reshape(values.shape))
        return [list(values.shape) for values in parameters], found(inputs)


def _copy(value: object) -> object:
    """Copy an argument; `deepcopy` takes a tenth of a millisecond for a tensor."""
    return value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def _is_changed(before: object, after: object) -> bool:
    if isinstance(before, Iterator):
        return False
    if hasattr(before, "equals"):  # pandas, where names and types of columns count as well
        return not before.equals(after)
    if isinstance(before, torch.Tensor) and before.shape == after.shape:
        return not ((before == after) | (before != before)).all()  # nan is unlike itself
    return not equal(before, after)


def is_blank(value: object) -> bool:
    """Tell whether `...` was returned, alone or among others, or computed with."""
    if isinstance(value, Exception):
        return "ellipsis" in str(value).lower()
    return value is ... or (isinstance(value, list | tuple) and any(x is ... for x in value))


def equal(a: object, b: object) -> bool:
    """Compare two results: numbers of one shape up to rounding, exceptions by their symptoms."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b) and all((s in str(a)) is (s in str(b)) for s in SYMPTOMS)
    x, y = to_tensor(a), to_tensor(b)
    if x is not None and y is not None:
        return x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-5, equal_nan=True)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return x is y is None and type(a) is type(b) and a == b


def equal_flat(a: object, b: object) -> bool:
    """Compare numbers as `equal` does, whatever their shapes."""
    x, y = to_tensor(a), to_tensor(b)
    return x is not None and y is not None and equal(x.flatten(), y.flatten())


def to_tensor(value: object, dtype: torch.dtype | None = torch.float64) -> torch.Tensor | None:
    """Convert a number, or numbers in any container, to `dtype`; None for anything else.

    With `dtype` None the numbers keep their own.
    """
    if hasattr(value, "to_numpy"):
        value = value.to_numpy(copy=True)  # pandas lends what torch must not write to
    if isinstance(value, list | tuple) and any(hasattr(part, "columns") for part in value):
        return None  # torch would look at the names of a table, not at its cells
    try:
        return torch.as_tensor(value, dtype=dtype).detach()
    except (TypeError, ValueError, RuntimeError):
        return None


def show(value: object) -> str:
    """Format an argument or a result in short; add the shape where there are several axes."""
    if hasattr(value, "columns"):
        return _show_table(value)
    if (found := to_tensor(value)) is not None and not isinstance(value, bool):
        short = str(_round(found.tolist()))
        return f"{short}, 모양 {tuple(found.shape)}" if found.dim() > 1 else short
    if isinstance(value, list | tuple) and any(hasattr(part, "shape") for part in value):
        parts = [show(part) for part in value]
        return ("\n/" if "\n" in parts[0] else " / ").join(parts)
    return repr(value)


def _show_table(frame: object) -> str:
    """Put the names of the columns and each row on lines of their own, aligned."""
    rows = zip(frame.index, frame.to_numpy().tolist())
    cells = [["줄", *frame.columns], *([name, *map(_round, row)] for name, row in rows)]
    cells = [list(map(str, row)) for row in cells]
    widths = [max(map(text_width, column)) for column in zip(*cells)]
    padded = ([c + " " * (w - text_width(c)) for c, w in zip(row, widths)] for row in cells)
    return "".join("\n" + "  ".join(row).rstrip() for row in padded)


def _round(value: object) -> object:
    """Round numbers to three decimals, and show whole ones without any."""
    if isinstance(value, list):
        return [_round(part) for part in value]
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 3)


def wrap(text: str) -> str:
    """Break lines between words at WIDTH columns; indent all but the first."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = "  " if lines else ""
        for word in paragraph.split(" "):
            if line.strip() and text_width(line) + 1 + text_width(word) > WIDTH:
                lines.append(line)
                line = "  "
            line += (" " if line.strip() else "") + word
        lines.append(line)
    return "\n".join(lines)


def text_width(text: str) -> int:
    """Count the columns that `text` takes on a screen, two for Hangul."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
