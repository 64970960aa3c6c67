"""Priors that know something: against Bayesian regression written out, and counts by hand."""

from dataclasses import replace

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.data import Ratings
from lecture_utils.methods.distributions import draw_wishart
from lecture_utils.methods.side_information import FeatureEffect, attributes, rated_sets
from lecture_utils.synthetic import small as synthetic


def features(n=12, f=4):
    torch.manual_seed(0)
    return torch.randn(n, f)


@pytest.mark.parametrize("shape", [(12, 4), (6, 9)])
def test_basis_gives_the_kernel(shape):
    X = features(*shape)
    effect = FeatureEffect(X, 2)
    kernel = effect.basis * effect.scale @ effect.basis.T
    torch.testing.assert_close(kernel, X @ X.T, rtol=1e-3, atol=1e-3)


def test_draws_against_regression_written_out():
    """B ~ N(0, S^-1) and rest = X B + noise: the posterior of X B is Gaussian in closed form."""
    X, k = features(), 2
    torch.manual_seed(1)
    rest = torch.randn(12, k)
    precision = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
    S = torch.tensor([[3.0, -1.0], [-1.0, 2.0]])
    effect, drawn = FeatureEffect(X, k), []
    for _ in range(8000):
        effect.precision = S  # held fixed
        effect.draw(rest, precision)
        drawn.append(effect.mean.flatten())
    drawn = torch.stack(drawn)
    design = torch.kron(X, torch.eye(k))  # of vec(B), row by row
    noise = torch.kron(torch.eye(12), precision)
    posterior = design.T @ noise @ design + torch.kron(torch.eye(4), S)
    mean = design @ torch.linalg.solve(posterior, design.T @ noise @ rest.flatten())
    cov = design @ torch.linalg.inv(posterior) @ design.T
    torch.testing.assert_close(drawn.mean(0), mean, rtol=0, atol=0.04)
    torch.testing.assert_close(torch.cov(drawn.T), cov, rtol=0, atol=0.04)


def test_wishart_has_its_mean():
    torch.manual_seed(0)
    scatter = torch.tensor([[4.0, 1.0], [1.0, 3.0]])
    drawn = torch.stack([draw_wishart(scatter, 10, 3.0) for _ in range(8000)]).mean(0)
    expected = 12 * torch.linalg.inv(3 * torch.eye(2) + scatter)  # (k + n) times the scale matrix
    torch.testing.assert_close(drawn, expected, rtol=0.03, atol=0.03)


def test_attributes():
    data = Ratings("synthetic", *synthetic.make("ua"))
    users, movies = attributes(data)
    assert len(users) == data.num_users and len(movies) == data.num_items
    assert users[0].sum() == 0 and movies[0].sum() == 0
    assert (users[1:].sum(1) == 3).all()  # a gender, an occupation, an age group
    genres = data.movies.set_index("movie").iloc[:, -19:].sum(axis=1).to_numpy(copy=True)
    found = movies[1:, :19].square().sum(1)
    torch.testing.assert_close(found, torch.tensor(genres > 0).float())
    more = replace(data, movies=data.movies.assign(extra=7.0))
    assert torch.equal(attributes(more)[1], movies)  # genres go by their names


def test_rated_sets_know_the_training_data_only():
    train = Tensors(torch.tensor([1, 1, 2]), torch.tensor([1, 3, 3]), torch.tensor([5.0, 1.0, 3.0]))
    by_user, by_item = rated_sets(train, (3, 4))
    half = 0.5**0.5
    torch.testing.assert_close(by_user, torch.tensor([[0] * 4, [0, half, 0, half], [0, 0, 0, 1]]))
    shown = torch.tensor([[0] * 3, [0, 1, 0], [0] * 3, [0, half, half]])
    torch.testing.assert_close(by_item, shown)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (torch.tensor([[1.0], [float("nan")]]), "row 1 is not"),
        (torch.ones(3), "must be a table"),
        (torch.ones(3, 2).long(), "of floats, not .* torch.int64"),
    ],
)
def test_features_must_be_a_table_of_numbers(features, said):
    with pytest.raises(ValueError, match=said):
        FeatureEffect(features, 2)
