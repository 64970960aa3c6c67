"""The stages of a recommender at the shape of MovieLens 25M: what each takes of a user's time.

    .venv-bench/bin/python -m benchmarks.retrieval

Factors of 59,047 movies and 1,000 users are invented, with a planted popularity. An inverted file
of faiss looks up the best hundred beside an exact search by the same library: among distances, and
as `product_` among the inner products as they are; `kinds_` is a catalogue where 300 kinds make
half of the variance. Then 500 candidates are ranked by an FM and by a DeepFM, and ten of them are
picked for variety. Milliseconds are those of the CPU, on one thread, user by user as a server
would; 20 seeds, each a catalogue of its own, in one process. Measure on a quiet machine: an exact
search waits for memory, so neighbours slow it more than the index (`load` in the results).
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
KINDS, CELLS, PROBES, NEAREST = 300, 512, 20, 100  # cells and probes: chosen on seeds 100 to 102
KEPT = "recall", "speedup"
FEATURES, PER_MOVIE, FIELDS, CANDIDATES, LIST = 764, 12, 5, 500, 10


def draw_factors(seed: int, kinds: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw factors of users and movies, (n, RANK + 1): some axes are strong, most are weak.

    The last factor of a movie is its bias, the logarithm of a count that falls as a power of its
    rank; its partner is 1. With `kinds`, users and movies gather around as many centres.
    """
    rng = np.random.default_rng(seed)
    scale = np.arange(1, RANK + 1) ** -0.5
    centres = rng.standard_normal((max(kinds, 1), RANK)) * scale * (kinds > 0)
    user, movie = (
        centres[rng.integers(len(centres), size=n)] + rng.standard_normal((n, RANK)) * scale
        for n in (USERS, MOVIES)
    )
    bias = -0.5 * np.log(1 + rng.permutation(MOVIES))
    columns = (user, np.ones((USERS, 1))), (movie, bias[:, None])
    return tuple(np.hstack(both).astype("float32") for both in columns)


def make_distances(users: np.ndarray, movies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give vectors whose nearest are those with the largest inner products.

    Each user's order of movies stays as it is without their mean; a further coordinate makes all
    movies equally long, and then a smaller distance is a larger product (Bachrach et al. 2014).
    """
    movies = movies - movies.mean(0)
    squares = (movies**2).sum(1)
    rest = np.sqrt(squares.max() - squares)
    return np.pad(users, ((0, 0), (0, 1))), np.column_stack([movies, rest])


def time_each(function: Callable, calls: Iterable[tuple]) -> tuple[float, list]:
    """Call `function` with each of `calls`; return CPU milliseconds per call, and the results."""
    begun, found = time.process_time(), [function(*one) for one in calls]
    return 1000 * (time.process_time() - begun) / len(found), found


def retrieve(
    seed: int, probes: int = PROBES, kinds: int = 0, distances: bool = True
) -> dict[str, float]:
    """Look up the best movies of each user, exactly and by an inverted file."""
    import faiss

    faiss.omp_set_num_threads(1)
    users, movies = draw_factors(seed, kinds)
    exact = faiss.IndexFlatIP(RANK + 1)
    exact.add(movies)
    begun = time.process_time()
    queries, vectors = make_distances(users, movies) if distances else (users, movies)
    width = vectors.shape[1]
    nearest, metric = faiss.IndexFlatL2(width), faiss.METRIC_L2
    if not distances:
        nearest, metric = faiss.IndexFlatIP(width), faiss.METRIC_INNER_PRODUCT
    cells = faiss.IndexIVFFlat(nearest, width, CELLS, metric)
    cells.cp.seed = seed
    cells.train(vectors)
    cells.add(vectors)
    built, cells.nprobe = time.process_time() - begun, probes
    exact_ms, wanted = time_each(exact.search, [(user[None], NEAREST) for user in users])
    index_ms, found = time_each(cells.search, [(query[None], NEAREST) for query in queries])
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
            "product": retrieve(seed, distances=False),
            "kinds": retrieve(seed, kinds=KINDS),
        }
        more = {f"{name}_{key}": one[key] for name, one in others.items() for key in KEPT}
        runs.append({"seed": seed} | retrieve(seed) | more | rank(seed))
    rounded = [{name: float(f"{value:.4g}") for name, value in one.items()} for one in runs]
    results = {
        "data": "factors invented in the shape of MovieLens 25M",
        "date": date.today().isoformat(),
        "machine": run.machine(loads),
        "versions": run.versions(("torch", "numpy", "faiss-cpu")),
        "probes": {str(n): retrieve(100, n) for n in (4, 8, 16, 20, 32, 64)},
        "runs": rounded,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["probes"], indent=1), *rounded[:3], sep="\n")


if __name__ == "__main__":
    main()
