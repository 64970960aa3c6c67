"""The stages of a recommender at the shape of MovieLens 25M: what each takes of a user's time.

    .venv-bench/bin/python -m benchmarks.retrieval

Factors of 59,047 movies and 1,000 users are invented, with a planted popularity. An inverted file
of faiss looks up the best hundred beside an exact search by the same library. Its cells are those
of the lecture: divided by distance, chosen by the inner product with their centre. `directions_` is
what faiss does when only told of inner products: it divides by direction. `taste_` is a catalogue
where taste weighs twice as much beside popularity. Then 500 candidates are ranked by an FM and by a
DeepFM, which read the features of each anew, and ten of them are picked for variety. Milliseconds
are those of the CPU, on one thread, user by user as a server would; 20 seeds, each a catalogue of
its own, in one process. Measure on a quiet machine: an exact search waits for memory, so neighbours
slow it more than the index (`load` in the results).
Lecture 13 tells what retrieval.json holds.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks import run

RESULTS = Path(__file__).with_name("retrieval.json")
SEEDS, USERS, MOVIES, RANK = range(20), 1000, 59_047, 64
CELLS, PROBES, NEAREST = 512, 22, 100  # cells and probes: chosen on seeds 100 to 102
FEATURES, PER_MOVIE, FIELDS, CANDIDATES, LIST = 764, 12, 5, 500, 10


def draw_factors(seed: int, taste: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw factors of users and movies, (n, RANK + 1): some axes are strong, most are weak.

    The last factor of a movie is its bias, the logarithm of a count that falls as a power of its
    rank; its partner is 1. Its other factors are `taste` times as large.
    """
    rng = np.random.default_rng(seed)
    scale = np.arange(1, RANK + 1) ** -0.5
    user, movie = (rng.standard_normal((n, RANK)) * scale for n in (USERS, MOVIES))
    bias = -0.5 * np.log(1 + rng.permutation(MOVIES))
    columns = (user, np.ones((USERS, 1))), (taste * movie, bias[:, None])
    return tuple(np.hstack(both).astype("float32") for both in columns)


def time_each(function: Callable, calls: Iterable[tuple]) -> tuple[float, list]:
    """Call `function` with each of `calls`; return CPU milliseconds per call, and the results."""
    begun, found = time.process_time(), [function(*one) for one in calls]
    return 1000 * (time.process_time() - begun) / len(found), found


def retrieve(
    seed: int, probes: int = PROBES, taste: float = 1.0, directions: bool = False
) -> dict[str, float]:
    """Look up the best movies of each user, exactly and by an inverted file."""
    import faiss

    faiss.omp_set_num_threads(1)
    users, movies = draw_factors(seed, taste)
    width = RANK + 1
    exact, nearest, largest = (
        kind(width) for kind in (faiss.IndexFlatIP, faiss.IndexFlatL2, faiss.IndexFlatIP)
    )
    exact.add(movies)
    begun = time.process_time()
    centres = largest if directions else nearest
    cells = faiss.IndexIVFFlat(centres, width, CELLS, faiss.METRIC_INNER_PRODUCT)
    cells.cp.seed, cells.cp.spherical = seed, directions
    cells.train(movies)
    cells.add(movies)
    if not directions:  # divided by distance, now chosen by inner product
        largest.add(nearest.reconstruct_n(0, CELLS))
        cells.quantizer = largest
    built, cells.nprobe = time.process_time() - begun, probes
    calls = [(user[None], NEAREST) for user in users]
    exact_ms, wanted = time_each(exact.search, calls)
    index_ms, found = time_each(cells.search, calls)
    both = [(a[1][0], b[1][0]) for a, b in zip(wanted, found)]
    recall = np.mean([len({*a} & {*b}) / NEAREST for a, b in both])
    return {
        "build_s": built, "exact_ms": exact_ms, "index_ms": index_ms,
        "speedup": exact_ms / index_ms, "recall": float(recall),
    }  # fmt: skip


def rank(seed: int) -> dict[str, float]:
    """Rank the candidates of 200 users, and pick a varied list, with random weights."""
    import torch
    import torch.nn.functional as F

    from lecture_utils.methods.fm import FM
    from lecture_utils.ranking.variety import pick_varied

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    features = torch.zeros(MOVIES, FEATURES)
    features.scatter_(1, torch.randint(FEATURES, (MOVIES, PER_MOVIE)), 1.0)
    widths = [len(part) for part in torch.arange(FEATURES).tensor_split(FIELDS)]
    candidates = torch.randint(MOVIES, (200, CANDIDATES))
    found, q = {}, torch.randn(200, 1, 32)
    for name, hidden in {"fm_ms": None, "deep_ms": 16}.items():
        model = FM(1, features, widths, 32, hidden, (0.0, 0.0, ())).eval()
        with torch.no_grad():
            found[name], scores = time_each(model.score, zip(q, candidates))
    genres = F.normalize((torch.rand(MOVIES, 19) < 0.1).float(), dim=1)
    lists = [(s, genres[c][None], 0.7, LIST) for s, c in zip(scores, candidates)]
    found["vary_ms"], _ = time_each(pick_varied, lists)
    return found


def main() -> None:
    """Measure all seeds and write retrieval.json."""
    runs, loads = [], []
    for seed in SEEDS:
        loads.append({"load": os.getloadavg()[0]})
        others = {
            "directions": retrieve(seed, directions=True),
            "taste": retrieve(seed, taste=2.0),
        }
        more = {
            f"{name}_{key}": one[key]
            for name, one in others.items()
            for key in ("recall", "speedup")
        }
        runs.append({"seed": seed} | retrieve(seed) | more | rank(seed))
    rounded = [{name: float(f"{value:.4g}") for name, value in one.items()} for one in runs]
    results = {
        "data": "factors invented in the shape of MovieLens 25M",
        "date": date.today().isoformat(),
        "machine": run.machine(loads),
        "versions": run.versions(("torch", "numpy", "faiss-cpu")),
        "probes": {str(n): retrieve(100, n) for n in (4, 8, 16, 22, 32, 64)},
        "runs": rounded,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["probes"], indent=1), *rounded[:3], sep="\n")


if __name__ == "__main__":
    main()
