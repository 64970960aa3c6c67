"""Ways to go through very many ratings, each in a process of its own, which does nothing else.

python -m benchmarks.scale_ways FOLDER WAY prints one line of JSON;
python -m benchmarks.scale_ways FOLDER invent RATINGS CODE fills FOLDER: the file as MovieLens
publishes it, the blocks made of it, and for others the same training ratings as arrays. These are
sorted by user, as in the published file, which is also the order that suits a cache best.

No module but NumPy at the top: what a way imports counts in its memory, and it should pay for its
own.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.memory import peak_mb

RANK = 10
BATCH, BATCHES, WARM_UP = 2**16, 40, 10  # of minibatches as people make them
ABOUT = "about.json"
COLUMNS = {"user": np.int64, "movie": np.int64, "rating": np.float32}


class Clock:
    """CPU seconds of the start, which ends with the first epoch, and of each epoch after it.

    `laps` holds them; `before_mb` is what the process held when all was imported.
    """

    def start(self) -> None:
        """Let it run."""
        self.laps, self.before_mb, self.since = [], peak_mb(), process_time()

    def lap(self, share: float = 1.0) -> None:
        """Note the time after an epoch, or after a `share` of one."""
        self.laps.append((process_time() - self.since) / share)
        self.since = process_time()


@dataclass(frozen=True)
class Way:
    """A way to go through the ratings.

    `run` takes (folder, clock, epochs): it imports what it needs, starts the clock, goes through
    the ratings `1 + epochs` times and returns what else it has found out.
    """

    who: str
    setting: str
    run: Callable
    epochs: int = 9


def read(folder, clock, _):
    """Read ratings.csv and deal it to blocks."""
    from lecture_utils.scale import layouts
    from lecture_utils.scale.prepare import prepare

    again = folder / "again"
    shutil.rmtree(again, ignore_errors=True)
    clock.start()
    prepare(partial(layouts.read_chunks, layouts.find_ratings(folder)), again)
    clock.lap()
    shutil.rmtree(again)


def ours(folder, clock, epochs, *, rank=RANK, **options):
    """Time the pass over the held-out data, which each epoch of `train` ends with."""
    from lecture_utils.scale.blocks import Blocks
    from lecture_utils.scale.checkpoint import build
    from lecture_utils.scale.train import Training

    _import_adam()
    clock.start()
    blocks = Blocks(folder / "blocks")
    settings = {"model": "mf", "rank": rank, "seed": 0}
    model = build(settings, blocks.num_users, blocks.num_items, blocks.mean)
    training = Training(model, blocks, **options)
    test_mse, training.test_mse = training.test_mse, lambda: 0.0
    for _ in range(1 + epochs):
        train_mse = training.epoch().train_mse
        clock.lap()
    begun = process_time()
    tested = test_mse()
    found = {"test_cpu_s": process_time() - begun, "train_mse": train_mse, "test_mse": tested}
    return {"steps": len(training._steps())} | found


def cornac(folder, clock, epochs, *, shuffled=False):
    """Put the arrays into cornac directly: its `Dataset.build` wants a tuple per rating.

    An epoch is the difference of two fits, so that what a fit does once does not count.
    """
    from cornac.data import Dataset
    from cornac.models import MF

    def fit(epochs: int) -> None:
        MF(k=RANK, max_iter=epochs, num_threads=1, seed=0).fit(data)
        clock.lap()

    clock.start()
    (users, items, ratings), sizes = _arrays(folder)
    if shuffled:  # as stochastic gradients want it; the order of the file is easier on the cache
        order = np.random.Generator(np.random.PCG64(0)).permutation(len(users))
        users, items, ratings = users[order], items[order], ratings[order]
    ids = (dict(zip(range(size), range(size))) for size in sizes)
    data = Dataset(*sizes, *ids, uir_tuple=(users, items, ratings), seed=0)
    fit(1)
    fit(1)
    fit(1 + epochs)
    start, short, long = clock.laps
    clock.laps = [start, (long - short) / epochs]


def document(folder, clock, epochs, *, bias):
    """Run the loop of document 000: all ratings at once, `P[items]`, Adam as it comes."""
    import torch

    from lecture_utils import MatrixFactorization

    _import_adam()
    clock.start()
    train, sizes = _tensors(folder)
    model = MatrixFactorization(*sizes, RANK, bias=bias, mean=train[2].mean().item())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(1 + epochs):
        _step(model, optimizer, train, [slice(None)])
        clock.lap()


def minibatches(folder, clock, _, *, sparse):
    """Run a part of an epoch of embeddings, their gradients sparse or as large as the tables.

    The whole epoch is reckoned from it; the start is loading, shuffling and the first batches.
    """
    import torch

    from lecture_utils import EmbeddingFactorization

    _import_adam()
    clock.start()
    train, sizes = _tensors(folder)
    model = EmbeddingFactorization(*sizes, RANK)
    for table in model.children():
        table.sparse = sparse
    adam = torch.optim.SparseAdam if sparse else torch.optim.Adam
    optimizer = adam(list(model.parameters()), lr=0.01)
    batches = torch.randperm(len(train[0])).split(BATCH)
    _step(model, optimizer, train, batches[:WARM_UP])
    clock.lap()
    some = batches[WARM_UP : WARM_UP + BATCHES] or batches
    _step(model, optimizer, train, some)
    clock.lap(sum(map(len, some)) / len(train[0]))
    return {"steps": len(batches), "steps_timed": len(some)}


def _step(model, optimizer, train, batches):
    """Take a step on each batch, which is an index of the ratings."""
    from lecture_utils.train import mse

    for batch in batches:
        loss = mse(model, [column[batch] for column in train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def als(folder, clock, epochs):
    """Sweep alternating least squares."""
    from lecture_utils import Tensors
    from lecture_utils.methods.als import als as train_models

    clock.start()
    train, sizes = _tensors(folder)
    models = train_models(Tensors(*train), sizes, rank=RANK, ridge_bias=4.0)
    for _ in islice(models, 1 + epochs):
        clock.lap()


def _import_adam():
    import torch

    torch.optim.Adam([torch.zeros(1)])  # the first one imports half of torch


def _arrays(folder):
    """Read users, movies and ratings in the published order, and the sizes of the tables."""
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    columns = [np.load(folder / f"{name}.npy") for name in COLUMNS]
    return columns, (about["users"], about["movies"])


def _tensors(folder):
    import torch

    columns, sizes = _arrays(folder)
    return [*map(torch.from_numpy, columns)], sizes


WAYS = {
    "read": Way("ours", "ratings.csv into blocks", read),
    "full": Way("ours", "in memory, full batch", partial(ours, full_batch=True)),
    "blocks": Way("ours", "in memory, a step per block", ours),
    "stream-full": Way("ours", "streamed, full batch", partial(ours, full_batch=True, stream=True)),
    "stream-blocks": Way("ours", "streamed, a step per block", partial(ours, stream=True)),
    "full-64": Way(
        "ours", "in memory, full batch, rank 64", partial(ours, full_batch=True, rank=64), 5
    ),
    "als": Way("ours", "ALS of lecture 07", als, 3),
    "document": Way("document 000", "P[items], Adam, no biases", partial(document, bias=False), 3),
    "document-bias": Way("document 000", "P[items], Adam", partial(document, bias=True), 3),
    "sparse-adam": Way(
        "PyTorch",
        f"nn.Embedding, SparseAdam, batches of {BATCH:,}",
        partial(minibatches, sparse=True),
    ),
    "adam": Way(
        "PyTorch", f"nn.Embedding, Adam, batches of {BATCH:,}", partial(minibatches, sparse=False)
    ),
    "cornac": Way("cornac", "MF, SGD, in the file's order", cornac),
    "cornac-shuffled": Way("cornac", "MF, SGD, shuffled", partial(cornac, shuffled=True)),
}


def measure(way: Way, folder: Path) -> dict:
    """Return CPU seconds of the start and (median) of a later epoch, or None; memory in MB."""
    clock = Clock()
    found = way.run(folder, clock, way.epochs) or {}
    start, *later = clock.laps
    epoch = float(np.median(later)) if later else None
    memory = {"peak_mb": peak_mb(), "peak_before_mb": clock.before_mb}
    return {"epoch_cpu_s": epoch, "start_cpu_s": start} | memory | found


def invent(folder: Path, number: int, code: str) -> dict:
    """Fill `folder` with about `number` ratings; about.json, written last, holds `code`."""
    from lecture_utils.scale import layouts
    from lecture_utils.scale.prepare import prepare

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ratings = _write_csv(folder / "ratings.csv", number)
    blocks = prepare(partial(layouts.read_chunks, layouts.find_ratings(folder)), folder / "blocks")
    sizes = {"users": blocks.num_users, "movies": blocks.num_items}
    about = {"ratings": ratings, "train": _save_arrays(blocks, folder), "blocks": len(blocks)}
    (folder / ABOUT).write_text(json.dumps(about | sizes | {"code": code}), "utf-8")
    return about


def _write_csv(path: Path, number: int) -> int:
    """Write a file in the layout of MovieLens 25M; return how many ratings it holds."""
    import pandas as pd

    from lecture_utils.scale.layouts import HEADER
    from lecture_utils.synthetic import large as synthetic

    rng, count = np.random.Generator(np.random.PCG64(1)), 0
    with path.open("w", encoding="ascii") as file:
        file.write(f"{HEADER}\n")
        for chunk in synthetic.chunks(number):
            seconds = rng.integers(789_652_009, 1_574_327_703, len(chunk[0]))  # 1995 to 2019
            columns = dict(zip(HEADER.split(","), (*chunk, seconds)))
            pd.DataFrame(columns).to_csv(file, header=False, index=False)
            count += len(seconds)
    return count


def _save_arrays(blocks, folder: Path) -> int:
    """Write the training ratings of all blocks, a file per column; return how many."""
    parts = [blocks.read(number) for number in range(len(blocks))]
    columns = [np.concatenate([p[column].numpy() for p in parts]) for column in range(len(COLUMNS))]
    order = np.argsort(columns[0].astype(np.int64) * blocks.num_items + columns[1])
    for (name, kind), column in zip(COLUMNS.items(), columns):
        np.save(folder / f"{name}.npy", column[order].astype(kind))
    return len(order)


def main(folder: str, way: str, *arguments: str) -> None:
    """Run one way, or one of the steps that prepare it."""
    if way == "invent":
        number, code = arguments
        print(json.dumps(invent(Path(folder), int(number), code)))
    else:
        print(json.dumps(measure(WAYS[way], Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
