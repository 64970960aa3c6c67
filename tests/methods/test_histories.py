"""Histories by hand: what is a moment, what is how old, and what an order may not change."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.co_occurrence import co_occurrence, count_pairs
from lecture_utils.methods.ease import ease
from lecture_utils.methods.histories import Histories, fade
from lecture_utils.methods.markov import count_followers, markov

# User 1 watched 4, then 2 and 3 in one second, then 5; user 2 watched 3, then 4; user 0 nothing.
TRAIN = Tensors(
    torch.tensor([1, 2, 1, 1, 2, 1]), torch.tensor([5, 4, 2, 3, 3, 4]), torch.full((6,), 4.0)
)
TIMES = torch.tensor([30, 9, 20, 20, 8, 10])
SIZE = (3, 6)
METHODS = [markov, co_occurrence, ease]


@pytest.fixture
def histories():
    return Histories(TRAIN, TIMES, SIZE)


def test_they_are_sorted_by_user_and_time(histories):
    assert histories.users.tolist() == [1, 1, 1, 1, 2, 2]
    assert histories.items.tolist() == [4, 2, 3, 5, 3, 4]
    assert histories.moments.tolist() == [0, 1, 1, 2, 3, 4]
    assert histories.starts.tolist() == [0, 0, 4, 6]


def test_a_moment_is_of_one_age(histories):
    assert histories.ages.tolist() == [3, 1, 1, 0, 1, 0]
    assert fade(histories.ages, 1.0).tolist() == [0.125, 0.5, 0.5, 1.0, 0.5, 1.0]


def test_only_equals_change_places(histories):
    torch.manual_seed(0)
    found = {tuple(histories.shuffle().tolist()) for _ in range(50)}
    assert found == {(4, 2, 3, 5, 3, 4), (4, 3, 2, 5, 3, 4)}


def test_followers_are_shared_out(histories):
    counts = torch.zeros(6, 6)
    counts[4, 2] = counts[4, 3] = 1.0
    counts[2, 5] = counts[3, 5] = 0.5
    counts[3, 4] = 1.0
    torch.testing.assert_close(count_followers(histories, 6), counts)


def test_chances_of_followers_add_up_to_one():
    (model,) = markov(TRAIN, SIZE, times=TIMES, shrink=3.0)
    torch.testing.assert_close(model.weights.sum(1), torch.ones(6))
    table = model.table(torch.tensor([1, 2, 0]))
    torch.testing.assert_close(table[0], model.weights[5])  # her last moment is item 5 alone
    torch.testing.assert_close(table[1], model.weights[4])
    assert not table[2].any()  # who watched nothing
    popular = torch.tensor([0, 0, 1, 2, 2, 1]) / 6
    torch.testing.assert_close(model.weights[3], (torch.eye(6)[5] / 2 + torch.eye(6)[4]
                               + 3 * popular) / 4.5)  # fmt: skip


def test_pairs_are_counted_in_a_window(histories):
    """Against all pairs of each user, one by one."""
    for window, decay in ((1, 0.5), (2, 0.9), (9, 1.0)):
        counts = torch.zeros(6, 6)
        for a in range(6):
            for b in range(6):
                apart = int(histories.ages[a] - histories.ages[b])
                same = histories.users[a] == histories.users[b]
                if a != b and same and 0 <= apart <= window:
                    counts[histories.items[a], histories.items[b]] += decay**apart
        torch.testing.assert_close(count_pairs(histories, 6, window, decay), counts)


def test_recent_items_vote_louder():
    settings = {"window": 9, "decay": 0.5, "back": 0.25, "half_life": 1.0, "shrink": 2.0}
    (model,) = co_occurrence(TRAIN, SIZE, times=TIMES, **settings)
    forward = count_pairs(Histories(TRAIN, TIMES, SIZE), 6, 9, 0.5)
    C = forward + 0.25 * forward.T
    votes = torch.tensor([0, 0, 0.5, 0.5, 0.125, 1.0])
    expected = votes @ (C / (C.sum(0) + 2).sqrt())
    torch.testing.assert_close(model.table(torch.tensor([1]))[0], expected)
    later = model.fold_in(torch.tensor([4, 2, 5]), torch.full((3,), 3.0))
    votes = torch.tensor([0, 0, 0.5, 0, 0.25, 1.0])
    torch.testing.assert_close(later, votes @ model.weights)


def test_ease_with_times_changes_who_votes_how_loud_and_nothing_else():
    settings = {"ridge": 1.0, "grades": (1.0,) * 5}
    (plain,), (recent,) = ease(TRAIN, SIZE, **settings), ease(
        TRAIN, SIZE, times=TIMES, half_life=1.0, **settings
    )  # fmt: skip
    torch.testing.assert_close(recent.weights, plain.weights)
    votes = torch.tensor([0, 0, 0.5, 0.5, 0.125, 1.0])
    torch.testing.assert_close(recent.table(torch.tensor([1]))[0], votes @ plain.weights)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_file_says_nothing(method):
    torch.manual_seed(0)
    times = torch.randint(5, (40,))
    users, items = (torch.randint(1, 5, (40,)), torch.arange(40) % 7)
    train = Tensors(users, items, torch.ones(40) * 3)
    mixed = torch.randperm(40)
    again = Tensors(*(column[mixed] for column in train))
    (one,), (two,) = (
        method(t, (5, 7), times=when) for t, when in ((train, times), (again, times[mixed]))
    )
    torch.testing.assert_close(one.table(torch.arange(5)), two.table(torch.arange(5)))


@pytest.mark.parametrize("method", METHODS)
def test_a_rating_has_one_time(method):
    with pytest.raises(ValueError, match="one timestamp per rating"):
        method(TRAIN, SIZE, times=TIMES[:3])


@pytest.mark.parametrize("setting", ["half_life", "decay", "shrink"])
def test_bad_settings_are_named(setting):
    with pytest.raises(ValueError, match=f"{setting} must be a positive number, not 0"):
        co_occurrence(TRAIN, SIZE, times=TIMES, **{setting: 0.0})
    with pytest.raises(ValueError, match="window must be a whole number"):
        co_occurrence(TRAIN, SIZE, times=TIMES, window=0)
    with pytest.raises(ValueError, match="back must be a number of at least 0"):
        co_occurrence(TRAIN, SIZE, times=TIMES, back=-1.0)
