"""Measure lecture 10, and break it.

The start of both kinds of ALS and the draws of the bootstrap hang on the seed, and the lists of
closed forms on rounding; what hangs on neither has one value.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lecture_utils import evaluate
from lecture_utils.methods.interactions import BINARY, LINEAR
from lecture_utils.ranking.compare import paired
from lecture_utils.ranking.lists import coverage, mean_popularity, top_lists
from tests.lectures.measure import DATA_SETS, list_values, run_each
from tests.lectures.mutants import SHUFFLED, Mutant, build_test
from tests.lectures.rankings import fit, jitter, judge, open_data, tabulate_once

LIKED = (0, 0, 0, 1, 1)  # 4 stars and more
USER = 100  # whose lists are shown
RIDGES = (10, 50, 200, 500, 1000, 2000)
FEWER_RIDGES = (100, 200, 500, 1000)


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed, or one where nothing is random."""
    values, seeds = {}, [*seeds]
    for name in DATA_SETS:
        values |= list_values(f"{name}.watched.", run_each(measure_once, [(name,)]))
        for function in (measure_rounded, measure_seed):
            each = run_each(function, [(name, seed) for seed in seeds])
            values |= list_values(f"{name}.watched.", each)
    return values


def rank(name: str, method: str, part: str = "test", seed: int = 0, **settings: Any) -> pd.Series:
    """Train a method and return the NDCG of each user."""
    return judge(name, fit(name, method, part, seed, **settings), part)["ndcg"]


rank_once = cache(rank)  # for what has no seed


@cache
def choose_ridge(name: str, grades: tuple[float, ...], ridges: tuple[int, ...]) -> int:
    """Choose EASE's penalty on validation data."""
    return max(
        ridges, key=lambda r: rank_once(name, "ease", "valid", ridge=r, grades=grades).mean()
    )


def rare(name: str, items: Tensor) -> float:
    """Return the share of movies with fewer than 50 training ratings."""
    data, parts = open_data(name)
    count = torch.bincount(parts["test"][0].items, minlength=data.num_items)
    return (count[items] < 50).float().mean().item()


def measure_once(name: str) -> dict[str, float]:
    """Measure what hangs on no seed."""
    data, parts = open_data(name)
    train, test = parts["test"]
    users, loved = torch.arange(1, data.num_users), test.items[test.ratings >= 4]
    count = torch.bincount(train.items, minlength=data.num_items)
    popular = fit(name, "popularity")
    values = {
        "popular": rank_once(name, "popularity").mean(),
        "popular_hit": judge(name, popular)["hit_rate"].mean(),
        "popular_shown": coverage(top_lists(popular, users, train, data.offered), data.offered),
        "rare_films": rare(name, data.offered),
        "rare_loved": rare(name, loved),
        "low": (train.ratings <= 2).float().mean().item(),
        "head": (count.sort(descending=True).values[:100].sum() / count.sum()).item(),
        "always": judge(name, torch.ones(data.size))["ndcg"].mean(),
        "loved_count": count[loved].float().mean().item(),
    }
    return {key: float(value) for key, value in values.items()}  # not NumPy's


def measure_rounded(name: str, seed: int) -> dict[str, float]:
    """Measure what hangs on no seed but on rounding."""
    data, parts = open_data(name)
    train, test = parts["test"]

    def ndcg(method: str, **settings: Any) -> float:
        return judge(name, jitter(tabulate_once(name, method, **settings), seed))["ndcg"].mean()

    best = choose_ridge(name, BINARY, RIDGES)
    stars = choose_ridge(name, LINEAR, FEWER_RIDGES)
    ease = jitter(tabulate_once(name, "ease"), seed)
    lists = top_lists(ease, torch.arange(1, data.num_users), train, data.offered)
    hers = dict(zip(*(column[test.users == USER].tolist() for column in test[1:])))
    given = [hers[item] for item in lists[USER - 1].tolist() if item in hers]
    loved = test.items[test.ratings >= 4]
    count = torch.bincount(train.items, minlength=data.num_items)
    found = mean_popularity(lists, train)
    zero, free = (
        judge(name, jitter(table, seed), "valid")["ndcg"].mean()
        for table in weigh_items(name, RIDGES[0])
    )
    values = {
        "copy_gap": zero - free,
        "knn_ones": ndcg("item-knn", grades=BINARY),
        "svd_ones": ndcg("pure-svd", grades=BINARY),
        "ease_ones": ndcg("ease", ridge=best, grades=BINARY),
        "ease_stars": ndcg("ease", ridge=stars, grades=LINEAR),
        "knn_stars": ndcg("item-knn"),
        "svd_stars": ndcg("pure-svd"),
        "ease_recall": judge(name, ease)["recall"].mean(),
        "ease_shown": coverage(lists, data.offered),
        "ease_rare": rare(name, lists),
        "ease_count": found,
        "famous": found - count[loved].float().mean().item(),
        "list_seen": len(given),
        "list_loved": sum(rating >= 4 for rating in given),
    }
    return {key: float(value) for key, value in values.items()}  # not NumPy's


@cache
def weigh_items(name: str, ridge: float) -> list[Tensor]:
    """Score validation users by EASE, and by the same with movies that explain themselves."""
    data, parts = open_data(name)
    X = torch.zeros(data.size)
    X[parts["valid"][0].users, parts["valid"][0].items] = 1
    eye = torch.eye(data.num_items)
    inverse = torch.linalg.inv(X.T @ X + ridge * eye)
    zero, free = (-inverse / inverse.diagonal()).fill_diagonal_(0), eye - ridge * inverse
    return [X @ zero, X @ free]


def measure_seed(name: str, seed: int) -> dict[str, float]:
    """Measure both kinds of ALS, and intervals."""
    data, parts = open_data(name)
    train, test = parts["test"]
    als, popular = fit(name, "als", seed=seed), fit(name, "popularity")
    users, loved = torch.arange(1, data.num_users), test.items[test.ratings >= 4]
    only = torch.full(data.size, float("-inf"))
    only[test.users, test.items] = 0
    inside = [
        judge(name, model.table(torch.arange(data.num_users)) + only)["ndcg"].mean()
        for model in (als, popular)
    ]
    share = rare(name, top_lists(als, users, train, data.offered))
    ladder = [
        judge(name, als)["ndcg"],
        *(rank_once(name, method) for method in ("popularity", "item-knn", "pure-svd")),
        rank(name, "ials", seed=seed),
        *(rank_once(name, method) for method in ("ease", "ease-drop")),
    ]
    steps = [paired(above, below, seed) for below, above in zip(ladder, ladder[1:])]
    inputs = {
        grades: rank_once(
            name, "ease", ridge=choose_ridge(name, grades, FEWER_RIDGES), grades=grades
        )
        for grades in (BINARY, LIKED, LINEAR)
    }
    held = paired(rank_once(name, "ease", "valid"), rank(name, "ials", "valid", seed), seed)
    values = {
        "als_rmse": evaluate.clipped_rmse(als(test.users, test.items), test.ratings),
        "als": ladder[0].mean(),
        "popular_ahead": ladder[1].mean() - ladder[0].mean(),
        "rare_als": share,
        "rare_more": share - rare(name, loved),
        "within_ahead": inside[0] - inside[1],
        "ials_ones": rank(name, "ials", seed=seed, grades=BINARY).mean(),
        "ials_stars": ladder[4].mean(),
        "over_ones": paired(inputs[LINEAR], inputs[BINARY], seed).low,
        "over_liked": paired(inputs[LINEAR], inputs[LIKED], seed).low,
        "step_popular": steps[0].low,
        "step_knn": steps[1].low,
        "step_svd": steps[2].low,
        "step_ials": steps[3].low,
        "last_mean": steps[4].mean,
        "last_low": steps[4].low,
        "drop_low": steps[5].low,
        "drop_high": steps[5].high,
        "valid_low": held.low,
        "valid_high": held.high,
    }
    return {key: float(value) for key, value in values.items()}  # not NumPy's


LONG = {"svd", "ials", "curves", "grades", "report"}
MUTANTS = {
    "shuffled": Mutant(SHUFFLED, "check-lazy"),
    "count": Mutant(
        {"minlength=size[1])  # 평점 수": "minlength=size[1]).flip(0)  # 평점 수"}, "check-shares"
    ),
    "within": Mutant(
        {"only[test.users, test.items] = 0": "only[train.users, train.items] = 0"}, "check-within"
    ),
    "table": Mutant(
        {"X[train.users, train.items] = 1": "X[test.users, test.items] = 1"}, "check-table"
    ),
    "twice": Mutant(
        {"X[train.users, train.items] = 1": "X[train.users, train.items] = 2"}, "check-popular"
    ),
    "hit": Mutant({'["hit_rate"].mean()': '["precision"].mean()'}, "check-popular-range"),
    "side": Mutant({"cosine.topk(k, dim=1)": "cosine.topk(k, dim=0)"}, "check-neighbours"),
    "disliked": Mutant({"(stars >= 3)": "(stars < 3)"}, "check-neighbours"),
    "worst": Mutant(
        {"knn_ndcg = ndcg(knn)": "knn_ndcg = ndcg(-knn.table(everyone))"}, "check-neighbours"
    ),
    "always": Mutant({"always = torch.ones(size)": "always = torch.zeros(size)"}, "check-all-ones"),
    "rank": Mutant({"V = V_T[:12].T": "V = V_T[:11].T"}, "check-svd", LONG - {"svd"}, long=True),
    "trick": Mutant(
        {"A = alpha * P.T @ P + seen.T": "A = P.T @ P + seen.T"},
        "check-trick",
        LONG - {"ials"},
        long=True,
    ),
    "sweep": Mutant(
        {"solve_all(X.T, Q)": "solve_all(X.T, Q.flip(0))"}, "check-ials", LONG - {"ials"}, long=True
    ),
    "sign": Mutant({"loss(Q, P))": "loss(-Q, P))"}, "check-ials", LONG - {"ials"}, long=True),
    "copy": Mutant({"small_ridge = 0.001": "small_ridge = 10"}, "check-copy", LONG),
    "rows": Mutant(
        {"at_once = (-C / C.diagonal())": "at_once = (-C / C.diagonal()[:, None])"},
        "check-inverse",
        LONG,
    ),
    "shrunk": Mutant({"+ 0.001 * torch.eye(7)": "+ 10 * torch.eye(7)"}, "check-inverse", LONG),
    "free": Mutant(
        {"free = eye - penalty * C": "free = zero"}, "check-curves", LONG - {"curves"}, long=True
    ),
    "self": Mutant(
        {"B = (-C / C.diagonal()).fill_diagonal_(0)\nease_ones": ("B = eye - best * C\nease_ones")},
        "check-ease",
        LONG - {"curves"},
        long=True,
    ),
    "input": Mutant(
        {'"별점만큼": LINEAR}': '"별점만큼": BINARY}'}, "check-grades", LONG - {"grades"}, long=True
    ),
    "person": Mutant({"hers = test.users == user": "hers = test.users == 1"}, "check-list", LONG),
    "reasons": Mutant(
        {"ease.reasons(items, ratings, i)": "ease.reasons(items, 6 - ratings, i)"},
        "check-mine",
        LONG,
    ),
    "fold": Mutant({"train.ratings[past])": "6 - train.ratings[past])"}, "check-mine", LONG),
    "lists": Mutant(
        {"top_lists(models[label], users": "top_lists(als, users"},
        "check-report",
        LONG - {"report"},
        long=True,
    ),
    "swapped": Mutant(
        {'paired(found[above]["ndcg"], found[below]': 'paired(found[below]["ndcg"], found[above]'},
        "check-ladder",
        LONG - {"report"},
        long=True,
    ),
    "dropped": Mutant(
        {'measure(train_model("ease-drop"))': "measure(als)"},
        "check-ladder",
        LONG - {"report"},
        long=True,
    ),
    "twin": Mutant(
        {'paired(held["ease"], held["ials"])': 'paired(held["ease"], held["ease"])'},
        "check-again",
        LONG - {"report"},
        long=True,
    ),
}
test_mutants = build_test("10", MUTANTS)
