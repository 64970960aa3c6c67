"""What every method of the registry keeps to. A new method is tested here by its entry alone."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from lecture_utils import Tensors, as_tensors, evaluate
from lecture_utils.data import Ratings
from lecture_utils.methods import METHODS, Average, train_models
from lecture_utils.methods.sessions import timestamps
from lecture_utils.synthetic import small
from tests.devices import assert_helpers_follow

SMALL = {"stages": ((20, 0.1),)}  # so that the document's thousand epochs are not waited for
SHORT = {name: SMALL for name, method in METHODS.items() if "stages" in method.settings}
STEPS = 3


@pytest.fixture(scope="module")
def whole():
    return Ratings("synthetic", *small.make("ua"))


@pytest.fixture(scope="module")
def data(whole):
    """The first two hundred users."""
    few = {part: getattr(whole, part)[lambda f: f["user"] <= 200] for part in ("train", "test")}
    return replace(whole, users=whole.users[:200], **few)


def started(name, data, seed=0, **settings):
    torch.manual_seed(seed)
    return train_models(name, data, **SHORT.get(name, {}), **settings)


def taken(name, data, steps=STEPS, seed=0):
    *_, model = islice(started(name, data, seed), steps)
    return model


def predictions(model, data):
    test = as_tensors(data.test)
    with torch.no_grad():
        return model(test.users, test.items, timestamps(data.test))


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_numbers(name, data):
    first, again = (predictions(taken(name, data), data) for _ in range(2))
    assert first.shape == (len(data.test),) and bool(first.isfinite().all())
    assert torch.equal(first, again)


@pytest.mark.parametrize("name", METHODS)
def test_it_goes_on_without_end_or_yields_once(name, data):
    assert len(list(islice(started(name, data), 4))) in (1, 4)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda t: t._replace(ratings=t.ratings * float("nan")), ValueError, "must be finite"),
        (lambda t: t._replace(items=t.items + 10_000), IndexError, "item id"),
        (lambda t: t._replace(users=-t.users), IndexError, "user id -"),
        (lambda t: Tensors(*(column[:0] for column in t)), ValueError, "not empty"),
        (lambda t: t._replace(ratings=t.ratings[:, None]), ValueError, "must be of one shape"),
    ],
    ids=["NaN", "unknown item", "unknown user", "no ratings", "wrong shape"],
)
def test_bad_ratings_are_refused_at_the_call(name, change, error, words, data):
    method, train = METHODS[name], as_tensors(data.train)
    made = method.inputs(data, train) if method.inputs else {}
    with pytest.raises(error, match=words):
        method.function(change(train), data.size, **{**method.settings, **made})


@pytest.mark.parametrize("name", METHODS)
def test_an_unknown_setting_is_refused_at_the_call(name, data):
    with pytest.raises(TypeError, match="strength"):
        started(name, data, strength=1.0)


BAD = {"rank": 2.5, "ridge": -1.0, "ridge_bias": float("nan"), "ridge_sets": -1.0, "power": 2.0,
       "stages": ((10, 0.0),), "lr": 0.0, "batch": 0, "pauses": (-1,)}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        (name, setting)
        for name, method in METHODS.items()
        for setting in BAD
        if setting in method.function.__kwdefaults__
    ],
)
def test_a_bad_setting_is_refused_at_the_call(name, setting, data):
    with pytest.raises(ValueError):
        train_models(name, data, **{setting: BAD[setting]})


@pytest.mark.parametrize("name", METHODS)
def test_the_model_refuses_unknown_ids(name, data):
    model, one = taken(name, data, 1), torch.tensor([1])
    for users, items in ((one * 944, one), (-one, one), (one, one * 1683)):
        with pytest.raises(IndexError, match="id"):
            model(users, items)
    with pytest.raises(IndexError, match="user id"):
        model.table(-one)


@pytest.mark.parametrize("name", METHODS)
def test_predicting_draws_nothing_and_changes_nothing(name, data):
    model = taken(name, data, 2)
    state = torch.random.get_rng_state()
    first, again = predictions(model, data), predictions(model, data)
    model.table(torch.tensor([1, 2]))
    assert torch.equal(first, again) and torch.equal(state, torch.random.get_rng_state())
    assert not getattr(model, "training", False)


@pytest.mark.parametrize("name", METHODS)
def test_the_table_holds_the_scores_of_the_pairs(name, data):
    model, users = taken(name, data, 2), torch.tensor([3, 1, 200])
    items = torch.arange(data.num_items)
    table = model.table(users)
    assert table.shape == (3, data.num_items) and not table.requires_grad
    for user, row in zip(users, table):
        with torch.no_grad():
            pairs = model(user.expand(len(items)), items)  # without times: sessions of their own
        torch.testing.assert_close(row, pairs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_it_beats_its_baseline(name, whole):
    """In at most 200 steps. The entry names the baseline."""
    method, test = METHODS[name], as_tensors(whole.test)
    if method.baseline is None:
        pytest.skip("the lectures show that it does not")
    if method.baseline == "mean":
        level = torch.full_like(test.ratings, whole.train["rating"].mean())
        baseline = evaluate.rmse(level, test.ratings)
    else:
        steps = METHODS[method.baseline].steps
        baseline = evaluate.curve(train_models(method.baseline, whole), test, steps)[-1]
    torch.manual_seed(0)
    models, times = train_models(name, whole), timestamps(whole.test)
    steps = min(method.steps, 200 if method.burn_in is None else 60)
    rmse = evaluate.clipped_rmse
    found = evaluate.curve(models, test, steps, times, method.burn_in, rmse)[-1]
    assert found < baseline, f"{name} must beat {method.baseline}, or name another baseline"


@pytest.mark.parametrize("name", METHODS)
def test_helpers_live_where_the_input_lives(name, data):
    """No tensor is made without a device, so nothing stays behind when the input is elsewhere."""
    method, train, test = METHODS[name], as_tensors(data.train), as_tensors(data.test)
    made = method.inputs(data, train) if method.inputs else {}
    times, some = timestamps(data.test), test.users[:2]
    with assert_helpers_follow():
        models = method.function(train, data.size, **{**method.settings, **made})
        model = next(models)
        model(test.users, test.items, times)
        model.table(some)


CLOSED = ("biases", "als")


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_form_does_not_know_how_ids_are_numbered(name, data, monkeypatch):
    torch.manual_seed(5)
    p_user, p_item = torch.randperm(data.size[0]), torch.randperm(data.size[1])
    train, test = as_tensors(data.train), as_tensors(data.test)
    new = Tensors(p_user[train.users], p_item[train.items], train.ratings)
    randn, method = torch.randn, METHODS[name]
    steps = {} if name == "biases" else {"rank": 2}

    def follow(*size, **options):  # the random start follows the items, too
        return torch.empty_like(randn(*size, **options)).index_copy(0, p_item, start)

    torch.manual_seed(0)
    start = randn(data.size[1], 2)
    monkeypatch.setattr(torch, "randn", lambda *size, **options: start)
    *_, old = islice(method.function(train, data.size, **{**method.settings, **steps}), 5)
    monkeypatch.setattr(torch, "randn", follow)
    *_, renamed = islice(method.function(new, data.size, **{**method.settings, **steps}), 5)
    torch.testing.assert_close(
        renamed(p_user[test.users], p_item[test.items]), old(test.users, test.items),
        rtol=1e-3, atol=1e-3,
    )  # fmt: skip


def test_an_unknown_method_is_named(data):
    with pytest.raises(KeyError, match="there is no method 'svd': choose one of biases, document"):
        train_models("svd", data)


def test_settings_replace_those_of_the_entry(data):
    assert next(started("gibbs", data, rank=3)).factors.user.shape == (201, 4)


def test_the_mean_of_models(data):
    models = list(islice(started("als", data), 30))
    users, items = torch.tensor([1, 2]), torch.tensor([3, 4])
    found = Average(models[:3], [1.0, 1.0, 2.0])
    by_hand = sum(w * m(users, items) for w, m in zip((0.25, 0.25, 0.5), models))
    torch.testing.assert_close(found(users, items), by_hand)
    slow = sum(w * m.table(users) for w, m in zip((0.25, 0.25, 0.5), models))
    torch.testing.assert_close(found.table(users), slow)
    asked = []
    counted = [lambda u, m=m: asked.append(0) or m.table(u) for m in models]
    spies = [type("Spy", (), {"table": staticmethod(table)})() for table in counted]
    Average(spies).table(users)
    assert len(asked) == 20  # of the thirty: a table costs a product each
    with pytest.raises(ValueError, match="3 models need as many weights"):
        Average(models[:3], [1.0])
    with pytest.raises(ValueError, match="positive sum"):
        Average(models[:3], [0.0] * 3)


def test_folding_in_gives_what_training_would_give(data):
    """Someone who rates as a known user does is scored as she is: her row is its own solution."""
    model = taken("als", data, 50)
    train = as_tensors(data.train)
    mine = train.users == 7
    found = model.fold_in(train.items[mine], train.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([7]))[0], rtol=1e-2, atol=1e-2)
    nobody = model.fold_in(train.items[:0], train.ratings[:0])
    torch.testing.assert_close(nobody, model.mean + model.item[:, -1])
    with pytest.raises(ValueError, match="must be of one shape"):
        model.fold_in(train.items[:2], train.ratings[:1])  # would broadcast
