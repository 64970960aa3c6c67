"""The data of the lectures: MovieLens 100K and the small table of document 003.

MovieLens 100K: F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and
Context. ACM Transactions on Interactive Intelligent Systems 5(4), 19.
The 9x8 table: 최규빈 (전북대학교), 딥러닝 2024, 11wk-1 (document 003).
"""

import contextlib
import csv
import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from lecture_utils.download import REMEDY, SPLITS, DownloadError, find_movielens
from lecture_utils.synthetic import small

NUM_USERS, NUM_MOVIES, NUM_RATINGS = 943, 1682, 100_000
LARGEST = 2**31 - 1
COLUMNS = ["user", "movie", "rating"]  # what a model takes
RANGES = {
    "user": (1, NUM_USERS), "movie": (1, NUM_MOVIES), "rating": (1, 5), "timestamp": (0, LARGEST)
}  # fmt: skip
MOVIE_FIELDS = ("movie", "title", "release_date", "video_release_date", "imdb_url")
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",
    "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance",
    "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
SOLO = Path(__file__).with_name("course")  # the two tables of document 003


@dataclass(frozen=True, eq=False)
class Ratings:
    """One split of MovieLens 100K. Ids start at 1, as published, so row 0 of a table is unused."""

    name: str  # "ml-100k" or "synthetic"
    train: pd.DataFrame  # user, movie, rating, timestamp (seconds since 1970)
    test: pd.DataFrame  # the same columns
    movies: pd.DataFrame  # movie, title, release_date, one 0/1 column per genre
    users: pd.DataFrame  # user, age, gender, occupation, zip

    @property
    def num_users(self) -> int:
        """Rows that a table of users needs: 944. From the catalogue, not from a split."""
        return int(self.users["user"].max()) + 1

    @property
    def num_items(self) -> int:
        """Rows that a table of movies needs: 1683."""
        return int(self.movies["movie"].max()) + 1

    @property
    def size(self) -> tuple[int, int]:
        """(num_users, num_items), as a method takes it."""
        return self.num_users, self.num_items

    @property
    def offered(self) -> torch.Tensor:
        """Ids of the movies that may be recommended, (1682,): all of the catalogue."""
        return torch.tensor(self.movies["movie"].to_numpy(copy=True))


class Solo(NamedTuple):
    """The small example of document 003."""

    table: pd.DataFrame  # (9, 8) women x men, NaN where blank
    blanks: pd.DataFrame  # woman, man, rating: the 7 blanks whose true value is known


class Tensors(NamedTuple):
    """Ratings as a model takes them."""

    users: torch.Tensor  # (n,) int64
    items: torch.Tensor  # (n,) int64
    ratings: torch.Tensor  # (n,) float32


def load_movielens(split: str = "ua", root: str | os.PathLike | None = None) -> Ratings:
    """Load a split of MovieLens 100K.

    Where no copy can be had, a synthetic set of the same shape comes back, with a warning.

    Args:
        split: "ua", "ub" (10 test ratings per user) or "u1" to "u5" (a fifth of all).
        root: The unpacked folder, or ml-100k.zip itself; without it see `find_movielens`.

    Raises:
        ValueError: For an unknown split, a line that is not as it should be (file and line are
            named), a wrong number of ratings and a pair of user and movie that stands twice.
        FileNotFoundError: If a given folder lacks files.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: choose one of {', '.join(SPLITS)}")
    try:
        folder = find_movielens(root)
    except DownloadError as error:
        warnings.warn(str(error), stacklevel=2)
        return Ratings("synthetic", *small.make(split))
    paths = [folder / f"{split}.{part}" for part in ("base", "test")]
    train, test = (_read_table(path, "\t", [*RANGES], RANGES) for path in paths)
    hold = f"{split}.base and {split}.test in {folder} hold"
    if len(train) + len(test) != NUM_RATINGS:
        wanted = f"{len(train)} + {len(test)} ratings, not {NUM_RATINGS}"
        raise ValueError(f"{hold} {wanted}: {REMEDY}")
    movies, users = _read_movies(folder / "u.item"), _read_users(folder / "u.user")
    if doubled := count_doubled(pd.concat([train, test])):
        raise ValueError(f"{hold} {doubled} pairs of user and movie more than once: {REMEDY}")
    return Ratings("ml-100k", train, test, movies, users)


def load_solo() -> Solo:
    """Load the 9x8 table exactly as document 003 prints it, and the truth for seven blanks.

    The row 보람(ES) is shifted by one column in the document, and so it is here: the author's
    full table has 0.48 0.51 1.03 1.00 3.65 3.52 4.00 3.82. That is why her blanks have no truth.
    """
    table = pd.read_csv(SOLO / "solo.csv", index_col=0).rename_axis(None)
    return Solo(table, pd.read_csv(SOLO / "solo_blanks.csv"))


def as_tensors(frame: pd.DataFrame | tuple[torch.Tensor, ...]) -> Tensors:
    """Convert the columns user, movie and rating to (n,) int64, int64 and float32 tensors.

    Args:
        frame: Such as `data.train`. A mapping of arrays will do, too, and numbers of any
            dtype, so long as each id is a whole number. A pair of user and movie that stands
            twice is kept, with a warning. Three tensors pass as they are.

    Raises:
        TypeError: If this is no frame.
        ValueError: If the frame is empty, lacks a column, or holds a rating that is not a finite
            number or an id that is not a whole number from 1 on.
    """
    if isinstance(frame, tuple):  # tensors already
        return Tensors(*frame)
    if not isinstance(frame, pd.DataFrame | Mapping):
        raise TypeError(f"as_tensors takes a frame like data.train, not {type(frame).__name__}")
    check_frame(frame, *COLUMNS)
    frame = pd.DataFrame({name: frame[name] for name in COLUMNS})
    for name in COLUMNS[:2]:
        frame[name] = _convert_whole(frame[name], 1, LARGEST)
    ratings = pd.to_numeric(frame["rating"], errors="coerce").astype("float64")
    finite = ratings.abs() <= torch.finfo(torch.float32).max
    _refuse(frame["rating"], ~finite, "a finite number")
    frame["rating"] = ratings.astype("float32")
    warn_doubled(frame)
    return Tensors(*(torch.tensor(frame[name].to_numpy()) for name in COLUMNS))


def check_frame(frame: pd.DataFrame | Mapping, *columns: str) -> None:
    """Raise ValueError where ratings lack one of these columns, or there are none."""
    if absent := [name for name in columns if name not in frame]:
        found = f"it has {[*frame]}; name them with frame.rename(columns=...)"
        raise ValueError(f"the frame lacks the column {', '.join(absent)}: {found}")
    if not len(frame[columns[0]]):
        raise ValueError("the frame is empty: there must be at least one rating")


def count_doubled(frame: pd.DataFrame) -> int:
    """Count the rows whose user and movie have stood in an earlier row."""
    return int(frame.duplicated(["user", "movie"]).sum())


def warn_doubled(frame: pd.DataFrame, stacklevel: int = 3) -> None:
    """Warn the caller's caller, in Korean, of rows whose pair has stood in an earlier row."""
    if doubled := count_doubled(frame):
        warnings.warn(
            f"사용자와 영화가 앞의 행과 같은 행이 {doubled:,}개 있습니다. 이대로 나누면 같은 "
            "평점이 훈련과 테스트 양쪽에 들어갈 수 있습니다. 하나씩만 남기려면 "
            'frame.drop_duplicates(["user", "movie"])를 쓰세요.',
            stacklevel=stacklevel,
        )


def _read_movies(path: Path) -> pd.DataFrame:
    ranges = {"movie": (1, NUM_MOVIES), **dict.fromkeys(GENRES, (0, 1))}
    table = _read_catalogue(path, [*MOVIE_FIELDS, *GENRES], ranges)
    with contextlib.suppress(UnicodeDecodeError):  # unless an editor has saved it as UTF-8
        table["title"] = [title.encode("latin-1").decode("utf-8") for title in table["title"]]
    return table.drop(columns=["video_release_date", "imdb_url"])


def _read_users(path: Path) -> pd.DataFrame:
    ranges = {"user": (1, NUM_USERS), "age": (0, 150)}
    return _read_catalogue(path, ["user", "age", "gender", "occupation", "zip"], ranges)


def _read_catalogue(path: Path, names: list[str], ranges: dict) -> pd.DataFrame:
    """Read a table whose ids go from 1 to their maximum in order: sizes are taken from here."""
    table, count = _read_table(path, "|", names, ranges), ranges[names[0]][1]
    if table[names[0]].tolist() != list(range(1, count + 1)):
        raise ValueError(f"{path} must list the ids 1 to {count} in order, one line each")
    return table


def _read_table(path: Path, separator: str, names: list[str], ranges: dict) -> pd.DataFrame:
    """Read one row per line, one field per name: whole numbers within `ranges`, text elsewhere.

    The archive is latin-1 ("Les Misérables"). Where pandas' fast parser finds anything strange,
    the file is read again line by line, which names the line or finds that all is well.
    """
    text = path.read_text("latin-1").rstrip("\n")
    if not text:
        raise ValueError(f"{path} is empty: {REMEDY}")
    table = _read_fast(text.encode("latin-1"), separator, names, ranges)
    if table is not None:
        return table
    rows = [line.split(separator) for line in text.split("\n")]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            expected = f"{len(names)} fields separated by {separator!r}"
            raise ValueError(f"{path}, line {number}: expected {expected}, found {len(row)}: {row}")
    table = pd.DataFrame(rows, columns=names)
    for name, limits in ranges.items():
        table[name] = _convert_whole(table[name], *limits, path)
    return table


def _read_fast(text: bytes, separator: str, names: list[str], ranges: dict) -> pd.DataFrame | None:
    """Read like `_read_table`, at the speed of `pd.read_csv`; None where anything is strange.

    By itself read_csv fills up a short row with NaN and makes an index of a long one, silently.
    """
    line = (separator * (len(names) - 1) + "\n").encode()
    ends = text.translate(None, bytes({*range(256)} - {*line})) + b"\n"  # what ends a field
    if ends != line * (len(ends) // len(line)) or b"\0" in text:
        return None
    types = {name: str for name in names if name not in ranges}
    options = {"encoding": "latin-1", "quoting": csv.QUOTE_NONE, "na_filter": False}
    table = pd.read_csv(
        io.BytesIO(text), sep=separator, names=names, dtype=types, low_memory=False, **options
    )
    numbers, (low, high) = table[[*ranges]].to_numpy(), zip(*ranges.values())
    fine = numbers.dtype == "int64" and ((low <= numbers) & (numbers <= high)).all()
    return table if fine else None


def _convert_whole(values: pd.Series, low: int, high: int, path: Path | None = None) -> pd.Series:
    """Convert numbers, or text from the file `path`, to int64, all from `low` to `high`."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")  # NaN where not a number
    wrong = ~numbers.between(low, high) | (numbers % 1 != 0)
    _refuse(values, wrong, f"a whole number from {low} to {high}", path)
    return numbers.astype("int64")


def _refuse(values: pd.Series, wrong: pd.Series, wanted: str, path: Path | None = None) -> None:
    """Raise ValueError for the first wrong value, naming it and where it stands."""
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        where = f"{path}, line {at + 1}" if path else f"row {values.index[at]}"
        raise ValueError(f"{where}: {values.name} must be {wanted}, found {values.iloc[at]!r}")
