"""Measure lecture 12, and break it.

What is counted hangs on no seed, but what a processor rounds hangs on the processor (`jitter`);
what is trained hangs on its seed. The invented histories are drawn anew with each seed, too.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils import Ratings, as_tensors, evaluate
from lecture_utils.methods import METHODS
from lecture_utils.methods.ease_ials import standardise
from lecture_utils.ranking.metrics import per_user
from lecture_utils.synthetic import order
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test
from tests.lectures.rankings import jitter

NEVER = 1e9  # a half-life with which nothing gets older
COUNTED = {  # by name in the toml: method of the registry, and settings
    "popular": ("popularity", {}),
    "markov": ("markov", {}),
    "co": ("co-occurrence", {}),
    "co_ageless": ("co-occurrence", {"half_life": NEVER}),
    "ease": ("ease-recency", {}),
    "ease_ageless": ("ease-recency", {"half_life": NEVER}),
}
USERS = (250, 500, 1000, 2000)  # with invented histories
READ = 15_000  # histories that are read in all, so that each takes as many steps
PATH = 12  # epochs that are drawn
PATIENCE = 20  # epochs among which the loss with one drawn item may choose its best


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed, or one where nothing is random; networks on MovieLens alone."""
    values, seeds = {}, [*seeds]
    for name in DATA_SETS:
        values |= list_values(f"{name}.next.", run_each(measure_clock, [(name,)]))
        each = run_each(measure_counts, [(name, seed) for seed in seeds])
        values |= list_values(f"{name}.next.", each)
    for function in (measure_gru, measure_short):
        each = run_each(function, [(seed,) for seed in seeds])
        values |= list_values("seeds.next.", each)
    return values


def measure_earlier(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Train the network with attention, with both losses, and one on invented histories."""
    values, arguments = {}, [(seed,) for seed in seeds]
    for function in (measure_sasrec, measure_planted, measure_path):
        values |= list_values("seeds.next.", run_each(function, arguments))
    gru = run_each(measure_gru, arguments)
    return values | {"seeds.next.gru_below": [float(one["gru_ahead"] < 0) for one in gru]}


@cache
def open_moment(name: str, before: int = 0) -> Ratings:
    """Hold out the last moment, or one of those before it, of all ratings of `name`."""
    data = load(name)
    rest = pd.concat([data.train, data.test], ignore_index=True)
    for _ in range(before + 1):
        rest, held = evaluate.last_moment_split(rest)
    return replace(data, train=rest, test=held)


def score(data: Ratings, model: Any) -> dict[str, float]:
    """Return the mean recall and NDCG of the lists of ten, every rating held out wanted."""
    parts = as_tensors(data.train), as_tensors(data.test)
    found = per_user(model, *parts, data.offered, relevant=1)
    return {"recall": float(found["recall"].mean()), "ndcg": float(found["ndcg"].mean())}


def fit(data: Ratings, method: str, seed: int = 0, steps: int = 0, **settings: Any) -> Tensor:
    """Train a method of the registry on `data.train`, and return its table of scores."""
    torch.manual_seed(seed)
    models = METHODS[method].start(data, as_tensors(data.train), **settings)
    *_, model = islice(models, steps or METHODS[method].steps)
    return model.table(torch.arange(data.num_users))


def measure_clock(name: str) -> dict[str, float]:
    """Ask how much the clock tells, and what the order of equals does to a rate of hits."""
    data = load(name)
    whole = pd.concat([data.train, data.test], ignore_index=True)
    user = whole.groupby("user")["timestamp"]
    last = whole[whole["timestamp"] == user.transform("max")].groupby("user").size()
    values = {
        "tied": whole.duplicated(["user", "timestamp"], keep=False).mean(),
        "last_size": last.mean(),
        "minutes": ((user.max() - user.min()) / 60).median(),
    }
    for key, up in (("low_id", False), ("high_id", True)):
        rows = whole.sort_values(["user", "timestamp", "movie"], ascending=[True, True, up])
        held = rows.groupby("user").tail(1)
        part = replace(data, train=rows.drop(held.index), test=held)
        parts = as_tensors(part.train), as_tensors(held)
        table = fit(part, "co-occurrence")
        values[key] = per_user(table, *parts, data.offered, relevant=1)["hit_rate"].mean()
    values["turned"] = values["low_id"] - values["high_id"]
    return {key: float(value) for key, value in values.items()}  # not NumPy's


@cache
def count(name: str) -> dict[str, Tensor]:
    """Return the table of each of COUNTED."""
    data = open_moment(name)
    return {key: fit(data, method, **settings) for key, (method, settings) in COUNTED.items()}


def measure_counts(name: str, seed: int) -> dict[str, float]:
    """Measure what is counted, or solved, without training."""
    data = open_moment(name)
    found = {  # shaking would tell apart movies that are as popular
        key: score(data, table if key == "popular" else jitter(table, seed))
        for key, table in count(name).items()
    }
    ndcg = {key: one["ndcg"] for key, one in found.items()}
    values = {key: ndcg[key] for key in ("popular", "markov", "co", "ease")}
    values |= {f"{key}_recall": found[key]["recall"] for key in ("popular", "markov", "co")}
    values |= {f"{key}_recency": ndcg[key] - ndcg[f"{key}_ageless"] for key in ("co", "ease")}
    return values | {f"co_over_{key}": ndcg["co"] - ndcg[key] for key in ("markov", "ease")}


def measure_gru(seed: int) -> dict[str, float]:
    """Measure the recurrent network, and how far it is from co-occurrence."""
    data = open_moment("ml-100k")
    gru, counted = fit(data, "gru4rec", seed), count("ml-100k")["co"]
    found, co = score(data, gru), score(data, counted)
    both = score(data, standardise(gru) + standardise(counted))
    return {
        "gru": found["ndcg"],
        "gru_recall": found["recall"],
        "gru_ahead": found["ndcg"] - co["ndcg"],
        "both": both["ndcg"],
        "both_recall": both["recall"],
        "both_over_gru": both["ndcg"] - found["ndcg"],
        "both_over_co": both["ndcg"] - co["ndcg"],
    }


def measure_sasrec(seed: int) -> dict[str, float]:
    """Measure attention, and on the moment before the last what the loss over all items gives.

    The loss with one drawn item may take the best of PATIENCE epochs, the other takes its last.
    """
    data = open_moment("ml-100k")
    found, co = score(data, fit(data, "sasrec", seed)), score(data, count("ml-100k")["co"])
    before = open_moment("ml-100k", before=1)
    softmax = score(before, fit(before, "sasrec", seed))["ndcg"]
    torch.manual_seed(seed)
    models = METHODS["sasrec"].start(before, as_tensors(before.train), loss="one")
    best = max(score(before, model)["ndcg"] for model in islice(models, 1, PATIENCE, 2))
    return {
        "sasrec": found["ndcg"],
        "sasrec_recall": found["recall"],
        "sasrec_below": float(found["ndcg"] < co["ndcg"]),
        "all_items_gain": softmax - best,
        "all_items_wins": float(softmax > best),
    }


def invent(users: int, memory: int, seed: int) -> Ratings:
    """Invent histories, and hold out the last item of each."""
    train, held = evaluate.last_moment_split(order.make(users, memory=memory, seed=seed))
    movies = pd.DataFrame({"movie": range(1, order.NUM_MOVIES + 1)})
    return Ratings("order", train, held, movies, pd.DataFrame({"user": range(1, users + 1)}))


def measure_short(seed: int) -> dict[str, float]:
    """Measure what is counted where one step, or only two together, foretell the next."""
    one, two = (
        {
            key: score(data, fit(data, COUNTED[key][0]))["ndcg"]
            for key in ("popular", "markov", "co")
        }
        for data in (invent(1000, memory, seed) for memory in (1, 2))
    )
    return {
        "one_step": one["markov"] - one["popular"],
        "order_lost": one["markov"] - one["co"],
        "two_steps": two["markov"] - two["popular"],
    }


def measure_planted(seed: int) -> dict[str, float]:
    """Measure the recurrent network and co-occurrence for more and more users with one rule.

    Who are fewer are read more often: a network takes about as many steps on each.
    """
    values = {}
    for users in USERS:
        data = invent(users, 2, seed)
        co = score(data, fit(data, "co-occurrence"))["ndcg"]
        gru = score(data, fit(data, "gru4rec", seed, READ // users))["ndcg"]
        values |= {f"co_{users}": co, f"gru_{users}": gru, f"gru_{users}_ahead": gru - co}
    return values


def measure_path(seed: int) -> dict[str, float]:
    """Measure the recurrent network after each epoch, for a thousand users with one rule."""
    data = invent(1000, 2, seed)
    co = score(data, fit(data, "co-occurrence"))["ndcg"]
    torch.manual_seed(seed)
    models = METHODS["gru4rec"].start(data, as_tensors(data.train))
    path = [score(data, model)["ndcg"] for model in islice(models, PATH)]
    values = {f"path_{epoch}": ndcg for epoch, ndcg in enumerate(path, 1)}
    return values | {"path_slow": 1.5 * co - path[1], "path_found": path[-1] - 3 * co}


HEAVY = {"reader"}
MUTANTS = {
    "first of equals": Mutant({"keep=False)": 'keep="first")'}, "check-clock", HEAVY),
    "seconds": Mutant({'["timestamp"].min()) / 60': '["timestamp"].min())'}, "check-person", HEAVY),
    "one order": Mutant({"[True, True, up]": "[True, True, True]"}, "check-order", HEAVY),
    "all alike": Mutant(
        {'whole["movie"].value_counts()': '0 * whole["movie"].value_counts() + 1'},
        "check-order",
        HEAVY,
    ),
    "last alone": Mutant(
        {"last_moment_split(whole)": "per_user_split(whole, 1)"}, "check-moment", HEAVY
    ),
    "backwards": Mutant({"T[a, b] += 1": "T[b, a] += 1"}, "check-chain", HEAVY),
    "no chain": Mutant({'train_model("markov"': 'train_model("popularity"'}, "check-markov", HEAVY),
    "narrow": Mutant({"window=2, decay": "window=1, decay"}, "check-window", HEAVY),
    "turned": Mutant({"forward + 0.5 * forward.T": "forward.T"}, "check-co", HEAVY),
    "one age": Mutant(
        {"vote(old, V, h)": "vote(old, V, 3.0)"}, "check-half-life", HEAVY, long=True
    ),
    "as old": Mutant({"vote(past, W, 1e9)": "vote(past, W, 3.0)"}, "check-half-life", HEAVY),
    "same ears": Mutant({"known, half_life=1e9)": "known)"}, "check-ease", HEAVY),
    "no ease": Mutant(
        {'judge(train_model("ease-recency", known),': 'judge(train_model("popularity", known),'},
        "check-ease",
        HEAVY,
    ),
    "gate": Mutant({"(1 - z) * n + z * h": "z * n + (1 - z) * h"}, "check-gru", HEAVY, long=True),
    "unasked": Mutant({"answers[answers >= 0]": "answers[answers >= 2]"}, "check-pieces", HEAVY),
    "still": Mutant(
        {"lr=0.01)": "lr=0.0)", 'METHODS["gru4rec"].steps)': "1)"}, "check-reader", long=True
    ),
    "ahead": Mutant(
        {"dtype=torch.bool).tril()": "dtype=torch.bool).triu()"}, "check-attention", HEAVY
    ),
    "too small": Mutant({"X @ X.T / 2**0.5": "X @ X.T / 2"}, "check-attention", HEAVY),
    "romance": Mutant({"[0.5, 2], [2, 0]])": "[0.5, 2], [0, 2]])"}, "check-attention", HEAVY),
    "one alone": Mutant({" + standardize(table)": ""}, "check-verdict", long=True),
    "rules": Mutant({"invent(1000, memory)": "invent(1000, 3 - memory)"}, "check-rules", HEAVY),
}
test_mutants = build_test("12", MUTANTS)
