"""Ratings as a sparse matrix: what makes a full-batch step fast.

`P[items]` is easy to read, but its gradient adds 90,570 rows one after the other into a small
table, and that is where a step spends its time. The same gradient is a product: with the errors in
a sparse matrix E (users x movies), dQ = 2/n E P and dP = 2/n E^T Q.
"""

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.models import MatrixFactorization, check_lengths, check_pairs

WORTHWHILE = 1000  # ratings; a smaller table is as fast without
VECTOR = 16  # floats that a processor multiplies at once

# PyTorch remarks, once, that its CSR matrices are "in beta", and 2.11 that it does not check them.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1), check_invariants=False)


class Rows:
    """Ratings as the sparse matrix (num_rows, num_columns), stored row by row.

    `rows` and `columns` are ids of shape (n,), in any order; each rating keeps its place n in what
    goes in and comes out. For the other side swap the two. Raises ValueError for shapes that
    differ or are empty, IndexError for an id outside the matrix.
    """

    def __init__(self, rows: Tensor, columns: Tensor, num_rows: int, num_columns: int):
        check_lengths(rows=rows, columns=columns)
        if not len(rows):
            raise ValueError("there are no ratings to make a matrix of")
        for name, ids, size in (("row", rows, num_rows), ("column", columns, num_columns)):
            if not (int(ids.min()) >= 0 and int(ids.max()) < size):
                raise IndexError(f"{name} ids must lie in 0..{size - 1}")
        self.shape = num_rows, num_columns
        self.order = torch.argsort(rows.long() * num_columns + columns)  # (n,) row by row
        self.place = torch.argsort(self.order)  # (n,) and back
        ends = torch.bincount(rows, minlength=num_rows).cumsum(0)
        self.start = torch.cat([ends.new_zeros(1), ends]).int()  # (num_rows + 1,)
        self.column = columns[self.order].int()  # (n,)

    def counts(self) -> Tensor:
        """Count the ratings of each row, (num_rows,)."""
        return self.start.long().diff()

    def matrix(self, values: Tensor) -> Tensor:
        """Make the sparse matrix that holds `values`, (n,), where the ratings are."""
        values = values.index_select(0, self.order)
        return torch.sparse_csr_tensor(
            self.start, self.column, values, self.shape, check_invariants=False
        )

    def dots(self, left: Tensor, right: Tensor) -> Tensor:
        """Return left[row] . right[column] of each rating, (n,)."""
        cells = self.matrix(left.new_zeros(len(self.column)))
        dots_minus(cells, left, right)
        return cells.values().index_select(0, self.place)


def dots_minus(cells: Tensor, left: Tensor, right: Tensor) -> None:
    """Turn each value of the sparse matrix `cells` into left[row] . right[column] - value."""
    if torch.backends.mkl.is_available():  # sampled_addmm has been tried with MKL only
        # It reads what does not fill a vector number by number: a rank of 4 took ten times as
        # long as one of 16. Zeros fill it.
        left, right = (F.pad(table, (0, -table.shape[1] % VECTOR)) for table in (left, right))
        torch.sparse.sampled_addmm(cells, left, right.T, beta=-1.0, out=cells)
    else:
        rows = torch.repeat_interleave(cells.crow_indices().diff())
        picked = left.index_select(0, rows) * right.index_select(0, cells.col_indices())
        cells.values().neg_().add_(picked.sum(1))


class Errors:
    """Predicted minus given ratings as E and its transpose, whose values each step overwrites.

    `ratings` (n,) are sorted as E's values are, user by user; `to_item_order` (n,) says
    where among them each of E_T's values stands.
    """

    def __init__(self, E: Tensor, E_T: Tensor, to_item_order: Tensor, ratings: Tensor):
        self.E, self.E_T, self.to_item_order, self.ratings = E, E_T, to_item_order, ratings
        self.values = E.values()  # (n,), the same memory


class MeanSquare(torch.autograd.Function):
    """The mean of the squared errors, a scalar, with its gradient.

    The order of a sum does not matter, so the ratings stay sorted by user. Only for E^T the errors
    have to move: 90,570 single numbers, not rows.
    """

    @staticmethod
    def forward(ctx, left: Tensor, right: Tensor, errors: Errors) -> Tensor:
        """Fill in the errors and return the mean of their squares."""
        values = errors.values.copy_(errors.ratings)
        dots_minus(errors.E, left, right)
        ctx.save_for_backward(left, right, values)  # so backward refuses if they have changed
        ctx.errors = errors
        return values.dot(values) / len(values)

    @staticmethod
    def backward(ctx, slope: Tensor) -> tuple[Tensor, Tensor, None]:
        """Return the gradients of both tables as products with the errors."""
        left, right, values = ctx.saved_tensors
        E, E_T = ctx.errors.E, ctx.errors.E_T
        torch.index_select(values, 0, ctx.errors.to_item_order, out=E_T.values())
        scale = slope * (2 / len(values))
        return (E @ right).mul_(scale), (E_T @ left).mul_(scale), None


def squared_error(
    model: nn.Module, users: Tensor, items: Tensor, ratings: Tensor
) -> Callable[[], Tensor] | None:
    """Return a function that computes the mean squared error on the same ratings again and again.

    Its value is that of `model(users, items)`, and so are its gradients, but for rounding. Call
    backward before you call it again. Return None if the model itself is as fast or the only way:
    for all but a `MatrixFactorization` on the CPU in single or double precision, and below
    WORTHWHILE ratings.

    Raises:
        IndexError: for an unknown id.
    """
    if type(model) is not MatrixFactorization or len(users) < WORTHWHILE:
        return None
    P, Q = model.P, model.Q
    known = P.device.type == "cpu" and P.dtype in (torch.float32, torch.float64)
    if not known or ratings.shape != users.shape:
        return None
    check_pairs(users, items, len(Q), len(P))
    rest = (ratings - model.mean if model.bias else ratings).to(P.dtype)
    by_user, by_item = Rows(users, items, len(Q), len(P)), Rows(items, users, len(P), len(Q))
    to_item_order = by_user.place[by_item.order].int()
    rest_by_user = rest.index_select(0, by_user.order)
    errors = Errors(by_user.matrix(rest), by_item.matrix(rest), to_item_order, rest_by_user)
    return lambda: mean_square(model, errors)


def mean_square(model: MatrixFactorization, errors: Errors) -> Tensor:
    """Return the mean squared error on the ratings in `errors` (with biases: less their mean)."""
    if not model.bias:
        return MeanSquare.apply(model.Q, model.P, errors)
    tables = join_biases(model.Q, model.bias_user, model.P, model.bias_item)
    return MeanSquare.apply(*tables, errors)


def join_biases(
    user: Tensor, bias_user: Tensor, item: Tensor, bias_item: Tensor
) -> tuple[Tensor, Tensor]:
    """Return (q, b, 1) and (p, 1, b), whose dot product is q . p and both biases."""
    one = user.new_ones(1)
    left = torch.cat([user, bias_user[:, None], one.expand(len(user), 1)], 1)
    right = torch.cat([item, one.expand(len(item), 1), bias_item[:, None]], 1)
    return left, right
