"""Run every method in a process of its own and write results.json: `make bench`.

This module imports neither torch nor pandas: a process inherits the peak memory of the one that
started it, so that one has to be small.
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
from datetime import date
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "_build" / "bench"
RESULTS = Path(__file__).with_name("results.json")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = (
    "torch", "numpy", "pandas", "scikit-surprise", "cornac", "cmfrec", "myfm",
)  # fmt: skip
MEASURED = ("rmse", "fit_cpu_s", "predict_cpu_s", "peak_mb", "peak_before_mb")
SMALL = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENCODING", "ENDMARKER"}


def spawn(module: str, *arguments: object) -> str:
    """Run `python -m module arguments` on one thread and return its last line, or exit."""
    command = [sys.executable, "-W", "ignore", "-m", module, *map(str, arguments)]
    environment = os.environ | dict.fromkeys(THREADS, "1")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip().rpartition("\n")[2]


def describe() -> dict[str, dict]:
    """Ask a worker for the registry as plain values: this process stays small, see above."""
    return json.loads(spawn("benchmarks.worker"))


def identity(split: str, key: str, method: dict, steps: int | None) -> dict:
    """Return what two runs that differ in the seed share; `code` digests what they depend on."""
    files = [ROOT / "benchmarks" / name for name in ("methods.py", "worker.py", "requirements.txt")]
    if method["who"] == "ours":
        files += sorted((ROOT / "lecture_utils").rglob("*.py"))
    code = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    steps = steps or method["steps"]
    return {
        "method": key,
        "split": split,
        "setting": method["setting"],
        "steps": steps,
        "code": code,
    }


def measure(folder, methods: dict, splits, seeds, steps: int | None = None) -> list[dict]:
    """Run what `folder`/runs.jsonl lacks, seed by seed, and return everything that it holds.

    `folder` holds the splits (`worker.save`). `steps` replaces every method's own.
    """
    file = Path(folder) / "runs.jsonl"
    runs = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for seed, split, (key, method) in product(seeds, splits, methods.items()):
        wanted = identity(split, key, method, steps) | {"seed": seed}
        if any(wanted.items() <= run.items() for run in runs):
            continue
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        result = json.loads(spawn("benchmarks.worker", folder, key, split, seed, wanted["steps"]))
        print(f"{seed} {split} {key:20} RMSE {result['rmse']:.4f} {result['fit_cpu_s']:7.2f} s")
        runs.append(wanted | result | {"load": load})
        with file.open("a") as out:
            out.write(json.dumps(runs[-1]) + "\n")
    return runs


def summary(runs: list[dict], methods: dict, splits, seeds, steps: int | None = None) -> list[dict]:
    """Make a row per split and method that has run with every seed: means and spreads."""
    rows = []
    for split, (key, method) in product(splits, methods.items()):
        same = identity(split, key, method, steps)
        found = {run["seed"]: run for run in runs if same.items() <= run.items()}
        if not set(seeds) <= set(found):
            continue
        chosen = [found[seed] for seed in seeds]
        row = {name: same[name] for name in ("method", "split", "setting")}
        row |= {name: method[name] for name in ("who", "information")}
        row |= {"steps": same["steps"], "seeds": list(seeds)}
        row |= {name: spread([run[name] for run in chosen]) for name in MEASURED}
        curves = [run["reached_cpu_s"] for run in chosen]
        row["reached_cpu_s"] = all(curves) and {
            target: spread([curve[target] for curve in curves]) for target in curves[0]
        }
        row["reached_cpu_s"] = row["reached_cpu_s"] or None
        rows.append(row | {"code_lines": code_lines(method["code"]) if method["code"] else None})
    return rows


def spread(values: list[float | None]) -> dict | None:
    """Return the mean, and largest minus smallest; None if a seed has no value."""
    if None in values:
        return None
    return {"mean": round(mean(values), 5), "spread": round(max(values) - min(values), 5)}


def code_lines(modules: list[str]) -> int:
    """Count lines of modules of lecture_utils, without blank ones, comments and docstrings."""
    count = 0
    for module in modules:
        path = ROOT / "lecture_utils" / f"{module.replace('.', '/')}.py"
        text = path.read_text(encoding="utf-8")
        lines = set()
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if tokenize.tok_name[token.type] not in SMALL:
                lines.update(range(token.start[0], token.end[0] + 1))
        for node in ast.walk(ast.parse(text)):
            kinds = ast.Module | ast.ClassDef | ast.FunctionDef
            if isinstance(node, kinds) and ast.get_docstring(node) is not None:
                lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        count += len(lines)
    return count


def machine(runs: list[dict]) -> dict:
    """Describe the machine, and how busy it was: the load before each run."""
    info = Path("/proc/cpuinfo")
    names = [x for x in info.read_text().splitlines() if "model name" in x] if info.exists() else []
    cpu = names[0].partition(":")[2].strip() if names else platform.processor()
    loads = [run["load"] for run in runs if run.get("load") is not None]
    busy = {"mean": round(mean(loads), 2), "largest": max(loads)} if loads else None
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system(), "load": busy}


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of what is installed of `packages`."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def table(rows: list[dict]) -> str:
    """Format the rows as text, one line each."""
    lines = [f"{'':64} RMSE (spread)      fit s  predict s  peak MB  s to .94  may look at"]
    for row in rows:
        name = f"{row['split']} {row['who']}: {row['setting']}"
        cells = [row[key]["mean"] for key in ("fit_cpu_s", "predict_cpu_s", "peak_mb")]
        reached = (row["reached_cpu_s"] or {}).get("0.94")
        rmse = f"{row['rmse']['mean']:.4f} ({row['rmse']['spread']:.4f})"
        text = f"{name:64} {rmse} {cells[0]:8.2f} {cells[1]:10.2f} {cells[2]:8.0f}"
        text += f" {reached['mean']:9.2f}" if reached else f" {'-':>9}"
        lines.append(f"{text}  {row['information']}")
    return "\n".join(lines)


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
    print(table(results["rows"]))


if __name__ == "__main__":
    main()
