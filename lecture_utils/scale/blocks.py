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
from contextlib import contextmanager
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
IDS = {"id": pa.int32()}
VERIFIED = {"page_checksum_verification": True}


class Block(NamedTuple):
    """Ratings sorted by user, as tensors."""

    users: Tensor  # (n,) int32
    items: Tensor  # (n,) int32
    ratings: Tensor  # (n,) float32, stars
    by_item: Tensor  # (n,) int32, the order that sorts them by movie

    def errors(self, num_users: int, num_items: int, mean: float = 0.0) -> Errors:
        """What `sparse.MeanSquare` trains on. Raises IndexError for an id outside the tables."""
        if int(self.users.max()) >= num_users or int(self.items.max()) >= num_items:
            raise IndexError(f"ids must lie below {num_users} (users) and {num_items} (items)")
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
    """The folder that `prepare` wrote. Raises FileNotFoundError if it is not one, ValueError if it
    is not whole."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder).expanduser().absolute()
        about = self.folder / ABOUT
        if not about.is_file():
            raise FileNotFoundError(f"{self.folder} has no {ABOUT}: it was not prepared")
        with self._blame(about):
            self.about = json.loads(about.read_text("utf-8"))
            self.num_users, self.num_items = self.about["users"], self.about["movies"]
            self.sizes, self.mean = self.about["blocks"], float(self.about["mean"])
            expected = {self._path(n): (size, SCHEMA) for n, size in enumerate(self.sizes)}
        rows = {"test": self.about["test"], "users": self.num_users, "movies": self.num_items}
        for name, number in rows.items():
            schema = pa.schema(COLUMNS if name == "test" else IDS)
            expected[self.folder / f"{name}.parquet"] = number, schema
        for path, (number, schema) in expected.items():
            with self._blame(path):
                found = parquet.read_metadata(path)
                if found.num_rows != number or found.schema.to_arrow_schema() != schema:
                    raise ValueError(f"{number} rows of {', '.join(schema.names)} were expected")

    def __len__(self) -> int:
        return len(self.sizes)

    def _path(self, number: int) -> Path:
        return self.folder / f"train-{number:05}.parquet"

    @contextmanager
    def _blame(self, path: Path) -> Iterator[None]:
        """Say which file is damaged, and what to do."""
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            remedy = f"remove {self.folder} and prepare it again"
            raise ValueError(f"{path} is damaged: {remedy} ({error})") from error

    def read(self, number: int) -> Block:
        """Block `number`, from 0. Raises ValueError if its file is damaged."""
        path = self._path(number)
        with self._blame(path), parquet.ParquetFile(path, **VERIFIED) as file:
            columns = file.read(use_threads=False).combine_chunks().columns
            block = Block(*(torch.from_dlpack(column.chunk(0)) for column in columns))
            self._refuse(*block)
            return block

    def test(self, size: int = 2**16) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """(users, items, ratings), at most `size` at a time."""
        path = self.folder / "test.parquet"
        with self._blame(path), parquet.ParquetFile(path, **VERIFIED) as file:
            for batch in file.iter_batches(size, use_threads=False):
                columns = tuple(map(torch.from_dlpack, batch.columns))
                self._refuse(*columns)
                yield columns

    def _refuse(
        self, users: Tensor, items: Tensor, ratings: Tensor, by_item: Tensor | None = None
    ) -> None:
        """Raise ValueError for numbers on which sparse products would read beyond a table."""
        n = len(users)
        fine = users.min() >= 0 and users.max() < self.num_users
        fine = fine and items.min() >= 0 and items.max() < self.num_items
        fine = fine and ratings.isfinite().all()
        if by_item is not None:
            fine = fine and (users.diff() >= 0).all() and by_item.min() >= 0 and by_item.max() < n
            # movie by movie, each rating once
            fine = fine and ((items.index_select(0, by_item).long() * n + by_item).diff() > 0).all()
        if not fine:
            raise ValueError("ids or ratings are not as `prepare` writes them")

    def ids(self, side: str) -> np.ndarray:
        """The published ids, (n,), of the rows of `side`, "users" or "movies"."""
        return parquet.read_table(self.folder / f"{side}.parquet")["id"].to_numpy()
