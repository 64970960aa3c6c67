"""Alternating least squares with biases.

Zhou, Wilkinson, Schreiber & Pan (2008), Large-scale Parallel Collaborative Filtering for the
Netflix Prize; biases as in Koren, Bell & Volinsky (2009).
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.least_squares import check_ratings, normal_equations, solve
from lecture_utils.models import check_pairs
from lecture_utils.sparse import Rows


class Factors(NamedTuple):
    r"""Predicts $\mu + b_x + b_i + q_x \cdot p_i$; the last column of each table is the bias."""

    mean: float
    user: Tensor  # (num_users, rank + 1)
    item: Tensor  # (num_items, rank + 1)

    def __call__(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings, shape (n,), for ids of shape (n,); not clipped."""
        check_pairs(users, items, len(self.user), len(self.item))
        u, i = self.user[users], self.item[items]  # (n, rank + 1)
        return self.mean + (u[:, :-1] * i[:, :-1]).sum(1) + u[:, -1] + i[:, -1]


def design(table: Tensor) -> Tensor:
    """What a rating is regressed on, given the other side: its factors, and 1 for the bias."""
    return torch.cat([table[:, :-1], torch.ones(len(table), 1)], dim=1)


def sweeps(
    train: Tensors,
    num_users: int,
    num_items: int,
    *,
    rank: int = 10,
    ridge: float = 12.0,
    ridge_bias: float = 4.0,
    power: float = 0.0,
) -> Iterator[Factors]:
    r"""Yield the model after each sweep: all users in closed form, then all movies; without end.

    Minimised is $\sum (r - \mu - b_x - b_i - q_x \cdot p_i)^2$ plus `ridge` times the squares of
    the factors and `ridge_bias` times those of the biases: sums, not means, so `ridge` is N times
    the lambda of lecture 02. A row with n ratings pays `n ** power` times as much: 0 is that
    lecture's penalty, 1 that of Zhou et al., where each rating pays for the vectors it uses.
    Starts from torch's random numbers: set torch.manual_seed before. Raises what `check_ratings`
    raises, and ValueError for a bad setting.
    """
    check_ratings(train, num_users, num_items)
    if rank < 1 or not (ridge > 0 and ridge_bias > 0):
        raise ValueError(
            f"rank must be at least 1 and both ridges positive, not {rank}, {ridge}, {ridge_bias}"
        )
    if not 0 <= power <= 1:
        raise ValueError(f"power must lie between 0 and 1, not {power}")
    return _sweeps(train, num_users, num_items, rank, ridge, ridge_bias, power)


def _sweeps(train, num_users, num_items, rank, ridge, ridge_bias, power) -> Iterator[Factors]:
    users, items, ratings = train
    rest = ratings - ratings.mean()
    by_user = Rows(users, items, num_users, num_items)
    by_item = Rows(items, users, num_items, num_users)
    penalty = torch.diag(torch.tensor([ridge] * rank + [ridge_bias]))[..., None]  # (k, k, 1)
    paid = (r.counts().clamp(min=1) ** power for r in (by_user, by_item))  # 1: no rating, all zeros
    user_penalty, item_penalty = (penalty * count for count in paid)
    user, item = torch.zeros(num_users, rank + 1), torch.zeros(num_items, rank + 1)
    item[:, :-1] = 0.1 * torch.randn(num_items, rank)
    while True:
        gram, moment = normal_equations(by_user, design(item), rest - item[items, -1])
        user = solve(gram + user_penalty, moment).T
        gram, moment = normal_equations(by_item, design(user), rest - user[users, -1])
        item = solve(gram + item_penalty, moment).T
        yield Factors(ratings.mean().item(), user, item)
