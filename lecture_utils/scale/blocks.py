"""Ratings in blocks on disk, so that memory need not grow with the data.

A folder of blocks holds

    train-00000.parquet, ...        a random sample of the ratings: user, movie, rating, by_movie
    test.parquet                    what is never trained on: user, movie, rating
    users.parquet, movies.parquet   the published id of each row number
    titles.parquet                  of movies, by published id, if there were any
    about.json                      sizes and the mean

`user` and `movie` are row numbers from 0, without gaps, and no pair of them occurs twice. A block
is sorted by user; `by_movie` is the order that sorts it by movie, found once and for all: sorting
takes longer than learning.
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
SCHEMA = pa.schema(COLUMNS)  # of the test data
BLOCK_SCHEMA = pa.schema(COLUMNS | {"by_movie": pa.int32()})
ID_SCHEMA = pa.schema({"id": pa.int32()})
TITLE_SCHEMA = pa.schema({"id": pa.int32(), "title": pa.string()})
PIECE = 2**16  # ratings of which a prediction is made at once


class Block(NamedTuple):
    """Ratings sorted by user, as tensors."""

    users: Tensor  # (n,) int32
    items: Tensor  # (n,) int32
    ratings: Tensor  # (n,) float32, stars
    by_item: Tensor  # (n,) int32, the order that sorts them by movie

    def errors(self, num_users: int, num_items: int, mean: float = 0.0) -> Errors:
        """Build what `sparse.MeanSquare` trains on; the ids must lie below these numbers."""
        turned = (ids.index_select(0, self.by_item) for ids in (self.items, self.users))
        E = _build_matrix(self.users, self.items, num_users, num_items)
        E_T = _build_matrix(*turned, num_items, num_users)
        return Errors(E, E_T, self.by_item, self.ratings - mean)


def _build_matrix(rows: Tensor, columns: Tensor, num_rows: int, num_columns: int) -> Tensor:
    """Build a sparse matrix with room for a number per rating; `rows` (n,) are sorted."""
    start = torch.zeros(num_rows + 1, dtype=torch.int32)
    torch.cumsum(torch.bincount(rows, minlength=num_rows), 0, dtype=torch.int32, out=start[1:])
    return torch.sparse_csr_tensor(
        start, columns, torch.empty(len(rows)), (num_rows, num_columns), check_invariants=False
    )


class Blocks:
    """The folder that `prepare` wrote: ratings of rows 0 .. num_users - 1, 0 .. num_items - 1.

    Raises:
        FileNotFoundError: The folder was not prepared.
        ValueError: A file in it is damaged.
    """

    def __init__(self, folder: str | os.PathLike):
        """Read the sizes, and check that every file has as many rows as they say."""
        self.folder = Path(folder).expanduser().absolute()
        about = self.folder / ABOUT
        if not about.is_file():
            raise FileNotFoundError(f"{self.folder}에 {ABOUT}이 없습니다. prepare한 폴더를 주세요.")
        with self._name_damaged(about):
            self.about = json.loads(about.read_text("utf-8"))
            self.num_users, self.num_items = self.about["users"], self.about["movies"]
            self.sizes, self.mean = self.about["blocks"], float(self.about["mean"])
            files = [(f"train-{n:05}", size, BLOCK_SCHEMA) for n, size in enumerate(self.sizes)]
            files += [("test", self.about["test"], SCHEMA)]
        files += [("users", self.num_users, ID_SCHEMA), ("movies", self.num_items, ID_SCHEMA)]
        if "titles" in self.about:
            files.append(("titles", self.about["titles"], TITLE_SCHEMA))
        for name, number, schema in files:
            with self._open(name) as file:
                if file.metadata.num_rows != number or file.schema_arrow != schema:
                    raise ValueError(f"{number} rows of {', '.join(schema.names)} were expected")

    def __len__(self) -> int:
        """Count the blocks."""
        return len(self.sizes)

    @contextmanager
    def _name_damaged(self, path: Path) -> Iterator[None]:
        """Say which file is damaged, and what to do."""
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            remedy = f"{self.folder} 폴더를 지우고 다시 prepare하세요"
            raise ValueError(f"{path} 파일이 손상되었습니다. {remedy} ({error}).") from error

    @contextmanager
    def _open(self, name: str) -> Iterator[parquet.ParquetFile]:
        # Not parquet.read_table: from a folder "id=3" in the path it makes a column "id".
        path = self.folder / f"{name}.parquet"
        verified = {"page_checksum_verification": True}
        with self._name_damaged(path), parquet.ParquetFile(path, **verified) as file:
            yield file

    def read(self, number: int) -> Block:
        """Read block `number`, from 0.

        Raises:
            ValueError: Its file is damaged.
        """
        with self._open(f"train-{number:05}") as file:
            columns = file.read(use_threads=False).combine_chunks().columns
            block = Block(*(torch.from_dlpack(column.chunk(0)) for column in columns))
            self._check(*block)
            return block

    def read_test(self, size: int = PIECE) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield (users, items, ratings) of the test data, at most `size` at a time."""
        with self._open("test") as file:
            for batch in file.iter_batches(size, use_threads=False):
                columns = tuple(map(torch.from_dlpack, batch.columns))
                self._check(*columns)
                yield columns

    def _check(
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

    def read_ids(self, side: str) -> np.ndarray:
        """Read the published ids, (n,), of the rows of `side`, "users" or "movies"."""
        with self._open(side) as file:
            return file.read()["id"].to_numpy()

    def read_titles(self) -> dict[int, str]:
        """Read the titles by published id; none where `prepare` was given none."""
        if "titles" not in self.about:
            return {}
        with self._open("titles") as file:
            return dict(zip(*file.read().to_pydict().values()))

    def find_rated(self, user: int) -> Tensor:
        """Find the movies, (n,) rows in order, that the user in row `user` has rated."""
        blocks = (self.read(number) for number in range(len(self)))
        parts = ((part[0], part[1]) for some in (blocks, self.read_test()) for part in some)
        return torch.cat([items[users == user] for users, items in parts]).long().sort().values
