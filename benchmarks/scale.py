"""Training on 25 million ratings, ours and other people's ways: `make bench-scale`.

The ratings are invented in the shape of MovieLens 25M. Every way runs in a process of its own, with
fewer ratings, too; only the full size writes scale.json. To try it in a few minutes:

    .venv-bench/bin/python -m benchmarks.scale --ratings 1000000
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from benchmarks import run
from benchmarks.scale_runs import PARTS
from benchmarks.scale_ways import ABOUT, WAYS

FOLDER = run.ROOT / "_build" / "bench" / "scale"
RESULTS = Path(__file__).with_name("scale.json")
FULL, SMALLER = 25_000_095, (100_000, 1_000_000, 10_000_000)  # ratings
MODULES = dict.fromkeys(WAYS, "scale_ways") | dict.fromkeys(PARTS, "scale_runs")
SHOWN = ("who", "setting", "speed", "epoch_cpu_s", "start_cpu_s", "peak_mb")
SIZES = ("ratings", "train", "users", "movies", "blocks")


def code_of(part: str) -> str:
    """Digest all that `part`, a way or one of PARTS, depends on."""
    peer = part in WAYS and WAYS[part].who == "cornac"
    files = ["constraints.txt", "benchmarks/requirements.txt"] if peer else ["constraints.txt"]
    files += [f"benchmarks/{name}.py" for name in ("memory", MODULES[part])]
    return run.digest(*files, ours=not peer)


def invented(folder: Path, size: int) -> Path:
    """Return where about `size` ratings lie, inventing them if the code has changed since."""
    folder = folder / str(size)
    made_by = run.digest("benchmarks/scale_ways.py", ours=True)
    about = folder / ABOUT
    if not about.exists() or json.loads(about.read_text("utf-8"))["code"] != made_by:
        run.spawn("benchmarks.scale_ways", folder, "invent", size, made_by)
    return folder


def measure(folder: Path, size: int, parts: list[str]) -> Iterator[tuple[str, dict]]:
    """Yield each part and its result on `size` ratings; `folder`/runs.jsonl spares what has run."""
    for part in parts:
        wanted = {"part": part, "size": size, "code": code_of(part)}
        yield part, run.find_or_run(folder, wanted, partial(run_part, folder, size, part))


def run_part(folder: Path, size: int, part: str) -> dict:
    """Measure one part in a process of its own."""
    data, begun = invented(folder, size), time.monotonic()
    result = json.loads(run.spawn(f"benchmarks.{MODULES[part]}", data, part))
    print(f"{size:>9} {part:14} {time.monotonic() - begun:6.1f} s", flush=True)
    about = json.loads((data / ABOUT).read_text("utf-8"))
    return {"about": {name: about[name] for name in SIZES}, "result": result}


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
    parser.add_argument("--clean", action="store_true", help="forget earlier runs")
    options = parser.parse_args()
    if options.clean:
        (FOLDER / "runs.jsonl").unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = results(FOLDER, options.ratings, [*WAYS, *PARTS])
    if options.ratings == FULL:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(
        run.table([*found["ways"].values()], SHOWN),
        *(f"{part}: {found[part]}" for part in PARTS),
        sep="\n",
    )


if __name__ == "__main__":
    main()
