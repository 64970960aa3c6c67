"""Least squares for all rows at once, against loops over rows and against torch.linalg."""

import pytest
import torch

from lecture_utils.methods.least_squares import normal_equations, solve
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


def positive(n, k):
    A = torch.randn(n, k, 2 * k)
    return A @ A.mT + torch.eye(k)


@pytest.mark.parametrize("k", [1, 2, 11])
def test_solve_against_lapack(k):
    torch.manual_seed(k)
    gram, moment = positive(50, k), torch.randn(50, k)
    found = solve(gram.permute(1, 2, 0).contiguous(), moment.T.contiguous())
    torch.testing.assert_close(found.T, torch.linalg.solve(gram, moment), rtol=1e-3, atol=1e-4)


def test_draws_have_the_inverse_as_their_covariance():
    torch.manual_seed(0)
    gram, n = positive(1, 3)[0], 200_000
    moment = torch.tensor([1.0, -2.0, 0.5])
    many = gram[..., None].expand(3, 3, n).contiguous(), moment[:, None].expand(3, n).contiguous()
    drawn = solve(*many, torch.randn(3, n))
    inverse = torch.linalg.inv(gram)
    scale = inverse.diagonal().max().item()
    torch.testing.assert_close(drawn.mean(1), inverse @ moment, rtol=0, atol=0.01 * scale**0.5)
    torch.testing.assert_close(torch.cov(drawn), inverse, rtol=0, atol=0.02 * scale)
