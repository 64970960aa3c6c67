"""Implicit ALS against weighted least squares on the dense table, every pair in it."""

from itertools import islice

import pytest
import torch

from lecture_utils.methods.ials import ials, solve_rows
from lecture_utils.methods.interactions import BINARY, LINEAR, Interactions

RIDGE, ALPHA = 0.02, 0.3


def solve_all_pairs(strengths, design):
    """Regress one row on all columns: its interactions on 1, and every pair on 0."""
    A = torch.cat([design, design])
    y = torch.cat([torch.ones_like(strengths), torch.zeros_like(strengths)])
    weights = torch.cat([strengths, torch.full_like(strengths, ALPHA)])
    ridge = RIDGE * weights.sum() * torch.eye(design.shape[1])
    return torch.linalg.solve(A.T @ (weights[:, None] * A) + ridge, A.T @ (weights * y))


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
def test_rows_are_weighted_least_squares_on_all_pairs(watched, grades):
    data = Interactions(watched, (20, 15), grades)
    design = torch.randn(15, 3)
    found = solve_rows(data.matrix, design, RIDGE, ALPHA)
    expected = [solve_all_pairs(row, design) for row in data.matrix.to_dense()]
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-4, atol=1e-5)
    assert not found[0].any()  # user 0 watched nothing


def test_a_sweep_solves_for_users_and_then_for_items(watched):
    torch.manual_seed(0)
    first, second = islice(ials(watched, (20, 15), rank=3, ridge=RIDGE, alpha=ALPHA), 2)
    X = Interactions(watched, (20, 15), LINEAR).matrix.to_dense()
    users = torch.stack([solve_all_pairs(row, first.item) for row in X])
    items = torch.stack([solve_all_pairs(row, second.user) for row in X.T])
    torch.testing.assert_close(second.user, users, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(second.item, items, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
def test_someone_new_is_solved_for_as_a_row_of_the_table(watched, grades):
    torch.manual_seed(0)
    sweeps = ials(watched, (20, 15), rank=3, ridge=RIDGE, alpha=ALPHA, grades=grades)
    model = next(sweeps)
    mine = watched.users == 3
    found = model.fold_in(watched.items[mine], watched.ratings[mine])
    strengths = Interactions(watched, (20, 15), grades).matrix.to_dense()[3]
    expected = model.item @ solve_all_pairs(strengths, model.item)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert not model.fold_in(watched.items[:0], watched.ratings[:0]).any()
