"""The ordered probit: draws against their distribution, cut points against planted ones."""

import pytest
import torch
from torch.special import ndtr

from lecture_utils.methods.ordinal import (
    Ordinal,
    _fisher_information,
    draw_truncated_normal,
    expected_rating,
)

CUTS = torch.tensor([-1.5, -0.4, 0.3, 1.2])


@pytest.mark.parametrize(("low", "high"), [(-1.0, 0.5), (0.2, 3.0), (-1e3, -2.0), (2.5, 1e3)])
def test_truncated_normal_follows_its_distribution(low, high):
    torch.manual_seed(0)
    n = 100_000
    drawn = draw_truncated_normal(torch.full((n,), low), torch.full((n,), high)).double()
    assert low <= drawn.min() and drawn.max() <= high
    a, b = ndtr(torch.tensor([low, high], dtype=torch.float64))
    uniform = ((ndtr(drawn) - a) / (b - a)).sort().values  # uniform if the draws are right
    steps = (torch.arange(n) + 0.5) / n
    assert (uniform - steps).abs().max() < 1.63 / n**0.5  # Kolmogorov-Smirnov, 1 %


@pytest.mark.parametrize(("low", "high"), [(8.0, 9.0), (-30.0, -20.0), (40.0, 41.0)])
def test_far_tails_stay_finite_and_inside(low, high):
    drawn = draw_truncated_normal(torch.full((999,), low), torch.full((999,), high))
    assert bool(((drawn >= low) & (drawn <= high)).all())


def test_information_against_the_second_derivative():
    share = torch.cat([ndtr(CUTS), torch.ones(1)]).diff(prepend=torch.zeros(1))

    def expected(cuts):
        ends = torch.cat([torch.zeros(1), ndtr(cuts), torch.ones(1)])
        return -(share * ends.diff().log()).sum()

    slow = torch.autograd.functional.hessian(expected, CUTS)
    torch.testing.assert_close(_fisher_information(CUTS, share), slow, rtol=1e-3, atol=1e-4)


def planted(n=40_000):
    torch.manual_seed(0)
    eta = 0.8 * torch.randn(n)
    z = eta + torch.randn(n)
    return eta, 1.0 + (z[:, None] > CUTS).sum(1)


def test_cut_points_are_found_again():
    eta, ratings = planted()
    ordinal, scale = Ordinal(ratings), torch.ones(len(eta))
    found = []
    for step in range(600):
        ordinal.draw_cuts(eta, scale)
        if step >= 200:
            found.append(ordinal.cuts)
    found = torch.stack(found)
    assert found.std(0).min() > 1e-3  # it moves
    assert found.std(0).max() < 0.03  # by about 1 / sqrt(n)
    assert ((found.mean(0) - CUTS).abs() < 4 * found.std(0)).all()


def test_latent_values_fall_where_the_labels_say():
    eta, ratings = planted(2000)
    ordinal = Ordinal(ratings)
    z = ordinal.draw_latent(eta, torch.full((2000,), 2.0))
    assert torch.equal(1.0 + (z[:, None] > ordinal.cuts).sum(1), ratings)


def test_expected_rating_is_the_mean_of_many():
    eta, scale = torch.tensor([0.7]), torch.tensor([1.5])
    z = 0.7 + torch.randn(400_000) / 1.5
    slow = (1.0 + (z[:, None] > CUTS).sum(1)).float().mean()
    assert expected_rating(eta, scale, CUTS).item() == pytest.approx(slow.item(), abs=0.01)


@pytest.mark.parametrize(
    ("ratings", "words"),
    [([1.0, 2.5], "whole numbers"), ([0.0, 1.0], "whole numbers"), ([1.0, 3.0], "no rating is 2")],
)
def test_bad_ratings(ratings, words):
    with pytest.raises(ValueError, match=words):
        Ordinal(torch.tensor(ratings))
