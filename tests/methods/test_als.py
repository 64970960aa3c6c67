"""Alternating least squares: every half of a sweep ends where its gradient is zero."""

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
def test_what_was_solved_for_has_no_gradient(train, power):
    """A sweep ends with the items; in the end both sides are solved for."""
    torch.manual_seed(0)
    sweeps = als(train, (20, 15), rank=3, ridge=RIDGE, ridge_bias=RIDGE_BIAS, power=power)
    first, *_, last = islice(sweeps, 500)
    for model in (first, last):
        tables = model.user.requires_grad_(), model.item.requires_grad_()
        objective(*tables, model.mean, train, power).backward()
        assert model.item.grad.abs().max() < 0.02
    assert last.user.grad.abs().max() < 0.02


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_without_a_rating_the_row_is_zero(train, power):
    torch.manual_seed(0)
    model = next(als(train, (21, 16), rank=3, power=power))  # one user, one item more
    assert not model.user[20].any() and not model.item[15].any()
