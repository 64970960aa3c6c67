"""From published ratings to the blocks of `blocks.py`: a shuffle that does not need the memory."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lecture_utils.scale.blocks import ABOUT, COLUMNS, Blocks
from lecture_utils.scale.layouts import Chunk

SIZE = 2**20  # ratings of a block, about
LEAST = 8  # blocks, so that a few processes have something to share
RECORD = np.dtype([("user", "<i4"), ("movie", "<i4"), ("rating", "<f4")])


def prepare(
    chunks: Callable[[], Iterator[Chunk]],
    folder: str | os.PathLike,
    *,
    test: float = 0.1,
    size: int = SIZE,
    seed: int = 0,
    note: dict | None = None,
) -> Blocks:
    """Write `folder` from ratings in any order. `chunks()` is gone through twice; `note` joins
    about.json.

    Each rating goes to a block by lot, and with chance `test` to the test data; memory holds one
    chunk and one block. The folder appears when it is whole, or not at all. Raises FileExistsError
    if there is one, ValueError for bad settings and if there is nothing to train on.
    """
    folder = Path(folder)
    if not 0 < test < 1 or size < 1:
        raise ValueError(f"test must lie between 0 and 1 and size above 0, not {test} and {size}")
    if folder.exists():
        raise FileExistsError(f"{folder} exists already: remove it to prepare it again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        about = _write(chunks, part, test, size, seed) | (note or {})
        (part / ABOUT).write_text(json.dumps(about), "utf-8")
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Blocks(folder)


def _write(chunks, part: Path, test: float, size: int, seed: int) -> dict:
    users, movies, count = np.array([], "i4"), np.array([], "i4"), 0
    for chunk in chunks():
        users, movies = np.union1d(users, chunk.users), np.union1d(movies, chunk.movies)
        count += len(chunk.users)
    number = max(LEAST, round(count * (1 - test) / size))
    if count < 10 * number:
        raise ValueError(f"{count} ratings are too few: there must be at least {10 * number}")
    _deal(chunks(), part, (users, movies), number, test, seed)
    sizes, total = zip(*(_sort(part, block) for block in range(number)))
    tested = _copy_test(part)
    for side, ids in (("users", users), ("movies", movies)):
        _save({"id": ids}, part / f"{side}.parquet")
    return {
        "users": len(users),
        "movies": len(movies),
        "mean": sum(total) / sum(sizes),
        "test": tested,
        "blocks": sizes,
        "fraction": test,
        "seed": seed,
    }


def _deal(chunks, part: Path, ids: tuple, number: int, test: float, seed: int) -> None:
    """Throw every rating into the file of its block or into `test`, by lot."""
    rng = np.random.Generator(np.random.PCG64(seed))
    names = [*map(str, range(number)), "test"]
    for chunk in chunks:
        rows = np.empty(len(chunk.users), RECORD)
        rows["user"], rows["movie"] = map(np.searchsorted, ids, chunk[:2])
        rows["rating"] = chunk.ratings
        lot = rng.random(len(rows))
        block = np.where(lot < test, number, (lot - test) / (1 - test) * number).astype("u2")
        piles = np.split(
            rows[np.argsort(block, kind="stable")],
            np.cumsum(np.bincount(block, minlength=number + 1))[:-1],
        )
        for name, pile in zip(names, piles):
            with (part / name).open("ab") as file:
                file.write(pile.tobytes())


def _sort(part: Path, block: int) -> tuple[int, float]:
    """Turn the pile of `block` into its Parquet file; how many ratings, and their sum."""
    rows = np.fromfile(part / str(block), RECORD)
    rows = rows[np.lexsort((rows["movie"], rows["user"]))]
    columns = {name: rows[name] for name in COLUMNS}
    columns["by_movie"] = np.argsort(rows["movie"], kind="stable").astype("i4")
    _save(columns, part / f"train-{block:05}.parquet")
    (part / str(block)).unlink()
    return len(rows), float(rows["rating"].sum(dtype=float))


def _copy_test(part: Path) -> int:
    """Turn the pile `test`, which may be large, into its Parquet file; how many ratings."""
    rows = np.memmap(part / "test", RECORD, "r")
    with parquet.ParquetWriter(
        part / "test.parquet", pa.schema(COLUMNS), compression="zstd"
    ) as file:
        for start in range(0, len(rows), SIZE):
            some = rows[start : start + SIZE]
            file.write_table(pa.table({name: np.array(some[name]) for name in COLUMNS}))
    (part / "test").unlink()
    return len(rows)


def _save(columns: dict[str, np.ndarray], path: Path) -> None:
    table = pa.table({name: np.ascontiguousarray(column) for name, column in columns.items()})
    parquet.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=["rating"],
        row_group_size=max(1, len(table)),
    )
