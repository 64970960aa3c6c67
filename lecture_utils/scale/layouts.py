"""Read the ratings of a MovieLens folder as GroupLens publishes it, chunk by chunk.

    100K             u.data        1<tab>1193<tab>5<tab>978300760
    1M, 10M          ratings.dat   1::1193::5::978300760
    20M, 25M, 32M    ratings.csv   1,1193,5.0,978300760 under a header

The first line of a file tells which of them it is, not its name. Ids are whole numbers from 1 on,
ratings multiples of half a star, timestamps (seconds since 1970) are checked and then dropped.
F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and Context.
ACM Transactions on Interactive Intelligent Systems 5(4), 19.
"""

import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv

FILES = ("u.data", "ratings.dat", "ratings.csv")
HEADER = "userId,movieId,rating,timestamp"
TYPES = dict(zip(HEADER.split(","), (pa.int32(), pa.int32(), pa.float32(), pa.int64())))
# Of a field: what it looks like, its maximum, both in words.
ID = (r"0*[1-9][0-9]*", 2**31 - 1, "1에서 2147483647까지의 정수")
STARS = (r"0\.50*|[1-5](\.[05]?0*)?", 5, "0.5에서 5까지 0.5점 단위의 별점")
SECONDS = (r"-?[0-9]+", 2**63 - 1, "초를 세는 정수")
FIELDS = {"userId": ID, "movieId": ID, "rating": STARS, "timestamp": SECONDS}
COUNTS = {2: "두", 4: "네"}
LONGEST = 200  # characters: a line that does not end, as in a zip, must not fill the memory
BLOCK = 2**22  # bytes that Arrow parses at once, about 170,000 ratings; it reads 32 blocks ahead
REMEDY = """
    grouplens.org/datasets/movielens에서 받은 것이라면 압축을 다시 푸세요.
    직접 모은 데이터라면 이렇게 바꾸세요. 10점 만점이면 별점을 2로 나눕니다.
        frame = pd.read_csv("내 파일.csv")
        users, user_names = frame["사용자"].factorize()
        items, item_names = frame["작품"].factorize()
        pd.DataFrame({"userId": users + 1, "movieId": items + 1,
                      "rating": frame["별점"].mul(2).round().clip(1, 10) / 2, "timestamp": 0}
                    ).to_csv("ratings.csv", index=False)"""
_open_text = partial(open, encoding="utf-8-sig", errors="replace")  # opens a zip, too


class Layout(NamedTuple):
    """A file of ratings and how it is written."""

    path: Path
    separator: str  # between two fields
    header: bool  # whether line 1 names the columns


def find_ratings(folder: str | os.PathLike) -> Layout:
    """Find the file of ratings in `folder`, which is the one that the archive unpacks.

    Raises:
        FileNotFoundError: There is none.
        ValueError: There are several, or the first line is of no known layout.
    """
    folder = Path(folder).expanduser().absolute()
    paths = [folder / name for name in FILES if (folder / name).is_file()]
    if not paths:
        deeper = sorted({path.parent for name in FILES for path in folder.glob(f"*/{name}")})
        meant = f"혹시 {' 또는 '.join(map(str, deeper))}인가요?"
        lacks = f"{folder} 폴더에 {', '.join(FILES)} 가운데 아무것도 없습니다."
        raise FileNotFoundError(f"{lacks} {meant}" if deeper else lacks + REMEDY)
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise ValueError(f"{folder} 폴더에 {names}가 함께 있습니다. 하나만 남기세요.")
    with _open_text(paths[0]) as file:
        line = file.readline(LONGEST).rstrip("\n")
    if line == HEADER:
        return Layout(paths[0], ",", header=True)
    for separator in ("\t", "::"):
        if line.count(separator) == 3:
            return Layout(paths[0], separator, header=False)
    wanted = f"탭이나 '::'로 나뉜 네 칸, 또는 머리줄 {HEADER}이어야 합니다"
    raise ValueError(f"{paths[0]} 1번째 줄: {wanted}. 읽은 것: {line!r}{REMEDY}")


def read_chunks(layout: Layout, size: int = 2**20) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield (users, movies, ratings) in the file's order, at most `size` ratings at a time.

    Ids are the published ones, int32; ratings are stars, float32; all are of shape (n,). BLOCK may
    make chunks smaller.

    Raises:
        ValueError: A line is not as it should be. File and line are named, when it gets there: the
            chunks before have been handed out by then.
    """
    done = 0
    try:
        with _open_arrow(layout) as batches:
            for batch in batches:
                for start in range(0, len(batch), size):
                    yield (chunk := _check_batch(batch.slice(start, size)))
                    done += len(chunk[0])
        if not done:
            raise ValueError("평점이 하나도 없습니다")
    except ValueError as error:  # Arrow's, too
        raise ValueError(_explain(layout, done, error) + REMEDY) from error


def _open_arrow(layout: Layout) -> csv.CSVStreamingReader:
    """Open record batches with the columns TYPES, and for "::" nameless empty ones between them."""
    names = layout.separator.join(TYPES).split(layout.separator[0])
    lines = {"block_size": BLOCK, "skip_rows": int(layout.header), "column_names": names}
    return csv.open_csv(
        layout.path,
        csv.ReadOptions(use_threads=False, **lines),
        csv.ParseOptions(delimiter=layout.separator[0], quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types=TYPES | {"": pa.null()}, null_values=[""]),
    )


def _check_batch(batch: pa.RecordBatch) -> tuple[np.ndarray, ...]:
    """Raise ValueError, which does not say where, for a blank field or a number out of range."""
    columns = [batch.column(name) for name in TYPES]
    if any(column.null_count for column in columns):
        raise ValueError("a field is blank")
    # Copies, since Arrow's own memory is read-only, and torch warns of that.
    chunk = tuple(c.to_numpy(zero_copy_only=False, writable=True) for c in columns[:3])
    users, movies, ratings = chunk
    halves = 2 * ratings.clip(0, 6)  # clipped, since 2 * 3e38 overflows
    stars = (halves == np.rint(halves)) & (halves >= 1) & (halves <= 10)  # NaN fails all of these
    if min(users.min(), movies.min()) < 1 or not stars.all():
        raise ValueError("an id or a rating is out of range")
    return chunk


def _explain(layout: Layout, done: int, error: ValueError) -> str:
    """Search the lines after `done` ratings for a bad one: Arrow need not complain of the first."""
    number = good = layout.header + done
    with _open_text(layout.path) as file:
        lines = islice(iter(partial(file.readline, LONGEST), ""), good, None)
        for number, line in enumerate(lines, start=good + 1):
            if fault := find_fault(line.rstrip("\n"), layout.separator):
                return f"{layout.path} {number}번째 줄: {fault}"
    if number == good:
        return f"{layout.path} {good + 1}번째 줄: 평점이 있어야 하는데 파일이 끝났습니다."
    return f"{layout.path} 파일을 읽지 못했습니다 ({error})."  # Arrow is pickier than find_fault


def find_fault(line: str, separator: str, names: Iterable[str] = FIELDS) -> str:
    """Say what is wrong with a line of the fields `names`, "" if nothing is."""
    fields, names = line.split(separator), [*names]
    if len(fields) != len(names):
        wanted = f"{separator!r}로 나뉜 {COUNTS[len(names)]} 칸이어야 하는데"
        return f"{wanted} {len(fields)}칸입니다: {line!r}"
    for name, text in zip(names, fields):
        pattern, largest, wanted = FIELDS[name]
        if not re.fullmatch(pattern, text) or float(text) > largest:
            return f"{name} 칸은 {wanted}이어야 합니다. 읽은 것: {text!r}"
    return ""
