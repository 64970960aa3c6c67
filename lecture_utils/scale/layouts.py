"""Reading the ratings of a MovieLens folder as GroupLens publishes it, chunk by chunk.

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
from collections.abc import Iterator
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
ID = (r"0*[1-9][0-9]*", 2**31 - 1, "a whole number from 1 to 2147483647")
STARS = (r"0\.50*|[1-5](\.[05]?0*)?", 5, "a multiple of 0.5 from 0.5 to 5")
SECONDS = (r"-?[0-9]+", 2**63 - 1, "a whole number of seconds")
LONGEST = 200  # characters: a line that does not end, as in a zip, must not fill the memory
BLOCK = 2**22  # bytes that Arrow parses at once, about 170,000 ratings; it reads 32 blocks ahead
REMEDY = "Unpack the archive of grouplens.org/datasets/movielens anew"
_open_text = partial(open, encoding="utf-8-sig", errors="replace")  # opens a zip, too


class Chunk(NamedTuple):
    """Some ratings, with the published ids."""

    users: np.ndarray  # (n,) int32
    movies: np.ndarray  # (n,) int32
    ratings: np.ndarray  # (n,) float32, stars


class Layout(NamedTuple):
    """A file of ratings and how it is written."""

    path: Path
    separator: str  # between two fields
    header: bool  # whether line 1 names the columns

    def __str__(self) -> str:
        return f"{self.path.name} (fields separated by {self.separator!r})"


def find(folder: str | os.PathLike) -> Layout:
    """The file of ratings in `folder`, which is the one that the archive unpacks.

    Raises FileNotFoundError if there is none, ValueError for several or a strange first line.
    """
    folder = Path(folder).expanduser().absolute()
    if folder.is_file():
        raise NotADirectoryError(f"{folder} is a file: give the unpacked folder that it is in")
    paths = [folder / name for name in FILES if (folder / name).is_file()]
    if not paths:
        deeper = sorted({path.parent for name in FILES for path in folder.glob(f"*/{name}")})
        remedy = f"did you mean {' or '.join(map(str, deeper))}?" if deeper else f"{REMEDY}."
        raise FileNotFoundError(f"{folder} holds none of {', '.join(FILES)}: {remedy}")
    if len(paths) > 1:
        raise ValueError(f"{folder} holds {' and '.join(p.name for p in paths)}: leave only one")
    with _open_text(paths[0]) as file:
        line = file.readline(LONGEST).rstrip("\n")
    if line == HEADER:
        return Layout(paths[0], ",", header=True)
    for separator in ("\t", "::"):
        if line.count(separator) == 3:
            return Layout(paths[0], separator, header=False)
    wanted = f"4 fields separated by tabs or '::', or the header {HEADER}"
    raise ValueError(f"{paths[0]}, line 1: expected {wanted}, found {line!r}. {REMEDY}.")


def chunks(layout: Layout, size: int = 2**20) -> Iterator[Chunk]:
    """Go through the file in its order, at most `size` ratings at a time; BLOCK makes it fewer.

    Raises ValueError for a line that is not as it should be (file and line are named), when it
    gets there: the chunks before have been handed out by then.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, not {size}")
    done = 0
    try:
        with _open_arrow(layout) as batches:
            for batch in batches:
                for start in range(0, len(batch), size):
                    yield (chunk := _chunk(batch.slice(start, size)))
                    done += len(chunk.users)
        if not done:
            raise ValueError("there is no rating in it")
    except ValueError as error:  # Arrow's, too
        raise ValueError(f"{_complaint(layout, done, error)}. {REMEDY}.") from error


def _open_arrow(layout: Layout) -> csv.CSVStreamingReader:
    """Record batches with the columns TYPES, and for "::" nameless empty ones between them."""
    names = layout.separator.join(TYPES).split(layout.separator[0])
    lines = {"block_size": BLOCK, "skip_rows": int(layout.header), "column_names": names}
    return csv.open_csv(
        layout.path,
        csv.ReadOptions(use_threads=False, **lines),
        csv.ParseOptions(delimiter=layout.separator[0], quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types=TYPES | {"": pa.null()}, null_values=[""]),
    )


def _chunk(batch: pa.RecordBatch) -> Chunk:
    """ValueError, which does not say where, for a blank field and for a number out of range."""
    columns = [batch.column(name) for name in TYPES]
    if any(column.null_count for column in columns):
        raise ValueError("a field is blank")
    # Copies, since Arrow's own memory is read-only, and torch warns of that.
    chunk = Chunk(*(c.to_numpy(zero_copy_only=False, writable=True) for c in columns[:3]))
    halves = 2 * chunk.ratings.clip(0, 6)  # clipped, since 2 * 3e38 overflows
    stars = (halves == np.rint(halves)) & (halves >= 1) & (halves <= 10)  # NaN fails all of these
    if min(chunk.users.min(), chunk.movies.min()) < 1 or not stars.all():
        raise ValueError("an id or a rating is out of range")
    return chunk


def _complaint(layout: Layout, done: int, error: ValueError) -> str:
    """Search the lines after `done` ratings for a bad one: Arrow need not complain of the first."""
    number = good = layout.header + done
    with _open_text(layout.path) as file:
        lines = islice(iter(partial(file.readline, LONGEST), ""), good, None)
        for number, line in enumerate(lines, start=good + 1):
            if fault := _fault(line.rstrip("\n"), layout.separator):
                return f"{layout.path}, line {number}: {fault}"
    if number == good:
        return f"{layout.path}, line {good + 1}: expected a rating, found the end of the file"
    return f"{layout.path}: {error}"  # Arrow is pickier than `_fault`


def _fault(line: str, separator: str) -> str:
    """What is wrong with a line, "" if nothing is."""
    fields = line.split(separator)
    if len(fields) != len(TYPES):
        return f"expected 4 fields separated by {separator!r}, found {len(fields)}: {line!r}"
    for name, text, (pattern, largest, wanted) in zip(TYPES, fields, (ID, ID, STARS, SECONDS)):
        if not re.fullmatch(pattern, text) or float(text) > largest:
            return f"{name} must be {wanted}, found {text!r}"
    return ""
