"""Lists against `top_n`, and what they hold against counts by hand."""

import math

import pytest
import torch

from lecture_utils import MatrixFactorization, Tensors, top_n
from lecture_utils.ranking.lists import coverage, gini, mean_popularity, top_lists
from tests.devices import HERE, AssertHelpersFollow, move

OFFERED = torch.arange(1, 6)


@pytest.fixture
def train():
    """User 1 has seen item 2, user 3 items 1 and 4; in any order."""
    rows = torch.tensor([[3, 4], [1, 2], [3, 1]])
    return Tensors(rows[:, 0], rows[:, 1], torch.ones(3))


def test_the_lower_id_comes_first_among_equals(train):
    scores = torch.tensor([[0.0] * 6] * 4)
    scores[3] = torch.tensor([9, 9, 1, 3, 9, 3])
    found = top_lists(scores, torch.tensor([3, 1, 0]), train, OFFERED, 3)
    assert found.tolist() == [[3, 5, 2], [1, 3, 4], [1, 2, 3]]


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_lists_are_those_of_top_n(train, batch, monkeypatch):
    monkeypatch.setattr("lecture_utils.ranking.lists.BATCH", batch)
    torch.manual_seed(0)
    model, users = MatrixFactorization(4, 6, rank=2, bias=True), torch.tensor([2, 3, 1, 3])
    asked, table, scores = [], model.table, model.table(users)
    model.table = lambda users: asked.append(len(users)) or table(users)
    found = top_lists(model, users, train, OFFERED, 2)
    assert max(asked) == min(batch, 4)  # memory: a batch of users
    for user, row, one in zip(users, scores, found):
        assert torch.equal(one, top_n(row, train.items[train.users == user], OFFERED, 2))


def test_what_lists_hold_by_hand(train):
    lists = torch.tensor([[1, 2], [1, 4], [1, 2]])  # 3, 2, 0, 1 and 0 times items 1 to 5
    assert coverage(lists, OFFERED) == pytest.approx(3 / 5)
    pairs = [abs(a - b) for a in (3, 2, 0, 1, 0) for b in (3, 2, 0, 1, 0)]
    assert gini(lists, OFFERED.flip(0)) == pytest.approx(sum(pairs) / 25 / (2 * 6 / 5))
    more = Tensors(*(torch.cat([a, a[:1]]) for a in train))  # item 4 has two ratings, 1 and 2 one
    assert mean_popularity(lists, more) == pytest.approx((3 * 1 + 2 * 1 + 1 * 2) / 6)
    assert mean_popularity(torch.tensor([[1, 9]]), more) == pytest.approx(1 / 2)


def test_ends_of_the_gini_index():
    assert gini(OFFERED[None], OFFERED) == 0
    assert gini(torch.ones(4, 1).long(), OFFERED) == pytest.approx(4 / 5)


def test_doubled_offers_count_once():
    twice, lists = torch.cat([OFFERED, OFFERED]), torch.tensor([[1], [1], [2]])
    assert coverage(lists, twice) == coverage(lists, OFFERED)
    assert gini(lists, twice) == gini(lists, OFFERED)


def test_what_cannot_be_listed_is_refused(train):
    users, scores = torch.tensor([1, 3]), torch.ones(4, 6)
    with pytest.raises(ValueError, match="n must be from 1 to 3, the items not seen, not 4"):
        top_lists(scores, users, train, OFFERED, 4)
    with pytest.raises(ValueError, match="no users"):
        top_lists(scores, users[:0], train, OFFERED, 1)
    with pytest.raises(ValueError, match="NaN"):
        top_lists(scores * math.nan, users, train, OFFERED, 1)
    for bad in (-1, 4):
        with pytest.raises(IndexError, match=f"user id {bad} is outside 0..3"):
            top_lists(scores, torch.tensor([bad]), train, OFFERED, 1)
    with pytest.raises(IndexError, match="item id 6 is outside 0..5"):
        top_lists(scores, users, train, torch.tensor([6]), 1)


def test_bad_lists_are_refused(train):
    for measure in (coverage, gini):
        with pytest.raises(ValueError, match="item 7 is in a list, but not offered"):
            measure(torch.tensor([[1, 7]]), OFFERED)
        with pytest.raises(ValueError, match=r"\(m, n\), and not empty; found \(0, 2\)"):
            measure(torch.ones(0, 2).long(), OFFERED)
    with pytest.raises(ValueError, match=r"found \(5,\)"):
        mean_popularity(OFFERED, train)
    with pytest.raises(IndexError, match="item id -1"):
        mean_popularity(torch.tensor([[-1]]), train)


def test_lists_work_where_their_input_lives(train):
    users, scores = torch.tensor([1, 3], device=HERE), torch.ones(4, 6, device=HERE)
    with AssertHelpersFollow():
        offered, train = OFFERED.to(HERE), move(train)
        lists = top_lists(scores, users, train, offered, 2)
        found = coverage(lists, offered), gini(lists, offered), mean_popularity(lists, train)
    assert lists.tolist() == [[1, 3], [2, 3]]
    assert found == pytest.approx((3 / 5, 1 / 2, 2 / 4))
