"""Metrics against slow loops and values by hand, splits against what they promise."""

import math

import pandas as pd
import pytest
import torch

from lecture_utils import Tensors, evaluate
from lecture_utils.synthetic import small as synthetic


@pytest.fixture(scope="module")
def frame():
    return synthetic.make("ua")[0]


def test_errors_by_hand():
    prediction, rating = torch.tensor([4.0, 3.0, 1.0]), torch.tensor([5.0, 3.0, 3.0])
    assert evaluate.rmse(prediction, rating) == pytest.approx(math.sqrt(5 / 3))
    assert evaluate.mae(prediction, rating) == pytest.approx(1.0)


@pytest.mark.parametrize("metric", [evaluate.rmse, evaluate.mae])
@pytest.mark.parametrize("shape", [(3, 1), (2,), (0,)])
def test_errors_refuse_what_would_broadcast(metric, shape):
    rating = torch.ones(0 if shape == (0,) else 3)
    with pytest.raises(ValueError, match="must be of one shape"):
        metric(torch.ones(shape), rating)


def triple(rows):
    users, items, ratings = zip(*rows)
    return Tensors(torch.tensor(users), torch.tensor(items), torch.tensor(ratings).float())


def slow(scores, train, test, k, good):
    """User by user, item by item."""
    seen = set(zip(train.users.tolist(), train.items.tolist()))
    likes = {}
    for user, item, rating in zip(*(column.tolist() for column in test)):
        if rating >= good:
            likes.setdefault(user, set()).add(item)
    totals = {"precision": [], "recall": [], "ndcg": []}
    for user, liked in likes.items():
        items = [i for i in range(1, scores.shape[1]) if (user, i) not in seen]
        items.sort(key=lambda i, user=user: -scores[user, i].item())
        hits = [i in liked for i in items[:k]]
        dcg = sum(1 / math.log2(r + 2) for r, hit in enumerate(hits) if hit)
        ideal = sum(1 / math.log2(r + 2) for r in range(min(k, len(liked))))
        totals["precision"].append(sum(hits) / k)
        totals["recall"].append(sum(hits) / len(liked))
        totals["ndcg"].append(dcg / ideal)
    return {name: sum(values) / len(values) for name, values in totals.items()}


def test_ranking_against_loops():
    torch.manual_seed(0)
    scores = torch.randn(12, 40)
    pairs = torch.randperm(11 * 39)[:200]
    rows = [(1 + p // 39, 1 + p % 39, float(torch.randint(1, 6, ()))) for p in pairs.tolist()]
    train, test = triple(rows[:100]), triple(rows[90:])  # ten stand in both
    for k in (1, 3, 10):
        found = evaluate.ranking(scores, train, test, k=k)
        assert found == pytest.approx(slow(scores, train, test, k, 4.0), rel=1e-5)


def test_ranking_by_hand():
    """Offered 7 1 3 5 9, liked 3 7 8: the example of lecture 05."""
    scores = torch.tensor([[0.0] * 10, [9, 4, 0, 3, 0, 2, 0, 5, 0, 1]])
    test = triple([(1, 3, 4), (1, 7, 5), (1, 8, 4), (1, 5, 3)])
    found = evaluate.ranking(scores, triple([(1, 2, 1)]), test, k=5)
    ideal = 1 + 1 / math.log2(3) + 0.5
    assert found == pytest.approx({"precision": 0.4, "recall": 2 / 3, "ndcg": 1.5 / ideal})


def test_what_was_rated_in_training_is_not_offered():
    scores = torch.tensor([[0.0] * 4, [0, 9, 5, 1]])
    found = evaluate.ranking(scores, triple([(1, 1, 5)]), triple([(1, 2, 5)]), k=1)
    assert found == {"precision": 1.0, "recall": 1.0, "ndcg": 1.0}


def test_ranking_refuses_nan():
    with pytest.raises(ValueError, match="NaN"):
        evaluate.ranking(torch.full((2, 3), torch.nan), triple([(1, 1, 5)]), triple([(1, 2, 5)]), 1)


@pytest.mark.parametrize(
    ("k", "good", "words"),
    [
        (0, 4, "from 1 to 2, the fewest items left"),
        (3, 4, "not 3"),
        (9, 4, "not 9"),
        (1, 5.5, "no test rating is 5.5"),
    ],
)
def test_ranking_refuses_what_it_cannot_offer(k, good, words):
    scores = torch.tensor([[0.0] * 4, [0, 9, 5, 1]])  # of items 1 to 3 one is seen
    with pytest.raises(ValueError, match=words):
        evaluate.ranking(scores, triple([(1, 1, 5)]), triple([(1, 2, 5)]), k, good)


@pytest.mark.parametrize("where", ["train", "test"])
@pytest.mark.parametrize("item", [-1, 4])
def test_ranking_refuses_unknown_ids(where, item):
    data = {"train": triple([(1, 1, 5)]), "test": triple([(1, 2, 5)])}
    data[where] = triple([(1, item, 5)])
    with pytest.raises(IndexError, match=f"item id {item} is outside 0..3"):
        evaluate.ranking(torch.ones(2, 4), **data, k=1)


def rows(frame):
    return set(frame.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "split",
    [
        evaluate.random_split,
        evaluate.time_split,
        evaluate.per_user_split,
        lambda frame: evaluate.per_user_split(frame, 3, seed=1),
    ],
)
def test_a_split_loses_and_doubles_nothing(frame, split):
    train, held = split(frame)
    assert len(train) + len(held) == len(frame)
    assert rows(train) | rows(held) == rows(frame)
    assert not rows(train) & rows(held)
    assert [*train] == [*held] == [*frame]
    assert train.index.tolist() == list(range(len(train)))


def test_random_split(frame):
    held = evaluate.random_split(frame, 0.2, seed=3)[1]
    assert len(held) == round(0.2 * len(frame))
    assert held.equals(evaluate.random_split(frame, 0.2, seed=3)[1])
    assert not held.equals(evaluate.random_split(frame, 0.2, seed=4)[1])


def test_time_split_holds_out_the_future(frame):
    train, held = evaluate.time_split(frame, 0.1)
    assert len(held) == round(0.1 * len(frame))
    assert train["timestamp"].max() <= held["timestamp"].min()


def test_per_user_split_takes_the_latest_of_each(frame):
    train, held = evaluate.per_user_split(frame, 4)
    assert (held["user"].value_counts() == 4).all()
    assert set(held["user"]) == set(frame["user"])
    last, first = train.groupby("user")["timestamp"].max(), held.groupby("user")["timestamp"].min()
    assert (last <= first).all()


def test_per_user_split_at_random(frame):
    held = evaluate.per_user_split(frame, 4, seed=0)[1]
    assert (held["user"].value_counts() == 4).all()
    assert held.equals(evaluate.per_user_split(frame, 4, seed=0)[1])
    assert not held.equals(evaluate.per_user_split(frame, 4, seed=1)[1])
    assert not held.equals(evaluate.per_user_split(frame, 4)[1])


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (lambda f: evaluate.random_split(f, 0), "not 0"),
        (lambda f: evaluate.time_split(f, 1.0), "not 1.0"),
        (lambda f: evaluate.per_user_split(f, 0), "not 0"),
        (lambda f: evaluate.per_user_split(f, 1000), "fewer than any user has, not 1000"),
        (lambda f: evaluate.per_user_split(f[:0]), "the frame is empty"),
        (lambda f: evaluate.per_user_split(f[["movie"]]), r"lacks the column user.*'movie'"),
        (lambda f: evaluate.per_user_split(f[["user"]]), "lacks the column timestamp"),
        (lambda f: evaluate.time_split(f[["user"]]), "lacks the column timestamp"),
        (lambda f: evaluate.random_split(f[:9], 0.01), "0 of 9 ratings would be held out"),
        (lambda f: evaluate.time_split(f[:9], 0.99), "9 of 9 ratings would be held out"),
        (lambda f: evaluate.random_split(pd.concat([f, f])), "index must be unique"),
    ],
)
def test_bad_arguments(frame, split, words):
    with pytest.raises(ValueError, match=words):
        split(frame)
