"""What every method of the registry keeps to. A new method is tested here by its entry alone."""

from dataclasses import replace
from inspect import signature
from itertools import islice
from unittest.mock import Mock

import pandas as pd
import pytest
import torch

from lecture_utils import Tensors, as_tensors, evaluate
from lecture_utils.data import Ratings
from lecture_utils.methods import METHODS, Average, train_models
from lecture_utils.methods.interactions import LINEAR
from lecture_utils.methods.sessions import timestamps
from lecture_utils.synthetic import order, small
from tests.devices import HERE, AssertHelpersFollow, move

SMALL = {"stages": ((20, 0.1),)}  # so that the document's thousand epochs are not waited for
SHORT = {name: SMALL for name, method in METHODS.items() if "stages" in method.settings}
# Wide networks are slow. The convolution is left to the method's own test.
NARROW = {
    "glocal-k": {"hidden": 60, "pretrain": 28},
    "gru4rec": {"rank": 16, "length": 20},
    "sasrec": {"rank": 16, "length": 20},
}


@pytest.fixture(scope="module", params=METHODS)
def name(request):
    """Every method, one after the other."""
    return request.param


@pytest.fixture(scope="module")
def whole():
    return Ratings("synthetic", *small.make("ua"))


@pytest.fixture(scope="module")
def data(whole):
    """The first two hundred users."""
    few = {part: getattr(whole, part)[lambda f: f["user"] <= 200] for part in ("train", "test")}
    return replace(whole, users=whole.users[:200], **few)


def started(name, data, **settings):
    torch.manual_seed(0)
    return train_models(name, data, **SHORT.get(name, {}), **NARROW.get(name, {}), **settings)


def taken(name, data, steps):
    *_, model = islice(started(name, data), steps)
    return model


@pytest.fixture(scope="module")
def model(name, data):
    """The method after two steps. Tests share it: they predict, and that changes nothing."""
    return taken(name, data, 2)


def arguments(name, data, train=None):
    """Make the settings that an entry of the registry runs with."""
    method = METHODS[name]
    made = method.inputs(data, train or as_tensors(data.train)) if method.inputs else {}
    return {**method.settings, **made}


def predictions(model, data):
    test = as_tensors(data.test)
    with torch.no_grad():
        return model(test.users, test.items, timestamps(data.test))


def test_same_seed_same_numbers(name, data, model):
    first, again = (predictions(each, data) for each in (model, taken(name, data, 2)))
    assert first.shape == (len(data.test),) and bool(first.isfinite().all())
    torch.testing.assert_close(first, again)  # a sum of several threads may round otherwise


def test_it_goes_on_without_end_or_yields_once(name, data):
    assert len(list(islice(started(name, data), 3))) in (1, 3)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda t: t._replace(ratings=t.ratings * float("nan")), ValueError, "must be finite"),
        (lambda t: t._replace(items=t.items + 10_000), IndexError, "item id"),
        (lambda t: t._replace(users=-t.users), IndexError, "user id -"),
        (lambda t: Tensors(*(column[:0] for column in t)), ValueError, "no ratings to train"),
        (lambda t: t._replace(ratings=t.ratings[:, None]), ValueError, r"make both \(n,\)"),
    ],
    ids=["NaN", "unknown item", "unknown user", "no ratings", "wrong shape"],
)
def test_bad_ratings_are_refused_at_the_call(name, change, error, words, data):
    train, settings = as_tensors(data.train), arguments(name, data)
    with pytest.raises(error, match=words):
        METHODS[name].function(change(train), data.size, **settings)


BAD = {  # a value that is refused, and what is said
    "rank": (2.5, "rank must be a whole number of at least 1, not 2.5"),
    "hidden": (0, "hidden must be a whole number of at least 1, not 0"),
    "ridge": (-1.0, "ridge .* not -1"),
    "ridge_bias": (float("nan"), "ridge.* not nan"),
    "ridge_sets": (-1.0, "ridge_sets .* not -1"),
    "power": (2.0, "power must lie between"),
    "stages": (((10, 0.0),), "lr must be a positive number, not 0"),
    "lr": (0.0, "lr must be a positive number, not 0"),
    "batch": (0, "batch must be a whole number of at least 1, not 0"),
    "pauses": ((-1,), "pause.*-1"),
    "side": ("both", "side must be one of item, user"),
    "drop": (1.0, "drop must be at least 0 and below 1, not 1"),
    "layers": (0, "layers must be a whole number of at least 1, not 0"),
    "beta": (-1.0, "beta must be a number of at least 0, not -1"),
    "anneal": (0, "anneal must be a whole number of at least 1, not 0"),
    "loss": ("hinge", "loss must be one of .*softmax.*, not 'hinge'"),
    "sweeps": (0, "sweeps must be a whole number of at least 1, not 0"),
    "k": (0, "k must be a whole number of at least 1, not 0"),
    "shrink": (-1.0, "shrink must be a .*number.*, not -1"),
    "alpha": (0.0, "alpha must be a positive number, not 0"),
    "grades": ((1.0, 2.0), "grades must be five numbers"),
    "length": (0, "length must be a whole number of at least 1, not 0"),
    "half_life": (0.0, "half_life must be a positive number, not 0"),
}


def test_a_bad_setting_is_refused_at_the_call(name, data):
    known = signature(METHODS[name].function).parameters
    for setting, (value, words) in BAD.items():
        if setting in known:
            with pytest.raises(ValueError, match=words):
                train_models(name, data, **{setting: value})


def test_the_model_refuses_unknown_ids(model):
    one = torch.tensor([1])
    for users, items in ((one * 944, one), (-one, one), (one, one * 1683)):
        with pytest.raises(IndexError, match="id"):
            model(users, items)
    with pytest.raises(IndexError, match="user id"):
        model.table(-one)


def test_predicting_draws_nothing_and_changes_nothing(model, data):
    state = torch.random.get_rng_state()
    first, again = predictions(model, data), predictions(model, data)
    model.table(torch.tensor([1, 2]))
    assert torch.equal(first, again) and torch.equal(state, torch.random.get_rng_state())
    assert not getattr(model, "training", False)


def test_the_table_holds_the_scores_of_the_pairs(model, data):
    users = torch.tensor([3, 1, 200])
    items = torch.arange(data.num_items)
    table = model.table(users)
    assert table.shape == (3, data.num_items) and not table.requires_grad
    for user, row in zip(users, table):
        with torch.no_grad():
            pairs = model(user.expand(len(items)), items)  # without times: sessions of their own
        torch.testing.assert_close(row, pairs, rtol=1e-4, atol=1e-5)


# Seconds each: `make test-all` asks them, and lectures 07 to 13 show most of them every time.
SLOW = {
    "svdpp", "neumf", "autoencoder", "glocal-k", "gibbs-side", "gibbs-sets", "gibbs-time",
    "blend", "blend-side", "blend-time", "bpr", "light-gcn", "mult-vae", "fm", "two-tower",
    "gru4rec", "gru4rec-two", "sasrec",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.full) if n in SLOW else n for n in METHODS]
)
def test_it_beats_its_baseline(name, whole):
    """In at most 200 steps. The entry names the baseline."""
    method = METHODS[name]
    if method.baseline is None:
        pytest.skip("the lectures show that it does not, or it is what others have to beat")
    if method.task != "rating":
        whole = hold_out(method.task, whole)
        found = ndcg(name, whole)
        assert found > ndcg(method.baseline, whole)
        if "lr" in signature(method.function).parameters:  # it may start above the baseline
            assert found > ndcg(name, whole, 1, lr=1e-12), f"{name} learns nothing"
        return
    test = as_tensors(whole.test)
    if method.baseline == "mean":
        level = torch.full_like(test.ratings, whole.train["rating"].mean())
        baseline = evaluate.rmse(level, test.ratings)
    else:
        steps = METHODS[method.baseline].steps
        baseline = evaluate.curve(train_models(method.baseline, whole), test, steps)[-1]
    torch.manual_seed(0)
    models = train_models(name, whole, **NARROW.get(name, {}))
    times = timestamps(whole.test)
    steps = min(method.steps, 200 if method.burn_in is None else method.burn_in + 45)
    rmse = evaluate.clipped_rmse
    found = evaluate.curve(models, test, steps, times, method.burn_in, rmse)[-1]
    assert found < baseline, f"{name} must beat {method.baseline}, or name another baseline"


def hold_out(task, whole):
    """Keep the test ratings of 4 and 5 stars; for what comes next take a set with an order."""
    if task == "ranking":
        return replace(whole, test=whole.test[whole.test["rating"] >= 4])
    train, test = evaluate.last_moment_split(order.make(500, memory=1))
    movies = pd.DataFrame({"movie": range(1, order.NUM_MOVIES + 1)})
    return Ratings("order", train, test, movies, pd.DataFrame({"user": range(1, 501)}))


def ndcg(name, whole, steps=20, **settings):
    """Return NDCG@10 of all test ratings, after at most so many `steps`."""
    *_, model = islice(started(name, whole, **settings), min(METHODS[name].steps, steps))
    parts = map(as_tensors, (whole.train, whole.test))
    return evaluate.ranking(model, *parts, whole.offered, relevant=1)["ndcg"]


def test_the_task_is_one_that_is_known(name):
    assert METHODS[name].task in ("rating", "ranking", "next")


def test_helpers_live_where_the_input_lives(name, data):
    """No tensor is made without a device, so nothing stays behind when the input is elsewhere."""
    train, test = (move(as_tensors(part)) for part in (data.train, data.test))
    settings, times = arguments(name, data, train), timestamps(data.test)
    some = test.users[:2]
    with AssertHelpersFollow():
        model = next(METHODS[name].function(train, data.size, **settings))
        assert model(test.users, test.items, times).device.type == HERE
        assert model.table(some).device.type == HERE


RANDOM = {"rank", "hidden", "parts"}  # what has them starts at random
CLOSED = [name for name, m in METHODS.items() if not RANDOM & {*signature(m.function).parameters}]
CLOSED += ["pure-svd"]  # it has a rank, but nothing random


@pytest.mark.parametrize("closed", CLOSED)
def test_without_factors_nothing_hangs_on_how_ids_are_numbered(closed, data):
    """Factors start at random; what has none knows no order of ids, ties included."""
    torch.manual_seed(5)
    users, items = (torch.randperm(size) for size in data.size)
    train, test = as_tensors(data.train), as_tensors(data.test)
    renumbered = Tensors(users[train.users], items[train.items], train.ratings)
    models = (METHODS[closed].start(data, ratings) for ratings in (train, renumbered))
    (*_, old), (*_, new) = (islice(steps, 5) for steps in models)
    found, expected = new(users[test.users], items[test.items]), old(test.users, test.items)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_an_unknown_method_is_named(data):
    with pytest.raises(KeyError, match="there is no method 'svd': choose one of biases, document"):
        train_models("svd", data)


def test_settings_replace_those_of_the_entry(data):
    assert next(started("gibbs", data, rank=3)).factors.user.shape == (201, 4)


def test_the_mean_of_models(data):
    models = list(islice(started("als", data), 3))
    users, items = torch.tensor([1, 2]), torch.tensor([3, 4])
    found = Average(models, [1.0, 1.0, 2.0])
    by_hand = sum(w * m(users, items) for w, m in zip((0.25, 0.25, 0.5), models))
    torch.testing.assert_close(found(users, items), by_hand)
    slow = sum(w * m.table(users) for w, m in zip((0.25, 0.25, 0.5), models))
    torch.testing.assert_close(found.table(users), slow)
    spies = [Mock(**{"table.return_value": torch.ones(2, 3)}) for _ in range(30)]
    torch.testing.assert_close(Average(spies).table(users), torch.ones(2, 3))
    assert sum(spy.table.called for spy in spies) == 20  # a table costs a product each
    with pytest.raises(ValueError, match="3 models need as many weights"):
        Average(models, [1.0])
    with pytest.raises(ValueError, match="positive sum"):
        Average(models, [0.0] * 3)


RANKING = {name for name, method in METHODS.items() if method.task == "ranking"}
FOLDING = sorted(RANKING - {"bpr"})  # someone new has no gradient


@pytest.mark.parametrize("ranking", sorted(RANKING))
@pytest.mark.parametrize("kind", [torch.int64, torch.float64])
def test_stars_may_be_whole_numbers_or_of_double_precision(ranking, kind, data):
    """In training and for someone new: what matters is their value."""
    train, found = as_tensors(data.train), []
    for stars in (train.ratings, train.ratings.to(kind)):
        torch.manual_seed(0)
        model = next(METHODS[ranking].start(data, train._replace(ratings=stars)))
        found.append([model.table(torch.tensor([1, 2]))])
        if ranking in FOLDING:
            found[-1].append(model.fold_in(train.items[:9], stars[:9]))
    torch.testing.assert_close(found[1], found[0])


@pytest.mark.parametrize("ranking", FOLDING)
def test_an_item_that_someone_new_gave_twice_counts_twice(ranking, data):
    """Five stars are twice three where the grades are linear."""
    model = next(started(ranking, data, grades=LINEAR))
    twice = model.fold_in(torch.tensor([7, 50, 7]), torch.tensor([3.0, 4.0, 3.0]))
    once = model.fold_in(torch.tensor([7, 50]), torch.tensor([5.0, 4.0]))
    torch.testing.assert_close(twice, once)


def test_folding_in_gives_what_training_would_give(data):
    """Someone who rates as a known user does is scored as she is: her row is its own solution."""
    model = taken("als", data, 50)
    train = as_tensors(data.train)
    mine = train.users == 7
    found = model.fold_in(train.items[mine], train.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([7]))[0], rtol=1e-2, atol=1e-2)
    nobody = model.fold_in(train.items[:0], train.ratings[:0])
    torch.testing.assert_close(nobody, model.mean + model.item[:, -1])
    with pytest.raises(ValueError, match=r"make both \(n,\)"):
        model.fold_in(train.items[:2], train.ratings[:1])  # would broadcast
