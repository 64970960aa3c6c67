"""Alternating least squares with biases.

Zhou, Wilkinson, Schreiber & Pan (2008), Large-scale Parallel Collaborative Filtering for the
Netflix Prize; biases as in Koren, Bell & Volinsky (2009).
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.least_squares import normal_equations, solve
from lecture_utils.methods.protocol import Size, check_counts, check_positive, check_ratings
from lecture_utils.models import check_ids, check_lengths, check_pairs
from lecture_utils.sparse import Rows


class Factors(NamedTuple):
    r"""Predicts $\mu + b_x + b_i + q_x \cdot p_i$; the last column of each table is the bias."""

    mean: float
    user: Tensor  # (num_users, rank + 1)
    item: Tensor  # (num_items, rank + 1)
    penalty: Tensor | None = None  # that `fold_in` puts on a new row, (rank + 1,)
    power: float = 0.0

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,); not clipped."""
        check_pairs(users, items, len(self.user), len(self.item))
        u, i = self.user.index_select(0, users), self.item.index_select(0, items)  # (n, rank + 1)
        return self.mean + (u[:, :-1] * i[:, :-1]).sum(1) + u[:, -1] + i[:, -1]

    def table(self, users: Tensor) -> Tensor:
        """Predict every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, len(self.user))
        return self._score(self.user[users])

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Predict every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        check_lengths(items=items, ratings=ratings)
        check_ids("item", items, len(self.item))
        rated = self.item[items]  # (n, rank + 1)
        X, residual = design(rated), ratings.to(rated) - self.mean - rated[:, -1]
        penalty = torch.diag(self.penalty * max(len(items), 1) ** self.power)
        return self._score(torch.linalg.solve(X.T @ X + penalty, X.T @ residual)[None])[0]

    def _score(self, rows: Tensor) -> Tensor:
        scores = rows[:, :-1] @ self.item[:, :-1].T  # (m, rank) @ (rank, num_items)
        return self.mean + scores + rows[:, -1:] + self.item[:, -1]


def design(table: Tensor) -> Tensor:
    """Make the design matrix of the other side: its factors, and 1 for the bias."""
    return torch.cat([table[:, :-1], table.new_ones(len(table), 1)], dim=1)


def als(
    train: Tensors,
    size: Size,
    *,
    rank: int = 10,
    ridge: float = 12.0,
    ridge_bias: float = 6.0,
    power: float = 0.0,
) -> Iterator[Factors]:
    r"""Solve for all users, then for all items, in closed form; yield the model after each sweep.

    This minimises $\sum (r - \mu - b_x - b_i - q_x \cdot p_i)^2$ plus the penalties. It starts
    from torch's random numbers: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        ridge: penalty on the squares of the factors, added to the sum of squared errors.
        ridge_bias: the same for the biases.
        power: a row with n ratings pays n ** power times the penalty: 0 is that of lecture 02,
            1 that of Zhou et al., where each rating pays for the vectors it uses.
    """
    check_ratings(train, size)
    check_counts(rank=rank)
    check_positive(ridge=ridge, ridge_bias=ridge_bias)
    if not 0 <= power <= 1:
        raise ValueError(f"power must lie between 0 and 1, not {power}")
    penalty = train.ratings.new_tensor([ridge] * rank + [ridge_bias])
    return _sweep(train, size, penalty, power)


def _sweep(train: Tensors, size: Size, penalty: Tensor, power: float) -> Iterator[Factors]:
    users, items, ratings = train
    mean = ratings.mean()
    residual = ratings - mean  # what is left without biases and factors
    by_user, by_item = Rows(users, items, *size), Rows(items, users, *reversed(size))
    # A row without ratings counts as one: its factors are zero under any positive penalty.
    user_penalty, item_penalty = (
        torch.diag(penalty)[..., None] * rows.counts().clamp(min=1) ** power
        for rows in (by_user, by_item)
    )  # (k, k, num_users) and (k, k, num_items)
    item = ratings.new_zeros(size[1], len(penalty))
    item[:, :-1] = 0.1 * torch.randn(size[1], len(penalty) - 1, device=ratings.device)
    while True:
        gram, moment = normal_equations(by_user, design(item), residual - item[items, -1])
        user = solve(gram + user_penalty, moment).T
        gram, moment = normal_equations(by_item, design(user), residual - user[users, -1])
        item = solve(gram + item_penalty, moment).T
        yield Factors(mean.item(), user, item, penalty, power)
