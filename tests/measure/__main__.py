"""Measure the ranges of reference.toml again: `make reference`, about 80 minutes.

    python -m tests.measure [line] [solo] [movielens] ...     (no name: all of them)

Each module beside this file has `measure(seeds) -> {key: values}`, one value per seed, or a
single value where nothing is random. Written is min..max widened by MARGIN of their distance
on each side; entries above the marker line are the documents' own and stay as they are.
"""

import statistics
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import torch

FILE = Path(__file__).parents[2] / "lecture_utils" / "course" / "reference.toml"
MARKER = "# Measured by `make reference`: do not edit below this line.\n"
SEEDS = range(20)
MARGIN = 0.5
PARTS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if "\ndef measure(" in path.read_text("utf-8")
)


def entry(key: str, values: list[float], part: str) -> str:
    """One table of reference.toml."""
    how = f"tests/measure/{part}.py"
    if len(values) == 1:
        body = f"value = {values[0]:.6g}\natol = {max(1e-4 * abs(values[0]), 1e-6):.2g}\n"
        return f'[{key}]\n{body}source = "{how}, nothing random"\n'
    low, high = min(values), max(values)
    lowest, highest = widen(low, high)
    return (
        f"[{key}]\nlow = {lowest:.6g}\nhigh = {highest:.6g}\n"
        f"median = {statistics.median(values):.6g}\nseeds = {len(values)}\n"
        f'source = "{how}: {low:.6g} to {high:.6g}, widened by {MARGIN:g} of the distance"\n'
    )


def widen(low: float, high: float) -> tuple[float, float]:
    """The range that is promised, given the lowest and the highest value measured."""
    wide = max(MARGIN * (high - low), 1e-4 * abs(high))  # seeds may agree; machines do not
    return max(low - wide, 0.0) if low >= 0 else low - wide, high + wide  # no error is below 0


def tables(text: str) -> dict[str, str]:
    """The measured tables of reference.toml by key."""
    parts = text.partition(MARKER)[2].split("\n[")
    return {
        part.strip("[").split("]")[0]: "[" + part.strip("[\n") + "\n"
        for part in parts
        if part.strip()
    }


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    for name in names or PARTS:
        if name not in PARTS:
            raise SystemExit(f"unknown part {name!r}; choose from {', '.join(PARTS)}")
        measured = import_module(f"tests.measure.{name}").measure(SEEDS)
        text = FILE.read_text("utf-8")
        old = tables(text)
        old.update({key: entry(key, values, name) for key, values in measured.items()})
        new = text.partition(MARKER)[0] + MARKER + "\n" + "\n".join(old[key] for key in sorted(old))
        tomllib.loads(new)
        FILE.write_text(new, "utf-8")
        print(f"{name}: {len(measured)} entries")


if __name__ == "__main__":
    main(sys.argv[1:])
