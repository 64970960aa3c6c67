"""Metrics against slow loops and values by hand, splits against what they promise."""

import math
from functools import partial

import pandas as pd
import pytest
import torch

from lecture_utils import MatrixFactorization, Tensors, evaluate
from lecture_utils.synthetic import small as synthetic
from tests.devices import HERE, AssertHelpersFollow, move


@pytest.fixture(scope="module")
def frame():
    return synthetic.make("ua")[0]


def test_errors_by_hand():
    prediction, rating = torch.tensor([4.0, 3.0, 1.0]), torch.tensor([5.0, 3.0, 3.0])
    assert evaluate.rmse(prediction, rating) == pytest.approx(math.sqrt(5 / 3))
    assert evaluate.mae(prediction, rating) == pytest.approx(1.0)
    clipped = evaluate.clipped_rmse(torch.tensor([0.0, 9.0]), torch.tensor([1.0, 4.0]))
    assert clipped == pytest.approx(0.5**0.5)


@pytest.mark.parametrize("metric", [evaluate.rmse, evaluate.mae])
@pytest.mark.parametrize("shape", [(3, 1), (2,), (0,)])
def test_errors_refuse_what_would_broadcast(metric, shape):
    rating = torch.ones(0 if shape == (0,) else 3)
    with pytest.raises(ValueError, match=r"make both \(n,\)|no ratings"):
        metric(torch.ones(shape), rating)


def triple(rows):
    users, items, ratings = zip(*rows)
    return Tensors(torch.tensor(users), torch.tensor(items), torch.tensor(ratings).float())


def offered(size):
    """All items but number 0, which no catalogue of a lecture has."""
    return torch.arange(1, size)


def slow(scores, train, test, k, relevant):
    """User by user, item by item, where no two scores are equal."""
    seen = set(zip(train.users.tolist(), train.items.tolist()))
    likes, found = {}, []
    for user, item, rating in zip(*(column.tolist() for column in test)):
        if rating >= relevant:
            likes.setdefault(user, set()).add(item)
    for user, liked in likes.items():
        items = [i for i in range(1, scores.shape[1]) if (user, i) not in seen]
        items.sort(key=lambda i, user=user: -scores[user, i].item())
        hits = [i in liked for i in items[:k]]
        dcg = sum(1 / math.log2(r + 2) for r, hit in enumerate(hits) if hit)
        ideal = sum(1 / math.log2(r + 2) for r in range(min(k, len(liked))))
        found.append([sum(hits) / k, sum(hits) / len(liked), dcg / ideal])
    means = torch.tensor(found, dtype=torch.float64).mean(0).tolist()
    return dict(zip(["precision", "recall", "ndcg"], means))


@pytest.fixture
def some():
    """Scores of 11 users for 39 items, and ratings, of which ten stand in train and test."""
    torch.manual_seed(0)
    pairs = torch.randperm(11 * 39)[:200]
    rows = [(1 + p // 39, 1 + p % 39, float(torch.randint(1, 6, ()))) for p in pairs.tolist()]
    return torch.randn(12, 40), triple(rows[:100]), triple(rows[90:])


@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("batch", [1, 5, 64])
def test_ranking_against_loops(some, k, batch, monkeypatch):
    monkeypatch.setattr(evaluate, "BATCH", batch)
    found = evaluate.ranking(*some, offered(40), k=k)
    assert found == pytest.approx(slow(*some, k, 4.0), rel=1e-5)


@pytest.mark.parametrize(
    ("scores", "precision", "ndcg"),
    [
        ([0, 0, 0, 0, 0, 0], 1 / 2, 1 / 2),  # a constant ranks like a coin
        ([0, 9, 3, 3, 3, 9], 2 / 3, (1 + 1 / math.log2(3) / 3) / (1 + 1 / math.log2(3))),
    ],
)
def test_ties_by_hand(scores, precision, ndcg):
    """Of items 1 to 4, which are left, 1 and 2 are liked: each order of equals counts alike."""
    scores, train = torch.tensor([[0.0] * 6, scores]), triple([(1, 5, 5)])
    test = triple([(1, 1, 5), (1, 2, 4), (1, 3, 3)])
    found = evaluate.ranking(scores, train, test, offered(6), k=2)
    assert found == pytest.approx({"precision": precision, "recall": precision, "ndcg": ndcg})


def test_only_what_is_offered_is_shown():
    """Item 0 is like any other: the catalogue says what may be shown, not a rule."""
    scores = torch.tensor([[9.0, 5, 1], [0, 0, 0]])
    test, none = triple([(0, 0, 5)]), triple([(1, 1, 5)])
    assert evaluate.ranking(scores, none, test, torch.arange(3), k=1)["ndcg"] == 1.0
    assert evaluate.ranking(scores, none, test, torch.tensor([1, 2]), k=1)["ndcg"] == 0.0


def test_a_model_ranks_as_its_table_of_scores(some, monkeypatch):
    monkeypatch.setattr(evaluate, "BATCH", 4)
    torch.manual_seed(1)
    model = MatrixFactorization(12, 40, rank=3, bias=True)
    scores = model.table(torch.arange(12))
    asked, table = [], model.table
    model.table = lambda users: asked.append(len(users)) or table(users)
    found = [evaluate.ranking(one, *some[1:], offered(40), k=5) for one in (model, scores)]
    assert found[0] == pytest.approx(found[1]) and max(asked) == 4  # memory: a batch of users


def test_a_doubled_test_rating_counts_once():
    scores = torch.tensor([[0.0] * 4, [0, 1, 5, 9]])
    train, rows = triple([(1, 1, 5)]), [(1, 2, 5), (1, 3, 5)]
    tests = triple(rows), triple(2 * rows)
    once, twice = (evaluate.ranking(scores, train, test, offered(4), 1) for test in tests)
    assert once == twice


FEW = "from 1 to 2, the items left to a user, not"


@pytest.mark.parametrize(
    ("last", "k", "relevant", "words"),
    [
        *((1.0, k, 4, f"{FEW} {k}") for k in (0, 3, 9)),
        (1.0, 1, 5.5, "no test rating is 5.5"),
        (math.nan, 1, 4, "NaN"),
    ],
)
def test_ranking_refuses_what_it_cannot_rank(last, k, relevant, words):
    scores = torch.tensor([[0.0] * 4, [0, 9, 5, last]])  # of items 1 to 3 one is seen
    train, test = triple([(1, 1, 5)]), triple([(1, 2, 5)])
    with pytest.raises(ValueError, match=words):
        evaluate.ranking(scores, train, test, offered(4), k, relevant)


@pytest.mark.parametrize("where", ["train", "test", "offered", "user"])
@pytest.mark.parametrize("bad", [-1, 4])
def test_ranking_refuses_unknown_ids(where, bad):
    data = {"train": triple([(1, 1, 5)]), "test": triple([(1, 2, 5)]), "offered": offered(4)}
    rows = {"offered": torch.tensor([bad]), "user": triple([(bad, 2, 5)])}
    data["test" if where == "user" else where] = rows.get(where, triple([(1, bad, 5)]))
    kind = "user" if where == "user" else "item"
    with pytest.raises(IndexError, match=f"{kind} id {bad} is outside 0..3"):
        evaluate.ranking(torch.ones(4, 4), **data, k=1)


def test_ranking_works_where_its_input_lives(some):
    scores, train, test = some[0].to(HERE), move(some[1]), move(some[2])
    catalogue = offered(40).to(HERE)
    with AssertHelpersFollow():
        found = evaluate.ranking(scores, train, test, catalogue, k=5)
    assert found == pytest.approx(evaluate.ranking(*some, offered(40), k=5), rel=1e-5)


class Level:
    """Predicts one number; counts how often it is asked."""

    def __init__(self, level):
        self.level, self.times = level, None

    def __call__(self, users, items, times=None):
        self.times = times
        return torch.full((len(users),), self.level)


def test_curve_scores_each_model_or_the_mean_of_their_predictions():
    test, levels = triple([(1, 1, 3), (1, 2, 3)]), [5.0, 4.0, 0.0, 2.0, 9.0]
    made = iter(map(Level, levels))
    assert evaluate.curve(made, test, 4) == [2.0, 1.0, 3.0, 1.0]
    assert next(made).level == 9.0  # no model was trained in vain
    assert evaluate.curve(map(Level, levels), test, 4, burn_in=0) == [2.0, 1.5, 0.0, 0.25]
    assert evaluate.curve(map(Level, levels), test, 4, burn_in=2) == [3.0, 2.0]
    model, times = Level(4.0), torch.tensor([7, 8])
    [errors] = evaluate.curve(iter([model]), test, 1, times, score=lambda p, r: p - r)
    assert errors.tolist() == [1.0, 1.0] and model.times is times


@pytest.mark.parametrize(("steps", "burn_in"), [(0, None), (3, 3), (3, -1)])
def test_curve_refuses_to_score_nothing(steps, burn_in):
    with pytest.raises(ValueError, match=f"{steps} steps, burn_in {burn_in}"):
        evaluate.curve(map(Level, [3.0] * 9), triple([(1, 1, 3)]), steps, burn_in=burn_in)


def test_a_model_alone_is_no_curve():
    with pytest.raises(TypeError, match=r"give it as \[model\]"):
        evaluate.curve(Level(3.0), triple([(1, 1, 3)]), 1)


def rows(frame):
    return set(frame.itertuples(index=False, name=None))


SPLITS = [evaluate.random_split, evaluate.time_split, evaluate.per_user_split]


@pytest.mark.parametrize("split", [*SPLITS, partial(evaluate.per_user_split, n=3, seed=1)])
def test_a_split_loses_and_doubles_nothing(frame, split):
    train, held = split(frame)
    assert len(train) + len(held) == len(frame)
    assert rows(train) | rows(held) == rows(frame)
    assert not rows(train) & rows(held)
    assert [*train] == [*held] == [*frame]
    assert train.index.tolist() == list(range(len(train)))


@pytest.mark.parametrize("split", SPLITS[:2])
def test_a_fraction_is_held_out(frame, split):
    assert len(split(frame, 0.2)[1]) == round(0.2 * len(frame))


def test_time_split_holds_out_the_future(frame):
    train, held = evaluate.time_split(frame)
    assert train["timestamp"].max() <= held["timestamp"].min()


@pytest.mark.parametrize("split", SPLITS)
def test_a_doubled_pair_is_told(frame, split):
    """It could land on both sides, and a model would be tested on what it was trained on."""
    doubled = pd.concat([frame, frame[:7]], ignore_index=True)
    with pytest.warns(UserWarning, match="7개 있습니다") as caught:
        split(doubled)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("split", [evaluate.random_split, evaluate.per_user_split])
def test_a_seed_is_a_split(frame, split):
    held = [split(frame, seed=seed)[1] for seed in (3, 3, 4, None)]
    assert held[0].equals(held[1])
    assert not held[0].equals(held[2]) and not held[0].equals(held[3])


def test_per_user_split_takes_the_latest_of_each(frame):
    train, held = evaluate.per_user_split(frame, 4)
    at_random = evaluate.per_user_split(frame, 4, seed=0)[1]
    assert all((part["user"].value_counts() == 4).all() for part in (held, at_random))
    assert set(held["user"]) == set(frame["user"])
    last, first = train.groupby("user")["timestamp"].max(), held.groupby("user")["timestamp"].min()
    assert (last <= first).all()


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
