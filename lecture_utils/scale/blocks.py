"""Ratings in blocks on disk, so that memory need not grow with the data.

A folder of blocks holds

    train-00000.parquet, ...        a random sample of the ratings: user, movie, rating, by_movie
    test.parquet                    what is never trained on: user, movie, rating
    users.parquet, movies.parquet   the published id of each row number
    about.json                      sizes and the mean

`user` and `movie` are row numbers from 0, without gaps. A block is sorted by user; `by_movie` is
the order that sorts it by movie, found once and for all: sorting takes longer than learning.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from pyarrow import parquet
from torch import Tensor

from lecture_utils.sparse import Errors

ABOUT = "about.json"
COLUMNS = {"user": pa.int32(), "movie": pa.int32(), "rating": pa.float32()}
SCHEMA = pa.schema(COLUMNS | {"by_movie": pa.int32()})


class Block(NamedTuple):
    """Ratings sorted by user, as tensors."""

    users: Tensor  # (n,) int32
    items: Tensor  # (n,) int32
    ratings: Tensor  # (n,) float32, stars
    by_item: Tensor  # (n,) int32, the order that sorts them by movie

    def errors(self, num_users: int, num_items: int, mean: float = 0.0) -> Errors:
        """What `sparse.MeanSquare` trains on."""
        turned = (ids.index_select(0, self.by_item) for ids in (self.items, self.users))
        E = _matrix(self.users, self.items, num_users, num_items)
        return Errors(E, _matrix(*turned, num_items, num_users), self.by_item, self.ratings - mean)


def _matrix(rows: Tensor, columns: Tensor, num_rows: int, num_columns: int) -> Tensor:
    """A sparse matrix with room for a number per rating; `rows` (n,) are sorted."""
    start = torch.zeros(num_rows + 1, dtype=torch.int32)
    torch.cumsum(torch.bincount(rows, minlength=num_rows), 0, dtype=torch.int32, out=start[1:])
    return torch.sparse_csr_tensor(
        start, columns, torch.empty(len(rows)), (num_rows, num_columns), check_invariants=False
    )


class Blocks:
    """The folder that `prepare` wrote. Raises ValueError unless it is whole."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        try:
            self.about = json.loads((self.folder / ABOUT).read_text("utf-8"))
        except FileNotFoundError:
            raise FileNotFoundError(f"{self.folder} has no {ABOUT}: it was not prepared") from None
        self.num_users, self.num_movies = self.about["users"], self.about["movies"]
        self.sizes, self.mean = self.about["blocks"], self.about["mean"]
        for path in (*map(self._path, range(len(self))), self.folder / "test.parquet"):
            if not path.is_file():
                raise ValueError(f"{path} is gone: prepare {self.folder} again")

    def __len__(self) -> int:
        return len(self.sizes)

    def _path(self, number: int) -> Path:
        return self.folder / f"train-{number:05}.parquet"

    def read(self, number: int) -> Block:
        """Block `number`, from 0. Raises ValueError if its file is damaged."""
        path = self._path(number)
        try:
            with parquet.ParquetFile(path) as file:
                table = file.read(use_threads=False)
        except (OSError, pa.ArrowInvalid) as error:
            raise ValueError(f"{path} is damaged, prepare {self.folder} again: {error}") from error
        if table.num_rows != self.sizes[number]:
            raise ValueError(f"{path} holds {table.num_rows} ratings, not {self.sizes[number]}")
        if not (table.schema.equals(SCHEMA) and all(c.null_count == 0 for c in table.columns)):
            raise ValueError(f"{path} must have the columns {', '.join(SCHEMA.names)}, all filled")
        columns = (column.combine_chunks() for column in table.columns)
        block = Block(*map(torch.from_dlpack, columns))  # Arrow's own memory, not a copy
        if not self._sound(block):
            raise ValueError(f"{path} is not as `prepare` writes it: prepare {self.folder} again")
        return block

    def _sound(self, block: Block) -> bool:
        """Sparse products believe what they are told, and would read beyond a table's end."""
        users, items, ratings, by_item = block
        return bool(
            users[0] >= 0
            and users[-1] < self.num_users
            and (users.diff() >= 0).all()
            and items.min() >= 0
            and items.max() < self.num_movies
            and (items.index_select(0, by_item).diff() >= 0).all()
            and ratings.isfinite().all()
        )

    def test(self, size: int = 2**16) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """(users, items, ratings), at most `size` at a time."""
        with parquet.ParquetFile(self.folder / "test.parquet") as file:
            for batch in file.iter_batches(size, columns=[*COLUMNS], use_threads=False):
                yield tuple(map(torch.from_dlpack, batch.columns))

    def ids(self, side: str) -> np.ndarray:
        """The published ids, (n,), of the rows of `side`, "users" or "movies"."""
        return parquet.read_table(self.folder / f"{side}.parquet")["id"].to_numpy()
