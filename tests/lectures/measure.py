"""Measure the numbers that lectures promise: `make reference LECTURE=NN`.

tests/lectures/test_NN.py has `measure(seeds) -> {key: values}`, with one value per seed, or a
single value where nothing is random. What is written to lecture_NN.toml is the range from the
minimum to the maximum, widened on each side by MARGIN of their distance. Above the marker line
stand the documents' own entries, and what takes too long to be measured with the rest:
`measure_earlier(seeds)`, by `make reference LECTURE=NN EARLIER=1`.
"""

import hashlib
import os
import re
import shutil
import statistics
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import date
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch

from lecture_utils import Ratings, evaluate, load_movielens
from lecture_utils.synthetic import small as synthetic
from tests.notebooks import ROOT

PACKAGE = ROOT / "lecture_utils"
COURSE = PACKAGE / "course"
KEPT = ROOT / "_build" / "reference"
MARKER = "# Measured by `make reference`: do not edit below this line.\n"
SEEDS = range(20)
MARGIN = 0.5
DATA_SETS = ("ml-100k", "synthetic")
MEASURED = sorted(path.stem[-2:] for path in Path(__file__).parent.glob("test_[0-9][0-9].py"))


def load(name: str, split: str = "ua") -> Ratings:
    """Load one of DATA_SETS.

    Raises:
        SystemExit: MovieLens is asked for and no copy can be had.
    """
    if name == "synthetic":
        return Ratings("synthetic", *synthetic.make(split))
    data = load_movielens(split)
    if data.name != name:
        raise SystemExit("no MovieLens here; set LECTURE_DATA_DIR")
    return data


def open_parts(name: str) -> dict[str, tuple[pd.DataFrame, ...]]:
    """Return what lectures 07 to 09 fit and validate, then train and score on, of ua and u1."""
    ua, u1 = load(name), load(name, "u1")
    return {
        "ua": (*evaluate.per_user_split(ua.train, 5, seed=0), ua.train, ua.test),
        "u1": (*evaluate.random_split(u1.train, 0.2, seed=0), u1.train, u1.test),
    }


def run_each(function: Callable, arguments: Iterable[tuple]) -> list:
    """Call `function` with each tuple of arguments, in two processes of one thread each.

    Every result is kept under KEPT as it comes, so an interrupted run goes on where it stopped.
    What was kept is removed when the code that may have a part in it has changed.

    Args:
        function: A function of a module; returns numbers or tensors, or dicts or lists of them.
        arguments: Numbers and strings; together they name the file of the result.

    Returns:
        The results in the order of `arguments`.
    """
    folder = KEPT / function.__module__.rpartition(".")[2] / digest_code()
    for other in folder.parent.glob("*"):
        if other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    files = {args: folder / f"{function.__name__}{args}.pt" for args in arguments}
    missing = [(function, args, file) for args, file in files.items() if not file.exists()]
    if missing:
        list(_start_pool().map(_keep, *zip(*missing)))
    return [torch.load(file, weights_only=True) for file in files.values()]


def list_values(prefix: str, runs: list[dict[str, float]]) -> dict[str, list[float]]:
    """List what the runs found under each key, and put `prefix` before it."""
    return {prefix + key: [run[key] for run in runs] for key in runs[0]}


@cache
def _start_pool() -> Executor:
    context = get_context("spawn")
    return ProcessPoolExecutor(2, context, initializer=torch.set_num_threads, initargs=(1,))


def _keep(function: Callable, args: tuple, file: Path) -> None:
    """Write what `function` returns; a file that exists is complete."""
    draft = file.with_suffix(f".{os.getpid()}")
    torch.save(function(*args), draft)
    draft.replace(file)


def digest_code() -> str:
    """Hash torch's version, the tests of the lectures, and lecture_utils without course/."""
    found = hashlib.sha256(torch.__version__.encode())
    for file in sorted([*Path(__file__).parent.glob("*.py"), *PACKAGE.rglob("*.py")]):
        found.update(file.read_bytes() if file.parent != COURSE else b"")
    return found.hexdigest()[:16]


def format_entry(lecture: str, key: str, values: list[float]) -> str:
    """Format one table of lecture_NN.toml."""
    how = f"tests/lectures/test_{lecture}.py"
    if len(values) == 1:
        body = f"value = {values[0]:.6g}\natol = {max(1e-4 * abs(values[0]), 1e-6):.2g}\n"
        return f'["{key}"]\n{body}source = "{how}, nothing random"\n'
    low, high = (float(f"{value:.6g}") for value in (min(values), max(values)))  # as they are said
    lowest, highest = widen(low, high)
    return (
        f'["{key}"]\nlow = {lowest:.6g}\nhigh = {highest:.6g}\n'
        f"median = {statistics.median(values):.6g}\nseeds = {len(values)}\n"
        f'source = "{how}: {low:.6g} to {high:.6g}, widened by {MARGIN:g} of the distance"\n'
    )


def read_extremes(entry: dict) -> tuple[float, float]:
    """Read the lowest and the highest value measured, which `format_entry` wrote as the source."""
    low, high = re.findall(r"(\S+) to (\S+), widened", entry["source"])[0]
    return float(low), float(high)


def widen(low: float, high: float) -> tuple[float, float]:
    """Return the range to promise, given the lowest and the highest value measured."""
    wide = max(MARGIN * (high - low), 1e-4 * abs(high))  # seeds may agree; machines do not
    return max(low - wide, 0.0) if low >= 0 else low - wide, high + wide  # no error is below 0


def write(lecture: str, measured: dict[str, list[float]]) -> None:
    """Replace what stands below the marker of lecture_NN.toml."""
    file = COURSE / f"lecture_{lecture}.toml"
    old = file.read_text("utf-8") if file.exists() else f"# What lecture {lecture} promises.\n\n"
    entries = [format_entry(lecture, key, measured[key]) for key in sorted(measured)]
    new = "\n".join([old.partition(MARKER)[0] + MARKER, *entries])
    tomllib.loads(new)
    file.write_text(new, "utf-8")


def write_earlier(lecture: str, measured: dict[str, list[float]]) -> None:
    """Replace or add entries above the marker of lecture_NN.toml, each with today's date."""
    file = COURSE / f"lecture_{lecture}.toml"
    head, marker, rest = file.read_text("utf-8").partition(MARKER)
    for key, values in measured.items():
        entry = f'{format_entry(lecture, key, values)}measured = "{date.today()}"\n'
        old = re.search(rf'\["{re.escape(key)}"\]\n(.+\n)*', head)
        head = head.replace(old[0], entry) if old else f"{head}{entry}\n"
    tomllib.loads(head)
    file.write_text(head + marker + rest, "utf-8")


def main(lectures: list[str], earlier: bool = False) -> None:
    """Measure `lectures`, such as 05, or all that have numbers; `earlier`: what takes too long."""
    torch.set_num_threads(1)
    for lecture in lectures or MEASURED:
        if lecture not in MEASURED:
            raise SystemExit(
                f"tests/lectures/test_{lecture}.py measures it, once it is there; now: "
                f"{', '.join(MEASURED)}"
            )
        module = import_module(f"tests.lectures.test_{lecture}")
        if earlier:
            measured = getattr(module, "measure_earlier", lambda seeds: {})(SEEDS)
            write_earlier(lecture, measured)
        else:
            measured = module.measure(SEEDS)
            write(lecture, measured)
        print(f"lecture {lecture}: {len(measured)} entries")
