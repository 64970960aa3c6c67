"""From published ratings to the blocks of `blocks.py`: a shuffle that does not need the memory."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lecture_utils.scale.blocks import ABOUT, COLUMNS, Blocks
from lecture_utils.scale.layouts import Chunk

SIZE = 2**20  # ratings of a block, about
LEAST = 8  # blocks, so that a few processes have something to share
WRITTEN = {"compression": "zstd", "use_dictionary": ["rating"], "write_page_checksum": True}
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
    folder = Path(folder).expanduser().absolute()
    if not 0 < test < 1 or size < 1:
        raise ValueError(f"test must lie between 0 and 1 and size above 0, not {test} and {size}")
    if folder.exists():
        raise FileExistsError(f"{folder} exists already: remove it to prepare it again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    part.mkdir()
    try:
        about = (note or {}) | _write(chunks, part, test, size, seed)
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
    if count < 10 * LEAST:
        raise ValueError(f"{count} ratings are too few: there must be at least {10 * LEAST}")
    _deal(chunks(), part, (users, movies), number, test, seed)
    sizes, total = zip(*(_sort(part, block) for block in range(number)))
    tested = _copy_test(part)
    if not (tested and all(sizes)):
        left = f"{tested} ratings for the test and {min(sizes)} in a block"
        raise ValueError(f"test={test} and size={size} leave {left}: choose others")
    if sum(sizes) + tested != count:
        raise ValueError("chunks() must give the same ratings each time")
    for side, ids in (("users", users), ("movies", movies)):
        _save({"id": ids.astype("i4")}, part / f"{side}.parquet")
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
        known = all(map(np.array_equal, map(_taken, ids, (rows["user"], rows["movie"])), chunk[:2]))
        if not (known and np.isfinite(rows["rating"]).all()):
            raise ValueError("chunks() must give finite ratings, and the same each time")
        lot = rng.random(len(rows))
        block = np.where(lot < test, number, (lot - test) / (1 - test) * number).astype("u4")
        piles = np.split(
            rows[np.argsort(block, kind="stable")],
            np.cumsum(np.bincount(block, minlength=number + 1))[:-1],
        )
        for name, pile in zip(names, piles, strict=True):
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


def _taken(ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The ids at these rows; a row behind the last stands for an id that there is not."""
    return ids.take(rows, mode="clip")


def _copy_test(part: Path) -> int:
    """Turn the pile `test`, which may be large, into its Parquet file; how many ratings."""
    schema, count = pa.schema(COLUMNS), 0
    with (
        (part / "test").open("rb") as pile,
        parquet.ParquetWriter(part / "test.parquet", schema, **WRITTEN) as file,
    ):
        while len(rows := np.fromfile(pile, RECORD, SIZE)):
            file.write_table(pa.table({name: np.ascontiguousarray(rows[name]) for name in COLUMNS}))
            count += len(rows)
    (part / "test").unlink()
    return count


def _save(columns: dict[str, np.ndarray], path: Path) -> None:
    table = pa.table({name: np.ascontiguousarray(column) for name, column in columns.items()})
    parquet.write_table(table, path, row_group_size=max(1, len(table)), **WRITTEN)
