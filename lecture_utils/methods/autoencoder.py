"""Autoencoders: a network reads the ratings of a movie and fills in those that are missing.

Sedhain, Menon, Sanner & Xie (2015), AutoRec: Autoencoders Meet Collaborative Filtering. Dropout
on what is read as in Vincent et al. (2008), denoising autoencoders; biases beside the network, and
a sum over what the other side rated, as in SVD++ (Koren 2008).
"""

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.als import Factors
from lecture_utils.methods.biases import Biases, biases
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_ratings,
    check_shares,
)
from lecture_utils.sparse import Errors, MeanSquare, Rows

SIDES = ("item", "user")


class Product(torch.autograd.Function):
    """A sparse matrix times a dense one; only the dense one has a gradient."""

    @staticmethod
    def forward(ctx, sparse: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        """Return sparse @ dense."""
        ctx.transposed = transposed
        return sparse @ dense

    @staticmethod
    def backward(ctx, slope: Tensor) -> tuple[None, None, Tensor]:
        """Return the gradient of the dense matrix."""
        return None, None, ctx.transposed @ slope


class Autoencoder(nn.Module):
    r"""Reads a row of ratings and predicts the whole row.

    Row i of the ratings is $x_i$, with 0 where there is none, and $h_i = \sigma(x_i W + b)$ are its
    hidden units. Column j is predicted as $h_i \cdot (v_j + |N(j)|^{-1/2} \sum_{l \in N(j)} y_l) +
    c_j$, where N(j) are the rows that j rated.

    Parameters: `W`, `V` (num_columns, rank), `Y` (num_rows, rank) if there are `sets`, else None,
    `b` (rank,), `c` (num_columns,).
    """

    def __init__(self, rows: Rows, columns: Rows, rank: int, sets: bool):
        """Start for ratings that `rows` holds row by row, and `columns` column by column."""
        super().__init__()
        self.rows, self.columns = rows, columns
        num_rows, num_columns = rows.shape
        self.W = nn.Parameter(nn.init.xavier_uniform_(torch.empty(num_columns, rank)))
        self.V = nn.Parameter(nn.init.xavier_uniform_(torch.empty(num_columns, rank)))
        self.Y = nn.Parameter(torch.zeros(num_rows, rank)) if sets else None
        self.b, self.c = nn.Parameter(torch.zeros(rank)), nn.Parameter(torch.zeros(num_columns))
        counts = columns.counts()
        share = torch.repeat_interleave(counts.rsqrt(), counts)[columns.place]  # |N(j)|^-1/2
        self.sets = columns.matrix(share), rows.matrix(share)

    def forward(self, ratings: Tensor) -> tuple[Tensor, Tensor]:
        """Return tables of rows and of columns, whose products are the predictions.

        `ratings` (n,) are what is read; the tables are (num_rows, rank + 1) and
        (num_columns, rank + 1), the last column is for c.
        """
        read = self.rows.matrix(ratings), self.columns.matrix(ratings)
        hidden = torch.sigmoid(Product.apply(*read, self.W) + self.b)
        out = self.V if self.Y is None else self.V + Product.apply(*self.sets, self.Y)
        ones = hidden.new_ones(len(hidden), 1)
        return torch.cat([hidden, ones], dim=1), torch.cat([out, self.c[:, None]], dim=1)


def autoencoder(
    train: Tensors,
    size: Size,
    *,
    side: str = "item",
    rank: int = 100,
    drop: float = 0.5,
    residual: bool = True,
    ridge: float = 80.0,
    ridge_sets: float | None = 20.0,
    lr: float = 0.01,
    lr_sets: float = 0.001,
) -> Iterator[Factors]:
    """Train an autoencoder by full-batch Adam; yield it after each epoch.

    What is yielded are `Factors`: the hidden units of a row are its factors. Start and dropout come
    from torch's global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        side: whose ratings are read: those of an "item" or of a "user".
        rank: number of hidden units.
        drop: share of the ratings that dropout hides in each epoch.
        residual: whether the network explains what biases leave, or what the mean leaves.
        ridge: penalty on the squares of W and V, added to the sum of squared errors.
        ridge_sets: the same for Y; None: without Y.
        lr: learning rate.
        lr_sets: that of Y.
    """
    check_ratings(train, size)
    check_counts(rank=rank)
    check_not_negative(ridge=ridge, ridge_sets=ridge_sets or 0.0)
    check_positive(lr=lr, lr_sets=lr_sets)
    check_shares(drop=drop)
    if side not in SIDES:
        raise ValueError(f"side must be one of {', '.join(SIDES)}, not {side!r}")
    users, items, ratings = train
    by_user, by_item = Rows(users, items, *size), Rows(items, users, *reversed(size))
    rows, columns = (by_item, by_user) if side == "item" else (by_user, by_item)
    with ratings.device:
        network = Autoencoder(rows, columns, rank, sets=ridge_sets is not None)
    mean = Biases(ratings.mean().item(), *(ratings.new_zeros(n) for n in size))
    *_, base = islice(biases(train, size, ridge=4.0), 15) if residual else [mean]
    ridges = {"W": ridge, "V": ridge, "Y": ridge_sets}
    optimizer = torch.optim.Adam(
        [{"params": [table], "lr": lr_sets if name == "Y" else lr}
         for name, table in network.named_parameters()]
    )  # fmt: skip
    return _train(network, train, base, optimizer, drop, ridges)


def _train(
    network: Autoencoder,
    train: Tensors,
    base: Biases,
    optimizer: torch.optim.Optimizer,
    drop: float,
    ridges: dict[str, float | None],
) -> Iterator[Factors]:
    users, items, ratings = train
    errors = find_errors(network.rows, network.columns, ratings - base(users, items))
    while True:
        kept = torch.empty_like(ratings).bernoulli_(1 - drop) / (1 - drop)
        cost = MeanSquare.apply(*network(ratings * kept), errors)
        penalty = sum(
            ridges[name] * table.square().sum()
            for name, table in network.named_parameters()
            if ridges.get(name)
        )
        optimizer.zero_grad()
        (cost + penalty / len(ratings)).backward()
        optimizer.step()
        with torch.no_grad():
            tables = network(ratings)
        by_item = network.rows.shape[0] == len(base.item)
        item, user = tables if by_item else reversed(tables)
        yield add_biases(base, user, item)


def find_errors(rows: Rows, columns: Rows, target: Tensor) -> Errors:
    """Prepare the errors of predictions of `target`, (n,), row by row."""
    to_column_order = rows.place[columns.order].int()
    return Errors(rows.matrix(target), columns.matrix(target), to_column_order, target[rows.order])


def add_biases(base: Biases, user: Tensor, item: Tensor) -> Factors:
    """Make factors of tables whose last columns multiply, and of the biases beside them."""
    user, item = (
        torch.cat([table, bias[:, None]], dim=1)
        for table, bias in ((user, base.user), (item, base.item))
    )
    return Factors(base.mean, user, item)
