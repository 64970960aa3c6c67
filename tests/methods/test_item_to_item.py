"""Scores that are sums over what was watched, against sums written as loops."""

import pytest
import torch

from lecture_utils.methods import item_to_item
from lecture_utils.methods.interactions import GRADED, Interactions
from lecture_utils.methods.item_to_item import ItemToItem


@pytest.fixture
def model(watched):
    return ItemToItem(Interactions(watched, (20, 15), GRADED), torch.randn(15, 15))


def test_a_score_sums_over_what_was_watched(watched, model, monkeypatch):
    expected = torch.zeros(20, 15)
    for user, item, stars in zip(*watched):
        expected[user] += GRADED[int(stars) - 1] * model.weights[item]
    users = torch.tensor([4, 0, 4])
    torch.testing.assert_close(model.table(users), expected[users])
    monkeypatch.setattr(item_to_item, "BATCH", 7)  # pairs go through in parts
    pairs = torch.cartesian_prod(torch.arange(20), torch.arange(15)).flip(0)
    torch.testing.assert_close(model(*pairs.T), expected.flatten().flip(0))
    assert model(users[:0], users[:0]).shape == (0,)


def test_someone_new_is_scored_as_a_known_user_who_gave_the_same(watched, model):
    mine = watched.users == 3
    found = model.fold_in(watched.items[mine], watched.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([3]))[0])
    assert not model.fold_in(watched.items[:0], watched.ratings[:0]).any()


def test_reasons_add_up_to_the_score(watched, model):
    mine = watched.users == 3
    items, ratings = watched.items[mine], watched.ratings[mine]
    reasons = model.reasons(items, ratings, 7)
    assert reasons.shape == items.shape
    torch.testing.assert_close(reasons.sum(), model.fold_in(items, ratings)[7])
    alone = model.fold_in(items[:1], ratings[:1])
    torch.testing.assert_close(reasons[0], alone[7])


@pytest.mark.parametrize(
    ("items", "ratings", "item", "error", "words"),
    [
        ([1, 2], [5.0], 3, ValueError, r"make both \(n,\)"),
        ([15], [5.0], 3, IndexError, "item id"),
        ([1], [float("nan")], 3, ValueError, "between 0.5 and 5 stars"),
        ([1], [5.0], 15, IndexError, "item id"),
        ([1], [5.0], -1, IndexError, "item id"),
    ],
)
def test_what_someone_new_gave_is_checked(model, items, ratings, item, error, words):
    with pytest.raises(error, match=words):
        model.reasons(torch.tensor(items), torch.tensor(ratings), item)
