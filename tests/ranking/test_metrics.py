"""Metrics against all orders of equals, against trec_eval, and against values by hand."""

import math
from itertools import permutations

import pandas as pd
import pytest
import torch

from lecture_utils import MatrixFactorization, Tensors, evaluate
from lecture_utils.ranking import metrics
from lecture_utils.ranking.metrics import METRICS, per_user
from tests.devices import HERE, AssertHelpersFollow, move


def triple(rows):
    users, items, ratings = zip(*rows)
    return Tensors(torch.tensor(users), torch.tensor(items), torch.tensor(ratings).float())


def offered(size):
    """All items but number 0, which no catalogue of a lecture has."""
    return torch.arange(1, size)


@pytest.fixture
def some():
    """Scores of 11 users for 39 items, and ratings, of which ten stand in train and test."""
    torch.manual_seed(0)
    return make(users=11, items=39, train=100, test=110)


def make(users, items, train, test, levels=None):
    """Draw scores, of so many `levels` or all different, and ratings, of which ten stand twice."""
    pairs = torch.randperm(users * items)[: train + test - 10]
    rows = [(1 + p // items, 1 + p % items, float(torch.randint(1, 6, ()))) for p in pairs.tolist()]
    size = users + 1, items + 1
    scores = torch.randint(levels, size).float() if levels else torch.randn(size)
    return scores, triple(rows[:train]), triple(rows[train - 10 :])


def measure_list(items, wanted, k):
    """Measure one list without equals, in the most obvious way."""
    hits = [item in wanted for item in items[:k]]
    places = [place for place, hit in enumerate(hits, 1) if hit]
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return {
        "precision": sum(hits) / k,
        "recall": sum(hits) / len(wanted),
        "ndcg": sum(1 / math.log2(place + 1) for place in places) / ideal,
        "mrr": 1 / places[0] if places else 0.0,
        "map": sum(sum(hits[:place]) / place for place in places) / len(wanted),
        "hit_rate": float(any(hits)),
    }


def likes_of(test, relevant=4.0):
    likes = {}
    for user, item, rating in zip(*(column.tolist() for column in test)):
        if rating >= relevant:
            likes.setdefault(user, set()).add(item)
    return likes


def slow(scores, train, test, k, relevant=4.0):
    """Average the obvious metric over all orders of the items that respect the scores."""
    seen, rows = set(zip(train.users.tolist(), train.items.tolist())), {}
    for user, wanted in sorted(likes_of(test, relevant).items()):
        left = [item for item in range(1, scores.shape[1]) if (user, item) not in seen]
        levels = sorted({float(scores[user, item]) for item in left}, reverse=True)
        orders = [()]
        for level in levels:
            equals = [item for item in left if scores[user, item] == level]
            orders = [order + more for order in orders for more in permutations(equals)]
        found = pd.DataFrame([measure_list(order, wanted, k) for order in orders])
        rows[user] = found.mean()
    return pd.DataFrame(rows).T.rename_axis("user")


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("batch", [1, 5, 64])
def test_no_two_scores_are_equal(some, k, batch, monkeypatch):
    monkeypatch.setattr(metrics, "BATCH", batch)
    assert_same(per_user(*some, offered(40), k=k), slow(*some, k))


@pytest.mark.parametrize("lowest", [0.0, -math.inf])
@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_every_order_of_equals_counts_alike(seed, k, levels, lowest):
    """Lists of at most six items, most of them wanted: up to 720 orders of equals.

    A score of -inf is the last and equal to its like, as any other.
    """
    torch.manual_seed(seed)
    data = make(users=6, items=6, train=14, test=26, levels=levels)
    data[0][data[0] == 0] = lowest
    kept = (6 - torch.bincount(data[1].users, minlength=7) >= k)[data[2].users]
    data = *data[:2], Tensors(*(column[kept] for column in data[2]))
    found = per_user(*data, offered(7), k=k, relevant=2.0)
    assert_same(found, slow(*data, k, relevant=2.0))


def test_values_by_hand():
    """Of items 1 to 4 the first two are wanted; 1 stands above, 2 shares the places 2 to 4."""
    scores, none = torch.tensor([[0.0, 9, 3, 3, 3]]), triple([(0, 0, 1)])
    test = triple([(0, 1, 5), (0, 2, 4), (0, 3, 3)])
    found = per_user(scores, none, test, offered(5), k=2).loc[0]
    gain = 1 / math.log2(3)
    assert found.to_dict() == pytest.approx(
        {
            "precision": (1 + 1 / 3) / 2,
            "recall": (1 + 1 / 3) / 2,
            "ndcg": (1 + gain / 3) / (1 + gain),
            "mrr": 1.0,
            "map": (1 + 1 / 3) / 2,
            "hit_rate": 1.0,
        }
    )


@pytest.mark.parametrize("k", [1, 5, 10])
def test_against_trec_eval(some, k):
    """Without ties, cut to k before: trec_eval's reciprocal rank knows no cutoff of its own."""
    trec = pytest.importorskip("pytrec_eval", reason="no pytrec-eval-terrier here")
    names = ["P", "recall", "ndcg_cut", "recip_rank", "map_cut", "success"]
    scores, train, test = some
    seen = scores.clone()
    seen[train.users, train.items] = -math.inf
    seen[:, 0] = -math.inf
    wanted, run = {}, {}
    for user, items in likes_of(test).items():
        wanted[str(user)] = {str(item): 1 for item in items}
        best = seen[user].topk(k)  # no two are equal
        run[str(user)] = dict(zip(map(str, best.indices.tolist()), best.values.tolist()))
    cuts = {name if name == "recip_rank" else f"{name}.{k}" for name in names}
    rows = trec.RelevanceEvaluator(wanted, cuts).evaluate(run)
    columns = [name if name == "recip_rank" else f"{name}_{k}" for name in names]
    expected = pd.DataFrame(rows).T[columns].set_axis([*METRICS], axis=1)
    expected.index = expected.index.astype(int).rename("user")
    assert_same(per_user(*some, offered(40), k=k), expected.sort_index())


@pytest.mark.parametrize("levels", [2, 5, None])
@pytest.mark.parametrize("seed", range(5))
def test_renumbering_moves_nothing(seed, levels):
    torch.manual_seed(seed)
    scores, train, test = make(users=11, items=39, train=100, test=110, levels=levels)
    new_user, new_item = torch.randperm(12), torch.randperm(40)
    moved = torch.empty_like(scores)
    moved[new_user[:, None], new_item] = scores

    def renumber(data):
        mixed = torch.randperm(len(data.users))
        users, items, ratings = (column[mixed] for column in data)
        return Tensors(new_user[users], new_item[items], ratings)

    found = per_user(moved, renumber(train), renumber(test), new_item[offered(40)])
    expected = per_user(scores, train, test, offered(40))
    expected.index = pd.Index(new_user[torch.tensor(expected.index)].tolist(), name="user")
    assert_same(found, expected.sort_index())


def test_evaluate_gives_the_means(some):
    means = per_user(*some, offered(40), k=5).mean()
    assert evaluate.ranking(*some, offered(40), k=5) == means[:3].to_dict()


def test_users_without_a_relevant_item_have_no_row():
    test = triple([(3, 1, 5), (2, 1, 3), (1, 2, 4)])
    found = per_user(torch.ones(4, 4), triple([(1, 1, 1)]), test, offered(4), k=1)
    assert found.index.tolist() == [1, 3] and [*found] == [*METRICS]


def test_only_what_is_offered_is_shown():
    """Item 0 is like any other: the catalogue says what may be shown, not a rule."""
    scores = torch.tensor([[9.0, 5, 1], [0, 0, 0]])
    test, none = triple([(0, 0, 5)]), triple([(1, 1, 5)])
    assert (per_user(scores, none, test, torch.arange(3), k=1) == 1).all(axis=None)
    assert (per_user(scores, none, test, torch.tensor([1, 2]), k=1) == 0).all(axis=None)


def test_a_model_ranks_as_its_table_of_scores(some, monkeypatch):
    monkeypatch.setattr(metrics, "BATCH", 4)
    torch.manual_seed(1)
    model = MatrixFactorization(12, 40, rank=3, bias=True)
    scores = model.table(torch.arange(12))
    asked, table = [], model.table
    model.table = lambda users: asked.append(len(users)) or table(users)
    found = [per_user(one, *some[1:], offered(40), k=5) for one in (model, scores)]
    assert_same(*found)
    assert max(asked) == 4  # memory: a batch of users


def test_what_is_never_shown_may_have_any_score(some):
    scores, train, test = some
    expected = per_user(scores, train, test, offered(40))
    scores[:, 0] = math.nan  # not offered
    scores[train.users, train.items] = math.nan
    assert per_user(scores, train, test, offered(40)).equals(expected)


def test_scores_may_be_whole_numbers(some):
    scores = (1000 * some[0]).long()
    found = [per_user(kind, *some[1:], offered(40)) for kind in (scores, scores.double())]
    assert_same(*found)


def test_a_doubled_test_rating_counts_once():
    scores = torch.tensor([[0.0] * 4, [0, 1, 5, 9]])
    train, rows = triple([(1, 1, 5)]), [(1, 2, 5), (1, 3, 5)]
    tests = triple(rows), triple(2 * rows)
    once, twice = (per_user(scores, train, test, offered(4), 1) for test in tests)
    assert once.equals(twice)


FEW = "from 1 to 2, the items left to a user, not"


@pytest.mark.parametrize(
    ("last", "k", "relevant", "words"),
    [
        *((1.0, k, 4, f"{FEW} {k}") for k in (0, 3, 9)),
        (1.0, 1, 5.5, "no test rating is 5.5"),
        (math.nan, 1, 4, "NaN"),
    ],
)
def test_what_cannot_be_ranked_is_refused(last, k, relevant, words):
    scores = torch.tensor([[0.0] * 4, [0, 9, 5, last]])  # of items 1 to 3 one is seen
    train, test = triple([(1, 1, 5)]), triple([(1, 2, 5)])
    with pytest.raises(ValueError, match=words):
        per_user(scores, train, test, offered(4), k, relevant)


@pytest.mark.parametrize("where", ["train", "test", "offered", "user"])
@pytest.mark.parametrize("bad", [-1, 4])
def test_unknown_ids_are_refused(where, bad):
    data = {"train": triple([(1, 1, 5)]), "test": triple([(1, 2, 5)]), "offered": offered(4)}
    rows = {"offered": torch.tensor([bad]), "user": triple([(bad, 2, 5)])}
    data["test" if where == "user" else where] = rows.get(where, triple([(1, bad, 5)]))
    kind = "user" if where == "user" else "item"
    with pytest.raises(IndexError, match=f"{kind} id {bad} is outside 0..3"):
        per_user(torch.ones(4, 4), **data, k=1)


def test_metrics_work_where_their_input_lives(some):
    scores, train, test = some[0].to(HERE), move(some[1]), move(some[2])
    catalogue = offered(40).to(HERE)
    with AssertHelpersFollow():
        found = per_user(scores, train, test, catalogue, k=5)
    assert_same(found, per_user(*some, offered(40), k=5))
