"""Intervals against what theory says of a mean, and of a difference."""

import pandas as pd
import pytest
import torch

from lecture_utils.ranking.compare import interval, paired
from tests.devices import HERE, AssertHelpersFollow


@pytest.fixture
def values():
    torch.manual_seed(0)
    return torch.rand(400)


@pytest.mark.parametrize(("level", "width"), [(0.95, 1.960), (0.5, 0.6745)])
def test_interval_of_a_mean_is_that_of_the_normal_law(values, level, width):
    found = interval(values, level=level)
    error = values.std().item() / 20  # standard error of a mean of 400
    assert found.mean == pytest.approx(values.mean().item())
    assert found.high - found.mean == pytest.approx(width * error, rel=0.12)
    assert found.mean - found.low == pytest.approx(width * error, rel=0.12)


def test_interval_by_hand():
    """Of two users 0 and 1 a fourth of the draws is 0, a fourth 1, the rest a half."""
    assert interval(torch.tensor([0.0, 1.0]), level=0.9) == (0.5, 0.0, 1.0)
    assert interval(torch.tensor([0.0, 1.0]), level=0.4) == (0.5, 0.5, 0.5)


def test_a_seed_is_an_interval_and_the_global_generator_stays(values):
    state = torch.get_rng_state()
    found = [interval(values, seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert found[0] == found[1] != found[2]
    assert found[0].mean == found[2].mean


def test_draws_are_counted(values, monkeypatch):
    drawn, randint = [], torch.randint
    monkeypatch.setattr(torch, "randint", lambda *a, **k: drawn.append(a) or randint(*a, **k))
    interval(values, draws=7)
    assert drawn == [(400, (400,))] * 7


def test_pairs_cancel_what_users_share(values):
    noise = 0.01 * torch.randn(400)
    found, alone = paired(values + 0.003 + noise, values), interval(values)
    assert 0 < found.low < 0.003 + noise.mean() < found.high
    assert found == pytest.approx(interval(0.003 + noise), abs=1e-6)
    assert (found.high - found.low) < (alone.high - alone.low) / 10
    back = paired(values, values + 0.003 + noise)
    assert back.mean == pytest.approx(-found.mean, abs=1e-6)


def test_columns_of_a_frame_pass(values):
    column = pd.Series(values.tolist(), range(7, 407), name="ndcg")
    assert interval(column) == pytest.approx(interval(values))
    assert paired(column, 0 * column) == pytest.approx(interval(values))


def test_other_users_are_refused(values):
    column = pd.Series(values.tolist(), range(7, 407))
    for other in (column[:-1], column.set_axis(range(400))):
        with pytest.raises(ValueError, match="different users"):
            paired(column, other)
    with pytest.raises(ValueError, match="different users"):
        paired(values, values[:1])


@pytest.mark.parametrize(
    ("values", "settings", "words"),
    [
        ([0.1], {}, r"two users or more, not \(1,\)"),
        ([[0.1, 0.2]], {}, r"\(n,\).* not \(1, 2\)"),
        ([0.1, float("nan")], {}, "finite"),
        ([0.1, 0.2], {"level": 95}, "level must lie between 0 and 1, e.g. 0.95, not 95"),
        ([0.1, 0.2], {"level": 0}, "level"),
        ([0.1, 0.2], {"draws": 0}, "draws must be at least 1, not 0"),
    ],
)
def test_bad_values_are_refused(values, settings, words):
    with pytest.raises(ValueError, match=words):
        interval(torch.tensor(values), **settings)


def test_intervals_work_where_their_input_lives(values):
    with AssertHelpersFollow():
        found = paired(values.to(HERE), values.to(HERE) / 2)
    assert found.low < values.mean() / 2 < found.high
