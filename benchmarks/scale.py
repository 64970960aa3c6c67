"""Training on 25 million ratings, ours and other people's ways: `make bench-scale`.

The ratings are invented in the shape of MovieLens 25M. Every way runs in a process of its own, with
fewer ratings, too; only the full size writes scale.json. To try it in a few minutes:

    .venv-bench/bin/python -m benchmarks.scale --ratings 1000000
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

from benchmarks import run
from benchmarks.scale_runs import PARTS
from benchmarks.scale_ways import ABOUT, WAYS

FOLDER = run.ROOT / "_build" / "bench" / "scale"
RESULTS = Path(__file__).with_name("scale.json")
FULL, SMALLER = 25_000_095, (100_000, 1_000_000, 10_000_000)  # ratings
MODULES = (  # of lecture_utils
    "models", "sparse", "train", "methods.als", "methods.least_squares",
    "scale.blocks", "scale.checkpoint", "scale.cli", "scale.layouts", "scale.prepare",
    "synthetic.large", "scale.train", "scale.world",
)  # fmt: skip
SIZES = ("ratings", "train", "users", "movies", "blocks")


def code(*names: str) -> str:
    """Digest these files, given as paths from the root."""
    return sha256(b"".join((run.ROOT / name).read_bytes() for name in names)).hexdigest()


def code_of(part: str) -> str:
    """Digest all that `part`, a way or one of PARTS, depends on."""
    ours = [f"lecture_utils/{module.replace('.', '/')}.py" for module in MODULES]
    peer = part in WAYS and WAYS[part].who == "cornac"
    files = ["benchmarks/requirements.txt"] if peer else ours
    module = "scale_ways" if part in WAYS else "scale_runs"
    return code(f"benchmarks/{module}.py", "constraints.txt", *files)


def invented(folder: Path, size: int) -> Path:
    """Return where about `size` ratings lie, inventing them if the code has changed since."""
    folder = folder / str(size)
    modules = ("scale.layouts", "scale.prepare", "synthetic.large")
    files = [f"lecture_utils/{module.replace('.', '/')}.py" for module in modules]
    made_by = code("benchmarks/scale_ways.py", *files)
    about = folder / ABOUT
    if not about.exists() or json.loads(about.read_text("utf-8"))["code"] != made_by:
        run.spawn("benchmarks.scale_ways", folder, "invent", size, made_by)
    return folder


def measure(folder: Path, size: int, parts: list[str]) -> Iterator[tuple[str, dict]]:
    """Yield each part and its result on `size` ratings; `folder`/runs.jsonl spares what has run."""
    file = folder / "runs.jsonl"
    runs = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for part in parts:
        wanted = {"part": part, "size": size, "code": code_of(part)}
        found = next((one for one in runs if wanted.items() <= one.items()), None)
        if not found:
            found = wanted | one_run(invented(folder, size), part)
            with file.open("a") as out:
                out.write(json.dumps(found) + "\n")
        yield part, found


def one_run(data: Path, part: str) -> dict:
    """Measure one part in a process of its own, and note how busy the machine was."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    module = "scale_ways" if part in WAYS else "scale_runs"
    begun = time.monotonic()
    result = json.loads(run.spawn(f"benchmarks.{module}", data, part))
    print(f"{data.name:>9} {part:14} {time.monotonic() - begun:6.1f} s", flush=True)
    about = json.loads((data / ABOUT).read_text("utf-8"))
    return {"load": load, "about": {name: about[name] for name in SIZES}, "result": result}


def rounded(value: object) -> object:
    """Round numbers to three digits that count, or more before the point; MSE to five."""
    if isinstance(value, dict):
        return {
            key: round(what, 5) if key.endswith("mse") else rounded(what)
            for key, what in value.items()
        }
    if isinstance(value, float):
        return round(value) if abs(value) >= 100 else float(f"{value:.3g}")
    return value


def row(way: str, found: dict) -> dict:
    """Summarise one way.

    `speed` is in million ratings per CPU second: of those trained on, in an epoch after the first;
    of all, where there is no epoch.
    """
    about, result = found["about"], found["result"]
    epoch = result["epoch_cpu_s"]
    speed = about["train"] / epoch if epoch else about["ratings"] / result["start_cpu_s"]
    given = {"who": WAYS[way].who, "setting": WAYS[way].setting, "epochs": WAYS[way].epochs}
    return given | rounded({"speed": speed / 1e6} | result)


def table(ways: dict[str, dict]) -> str:
    """Format a line per way."""
    lines = [f"{'':52} million/s  epoch s  start s  peak MB"]
    for way in ways.values():
        numbers = (way["speed"], way["epoch_cpu_s"] or 0, way["start_cpu_s"])
        text = " ".join(f"{value:8.3g}" for value in numbers)
        lines.append(f"{way['who'] + ': ' + way['setting']:52}  {text} {way['peak_mb']:8,.0f}")
    return "\n".join(lines)


def results(folder: Path, largest: int, parts: list[str]) -> dict:
    """Collect what scale.json holds; two processes and the kill are for the largest size alone."""
    growth, runs = {}, []
    for size in [*(size for size in SMALLER if size < largest), largest]:
        chosen = [part for part in parts if part in WAYS or size == largest]
        found = dict(measure(folder, size, chosen))
        runs += found.values()
        ways = {part: row(part, one) for part, one in found.items() if part in WAYS}
        growth[str(size)] = runs[-1]["about"] | {"ways": ways}
    more = {part: rounded(one["result"]) for part, one in found.items() if part in PARTS}
    return {
        "data": "invented in the shape of MovieLens 25M",
        "date": date.today().isoformat(),
        "machine": run.machine(runs),
        "versions": run.versions(("torch", "numpy", "pyarrow", "cornac")),
        **growth.pop(str(largest)),
        **more,
        "growth": growth,
    }


def main() -> None:
    """Run what is missing and write scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ratings", type=int, default=FULL, help="how many (%(default)s)")
    parser.add_argument("--out", type=Path, help=f"at the full size {RESULTS.name}, else nothing")
    parser.add_argument("--clean", action="store_true", help="forget earlier runs")
    options = parser.parse_args()
    if options.clean:
        (FOLDER / "runs.jsonl").unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = results(FOLDER, options.ratings, [*WAYS, *PARTS])
    out = options.out or (RESULTS if options.ratings == FULL else None)
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found["ways"]), *(f"{part}: {found[part]}" for part in PARTS), sep="\n")


if __name__ == "__main__":
    main()
