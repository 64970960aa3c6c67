"""The planted rule is there: what follows what, and what alone says nothing."""

import numpy as np
import pytest

from lecture_utils.synthetic.order import KINDS, NUM_MOVIES, OBEY, make


def list_kinds(frame, length=30):
    return (frame["movie"] % KINDS).to_numpy().reshape(-1, length)


def count(first, second):
    table = np.zeros((KINDS, KINDS))
    np.add.at(table, (first.ravel(), second.ravel()), 1)
    return table / table.sum(1, keepdims=True)


def test_nobody_watches_a_movie_twice():
    frame = make(400)
    assert len(frame) == 400 * 30 and not frame.duplicated(["user", "movie"]).any()
    assert frame["movie"].between(1, NUM_MOVIES).all()
    assert not frame.duplicated(["user", "timestamp"]).any()
    assert frame.equals(make(400)) and not frame.equals(make(400, seed=1))


def test_with_a_memory_of_one_the_last_says_it():
    kinds = list_kinds(make(400, memory=1))
    assert count(kinds[:, :-1], kinds[:, 1:]).max(1).mean() > 0.9 * OBEY


@pytest.mark.parametrize("memory", [2, 3])
def test_with_more_only_two_together_say_it(memory):
    kinds = list_kinds(make(2000, memory))
    last, past, following = kinds[:, memory - 1 : -1], kinds[:, :-memory], kinds[:, memory:]
    for alone in (last, past):
        assert count(alone, following).max() < 0.2
    both = np.zeros((KINDS, KINDS, KINDS))
    np.add.at(both, (last.ravel(), past.ravel(), following.ravel()), 1)
    told = both.max(2) / both.sum(2)
    assert told.mean() > 0.9 * OBEY


def test_another_seed_obeys_the_same_rule():
    tables = [
        count(k[:, :-1], k[:, 1:]) for k in (list_kinds(make(400, 1, seed=seed)) for seed in (0, 1))
    ]
    assert (tables[0].argmax(1) == tables[1].argmax(1)).all()


@pytest.mark.parametrize("bad", [{"num_users": 0}, {"memory": 0}, {"length": 61}])
def test_what_cannot_be_made_is_refused(bad):
    with pytest.raises(ValueError, match="needs a user and 1 <= memory < length <= 60"):
        make(**{"num_users": 5, **bad})
