"""Alternating least squares: each sweep goes down, and the end is a minimum."""

from itertools import islice

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.als import Factors, als

RIDGE, RIDGE_BIAS = 0.5, 0.2


@pytest.fixture
def train():
    torch.manual_seed(1)
    users, items = torch.randint(0, 20, (200,)), torch.randint(0, 15, (200,))
    return Tensors(users, items, torch.randint(1, 6, (200,)).float())


def models(train, n, seed=0, **settings):
    torch.manual_seed(seed)
    settings = {"rank": 3, "ridge": RIDGE, "ridge_bias": RIDGE_BIAS} | settings
    return list(islice(als(train, (20, 15), **settings), n))


def objective(user, item, mean, train, power):
    model = Factors(mean, user, item)
    gap = train.ratings - model(train.users, train.items)
    penalty = 0.0
    for table, ids in ((user, train.users), (item, train.items)):
        weight = torch.bincount(ids, minlength=len(table)).float() ** power
        penalty = penalty + RIDGE * (weight @ table[:, :-1].square()).sum()
        penalty = penalty + RIDGE_BIAS * weight @ table[:, -1].square()
    return gap.square().sum() + penalty


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_every_sweep_lowers_the_objective(train, power):
    sweeps = models(train, 30, power=power)
    costs = [objective(m.user, m.item, m.mean, train, power).item() for m in sweeps]
    assert all(b <= a + 1e-3 for a, b in zip(costs, costs[1:]))
    assert costs[-1] < 0.97 * costs[0]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_it_ends_where_the_gradient_is_zero(train, power):
    last = models(train, 500, power=power)[-1]
    user, item = (t.detach().clone().requires_grad_() for t in (last.user, last.item))
    objective(user, item, last.mean, train, power).backward()
    assert user.grad.abs().max() < 0.02 and item.grad.abs().max() < 0.02


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_without_a_rating_the_row_is_zero(train, power):
    torch.manual_seed(0)
    model = next(als(train, (21, 16), rank=3, power=power))  # one user, one item more
    assert not model.user[20].any() and not model.item[15].any()


def test_a_row_is_its_own_ridge_regression(train):
    model = models(train, 1)[0]
    for item in range(15):
        mine = train.items == item
        A = torch.cat([model.user[train.users[mine], :-1], torch.ones(int(mine.sum()), 1)], 1)
        y = train.ratings[mine] - model.mean - model.user[train.users[mine], -1]
        ridge = torch.diag(torch.tensor([RIDGE] * 3 + [RIDGE_BIAS]))
        slow = torch.linalg.solve(A.T @ A + ridge, A.T @ y)
        torch.testing.assert_close(model.item[item], slow, rtol=1e-3, atol=1e-4)
