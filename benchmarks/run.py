"""Run every method in a process of its own and write results.json: `make bench`.

This module imports neither torch nor, before all is measured, pandas: a process inherits the peak
memory of the one that started it, so that one has to be small.
"""

import argparse
import ast
import io
import json
import os
import platform
import subprocess
import sys
import tokenize
from collections.abc import Callable
from datetime import date
from functools import partial
from hashlib import sha256
from importlib.metadata import distributions
from itertools import product
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "_build" / "bench"
RESULTS = Path(__file__).with_name("results.json")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = ("torch", "numpy", "pandas", "scikit-surprise", "cornac", "cmfrec", "myfm")
MEASURED = ("rmse", "fit_cpu_s", "predict_cpu_s", "peak_mb", "peak_before_mb")
SHOWN = (
    "split", "who", "setting", "rmse.mean", "rmse.spread", "fit_cpu_s.mean", "predict_cpu_s.mean",
    "peak_mb.mean", "reached_cpu_s.0.94.mean", "information",
)  # fmt: skip
SMALL = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENCODING", "ENDMARKER"}


def spawn(module: str, *arguments: object) -> str:
    """Run `python -m module arguments` on one thread and return its last line, or exit."""
    command = [sys.executable, "-W", "ignore", "-m", module, *map(str, arguments)]
    # A process that has to compile all it imports takes seconds and 100 MB more.
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip().rpartition("\n")[2]


def describe() -> dict[str, dict]:
    """Ask a worker for the registry as plain values: this process stays small, see above."""
    return json.loads(spawn("benchmarks.worker"))


def digest(*names: str, ours: bool) -> str:
    """Digest these files, given as paths from the root, and with `ours` what trains or loads."""
    files, package = [ROOT / name for name in names], sorted((ROOT / "lecture_utils").rglob("*.py"))
    if ours:  # course/ judges and notebook/ shows: no row hangs on them
        files += [file for file in package if file.parent.name not in ("course", "notebook")]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def read_runs(folder: Path) -> list[dict]:
    """Read what has run: a line of `folder`/runs.jsonl each."""
    file = folder / "runs.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def find_or_run(folder: Path, wanted: dict, start: Callable[[], dict]) -> dict:
    """Find the run that is `wanted` in `folder`/runs.jsonl; if it lacks it, start and note it.

    The load says how busy the machine was before.
    """
    for run in read_runs(folder):
        if wanted.items() <= run.items():
            return run
    load = os.getloadavg()[0]
    run = wanted | start() | {"load": load}
    with (folder / "runs.jsonl").open("a") as out:
        out.write(json.dumps(run) + "\n")
    return run


def identity(split: str, key: str, method: dict) -> dict:
    """Return what two runs that differ in the seed share; `code` digests what they depend on."""
    names = ("memory.py", "methods.py", "requirements.txt", "worker.py")
    code = digest(*(f"benchmarks/{name}" for name in names), ours=method["who"] == "ours")
    given = {"setting": method["setting"], "steps": method["steps"]}
    return {"method": key, "split": split} | given | {"code": code}


def measure(folder: Path, methods: dict, splits, seeds) -> list[dict]:
    """Run what `folder`/runs.jsonl lacks, seed by seed, and return everything that it holds.

    `folder` holds the splits (`worker.save`).
    """
    for seed, split, (key, method) in product(seeds, splits, methods.items()):
        wanted = identity(split, key, method) | {"seed": seed}
        find_or_run(folder, wanted, partial(run_method, folder, key, split, seed, method["steps"]))
    return read_runs(folder)


def run_method(folder: Path, key: str, split: str, seed: int, steps: int) -> dict:
    """Run a method once in a process of its own."""
    result = json.loads(spawn("benchmarks.worker", folder, key, split, seed, steps))
    print(f"{seed} {split} {key:20} RMSE {result['rmse']:.4f} {result['fit_cpu_s']:7.2f} s")
    return result


def summary(runs: list[dict], methods: dict, splits, seeds) -> list[dict]:
    """Make a row per split and method that has run with every seed: means and spreads."""
    rows = []
    for split, (key, method) in product(splits, methods.items()):
        same = identity(split, key, method)
        found = {run["seed"]: run for run in runs if same.items() <= run.items()}
        if not set(seeds) <= set(found):
            continue
        chosen = [found[seed] for seed in seeds]
        row = {name: same[name] for name in ("method", "split", "setting")}
        row |= {name: method[name] for name in ("who", "information", "steps")}
        row |= {"seeds": list(seeds)}
        row |= {name: spread([run[name] for run in chosen]) for name in MEASURED}
        curves = [run["reached_cpu_s"] for run in chosen]
        reached = {target: spread([c[target] for c in curves]) for target in curves[0] or ()}
        code = code_lines(method["code"]) if method["code"] else None
        rows.append(row | {"reached_cpu_s": reached or None, "code_lines": code})
    return rows


def spread(values: list[float | None], digits: int = 5) -> dict | None:
    """Return the mean, and largest minus smallest; None if a seed has no value."""
    if None in values:
        return None
    return {"mean": round(mean(values), digits), "spread": round(max(values) - min(values), digits)}


def code_lines(modules: list[str]) -> int:
    """Count lines of modules of lecture_utils, without blank ones, comments and docstrings."""
    package = ROOT / "lecture_utils"
    return sum(count_code(package / f"{module.replace('.', '/')}.py") for module in modules)


def count_code(file: Path) -> int:
    """Count the lines of a file that hold code."""
    text, lines = file.read_text("utf-8"), set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if tokenize.tok_name[token.type] not in SMALL:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):  # a text that stands alone is a docstring
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= {*range(node.lineno, node.end_lineno + 1)}
    return len(lines)


def machine(runs: list[dict]) -> dict:
    """Describe the machine, and how busy it was: the load before each run."""
    info = Path("/proc/cpuinfo")
    names = [x for x in info.read_text().splitlines() if "model name" in x] if info.exists() else []
    cpu = names[0].partition(":")[2].strip() if names else platform.processor()
    loads = [run["load"] for run in runs]
    busy = {"mean": round(mean(loads), 2), "largest": max(loads)}
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system(), "load": busy}


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of what is installed of `packages`."""
    here = {one.name: one.version for one in distributions()}
    found = {package: here[package] for package in packages if package in here}
    return {"python": platform.python_version()} | found


def table(rows: list[dict], columns: tuple[str, ...]) -> str:
    """Format these columns of the rows as text; "rmse.mean" is the entry "mean" of "rmse"."""
    import pandas as pd  # when all has been measured: see above

    return pd.json_normalize(rows).reindex(columns=columns).to_string(index=False)


def main() -> None:
    """Run what is missing and write results.json."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slow", action="store_true", help="the slow methods, too")
    parser.add_argument("--clean", action="store_true", help="forget earlier runs")
    options = parser.parse_args()
    if options.clean:
        (FOLDER / "runs.jsonl").unlink(missing_ok=True)
    spawn("benchmarks.worker", FOLDER)
    methods, splits, seeds = describe(), ("ua", "u1"), (0, 1, 2)
    for slow in (False, True)[: 1 + options.slow]:
        chosen = {key: method for key, method in methods.items() if method["slow"] == slow}
        runs = measure(FOLDER, chosen, splits, seeds)
    results = {
        "data": "ml-100k",
        "date": date.today().isoformat(),
        "machine": machine(runs),
        "versions": versions(),
        "rows": summary(runs, methods, splits, seeds),
        "epoch": json.loads(spawn("benchmarks.epoch", FOLDER)),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results["rows"], SHOWN))


if __name__ == "__main__":
    main()
