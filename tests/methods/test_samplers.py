"""Negatives: none that was watched, each other one as often as it should."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import GRADED
from lecture_utils.methods.samplers import Negatives, draw_triples, find_positives

USERS, ITEMS = torch.tensor([[0, 0, 2, 2, 2, 0], [3, 1, 0, 4, 3, 3]])  # 0 saw 3 twice, 1 nothing
SIZE = 4, 6
WATCHED = {*zip(USERS.tolist(), ITEMS.tolist())}


def shares(power, user, n=20_000):
    """Return how often each item is drawn for `user`, (num_items,)."""
    torch.manual_seed(0)
    drawn = Negatives(USERS, ITEMS, SIZE, power).draw(torch.full((n,), user))
    return drawn.bincount(minlength=SIZE[1]) / n


@pytest.mark.parametrize("user", range(4))
def test_uniform_negatives_are_all_that_was_not_watched_alike(user):
    wanted = torch.tensor([(user, item) not in WATCHED for item in range(SIZE[1])]).float()
    torch.testing.assert_close(shares(0.0, user), wanted / wanted.sum(), rtol=0, atol=0.015)


def test_popular_negatives_follow_the_power_of_the_count():
    """The counts are 1, 1, 0, 3, 1, 0; user 0 saw items 1 and 3."""
    expected = torch.tensor([1.0, 1.0, 0.0, 3.0**0.5, 1.0, 0.0])
    torch.testing.assert_close(shares(0.5, 1), expected / expected.sum(), rtol=0, atol=0.015)
    expected[[1, 3]] = 0
    torch.testing.assert_close(shares(0.5, 0), expected / expected.sum(), rtol=0, atol=0.015)


def test_pairs_are_found():
    users, items = torch.cartesian_prod(*map(torch.arange, SIZE)).T
    found = Negatives(USERS, ITEMS, SIZE).contain(users, items)
    assert {*zip(users[found].tolist(), items[found].tolist())} == WATCHED


def test_a_user_without_negatives_is_refused_at_once():
    """Else the drawing would never end. Two items are never drawn by popularity."""
    users, items = torch.tensor([1, 1, 0]), torch.tensor([0, 1, 1])
    with pytest.raises(
        ValueError, match="user 1 interacted with every item that may be drawn: leave"
    ):
        Negatives(users, items, (2, 2))
    with pytest.raises(ValueError, match="user 1 interacted with every item"):
        Negatives(users, items, (2, 4), power=1.0)
    twice = (users.repeat(2), items.repeat(2), (2, 4))  # what is watched twice counts once
    assert {*Negatives(*twice).draw(torch.ones(50).long()).tolist()} == {2, 3}


def test_what_says_nothing_is_no_positive_but_no_negative_either():
    train = Tensors(USERS, ITEMS, torch.tensor([5.0, 4, 5, 3, 1, 1]))
    positives = find_positives(train, GRADED)
    torch.testing.assert_close(positives.ratings, torch.tensor([1.0, 0.6, 1.0, 0.3]))
    assert torch.equal(positives.users, USERS[:4]) and torch.equal(positives.items, ITEMS[:4])
    with pytest.raises(ValueError, match="no rating says anything under grades"):
        find_positives(train._replace(ratings=torch.ones(6)), GRADED)


def test_an_epoch_has_each_positive_once_in_an_order_of_its_own():
    positives = Tensors(USERS, ITEMS, torch.arange(6.0))
    negatives = Negatives(USERS, ITEMS, SIZE)
    torch.manual_seed(0)
    epochs = [[*draw_triples(positives, negatives, 4)] for _ in range(2)]
    orders = [torch.cat([strengths for *_, strengths in epoch]).long() for epoch in epochs]
    assert [len(users) for users, *_ in epochs[0]] == [4, 2]
    assert not torch.equal(*orders)
    for epoch, order in zip(epochs, orders):
        users, items, others = (torch.cat(column) for column in [*zip(*epoch)][:3])
        assert sorted(order.tolist()) == [*range(6)]
        assert torch.equal(users, USERS[order]) and torch.equal(items, ITEMS[order])
        assert not negatives.contain(users, others).any()
