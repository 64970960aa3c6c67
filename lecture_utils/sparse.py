"""Ratings as a sparse matrix: what makes a full-batch step fast.

`P[items]` is easy to read, but its gradient adds 90,570 rows one after the other into a small
table, and that is where a step spends its time. The same gradient is a product: with the errors in
a sparse matrix E (users x movies), dQ = E P and dP = E^T Q.
"""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from lecture_utils.models import MatrixFactorization, check_pairs

WORTHWHILE = 1000  # ratings; a smaller table is as fast without

with warnings.catch_warnings():  # PyTorch remarks, once, that its sparse CSR matrices are "in beta"
    warnings.simplefilter("ignore", UserWarning)
    torch.eye(1).to_sparse_csr()


class Rows:
    """Ratings as the sparse matrix (num_rows, num_columns), stored row by row.

    `rows` and `columns` are ids of shape (n,), in any order; each rating keeps its place n in what
    goes in and comes out. For the other side swap the two. Raises ValueError for shapes that
    differ or are empty, IndexError for an id outside the matrix.
    """

    def __init__(self, rows: Tensor, columns: Tensor, num_rows: int, num_columns: int):
        if rows.shape != columns.shape or rows.dim() != 1 or not len(rows):
            shapes = f"rows {tuple(rows.shape)} and columns {tuple(columns.shape)}"
            raise ValueError(f"{shapes} must be of one shape (n,), not empty")
        for name, ids, size in (("row", rows, num_rows), ("column", columns, num_columns)):
            if not (int(ids.min()) >= 0 and int(ids.max()) < size):
                raise IndexError(f"{name} ids must lie in 0..{size - 1}")
        self.shape = num_rows, num_columns
        self.order = torch.argsort(rows * num_columns + columns)  # (n,) row by row
        self.place = torch.argsort(self.order)  # (n,) and back
        ends = torch.bincount(rows, minlength=num_rows).cumsum(0)
        self.start = torch.cat([torch.zeros(1), ends]).int()  # (num_rows + 1,)
        self.column = columns[self.order].int()  # (n,)

    def counts(self) -> Tensor:
        """Ratings of each row, (num_rows,)."""
        return self.start.long().diff()

    def matrix(self, values: Tensor) -> Tensor:
        """The sparse matrix that holds `values`, (n,), where the ratings are."""
        values = values.index_select(0, self.order)
        return torch.sparse_csr_tensor(
            self.start, self.column, values, self.shape, check_invariants=False
        )

    def dots(self, left: Tensor, right: Tensor) -> Tensor:
        """left[row] . right[column] of each rating, (n,), from (num_rows, k), (num_columns, k)."""
        if not torch.backends.mkl.is_available():  # sampled_addmm is MKL's
            rows = torch.repeat_interleave(self.start.long().diff())
            picked = left.index_select(0, rows) * right.index_select(0, self.column)
            return picked.sum(1).index_select(0, self.place)
        nothing = self.matrix(left.new_zeros(len(self.column)))
        dots = torch.sparse.sampled_addmm(nothing, left, right.T, beta=0.0)
        return dots.values().index_select(0, self.place)


class Dots(torch.autograd.Function):
    """`Rows.dots` with its gradient: two products of a sparse and a dense matrix."""

    @staticmethod
    def forward(ctx, left: Tensor, right: Tensor, rows: Rows, columns: Rows) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.rows, ctx.columns = rows, columns
        return rows.dots(left, right)

    @staticmethod
    def backward(ctx, error: Tensor) -> tuple[Tensor, Tensor, None, None]:
        left, right = ctx.saved_tensors
        return ctx.rows.matrix(error) @ right, ctx.columns.matrix(error) @ left, None, None


def predictor(model: nn.Module, users: Tensor, items: Tensor) -> Callable[[], Tensor]:
    """A function without arguments that predicts the same ratings again and again, (n,).

    For a `MatrixFactorization` on the CPU it is the fast one; otherwise `model(users, items)`.
    Predictions and gradients are equal but for rounding.
    """
    if type(model) is not MatrixFactorization or len(users) < WORTHWHILE or model.P.is_cuda:
        return lambda: model(users, items)
    check_pairs(users, items, len(model.Q), len(model.P))
    rows = Rows(users, items, len(model.Q), len(model.P))
    columns = Rows(items, users, len(model.P), len(model.Q))

    def predict() -> Tensor:
        left, right = model.Q, model.P
        if model.bias:  # (q, b, 1) . (p, 1, b)
            one = left.new_ones(1)
            left = torch.cat([left, model.bias_user[:, None], one.expand(len(left), 1)], 1)
            right = torch.cat([right, one.expand(len(right), 1), model.bias_item[:, None]], 1)
        score = Dots.apply(left, right, rows, columns)
        return score + model.mean if model.bias else score

    return predict
