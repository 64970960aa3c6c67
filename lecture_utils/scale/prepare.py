"""From published ratings to the blocks of `blocks.py`: a shuffle that does not need the memory."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from glob import escape
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lecture_utils.scale.blocks import ABOUT, SCHEMA, TITLE_SCHEMA, Blocks

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # users, movies (published ids), ratings: (n,)
Progress = Callable[[str, int, int | None], object]  # stage, ratings done, of how many

TEST = 0.1  # of the pairs
SIZE = 2**20  # ratings of a block, about
LEAST = 8  # blocks, so that a few processes have something to share
WRITTEN = {"compression": "zstd", "use_dictionary": ["rating"], "write_page_checksum": True}
RECORD = np.dtype([("user", "<i4"), ("movie", "<i4"), ("rating", "<f4")])


def prepare(
    chunks: Callable[[], Iterator[Chunk]],
    folder: str | os.PathLike,
    *,
    test: float = TEST,
    size: int = SIZE,
    seed: int = 0,
    note: dict | None = None,
    titles: Mapping[int, str] | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Blocks:
    """Write `folder` from ratings in any order; memory holds one chunk and one block.

    Each pair of a user and a movie goes to a block or to the test data, at random but always to the
    same one. Of a pair that was rated twice the last rating counts; `Blocks.about["doubled"]` says
    how many were dropped.
    The folder appears when it is whole, or not at all.

    Args:
        chunks: Called twice, it must yield the same ratings each time.
        folder: Must not exist yet.
        test: The chance of a pair to be test data.
        size: Ratings of a block, about; there are never fewer than LEAST blocks.
        seed: Decides where a pair goes.
        note: More entries for about.json.
        titles: Of movies, by published id; kept for those that have ratings.
        progress: Called with a stage, the ratings it has done and, where known, of how many.

    Raises:
        FileExistsError: The folder exists.
        ValueError: A setting is bad, or leaves nothing to train on or to test with.
    """
    folder = Path(folder).expanduser().absolute()
    if not 0 < test < 1 or size < 1:
        raise ValueError(f"test must lie between 0 and 1 and size above 0, not {test} and {size}")
    if folder.exists():
        raise FileExistsError(f"{folder}이(가) 이미 있습니다. 다시 prepare하려면 먼저 지우세요.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    part.mkdir()
    try:
        about = (note or {}) | _write(chunks, part, test, size, seed, progress)
        if titles:
            about["titles"] = _save_titles(titles, part)
        (part / ABOUT).write_text(json.dumps(about), "utf-8")
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Blocks(folder)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed process has left of writing `path`: `.name.1234` beside it."""
    for left in path.parent.glob(f".{escape(path.name)}.*"):
        if left.suffix[1:].isdigit():
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _write(chunks, part: Path, test: float, size: int, seed: int, progress: Progress) -> dict:
    users, movies, count = np.array([], "i4"), np.array([], "i4"), 0
    for some in chunks():
        users, movies = np.union1d(users, some[0]), np.union1d(movies, some[1])
        count += len(some[0])
        progress("평점 세기", count, None)
    if count < 10 * LEAST:
        raise ValueError(f"평점이 {count}개뿐입니다. 적어도 {10 * LEAST}개가 있어야 합니다.")
    number, tests = max(LEAST, round(count * (1 - test) / size)), max(1, round(count * test / size))
    _deal(chunks(), part, (users, movies), (number, tests), test, seed, count, progress)
    sizes, total, done = [], 0.0, 0
    with parquet.ParquetWriter(part / "test.parquet", SCHEMA, **WRITTEN) as test_file:
        for name in range(number + tests):
            pile = np.fromfile(part / str(name), RECORD)
            (part / str(name)).unlink()
            rows = _sort(pile)
            columns = {name: np.ascontiguousarray(rows[name]) for name in SCHEMA.names}
            if name < number:
                columns["by_movie"] = np.argsort(rows["movie"], kind="stable").astype("i4")
                _save(columns, part / f"train-{name:05}.parquet")
                total += float(rows["rating"].sum(dtype=float))
            elif len(rows):
                test_file.write_table(pa.table(columns))
            sizes.append(len(rows))
            done += len(pile)
            progress("블록 정리하기", done, count)
    doubled, sizes, tested = count - sum(sizes), sizes[:number], sum(sizes[number:])
    if not (tested and all(sizes)):
        left = f"테스트에 {tested}개, 가장 작은 블록에 {min(sizes)}개가"
        raise ValueError(f"test {test}, size {size}이면 평점이 {left} 남습니다. 다른 값을 주세요.")
    for side, ids in (("users", users), ("movies", movies)):
        _save({"id": ids.astype("i4")}, part / f"{side}.parquet")
    return {
        "users": len(users),
        "movies": len(movies),
        "mean": total / sum(sizes),
        "test": tested,
        "doubled": doubled,
        "blocks": sizes,
        "fraction": test,
        "seed": seed,
    }


def _deal(
    chunks: Iterator[Chunk], part: Path, ids: tuple[np.ndarray, np.ndarray],
    numbers: tuple[int, int], test: float, seed: int, count: int, progress: Progress,
) -> None:  # fmt: skip
    """Append every rating to the pile of its block: those of training first, then the test's.

    Where it goes depends on its pair and the seed alone, so that both ratings of a pair that was
    rated twice lie in one pile and can be found there.
    """
    number, tests = numbers
    done = 0
    for users, movies, ratings in chunks:
        rows = np.empty(len(users), RECORD)
        rows["user"], rows["movie"] = map(np.searchsorted, ids, (users, movies))
        rows["rating"] = ratings
        # A row behind the last stands for an id that was not there the first time.
        known = (side.take(rows[name], mode="clip") for side, name in zip(ids, ("user", "movie")))
        same = all(map(np.array_equal, known, (users, movies)))
        if not (same and np.isfinite(rows["rating"]).all()):
            raise ValueError("chunks() must give finite ratings, and the same each time")
        lot = _hash(users, movies, seed)
        train = np.minimum((lot - test) / (1 - test) * number, number - 1)  # rounding may reach it
        tested = number + np.minimum(lot / test * tests, tests - 1)
        block = np.where(lot < test, tested, train).astype("u4")
        counts = np.bincount(block, minlength=number + tests)
        piles = np.split(rows[np.argsort(block, kind="stable")], np.cumsum(counts)[:-1])
        for name, pile in enumerate(piles):
            with (part / str(name)).open("ab") as file:
                file.write(pile.tobytes())
        done += len(users)
        progress("블록에 나누기", done, count)
    if done != count:
        raise ValueError("chunks() must give the same ratings each time")


def _hash(users: np.ndarray, movies: np.ndarray, seed: int) -> np.ndarray:
    """Hash each pair to a number in [0, 1), (n,): SplitMix64 (Steele, Lea & Flood 2014)."""
    key = np.random.PCG64(seed).random_raw()
    lot = users.astype("u8") << np.uint64(32) | movies.astype("u8")
    lot = lot * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        lot = (lot ^ lot >> np.uint64(shift)) * np.uint64(factor)
    return ((lot ^ lot >> np.uint64(31)) >> np.uint64(11)) * 2.0**-53


def _sort(rows: np.ndarray) -> np.ndarray:
    """Sort rows by user and movie, and keep the last of each pair."""
    rows = rows[np.lexsort((rows["movie"], rows["user"]))]  # equal pairs stay in the file's order
    last = np.ones(len(rows), bool)
    last[:-1] = (rows["user"][1:] != rows["user"][:-1]) | (rows["movie"][1:] != rows["movie"][:-1])
    return rows[last]


def _save_titles(titles: Mapping[int, str], part: Path) -> int:
    ids = parquet.ParquetFile(part / "movies.parquet").read()["id"].to_pylist()
    known = [(movie, titles[movie]) for movie in ids if movie in titles]
    table = pa.table([*zip(*known)] or [[], []], schema=TITLE_SCHEMA)
    parquet.write_table(table, part / "titles.parquet", **WRITTEN)
    return len(known)


def _save(columns: dict[str, np.ndarray], path: Path) -> None:
    table = pa.table(columns)
    parquet.write_table(table, path, row_group_size=max(1, len(table)), **WRITTEN)
