"""Factorization machines: scores against loops, and what nobody rated is no negative."""

from itertools import islice

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.fm import fm
from lecture_utils.methods.softmax_mf import SoftmaxFactors

SIZE = 20, 15
EVERYONE = torch.arange(20)


@pytest.fixture
def fields():
    torch.manual_seed(2)
    return [torch.randn(15, 3), torch.rand(15, 2)]


def train(watched, fields, steps=2, **settings):
    torch.manual_seed(0)
    models = fm(watched, SIZE, item_features=fields, rank=4, **settings)
    *_, model = islice(models, steps)
    return model


def test_a_score_multiplies_the_user_with_each_feature(watched, fields):
    model, x = train(watched, fields), torch.cat(fields, 1)[7]
    user, feature, linear = (p.detach() for p in (model.user, model.feature, model.linear))
    expected = sum(x[f] * (linear[f] + user[3] @ feature[f]) for f in range(5))
    torch.testing.assert_close(model.table(torch.tensor([3]))[0, 7], expected)


def test_the_network_of_deepfm_reads_each_field(watched, fields):
    model = train(watched, fields, hidden=6)
    q, v = model.user[3], model.feature
    first, second = (x[7] @ w for x, w in zip(fields, (v[:3], v[3:])))
    hidden = model.deep.user(q) + model.deep.item(torch.cat([first, second]))
    plain = q @ (first + second) + torch.cat(fields, 1)[7] @ model.linear
    expected = plain + model.deep.out(hidden.relu())[0]
    torch.testing.assert_close(model.table(torch.tensor([3]))[0, 7], expected.detach())
    pair = model(torch.tensor([3]), torch.tensor([7]))[0]
    torch.testing.assert_close(pair, expected)
    with pytest.raises(NotImplementedError, match="cannot fold in"):
        model.fold_in(watched.items[:2], watched.ratings[:2])


def test_hidden_units_are_counted_at_the_call(watched, fields):
    with pytest.raises(ValueError, match="hidden must be a whole number of at least 1, not 0"):
        fm(watched, SIZE, item_features=fields, hidden=0)


def test_a_movie_that_nobody_rated_is_not_pushed_down(watched, fields):
    """Ids as a field: what has no ratings keeps the bias 0, and every other one learns its own."""
    kept = watched.items != 14
    few = Tensors(*(column[kept] for column in watched))
    model = train(few, [torch.eye(15), *fields], ridge=0.0)
    own = model.linear.detach()[:15]
    assert own[14] == 0 and own[0] == 0  # item 0 has none, either
    assert bool((own[1:14] != 0).all())


def test_as_factors_it_is_the_same(watched, fields):
    model = train(watched, fields)
    torch.testing.assert_close(model.freeze().table(EVERYONE), model.table(EVERYONE))


def test_someone_new_is_solved_for_as_in_softmax_mf(watched, fields):
    model = train(watched, fields, ridge=2.0, drop=0.3)
    expected = SoftmaxFactors(model.freeze(), 2.0, 0.3, (0.0, 0.25, 0.5, 0.75, 1.0))
    given = watched.items[:5], watched.ratings[:5]
    torch.testing.assert_close(model.fold_in(*given), expected.fold_in(*given))
