"""Our rankers and other people's, side by side on MovieLens 100K: `make bench-ranking`.

Every ranker, split and seed runs in a process of its own; ranking.json gets what came out. Like
`run`, this module imports neither torch nor pandas before all is measured.
"""

import argparse
import json
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path

from benchmarks import run

FOLDER = run.ROOT / "_build" / "bench" / "ranking"
RESULTS = Path(__file__).with_name("ranking.json")
SEEDS = (0, 1, 2)
DIGITS = 6  # as many as the published table has
PACKAGES = ("torch", "numpy", "scipy", "pandas", "implicit", "cornac")
METRICS = ("precision", "recall", "ndcg", "mrr", "map", "hit_rate", "coverage", "list_popularity")
MEASURED = (*METRICS, "fit_cpu_s", "predict_cpu_s", "peak_mb", "peak_before_mb")
SHOWN = (
    "split", "who", "setting", "ndcg.mean", "ndcg.spread", "behind.low", "behind.high",
    "recall.mean", "coverage.mean", "list_popularity.mean", "fit_cpu_s.mean", "peak_mb.mean",
)  # fmt: skip
SOURCES = {
    "recommenders": "https://github.com/recommenders-team/recommenders#algorithm-comparison",
    "recbole": "https://recbole.io/docs/get_started/quick_start.html",
}


def name_values(names: tuple[str, ...], table: dict[str, tuple]) -> dict[str, dict]:
    """Name the values of each line of a table."""
    return {who: dict(zip(names, values)) for who, values in table.items()}


PUBLISHED = {  # at 10, as they stand there; read in November 2026
    "recommenders": name_values(
        ("map", "ndcg", "precision", "recall"),
        {
            "BiVAE": (0.146126, 0.475077, 0.411771, 0.219145),
            "BPR": (0.132478, 0.441997, 0.388229, 0.212522),
            "LightGCN": (0.088526, 0.419846, 0.379626, 0.144336),
            "NCF": (0.107720, 0.396118, 0.347296, 0.180775),
            "SAR": (0.110591, 0.382461, 0.330753, 0.176385),
            "embdotbias": (0.018954, 0.117810, 0.104242, 0.042450),
            "SVD": (0.012873, 0.095930, 0.091198, 0.032783),
            "ALS": (0.004732, 0.044239, 0.048462, 0.017796),
        },
    ),
    "recbole": name_values(
        ("hit_rate", "mrr", "ndcg", "precision", "recall"),
        {"BPR": (0.7953, 0.4855, 0.2920, 0.1962, 0.2523)},
    ),
}


def identity(split: str, key: str, ranker: dict) -> dict:
    """Return what two runs that differ in the seed share; `code` digests what they depend on."""
    names = ("memory", "rankers", "ranking_worker", "splits", "worker")
    files = ["benchmarks/requirements.txt", *(f"benchmarks/{name}.py" for name in names)]
    files += [
        f"lecture_utils/{name}.py" for name in ("evaluate", "ranking/lists", "ranking/metrics")
    ]
    code = run.digest(*files, ours=ranker["who"] == "ours")
    return {"method": key, "split": split, "setting": ranker["setting"], "code": code}


def choose(folder: Path, rankers: dict[str, dict], slow: bool) -> dict[str, dict]:
    """Leave out what is slow, unless it is wanted or has run with every seed already."""
    runs = run.read_runs(folder)

    def has_run(split: str, key: str, ranker: dict) -> bool:
        same = identity(split, key, ranker)
        return {*SEEDS} <= {one["seed"] for one in runs if same.items() <= one.items()}

    return {
        split: {
            key: ranker
            for key, ranker in found.items()
            if slow or not ranker["slow"] or has_run(split, key, ranker)
        }
        for split, found in rankers.items()
    }


def measure(folder: Path, rankers: dict[str, dict], seeds=SEEDS) -> list[dict]:
    """Run what `folder`/runs.jsonl lacks, seed by seed, and return the runs of all `rankers`."""
    runs = []
    for seed, split in product(seeds, rankers):
        for key, ranker in rankers[split].items():
            wanted = identity(split, key, ranker) | {"seed": seed}
            start = partial(run_ranker, folder, split, key, seed)
            runs.append(run.find_or_run(folder, wanted, start))
    return runs


def run_ranker(folder: Path, split: str, key: str, seed: int) -> dict:
    """Run a ranker once in a process of its own."""
    result = json.loads(run.spawn("benchmarks.ranking_worker", folder, split, key, seed))
    print(f"{seed} {split} {key:14} NDCG {result['ndcg']:.4f} {result['fit_cpu_s']:7.2f} s")
    return result


def summarise(runs: list[dict], rankers: dict[str, dict]) -> list[dict]:
    """Make a row per split and ranker, the best of a split first: means and spreads."""
    rows = []
    for split in rankers:
        found = [
            row(split, key, ranker, [r for r in runs if (r["split"], r["method"]) == (split, key)])
            for key, ranker in rankers[split].items()
        ]
        found.sort(key=lambda one: -one["ndcg"]["mean"])
        best = found[0].pop("ndcg_per_user")
        found[0]["behind"] = None
        for one in found[1:]:
            one["behind"] = fall_behind(best, one.pop("ndcg_per_user"))
        rows += found
    return rows


def row(split: str, key: str, ranker: dict, runs: list[dict]) -> dict:
    """Summarise the runs of one ranker, a seed each; users keep their mean NDCG."""
    given = {"method": key, "split": split, "who": ranker["who"], "setting": ranker["setting"]}
    measured = {name: run.spread([one[name] for one in runs], DIGITS) for name in MEASURED}
    code = run.code_lines(ranker["code"]) if ranker["code"] else None
    users = zip(*(one["ndcg_per_user"] for one in runs))
    more = {"ndcg_per_user": [sum(values) / len(runs) for values in users], "code_lines": code}
    return given | {"seeds": [one["seed"] for one in runs]} | measured | more


def fall_behind(best: list[float], other: list[float]) -> dict:
    """Return how far NDCG lies behind the best: its mean over users and the 95 % interval."""
    import torch  # when all has been measured

    from lecture_utils.ranking.compare import paired

    found = paired(torch.tensor(best), torch.tensor(other))._asdict()
    return {name: round(value, 5) for name, value in found.items()}


def main() -> None:
    """Run what is missing and write ranking.json."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slow", action="store_true", help="the slow rankers, too")
    parser.add_argument("--clean", action="store_true", help="forget earlier runs")
    options = parser.parse_args()
    if options.clean:
        (FOLDER / "runs.jsonl").unlink(missing_ok=True)
    run.spawn("benchmarks.ranking_worker", FOLDER)
    rankers = json.loads(run.spawn("benchmarks.ranking_worker"))
    rankers = choose(FOLDER, rankers, options.slow)
    runs = measure(FOLDER, rankers)
    results = {
        "data": "ml-100k",
        "date": date.today().isoformat(),
        "machine": run.machine(runs),
        "versions": run.versions(PACKAGES),
        "users": {one["split"]: len(one["ndcg_per_user"]) for one in runs},
        "rows": summarise(runs, rankers),
        "published": PUBLISHED,
        "sources": SOURCES,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(run.table(results["rows"], SHOWN))


if __name__ == "__main__":
    main()
