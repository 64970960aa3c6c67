"""Content to factors: a planted map is found, and a movie that nobody rated is scored by it."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.content import content, solve_ridge
from lecture_utils.methods.interactions import BINARY, LINEAR, Interactions
from lecture_utils.methods.pure_svd import pure_svd

SIZE = 20, 15


@pytest.fixture
def features():
    torch.manual_seed(2)
    return torch.randn(15, 4)


def test_the_ridge_is_the_least_squares_with_rows_for_the_penalty():
    torch.manual_seed(0)
    X, T = torch.randn(12, 4), torch.randn(12, 3)
    rows = torch.cat([X, 1.5 * torch.eye(4)]), torch.cat([T, torch.zeros(4, 3)])
    torch.testing.assert_close(solve_ridge(X, T, 1.5**2), torch.linalg.lstsq(*rows).solution)


def test_features_that_name_each_item_give_pure_svd_back(watched):
    (found,) = content(watched, SIZE, item_features=[torch.eye(15)], rank=4, ridge=1e-6)
    (expected,) = pure_svd(watched, SIZE, rank=4)
    everyone = torch.arange(20)
    torch.testing.assert_close(found.table(everyone), expected.table(everyone))


def test_what_nobody_rated_is_no_example(watched, features):
    """Item 14 has no ratings: what features say of it moves it alone."""
    kept = watched.items != 14
    train = Tensors(*(column[kept] for column in watched))
    everyone, tables = torch.arange(20), []
    for value in (0.0, 9.0):
        changed = features.clone()
        changed[14] = value
        (model,) = content(train, SIZE, item_features=[changed], rank=4)
        tables.append(model.table(everyone))
    torch.testing.assert_close(tables[0][:, :14], tables[1][:, :14])
    assert bool(tables[1][1:, 14].any()) and not bool(tables[0][:, 14].any())


def test_a_new_movie_like_another_is_scored_like_it(watched, features):
    kept = watched.items != 14
    features[14] = features[3]
    train = Tensors(*(column[kept] for column in watched))
    table = next(content(train, SIZE, item_features=[features], rank=4)).table(torch.arange(20))
    torch.testing.assert_close(table[:, 14], table[:, 3])


def test_scores_are_those_of_the_normal_equations(watched, features):
    (model,) = content(watched, SIZE, item_features=[features[:, :1], features[:, 1:]], ridge=2.0)
    X = Interactions(watched, SIZE, LINEAR).matrix.to_dense()
    seen = watched.items.bincount(minlength=15) > 0
    F = features[seen]
    weights = torch.linalg.inv(F.T @ F + 2 * torch.eye(4)) @ F.T @ X[:, seen].T  # full rank
    torch.testing.assert_close(model.table(torch.arange(20)), (features @ weights).T)


def test_someone_new_is_scored_as_a_known_user_who_gave_the_same(watched, features):
    (model,) = content(watched, SIZE, item_features=[features], rank=4, grades=BINARY)
    mine = watched.users == 3
    found = model.fold_in(watched.items[mine], watched.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([3]))[0])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([], "at least one table"),
        ([torch.ones(14, 2)], r"tables \(15, f\) of floats, not \(14, 2\)"),
        ([torch.ones(15, 2).long()], "not .* torch.int64"),
        ([torch.full((15, 2), torch.nan)], "must be finite"),
    ],
)
def test_bad_features_are_refused_at_the_call(watched, fields, words):
    with pytest.raises(ValueError, match=words):
        content(watched, SIZE, item_features=fields)
