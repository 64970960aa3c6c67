"""Metrics against slow loops and values by hand, splits against what they promise."""

import math
from functools import partial

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


@pytest.mark.parametrize(
    ("scores", "precision", "ndcg"),
    [
        ([0, 0, 0, 0, 0, 0], 1 / 2, 1 / 2),  # a constant ranks like a coin
        ([0, 9, 3, 3, 3, 9], 2 / 3, (1 + 1 / math.log2(3) / 3) / (1 + 1 / math.log2(3))),
    ],
)
def test_ranking_by_hand(scores, precision, ndcg):
    """Of items 1 to 4, which are left, 1 and 2 are liked: each order of equals counts alike."""
    scores, train = torch.tensor([[0.0] * 6, scores]), triple([(1, 5, 5)])
    test = triple([(1, 1, 5), (1, 2, 4), (1, 3, 3)])
    found = evaluate.ranking(scores, train, test, torch.arange(1, 6), k=2)
    assert found == pytest.approx({"precision": precision, "recall": precision, "ndcg": ndcg})


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


def test_cold_split_holds_out_movies_whole(frame):
    often = frame["movie"].value_counts() >= 3
    n = int(often.sum()) - 1
    train, held = evaluate.cold_split(frame, n, fewest=3)
    assert not set(train["movie"]) & set(held["movie"])
    assert len(set(held["movie"])) == n and often[held["movie"]].all()
    assert rows(train) | rows(held) == rows(frame)
    shuffled = evaluate.cold_split(frame.sample(frac=1, ignore_index=True), n, fewest=3)[1]
    assert set(shuffled["movie"]) == set(held["movie"])
    other = evaluate.cold_split(frame, n, fewest=3, seed=1)[1]
    assert set(other["movie"]) != set(held["movie"])
    with pytest.raises(ValueError, match=f"n must be from 1 to {n}, as {n + 1} movies have 3"):
        evaluate.cold_split(frame, n + 1, fewest=3)


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


def test_the_last_moment_is_held_out_whole():
    """User 1 has two ratings in her last second, user 2 a single moment, user 3 one each."""
    rows = [(1, 5, 10), (1, 6, 30), (1, 7, 30), (2, 5, 8), (2, 6, 8), (3, 1, 2), (3, 2, 1)]
    frame = pd.DataFrame(rows, columns=["user", "movie", "timestamp"])
    train, held = evaluate.last_moment_split(frame)
    assert held["movie"].tolist() == [6, 7, 1]
    assert train["movie"].tolist() == [5, 5, 6, 2]
    with pytest.raises(ValueError, match="one part is empty"):
        evaluate.last_moment_split(frame[frame["user"] == 2])
    with pytest.raises(ValueError, match="lacks the column timestamp"):
        evaluate.last_moment_split(frame[["user", "movie"]])
