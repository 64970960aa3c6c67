"""Interactions of a folder of blocks, in memory as one sparse matrix or two, without sorting."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lecture_utils.methods.interactions import LINEAR, Interactions, grade
from lecture_utils.scale.blocks import Blocks


class SparseInteractions(Interactions):
    """Who watched what, and how strongly, as a sparse matrix that is there already."""

    def __init__(self, matrix: Tensor, transposed: Tensor | None = None):
        """Keep X (num_users, num_items), of strengths by LINEAR, and for some its transpose."""
        self.matrix, self.transposed = matrix, transposed
        self.values, self.grades = matrix.values(), LINEAR

    def count_items(self) -> Tensor:
        """Count how often each item was watched, (num_items,)."""
        return torch.bincount(self.matrix.col_indices(), minlength=self.matrix.shape[1])

    def narrow(self, kept: Tensor) -> "SparseInteractions":
        """Return X with these columns alone, `kept` (m,) in ascending order."""
        place = torch.full((self.matrix.shape[1],), -1, dtype=torch.int32)
        place[kept] = torch.arange(len(kept), dtype=torch.int32)
        columns = place.index_select(0, self.matrix.col_indices())
        stay = columns >= 0
        ends = torch.cat([columns.new_zeros(1), stay.cumsum(0, dtype=torch.int32)])
        start = ends.index_select(0, self.matrix.crow_indices())
        shape = self.matrix.shape[0], len(kept)
        return SparseInteractions(_make_matrix(start, columns[stay], self.values[stay], shape))


def read_interactions(
    blocks: Blocks, numbers: Sequence[int], both: bool = False
) -> SparseInteractions:
    """Read the blocks of these `numbers` twice: to count, and to fill in.

    A matrix takes 8 bytes a rating; the transpose is made with `both` alone.
    """
    sizes = blocks.num_users, blocks.num_items
    counts = [torch.zeros(size, dtype=torch.int64) for size in sizes]
    for number in numbers:
        for count, ids in zip(counts, blocks.read(number)[:2]):
            count += torch.bincount(ids, minlength=len(count))
    by_user = _Filling(counts[0], sizes[1])
    by_item = _Filling(counts[1], sizes[0]) if both else None
    for number in numbers:
        users, items, ratings, order = blocks.read(number)
        strengths = grade(ratings, LINEAR)
        by_user.add(users, items, strengths)
        if both:
            by_item.add(*(part.index_select(0, order) for part in (items, users, strengths)))
    return SparseInteractions(by_user.finish(), by_item and by_item.finish())


class _Filling:
    """A sparse matrix in the making, with room for `counts`, (num_rows,), cells in each row."""

    def __init__(self, counts: Tensor, num_columns: int):
        self.shape = len(counts), num_columns
        self.start = torch.cat([counts.new_zeros(1), counts.cumsum(0)]).int()
        self.free = self.start[:-1].long()  # (num_rows,): where a row's next cell goes
        size = int(self.start[-1])
        self.columns, self.values = torch.empty(size, dtype=torch.int32), torch.empty(size)

    def add(self, rows: Tensor, columns: Tensor, values: Tensor) -> None:
        """Fill in these cells, (n,) each; `rows` are sorted."""
        counts = torch.bincount(rows, minlength=len(self.free))
        shift = self.free - (counts.cumsum(0) - counts)
        place = torch.arange(len(rows)) + shift.index_select(0, rows)
        self.columns[place], self.values[place] = columns, values
        self.free += counts

    def finish(self) -> Tensor:
        """Return the matrix, now that all cells are filled in."""
        return _make_matrix(self.start, self.columns, self.values, self.shape)


def slice_rows(cells: Tensor, start: int, end: int) -> Tensor:
    """Return rows start..end-1 of a sparse matrix, in the same memory."""
    starts = cells.crow_indices()[start : end + 1]
    part = slice(int(starts[0]), int(starts[-1]))
    shape = end - start, cells.shape[1]
    return _make_matrix(starts - starts[0], cells.col_indices()[part], cells.values()[part], shape)


def _make_matrix(start: Tensor, columns: Tensor, values: Tensor, shape: tuple) -> Tensor:
    return torch.sparse_csr_tensor(start, columns, values, shape, check_invariants=False)
