"""Biases in closed form: against the normal equations solved at once."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.biases import fit_biases

USERS, ITEMS = torch.tensor([1, 1, 2, 2, 3]), torch.tensor([1, 2, 1, 3, 3])
RATINGS = torch.tensor([5.0, 3.0, 4.0, 1.0, 2.0])


def test_ridge_solved_at_once():
    """Unknowns: biases of users 1 to 3, then of items 1 to 3; item 4 has no rating."""
    found = fit_biases(Tensors(USERS, ITEMS, RATINGS), 4, 5, ridge=2.0, sweeps=100)
    design = torch.zeros(5, 6)
    design[range(5), USERS - 1] = 1
    design[range(5), ITEMS + 2] = 1
    gram = design.T @ design + 2.0 * torch.eye(6)
    exact = torch.linalg.solve(gram, design.T @ (RATINGS - 3.0))
    assert found.mean == pytest.approx(3.0)
    torch.testing.assert_close(torch.cat([found.user[1:], found.item[1:4]]), exact)
    assert found.user[0] == found.item[0] == found.item[4] == 0
    assert found(USERS[:1], ITEMS[:1]).item() == pytest.approx((3.0 + exact[0] + exact[3]).item())


def test_no_ridge_is_the_plain_mean():
    found = fit_biases(Tensors(USERS, ITEMS, RATINGS), 4, 5, ridge=0.0, sweeps=1)
    assert found.item.tolist() == [0.0, 1.5, 0.0, -1.5, 0.0]


def test_there_is_at_least_one_sweep():
    with pytest.raises(ValueError, match="sweeps .* not 0"):
        fit_biases(Tensors(USERS, ITEMS, RATINGS), 4, 5, sweeps=0)
