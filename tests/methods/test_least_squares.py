"""Least squares for all rows at once, against loops over rows and against torch.linalg."""

import pytest
import torch

from lecture_utils.methods.least_squares import normal_equations, solve, sum_products
from lecture_utils.sparse import Rows

ROWS = torch.tensor([2, 0, 2, 1, 2, 0])  # in no order; row 3 has no rating
COLUMNS = torch.tensor([4, 1, 0, 3, 1, 2])


@pytest.fixture
def table():
    torch.manual_seed(0)
    return Rows(ROWS, COLUMNS, 4, 5), torch.randn(5, 3), torch.randn(6)


def test_normal_equations_against_loops(table):
    ratings, design, values = table
    gram, moment = normal_equations(ratings, design, values)
    assert gram.shape == (3, 3, 4) and moment.shape == (3, 4)
    for row in range(4):
        mine = torch.eq(ROWS, row)
        A, y = design[COLUMNS[mine]], values[mine]
        torch.testing.assert_close(gram[:, :, row], A.T @ A)
        torch.testing.assert_close(moment[:, row], A.T @ y)


def test_weighted_products_against_loops(table):
    ratings, design, weights = table
    found = sum_products(ratings.matrix(weights), design)
    assert found.shape == (3, 3, 4)
    for row in range(4):
        mine = torch.eq(ROWS, row)
        A, W = design[COLUMNS[mine]], weights[mine].diag()
        torch.testing.assert_close(found[:, :, row], A.T @ W @ A)


@pytest.mark.parametrize("k", [1, 2, 11])
def test_solve_against_lapack(k):
    torch.manual_seed(k)
    A = torch.randn(50, k, 2 * k)
    gram, moment, noise = A @ A.mT + torch.eye(k), torch.randn(50, k), torch.randn(50, k)
    many = gram.permute(1, 2, 0).contiguous(), moment.T.contiguous()
    mean = torch.linalg.solve(gram, moment)
    torch.testing.assert_close(solve(*many).T, mean, rtol=1e-3, atol=1e-4)
    root = torch.linalg.cholesky(gram).mT  # root^-1 noise has the covariance gram^-1
    drawn = mean + torch.linalg.solve(root, noise)
    torch.testing.assert_close(solve(*many, noise.T).T, drawn, rtol=1e-3, atol=1e-4)
