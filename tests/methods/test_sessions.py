"""Sessions by hand: what hangs together, and where other ratings fall."""

import pandas as pd
import pytest
import torch

from lecture_utils.methods.sessions import DAY, Sessions, timestamps

USERS, TIMES = torch.tensor([2, 1, 1, 1, 1]), torch.tensor([10, 10, 100, 13, 16])


def test_a_session_ends_with_a_pause():
    sessions = Sessions(USERS, TIMES, (0, 3, 100))
    assert sessions.groups[1].tolist() == [2, 0, 1, 0, 0]  # 10, 13 and 16 hang together
    assert sessions.groups[0].tolist() == [4, 0, 3, 1, 2]  # the ratings of one second
    assert sessions.groups[2].tolist() == [1, 0, 0, 0, 0]  # but never two users
    assert sessions.counts == [5, 3, 2]


def test_another_rating_belongs_to_the_nearest_in_time():
    sessions = Sessions(USERS, TIMES, (3,))
    users, times = torch.tensor([1, 1, 1, 2, 1, 3]), torch.tensor([8, 60, 97, 14, 14, 10])
    assert sessions.find(users, times)[0].tolist() == [0, 3, 1, 3, 0, 3]  # 3: none


def test_a_day_is_one_of_the_calendar():
    times = torch.tensor([DAY - 10, DAY + 1, DAY + 50_000, 3 * DAY])
    sessions = Sessions(torch.tensor([1, 1, 1, 1]), times, ("day",))
    assert sessions.groups[0].tolist() == [0, 1, 1, 2]
    asked = torch.tensor([0, DAY, 2 * DAY - 1, 2 * DAY, 3 * DAY + 9])
    assert sessions.find(torch.ones_like(asked), asked)[0].tolist() == [0, 1, 1, 3, 2]
    assert sessions.find(torch.tensor([2]), asked[:1])[0].tolist() == [3]


def test_late_and_early_users_do_not_meet():
    """The last possible second of one user is far from the first of the next."""
    sessions = Sessions(torch.tensor([1, 2]), torch.tensor([2**31 - 1, 0]), (DAY, "day"))
    assert sessions.counts == [2, 2]


@pytest.mark.parametrize("pause", [-1, 1.5, "week", None])
def test_a_pause_is_seconds_or_a_day(pause):
    with pytest.raises(ValueError, match="a pause must be"):
        Sessions(USERS, TIMES, (pause,))


def test_a_rating_has_one_time():
    with pytest.raises(ValueError, match=r"\(4,\) for \(5,\) ratings"):
        Sessions(USERS, TIMES[:4], (0,))


@pytest.mark.parametrize("times", [[1.0, float("nan")], [1, -1], [1, 893_286_638_000], []])
def test_timestamps_are_seconds(times):
    with pytest.raises(ValueError, match="whole numbers of seconds"):
        timestamps(pd.DataFrame({"timestamp": times}))
    assert timestamps(pd.DataFrame({"timestamp": [5.0]})).tolist() == [5]
