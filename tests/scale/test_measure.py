"""Lists measured some users at a time are those of `evaluate` and `ranking` on everything."""

import pandas as pd
import pytest
import torch

from lecture_utils import evaluate
from lecture_utils.methods import METHODS
from lecture_utils.ranking.lists import top_lists
from lecture_utils.ranking.metrics import per_user
from lecture_utils.scale import measure
from lecture_utils.scale.interactions import read_interactions
from lecture_utils.scale.measure import choose_users, collect_liked, popularity
from tests.scale.conftest import join_parts


@pytest.fixture(scope="module")
def world(small):
    """(watched, liked, train, test), of all blocks and the test data."""
    train = join_parts(small.read(number) for number in range(len(small)))
    liked = collect_liked(small.read_test(), small.num_users, small.num_items)
    watched = read_interactions(small, range(len(small)))
    return watched, liked, train, join_parts(small.read_test())


@pytest.mark.parametrize("ties", [False, True])
def test_metrics_and_lists_as_on_everything(small, world, ties, monkeypatch):
    watched, liked, train, test = world
    monkeypatch.setattr(measure, "BATCH", 17)
    torch.manual_seed(0)
    scores = torch.randn(small.num_users, small.num_items)
    scores = scores.round() if ties else scores

    class Model:
        table = staticmethod(lambda users: scores[users])

    offered, told = torch.arange(small.num_items), []
    users = choose_users(watched, liked)
    found, lists = measure.measure(Model, watched, liked, users, told.append, lists=True)
    expected = per_user(scores, train, test, offered)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-5, check_names=False)
    assert found["ndcg"].mean() == pytest.approx(
        evaluate.ranking(scores, train, test, offered)["ndcg"]
    )
    assert torch.equal(lists, top_lists(scores, users, train, offered))
    assert sum(told) == len(users) and len(told) > 2
    assert measure.measure(Model, watched, liked, users[:3])[1].shape == (0, 10)


def test_places_of_what_is_never_shown_stay_empty(small, world):
    watched, liked, _, _ = world
    scores = torch.full((small.num_users, small.num_items), -torch.inf)
    scores[:, -12:] = torch.arange(12.0)

    class Model:
        table = staticmethod(lambda users: scores[users])

    users = choose_users(watched, liked)
    found, lists = measure.measure(Model, watched, liked, users, lists=True)
    shown = [sorted({*row.tolist()} - {-1}) for row in lists]
    low = small.num_items - 12
    seen = [{*watched.cells(user[None])[1].tolist()} for user in users]
    left = [[i for i in range(low, small.num_items) if i not in one][-10:] for one in seen]
    assert shown == left and (lists == -1).any()
    wanted = [{*liked.cells(user[None])[1].tolist()} for user in users]
    hits = [len(one.intersection(row)) for one, row in zip(wanted, shown)]
    assert found["precision"].tolist() == pytest.approx([n / 10 for n in hits])


def test_popularity_is_that_of_methods(small, world):
    watched, _, train, _ = world
    size = small.num_users, small.num_items
    expected = next(METHODS["popularity"].function(train, size))
    assert torch.equal(popularity(watched).score, expected.score)


def test_who_is_asked(small, world):
    watched, liked, _, test = world
    users = choose_users(watched, liked)
    assert users.tolist() == sorted({*test.users[test.ratings >= 4].tolist()})
    some = choose_users(watched, liked, 20)
    assert len(some) == 20 and (some.diff() > 0).all() and torch.isin(some, users).all()
    assert torch.equal(some, choose_users(watched, liked, 20))
    assert some.max() > 40  # by lot, not the first ones


def test_who_has_watched_nearly_everything_is_not_asked(world):
    """Of a catalogue of what this user has watched and nine more, she has nine left."""
    watched, liked, train, _ = world
    user = int(choose_users(watched, liked)[3])
    seen = torch.zeros(watched.matrix.shape[1], dtype=torch.bool)
    seen[train.items[train.users == user]] = True
    more = seen.logical_not().nonzero().flatten()
    for left, asked in ((9, False), (10, True)):
        kept = torch.cat([seen.nonzero().flatten(), more[:left]]).sort().values
        assert (user in choose_users(watched.narrow(kept), liked)) == asked


def test_nothing_liked(small, world):
    parts = [(u, i, r.clamp(max=3.5)) for u, i, r in small.read_test()]
    with pytest.raises(ValueError, match="별 4 이상이 하나도 없어서"):
        collect_liked(parts, small.num_users, small.num_items)
    with pytest.raises(ValueError, match="10편 이상 남은 사용자가 없어서"):
        choose_users(world[0].narrow(torch.arange(5)), world[1])
