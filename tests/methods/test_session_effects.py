"""Nested offsets: one draw of all of them against the joint Gaussian written out."""

import pytest
import torch

from lecture_utils.methods.session_effects import SessionEffects, expect_offsets

FINE = torch.tensor([0, 0, 1, 2, 3])
COARSE = torch.tensor([0, 0, 0, 1, 2])
LEVELS = [(FINE, 5), (COARSE, 4)]  # the last group of each level has no rating
USERS = torch.tensor([0, 0, 0, 0, 1])
PRECISION = torch.tensor([2.0, 2.0, 2.0, 2.0, 0.5])
REST = torch.tensor([1.0, 3.0, -1.0, 4.0, 2.0])
LAM = torch.tensor([1.5, 0.7])


def written_out():
    """Mean and covariance of all offsets, five fine ones and four coarse ones."""
    design = torch.cat([torch.eye(5)[FINE], torch.eye(4)[COARSE]], dim=1)  # (n, 9)
    prior = torch.diag(torch.cat([LAM[0].expand(5), LAM[1].expand(4)]))
    cov = torch.linalg.inv(design.T * PRECISION @ design + prior)
    return cov @ design.T @ (PRECISION * REST), cov, design


def made():
    torch.manual_seed(0)
    effects = SessionEffects(LEVELS, USERS)
    effects.lam = list(LAM)
    return effects


def test_draws_against_the_joint_gaussian():
    effects, drawn = made(), []
    for _ in range(20_000):
        effects.lam = list(LAM)  # held fixed
        drawn.append(effects.draw(REST, PRECISION))
    drawn, (mean, cov, design) = torch.stack(drawn), written_out()
    torch.testing.assert_close(drawn.mean(0), design @ mean, rtol=0, atol=0.03)
    torch.testing.assert_close(torch.cov(drawn.T), design @ cov @ design.T, rtol=0, atol=0.04)


def test_what_is_expected_is_exact():
    effects, (mean, cov, _) = made(), written_out()
    effects.draw(REST, PRECISION)
    groups = torch.tensor([0, 1, 4, 4, 4]), torch.tensor([0, 0, 0, 2, 3])  # also without ratings
    row = torch.cat([torch.eye(5)[groups[0]], torch.eye(4)[groups[1]]], dim=1)
    found = expect_offsets(effects.known, groups)
    torch.testing.assert_close(found[0], row @ mean)
    torch.testing.assert_close(found[1], (row @ cov @ row.T).diagonal())


def test_lam_finds_the_spread_of_each_level():
    torch.manual_seed(0)
    fine = torch.arange(20_000) // 5
    coarse = fine // 5
    rest = 0.5 * torch.randn(4000)[fine] + torch.randn(800)[coarse] + torch.randn(20_000)
    effects, found = SessionEffects([(fine, 4000), (coarse, 800)], coarse), []
    for _ in range(100):
        effects.draw(rest, torch.ones(20_000))
        found.append(torch.stack(effects.lam))
    spread = torch.stack(found)[20:].mean(0).rsqrt()
    torch.testing.assert_close(spread, torch.tensor([0.5, 1.0]), rtol=0.1, atol=0)


@pytest.mark.parametrize(
    ("groups", "users"), [([0, 0], [0, 1]), ([0, 1], [0, 0])], ids=["two users", "not nested"]
)
def test_groups_must_be_nested(groups, users):
    fine = torch.tensor([0, 0])
    with pytest.raises(ValueError, match="of one user only: give the finest level first"):
        SessionEffects([(fine, 1), (torch.tensor(groups), 2)], torch.tensor(users))
