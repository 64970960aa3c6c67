"""The data of the lectures: MovieLens 100K and the small table of document 003.

MovieLens 100K: F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and
Context. ACM Transactions on Interactive Intelligent Systems 5(4), 19.
The 9x8 table: 최규빈 (전북대학교), 딥러닝 2024, 11wk-1 (document 003).
"""

import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from lecture_utils.download import ENVIRONMENT, REMEDY, SPLITS, DownloadError, find_movielens
from lecture_utils.synthetic import small

NUM_USERS, NUM_MOVIES, NUM_RATINGS = 943, 1682, 100_000
LARGEST = 2**31 - 1
RANGES = {
    "user": (1, NUM_USERS),
    "movie": (1, NUM_MOVIES),
    "rating": (1, 5),
    "timestamp": (0, LARGEST),
}
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",
    "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance",
    "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
SOLO_TABLE = """
         영식(IN) 영철(IN) 영호(IS) 광수(IS) 상철(EN) 영수(EN) 규빈(ES) 다호(ES)
옥순(IN)   NaN     4.02     3.45     3.42     0.84     1.12     0.43     0.49
영자(IN)   3.93    3.99     3.63     3.43     0.98     0.96     0.52     NaN
정숙(IS)   3.52    3.42     4.05     4.06     0.39     NaN      0.93     0.99
영숙(IS)   3.43    3.57     NaN      3.95     0.56     0.52     0.89     0.89
순자(EN)   1.12    NaN      0.59     0.43     4.01     4.16     3.52     3.38
현숙(EN)   0.94    1.05     0.32     0.45     4.02     3.78     NaN      3.54
서연(ES)   0.51    0.56     0.88     0.89     3.50     3.64     4.04     4.10
보람(ES)   0.48    0.51     1.03     NaN      3.52     4.00     3.82     NaN
하니(I)    4.85    4.82     NaN      4.98     4.53     4.39     4.45     4.52
"""
SOLO_BLANKS = (
    ("옥순(IN)", "영식(IN)", 3.93),
    ("영자(IN)", "다호(ES)", 0.32),
    ("정숙(IS)", "영수(EN)", 0.67),
    ("영숙(IS)", "영호(IS)", 4.11),
    ("순자(EN)", "영철(IN)", 0.92),
    ("현숙(EN)", "규빈(ES)", 3.45),
    ("하니(I)", "영호(IS)", 4.75),
)


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
    """Load a split of MovieLens 100K: "ua", "ub" (10 test ratings per user) or "u1" to "u5".

    `root` is a folder with the unpacked archive; without it see `find_movielens`. Where no copy
    can be had, a synthetic set of the same shape comes back, with a warning.
    Raises ValueError for an unknown split and for a line that is not as it should be (file and
    line are named), FileNotFoundError if a given folder lacks files.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: choose one of {', '.join(SPLITS)}")
    try:
        folder = find_movielens(root)
    except DownloadError as error:
        warnings.warn(_lament(error), stacklevel=2)
        return Ratings("synthetic", *small.make(split))
    train, test = (_read_ratings(folder / f"{split}.{part}") for part in ("base", "test"))
    if len(train) + len(test) != NUM_RATINGS:
        found = f"{len(train)} + {len(test)} ratings, not {NUM_RATINGS}"
        raise ValueError(f"{split}.base and {split}.test in {folder} hold {found}: {REMEDY}")
    movies, users = _read_movies(folder / "u.item"), _read_users(folder / "u.user")
    return Ratings("ml-100k", train, test, movies, users)


def load_solo() -> Solo:
    """The 9x8 table exactly as document 003 prints it, and the truth for seven of its blanks.

    The row 보람(ES) is shifted by one column in the document, and so it is here: the author's
    full table has 0.48 0.51 1.03 1.00 3.65 3.52 4.00 3.82. That is why her blanks have no truth.
    """
    table = pd.read_csv(io.StringIO(SOLO_TABLE), sep=r"\s+", index_col=0)
    return Solo(table, pd.DataFrame(SOLO_BLANKS, columns=["woman", "man", "rating"]))


def as_tensors(frame: pd.DataFrame | tuple[torch.Tensor, ...]) -> Tensors:
    """Columns user, movie, rating of `frame` as (n,) int64, int64 and float32 tensors.

    Raises ValueError if the frame is empty, lacks a column, or holds a rating that is not a
    finite number or an id that is not a whole number from 1 on.
    """
    if isinstance(frame, tuple):  # tensors already
        return Tensors(*frame)
    columns = ["user", "movie", "rating"]
    if absent := [name for name in columns if name not in frame]:
        raise ValueError(f"the frame lacks the column {', '.join(absent)}: it has {[*frame]}")
    if frame.empty:
        raise ValueError("the frame is empty: there must be at least one rating")
    users, items = (_whole(frame[name], 1, LARGEST) for name in columns[:2])
    ratings = pd.to_numeric(frame["rating"], errors="coerce").astype("float64")
    _refuse(frame["rating"], ~ratings.abs().lt(float("inf")), "a finite number")
    return Tensors(
        torch.tensor(users.to_numpy()),
        torch.tensor(items.to_numpy()),
        torch.tensor(ratings.to_numpy(), dtype=torch.float32),
    )


def _read_ratings(path: Path) -> pd.DataFrame:
    table = _read_table(path, "\t", [*RANGES])
    return pd.DataFrame({name: _whole(table[name], *RANGES[name], path) for name in RANGES})


def _read_movies(path: Path) -> pd.DataFrame:
    names = ["movie", "title", "release_date", "video_release_date", "imdb_url", *GENRES]
    table = _read_table(path, "|", names)
    table["movie"] = _catalogue(table["movie"], NUM_MOVIES, path)
    for genre in GENRES:
        table[genre] = _whole(table[genre], 0, 1, path)
    return table.drop(columns=["video_release_date", "imdb_url"])


def _read_users(path: Path) -> pd.DataFrame:
    table = _read_table(path, "|", ["user", "age", "gender", "occupation", "zip"])
    table["user"] = _catalogue(table["user"], NUM_USERS, path)
    table["age"] = _whole(table["age"], 0, 150, path)
    return table


def _read_table(path: Path, separator: str, names: list[str]) -> pd.DataFrame:
    """Every field as text, one row per line, exactly one field per name.

    Not `pd.read_csv`: it fills up a short row with NaN and makes an index of a long one, silently.
    The archive is latin-1 ("Les Misérables").
    """
    text = path.read_text("latin-1").rstrip("\n")
    if not text:
        raise ValueError(f"{path} is empty: {REMEDY}")
    rows = [line.split(separator) for line in text.split("\n")]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            expected = f"{len(names)} fields separated by {separator!r}"
            raise ValueError(f"{path}, line {number}: expected {expected}, found {len(row)}: {row}")
    return pd.DataFrame(rows, columns=names)


def _catalogue(texts: pd.Series, count: int, path: Path) -> pd.Series:
    """Ids 1 to `count` in order, one line each: sizes are taken from here."""
    ids = _whole(texts, 1, count, path)
    if ids.tolist() != list(range(1, count + 1)):
        raise ValueError(f"{path} must list the ids 1 to {count} in order, one line each")
    return ids


def _whole(values: pd.Series, low: int, high: int, path: Path | None = None) -> pd.Series:
    """`values` (numbers, or text from the file `path`) as int64, all from `low` to `high`."""
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


def _lament(error: DownloadError) -> str:
    """What a student reads when the download failed."""
    tried = "".join(f"\n  - {url}: {reason}" for url, reason in error.failures)
    return (
        "MovieLens 100K를 내려받지 못했습니다. 모양만 같은 합성(synthetic) 데이터로 계속합니다. "
        "지금부터 나오는 숫자는 실제 평점에서 나온 것이 아닙니다.\n"
        f"시도한 곳:{tried}\n"
        "해결 방법: ml-100k.zip을 직접 구해 압축을 푼 다음 "
        f'load_movielens(root="그 폴더")로 부르거나, 환경 변수 {ENVIRONMENT}에 그 폴더를 적고 '
        "커널을 다시 시작해 봅시다."
    )
