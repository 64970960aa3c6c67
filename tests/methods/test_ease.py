"""EASE against ridge regressions solved column by column, each without its own item."""

import pytest
import torch

from lecture_utils.methods.ease import ease
from lecture_utils.methods.interactions import BINARY, LINEAR, Interactions


def solve_by_column(X, ridge):
    """Regress each column of X on the others."""
    num_items = X.shape[1]
    weights = torch.zeros(num_items, num_items)
    for j in range(num_items):
        others = [i for i in range(num_items) if i != j]
        A, eye = X[:, others], torch.eye(num_items - 1)
        weights[others, j] = torch.linalg.solve(A.T @ A + ridge * eye, A.T @ X[:, j])
    return weights


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
def test_the_weights_are_constrained_least_squares(watched, grades):
    (model,) = ease(watched, (20, 15), ridge=2.0, grades=grades)
    X = Interactions(watched, (20, 15), grades).matrix.to_dense()
    expected = solve_by_column(X, 2.0)
    torch.testing.assert_close(model.weights, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model.table(torch.arange(20)), X @ expected, rtol=1e-4, atol=1e-5)


def test_drop_is_dropout_on_average(watched):
    """Many copies of the table, half of their inputs hidden and the rest doubled."""
    (model,) = ease(watched, (20, 15), ridge=2.0, drop=0.5)
    X = Interactions(watched, (20, 15), LINEAR).matrix.to_dense()
    copies, num_items = 20_000, 15
    noisy = torch.nn.functional.dropout(X.expand(copies, 20, 15), 0.5).flatten(0, 1)
    gram, moment = noisy.T @ noisy / copies, noisy.T @ X.repeat(copies, 1) / copies
    for j in range(num_items):
        others = [i for i in range(num_items) if i != j]
        A = gram[others][:, others] + 2.0 * torch.eye(num_items - 1)
        expected = torch.linalg.solve(A, moment[others, j])
        torch.testing.assert_close(model.weights[others, j], expected, rtol=0.0, atol=0.01)
