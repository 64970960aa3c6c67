"""Lecture 06, the museum of mistakes: measure what mistakes cost, and mend each exhibit.

An exhibit is wrong as it says, and its check notices when somebody mends it.
"""

import re
import warnings
from collections.abc import Iterable

import pytest
import torch

from lecture_utils import (
    EmbeddingFactorization,
    MatrixFactorization,
    Ratings,
    Tensors,
    as_tensors,
    evaluate,
    fit,
    fit_biases,
)
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import assert_claims_turn_red, collected
from tests.lectures.test_03 import split_table, train
from tests.notebooks import CLAIM, LECTURES, prose, source
from tests.notebooks import load as load_notebook

DRAWS = 10  # of the 99 rivals


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; what depends on no seed is measured once."""
    seeds, values = list(seeds), {}
    for name in DATA_SETS:
        data = load(name)
        found = [[shift_ids(data)], [leave_in(data)]]
        for function in (meet_strangers, learn_likes, sample_rivals):
            found.append(run_each(function, [(name, seed) for seed in seeds]))
        for runs in found:
            values |= list_values(f"{name}.museum.", runs)
    fresh = run_each(forget_training, [(seed,) for seed in seeds])
    return values | list_values("solo.museum.", fresh)


def shift_ids(data: Ratings) -> dict[str, float]:
    """Fit biases of ids from 0; ask for items from 0, and by mistake from 1."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    fitted = fit_biases(Tensors(train.users - 1, train.items - 1, train.ratings), 943, 1682)
    inside = test.items < 1682
    users, items, stars = (column[inside] for column in test)
    shifted = evaluate.rmse(fitted(users - 1, items), stars)
    mean = train.ratings.mean().expand_as(stars)
    return {
        "shifted_rmse": shifted,
        "shifted_gain": evaluate.rmse(mean, stars) - shifted,
        "aligned_rmse": evaluate.rmse(fitted(users - 1, items - 1), stars),
    }


def forget_training(seed: int) -> dict[str, float]:
    """Create the model anew after training; return its RMSE on the known cells."""
    known, _ = split_table()
    trained, _ = train(lambda: EmbeddingFactorization(9, 8), seed, known, epochs=100)
    fresh = EmbeddingFactorization(9, 8)
    before, after = (
        evaluate.rmse(model(known.users, known.items), known.ratings) for model in (trained, fresh)
    )
    return {"fresh_rmse": after, "fresh_loss": after - before}


def meet_strangers(name: str, seed: int) -> dict[str, float]:
    """Predict for users who are in training and for a tenth of them, who are not.

    Returns:
        By how much the model beats the mean for the former, by how much it loses for the latter,
        and by how much the items' biases alone beat the mean for the latter.
    """
    data = load(name)
    early, test = as_tensors(data.train[data.train["user"] % 10 > 0]), as_tensors(data.test)
    mean = early.ratings.mean().item()
    torch.manual_seed(seed)
    model = MatrixFactorization(*data.size, rank=2, bias=True, mean=mean)
    fit(model, early, epochs=50)
    new = ~torch.isin(test.users, early.users)
    guess = model(test.users, test.items).detach()
    lazy = torch.full_like(guess, mean)
    items_only = mean + model.bias_item.detach()[test.items]

    def error(prediction: torch.Tensor, rows: torch.Tensor) -> float:
        return evaluate.rmse(prediction[rows], test.ratings[rows])

    return {
        "known_gain": error(lazy, ~new) - error(guess, ~new),
        "unseen_loss": error(guess, new) - error(lazy, new),
        "unseen_saved": error(lazy, new) - error(items_only, new),
    }


def learn_likes(name: str, seed: int) -> dict[str, float]:
    """Learn ratings of 4 and more as ones, alone and beside as many zeros at random.

    Returns:
        In percent: how many films at random score above 0.9, how often a liked film scores above
        one at random, how much more often with zeros, and how often it has more ratings. And what
        is won with zeros, as a percentage of what is won by having more ratings.
    """
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    high = train.ratings >= 4
    ones = Tensors(train.users[high], train.items[high], torch.ones(int(high.sum())))
    liked = test.ratings >= 4
    fans, loved = test.users[liked], test.items[liked]
    torch.manual_seed(seed)
    anything = torch.randint(1, data.num_items, loved.shape)

    def learn(rows: Tensors) -> tuple[torch.Tensor, float]:
        torch.manual_seed(seed)
        model = EmbeddingFactorization(*data.size, scale=1.0)
        fit(model, rows, epochs=50)
        mine, other = model(fans, loved).detach(), model(fans, anything).detach()
        return other, share(mine > other)

    def share(found: torch.Tensor) -> float:
        return 100 * found.float().mean().item()

    other, win = learn(ones)
    torch.manual_seed(seed + 1)
    unknown = torch.randint(1, data.num_items, ones.items.shape)
    zeros = Tensors(ones.users, unknown, torch.zeros(len(unknown)))
    _, fixed = learn(Tensors(*map(torch.cat, zip(ones, zeros))))
    count = torch.bincount(train.items, minlength=data.num_items)
    popular = share(count[loved] > count[anything])
    return {
        "likes_high": share(other > 0.9),
        "likes_win": win,
        "likes_gain": fixed - win,
        "likes_popular": popular,
        "likes_share": 100 * fixed / popular,
    }


def leave_in(data: Ratings) -> dict[str, float]:
    """Recommend what was watched together, with and without what the user has rated.

    Popularity is given both ways, too; and once what was rated in training counts as an answer.
    """
    train, test = as_tensors(data.train), as_tensors(data.test)
    watched = torch.zeros(data.size)
    watched[train.users, train.items] = 1
    together = watched @ (watched.T @ watched)
    nothing = Tensors(*(column[:0] for column in train))

    def precision(scores: torch.Tensor, hidden: Tensors, answers: Tensors = test) -> float:
        return evaluate.ranking(scores, hidden, answers, data.offered)["precision"]

    popular = watched.sum(dim=0).expand(data.size)
    every, left_in = Tensors(*map(torch.cat, zip(train, test))), precision(together, nothing)
    order = together[1:, 1:].sort(descending=True, stable=True).indices
    people = torch.arange(1, data.num_users)[:, None]
    return {
        "seen_share": 100 * watched[people, order[:, :10] + 1].mean().item(),
        "seen_lost": precision(popular, train) - left_in,
        "seen_won": left_in - precision(popular, nothing),
        "unseen_won": precision(together, train) - precision(popular, train),
        "seen_paid": precision(together, nothing, every),
    }


def sample_rivals(name: str, seed: int) -> dict[str, float]:
    """Return how far the hit rate of a model is above popularity's.

    HR@10 and HR@160 against all films without a rating; HR@10 against 99 of them, the least of
    DRAWS draws.
    """
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    liked = test.ratings >= 4
    fans, loved = test.users[liked], test.items[liked]
    rated = torch.zeros(data.size, dtype=torch.bool)
    for part in (train, test):
        rated[part.users, part.items] = True
    rated[:, 0] = True
    torch.manual_seed(seed)
    model = MatrixFactorization(*data.size, rank=20)
    fit(model, train, epochs=400, l2={"P": 7e-5, "Q": 7e-5})
    ours = model.table(torch.arange(data.num_users))
    count = torch.bincount(train.items, minlength=data.num_items)
    popular = count.float().expand(data.size)

    def place(scores: torch.Tensor, ids: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        own = scores[fans, loved][:, None]
        if ids is None:
            rivals = scores[fans].masked_fill(rated[fans], -torch.inf)
        else:
            rivals = scores[fans[:, None], ids]
        return (rivals > own).sum(1), (rivals == own).sum(1)

    def hit_rate(places: tuple[torch.Tensor, ...], k: int = 10) -> float:
        above, ties = places
        return ((k - above) / (ties + 1)).clamp(0, 1).mean().item()

    gaps = []
    for draw in range(DRAWS):
        torch.manual_seed(draw)
        ids = torch.randint(1, data.num_items, (len(fans), 99))
        while (bad := rated[fans[:, None], ids]).any():
            ids[bad] = torch.randint(1, data.num_items, (int(bad.sum()),))
        gaps.append(hit_rate(place(ours, ids)) - hit_rate(place(popular, ids)))
    mine, theirs = place(ours), place(popular)
    return {
        "full_gap": hit_rate(mine) - hit_rate(theirs),
        "top160_gap": hit_rate(mine, 160) - hit_rate(theirs, 160),
        "sampled_gap": min(gaps),
    }


MUSEUM = next(path for path in LECTURES if path.name.startswith("06"))
ZEROS = (
    "learn(Tensors(*map(torch.cat, zip(ones, ones._replace(ratings=0 * ones.ratings, "
    "items=torch.randint(1, data.num_items, ones.items.shape))))))"
)
VECTORS = "lambda: EmbeddingFactorization(9, 8), "
SLOW = {5, 8, 14}  # exhibits that are mended in the long form only
# Exhibit -> what is wrong in it, and how it would be right; after the first change those that turn
# the other claims of the exhibit red.
MENDED = {
    1: [
        {"users - 1, items), stars": "users - 1, items - 1), stars"},
        {"train.users >= size)": "train.users > size)"},
    ],
    2: [{"known.ratings.reshape(-1, 1)  #": "known.ratings  #"}],
    3: [{"if clear:": "if True:"}],
    4: [
        {"total = total + loss": "total = total + loss.detach()"},
        {"            loss.backward()\n            optimizer.step()": "            pass"},
        {"add_up(False, False)": "add_up(False, True)"},
    ],
    5: [
        {"relabel[known.items])": "known.items)"},
        {"errors_of(ByNumber, shuffle)": f"errors_of({VECTORS}shuffle)"},
        {f"{VECTORS}shuffle": "ByNumber, shuffle"},
        {"nn.Linear(2, 12), nn.ReLU(), nn.Linear(12, 1)": "nn.Linear(2, 1)"},
    ],
    6: [
        {"model = EmbeddingFactorization(9, 8)  # 예측": "# 예측"},
        {"EmbeddingFactorization(9, 8)": "torch.manual_seed(0) and EmbeddingFactorization(9, 8)"},
    ],
    7: [
        {"early, epochs=50)": 'early, epochs=50, l2={"Q": 1e-2, "bias_user": 1e-2})'},
        {"epochs=50": "epochs=1"},
        {"careful = mean + model": "careful = guess[new] + 0 * model"},
        {'["영자", "광수"]': '["영자", "옥순"]'},
    ],
    8: [
        {"missing = solo.table.isna()": "missing = fixed.isna()"},
        {"fit(model, now, epochs=100)": "fit(model, now, epochs=1)"},
        {"errors_by_row(solo.table), ": "errors_by_row(fixed) + torch.eye(9)[boram], "},
        {"errors_by_row(solo.table), ": "errors_by_row(fixed) - torch.eye(9)[boram], "},
        {"3.65, 3.52, 4.00": "3.65, 1.52, 4.00"},
        {"printed, true = solo.table.loc": "printed, true = fixed.loc"},
    ],
    9: [
        {"torch.tensor(tall.to_numpy())": "torch.tensor(tall.fillna(0).to_numpy())"},
        {"tall.dropna()": "tall"},
    ],
    10: [
        {"[(0, 5), (0.5, 5.5)]": "[(0.5, 5.5), (0.5, 5.5)]"},
        {"lr=0.1": "lr=0.01"},
    ],
    11: [
        {"learn(ones)": ZEROS},
        {"count[loved] > count[anything]": "count[loved] < count[anything]"},
    ],
    12: [
        {"left_in = precision(together, nothing)": "left_in = precision(together, train)"},
        {"precision(together, hidden), precision(popular, hidden)": "0.1, 0.1"},
    ],
    13: [
        {"friendly = above < k": "friendly = above + ties < k"},
        {"hostile = above + ties < k": "hostile = above < k"},
        {"fair = ((k - above) / (ties + 1)).clamp(0, 1)": "fair = above < k"},
        {"hit_rates(stars),": "hit_rates(stars.round()),"},
    ],
    14: [
        {"scores[fans[:, None], ids]": "scores[fans].masked_fill(rated[fans], -torch.inf)"},
        {"mine, theirs = place": "theirs, mine = place"},
    ],
    15: [{'if order == "틀림":': 'if order == "없음":'}],
    16: [
        {"random_state=0)\nunchanged": "random_state=0).to_numpy()\nunchanged"},
        {"= shuffled.to_numpy()": "= shuffled"},
    ],
    17: [{"curve[-1] < 100": "curve[-1] < mean_mse"}],
}


def find_rooms() -> dict[int, str]:
    """Return the code of each exhibit, by number; 0 is the entrance, without the bootstrap cell."""
    found, number = {0: []}, 0
    for cell in load_notebook(MUSEUM)["cells"]:
        if heading := re.match(r"## 전시물 (\d+)\. ", source(cell)):
            number = int(heading[1])
        elif cell["cell_type"] == "code":
            found.setdefault(number, []).append(source(cell))
    found[0] = found[0][1:]
    return {n: "\n".join(room).replace("plt.show()", "plt.close()") for n, room in found.items()}


ROOMS = find_rooms()


@pytest.fixture(scope="module")
def entrance() -> dict:
    space: dict = {"__name__": "museum"}  # a class of an exhibit wants to know its module
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # no copy of MovieLens
        exec(ROOMS[0], space)
    return space


def walk(number: int, entrance: dict, change: dict[str, str] | None = None) -> None:
    """Run an exhibit straight from the entrance, with a change in its code."""
    code = ROOMS[number]
    for old, new in (change or {}).items():
        assert old in code, f"exhibit {number} no longer has {old}"
        code = code.replace(old, new)
    exec(code, dict(entrance))


def test_at_least_twelve_exhibits_can_be_mended():
    assert len(MENDED) >= 12
    assert [*ROOMS] == [0, *MENDED] == [*range(len(ROOMS))]
    names = {cell["metadata"].get("name") for cell in load_notebook(MUSEUM)["cells"]}
    assert {f"check-{number:02d}" for number in MENDED} <= names


def test_the_map_leads_to_every_exhibit():
    text = prose(MUSEUM)
    links = re.findall(r"\[(\d+)번\]\(\S+#전시물-(\d+)-\S+\)", text)  # no dead anchor: test_book.py
    assert [number for number, exhibit in links if number != exhibit] == []
    numbers = re.findall(r"^## 전시물 (\d+)\. ", text, re.MULTILINE)
    assert {number for number, _ in links} == {*numbers}


@pytest.mark.full
@pytest.mark.parametrize("number", MENDED)
def test_an_exhibit_needs_no_other(number, entrance):
    """In the lecture's order nbval runs it."""
    walk(number, entrance)


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.full if n in SLOW else ()) for n in MENDED]
)
def test_a_mended_exhibit_is_noticed(number, entrance):
    with pytest.raises(AssertionError, match="✗"):
        walk(number, entrance, MENDED[number][0])


@pytest.mark.parametrize(
    ("number", "old", "new", "error"),
    [
        (1, "nn.Embedding(943, 2)", "nn.Embedding(944, 2)", "IndexError"),
        (1, "EmbeddingFactorization(943, 1683)", "EmbeddingFactorization(944, 1683)", "IndexError"),
        (4, "torch.ones(1, requires_grad=True)", "torch.ones(1)", "RuntimeError"),
    ],
)
def test_a_missing_error_is_noticed(number, old, new, error, entrance):
    with pytest.raises(AssertionError, match=error):
        walk(number, entrance, {old: new})


@pytest.mark.full
def test_every_claim(entrance):
    """Each check that prose cites goes red when something of its exhibit is changed."""
    results = {}
    for number, changes in MENDED.items():
        for change in changes:
            told = []
            with collected(told):
                try:
                    walk(number, entrance, change)
                except AssertionError as error:  # check.fails is not collected
                    assert "✗" in str(error), (number, change, error)
            assert told, f"exhibit {number} stays green: {change}"
            results[f"{number} {change}"] = {"check": "\n".join(told)}
    assert_claims_turn_red(CLAIM.findall(prose(MUSEUM)), results)
