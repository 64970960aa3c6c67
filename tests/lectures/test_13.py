"""Measure lecture 13, and break it.

Which 200 movies nobody may have rated is drawn anew with each seed, so the ranges say how far the
exam itself moves; what is trained starts from the same seed.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils import Ratings, Tensors, as_tensors, evaluate
from lecture_utils.data import GENRES
from lecture_utils.methods import METHODS
from lecture_utils.methods.content import content, solve_ridge
from lecture_utils.methods.features import describe_items
from lecture_utils.methods.pure_svd import pure_svd
from lecture_utils.methods.side_information import attributes
from lecture_utils.ranking.variety import mean_similarity, pick_varied
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test
from tests.lectures.rankings import fit, judge, open_data, tabulate_once
from tests.notebooks import ROOT

RIDGE = 10.0
RETRIEVAL = (
    "recall", "speedup", "directions_recall", "taste_recall", "exact_ms", "index_ms", "fm_ms",
    "deep_ms", "vary_ms",
)  # fmt: skip
DRAWS = 3  # of new movies, which a difference is averaged over
CELLS, PROBES, CANDIDATES, WEIGHT = 32, 8, 100, 0.7
GIVEN_UP = {"year": ("year", "era"), "genre": ("genre", "pair", "era"), "word": ("word",)}
ALONE = {"genre": ("genre", "pair"), "year": ("year",), "word": ("word",)}


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per draw of new movies; what is trained by steps on MovieLens alone."""
    values, seeds = {}, [*seeds]
    for name in DATA_SETS:
        each = run_each(measure_content, [(name, seed) for seed in seeds])
        values |= list_values(f"{name}.cold.", each)
    for function, prefix in ((measure_machines, "cold"), (measure_stages, "stages")):
        each = run_each(function, [(seed,) for seed in seeds])
        values |= list_values(f"seeds.{prefix}.", each)
    return values


def measure_earlier(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Average over draws, and read what `benchmarks.retrieval` measured: faiss is not here."""
    gains = run_each(measure_gains, [(seed,) for seed in seeds])
    found = json.loads((ROOT / "benchmarks" / "retrieval.json").read_text("utf-8"))["runs"]
    read = {f"seeds.retrieval.{name}": [run[name] for run in found] for name in RETRIEVAL}
    return list_values("seeds.draws.", gains) | read


@cache
def open_data_and_fields(name: str) -> tuple[Ratings, dict[str, Tensor]]:
    """Load a data set, and make the features of its movies."""
    data = load(name)
    return data, describe_items(data)


@lru_cache(maxsize=1)
def open_exam(name: str, seed: int) -> tuple[Ratings, Tensors, Tensors, Tensor]:
    """Hold 200 movies out whole; return the data, both parts, and the ids of the new movies."""
    data, _ = open_data_and_fields(name)
    whole = pd.concat([data.train, data.test], ignore_index=True)
    train, test = map(as_tensors, evaluate.cold_split(whole, seed=seed))
    return data, train, test, test.items.unique()


def score(name: str, seed: int, table: Tensor) -> float:
    """Return NDCG@10 of the new movies among themselves, a mean over users.

    As `per_user` measures it, expected over the orders of equals, but for all users at once.
    """
    data, _, test, new = open_exam(name, seed)
    wanted = torch.zeros(data.size, dtype=torch.bool)
    wanted[test.users[test.ratings >= 4], test.items[test.ratings >= 4]] = True
    wanted = wanted[:, new]
    discount = torch.cat([torch.zeros(1), 1 / torch.arange(2, 12).log2()]).double().cumsum(0)
    gain, of = torch.zeros(len(wanted), dtype=torch.float64), wanted.sum(1)
    for row in of.nonzero().flatten().split(64):
        scores = table[row][:, new]
        above, group = (
            (f(scores[:, :, None], scores[:, None])).sum(1) for f in (torch.gt, torch.eq)
        )
        ends = ((above + group).clamp(max=10), above.clamp(max=10))
        each = (discount[ends[0]] - discount[ends[1]]) / group
        gain[row] = (each * wanted[row]).sum(1) / discount[of[row].clamp(max=10)]
    return gain[of > 0].mean().item()


def tabulate_content(name: str, seed: int, fields: Sequence[Tensor]) -> Tensor:
    """Return the table of scores of the closed form, from these fields."""
    data, train, _, _ = open_exam(name, seed)
    (model,) = content(train, data.size, item_features=fields)
    return model.table(torch.arange(data.num_users))


def measure_content(name: str, seed: int) -> dict[str, float]:
    """Measure the closed form, from all fields and from a few, and with demographics for users."""
    data, train, _, _ = open_exam(name, seed)
    _, fields = open_data_and_fields(name)
    (model,) = content(train, data.size, item_features=[*fields.values()])
    active = train.users.unique()
    person, users = attributes(data)[0], model.user
    shared = users[active].mean(0)
    people = shared + person @ solve_ridge(person[active], users[active] - shared, RIDGE)
    values = {
        "nothing": score(name, seed, torch.zeros(data.size)),
        "content": score(name, seed, model.table(torch.arange(data.num_users))),
        "person": score(name, seed, people @ model.item.T),
    }
    for key, kept in ALONE.items():
        alone = tabulate_content(name, seed, [fields[what] for what in kept])
        values[f"{key}_alone"] = score(name, seed, alone)
    kept = [field for what, field in fields.items() if what not in GIVEN_UP["year"]]
    without = score(name, seed, tabulate_content(name, seed, kept))
    return values | {"no_year_loss": values["content"] - without}


def measure_machines(seed: int, name: str = "ml-100k") -> dict[str, float]:
    """Measure what is trained by steps, against the closed form on the same new movies."""
    data, train, _, _ = open_exam(name, seed)
    values = {}
    for key, method in (
        ("closed", "content"),
        ("fm", "fm"),
        ("tower", "two-tower"),
    ):
        torch.manual_seed(seed)
        steps = METHODS[method].steps
        *_, model = islice(METHODS[method].start(data, train), steps)
        values[key] = score(name, seed, model.table(torch.arange(data.num_users)))
    for key in ("fm", "tower"):
        values[f"{key}_gain"] = values[key] - values["closed"]
    del values["closed"]
    return values


def measure_gains(seed: int, name: str = "ml-100k") -> dict[str, float]:
    """Measure what fields and ratings give, as a mean over DRAWS draws of new movies.

    One draw moves NDCG by more than some of these differences.
    """
    each = [compare_fields(name, DRAWS * seed + draw) for draw in range(DRAWS)]
    return {key: sum(one[key] for one in each) / DRAWS for key in each[0]}


def compare_fields(name: str, seed: int) -> dict[str, float]:
    """Return the differences of one draw, from one decomposition of what was watched."""
    data, train, _, _ = open_exam(name, seed)
    _, fields = open_data_and_fields(name)
    (svd,) = pure_svd(train, data.size, rank=32)
    seen, active = train.items.bincount(minlength=data.num_items) > 0, train.users.unique()

    def promise(left: tuple[str, ...] = ()) -> Tensor:
        kept = torch.cat([field for what, field in fields.items() if what not in left], 1)
        return kept @ solve_ridge(kept[seen], svd.item[seen], RIDGE)

    item, person = promise(), attributes(data)[0]
    shared = svd.user[active].mean(0)
    people = shared + person @ solve_ridge(person[active], svd.user[active] - shared, RIDGE)
    whole = score(name, seed, svd.user @ item.T)
    about = score(name, seed, people @ item.T)
    found = {
        "over_person": whole - about,
        "person_over_shared": about - score(name, seed, shared.expand_as(svd.user) @ item.T),
    }
    for key, left in GIVEN_UP.items():
        found[f"{key}_loss"] = whole - score(name, seed, svd.user @ promise(left).T)
    return found


def measure_stages(seed: int, name: str = "ml-100k") -> dict[str, float]:
    """Measure candidates, a ranker on top, and lists made more varied, on the split ua."""
    data, parts = open_data(name)
    train, test = parts["test"]
    towers = fit(name, "two-tower", seed=seed).freeze()
    ease = tabulate_once(name, "ease")
    shown = torch.zeros(data.size, dtype=torch.bool)
    shown[:, data.offered] = True
    shown[train.users, train.items] = False
    scores = (towers.user @ towers.item.T).masked_fill(~shown, -torch.inf)
    chosen = scores.topk(CANDIDATES).indices  # equals do not occur
    inside = torch.zeros_like(shown).scatter_(1, chosen, True)
    liked = test.ratings >= 4
    kept = inside[test.users[liked], test.items[liked]].float().mean().item()
    ranked = ease.masked_fill(~inside, -1e9)
    ndcg = {
        "tower": judge(name, towers)["ndcg"].mean(),
        "ranked": judge(name, ranked)["ndcg"].mean(),
        "whole": judge(name, ease)["ndcg"].mean(),
    }
    genres = torch.tensor(data.movies[[*GENRES]].to_numpy(dtype="float32", copy=True))
    genres = F.normalize(torch.cat([torch.zeros(1, 19), genres]), dim=1)
    candidates = ease.gather(1, chosen)
    plain = chosen.gather(1, candidates.topk(10).indices)
    varied = chosen.gather(1, pick_varied(candidates, genres[chosen], WEIGHT))
    alike = mean_similarity(genres[plain[1:]]).mean()
    scanned, recall = probe(towers.user[1:], towers.item[1:], seed)
    values = {
        "tower": ndcg["tower"],
        "kept": kept,
        "rank_gain": ndcg["ranked"] - ndcg["tower"],
        "rank_loss": ndcg["whole"] - ndcg["ranked"],
        "scanned": scanned,
        "recall": recall,
        "alike": alike,
        "alike_lost": alike - mean_similarity(genres[varied[1:]]).mean(),
        "vary_loss": ndcg["ranked"] - judge(name, place(varied, data.size))["ndcg"].mean(),
    }
    return {key: float(value) for key, value in values.items()}  # not NumPy's


def probe(users: Tensor, items: Tensor, seed: int) -> tuple[float, float]:
    """Return the share of items looked at, and the recall of the exact hundred, by cells."""
    torch.manual_seed(seed)
    centres = items[torch.randperm(len(items))[:CELLS]]
    for _ in range(10):
        cell = torch.cdist(items, centres).argmin(1)
        count = cell.bincount(minlength=CELLS).clamp(min=1)
        centres = torch.zeros_like(centres).index_add(0, cell, items) / count[:, None]
    cell = torch.cdist(items, centres).argmin(1)
    near = (users @ centres.T).topk(PROBES).indices
    looked = torch.zeros(len(users), CELLS).scatter_(1, near, 1.0)[:, cell].bool()
    scores = users @ items.T
    exact = scores.topk(CANDIDATES).indices
    return looked.float().mean().item(), looked.gather(1, exact).float().mean().item()


def place(lists: Tensor, size: tuple[int, int]) -> Tensor:
    """Make a table of scores whose order is that of the lists."""
    falling = torch.arange(lists.shape[1], 0, -1).float().expand(lists.shape)
    return torch.zeros(size).scatter_(1, lists, falling)


HEAVY = {"machines", "towers", "stages"}
STAGES = {"machines", "towers"}  # what the two stages do without
MUTANTS = {
    "seen": Mutant({"pure_svd(fit, size": "pure_svd(as_tensors(whole), size"}, "check-exam", HEAVY),
    "penalty": Mutant(
        {"+ 1.0 * torch.eye(2), A.T @ p)": "+ 2.0 * torch.eye(2), A.T @ p)"}, "check-ridge", HEAVY
    ),
    "third": Mutant({"[[2.0], [1.0]": "[[2.0], [9.0]"}, "check-ridge", HEAVY),
    "shuffled": Mutant({"svd.item[seen]\n": "svd.item[seen].flip(0)\n"}, "check-content", HEAVY),
    "itself": Mutant({"range(f + 1, 4)": "range(f, 4)"}, "check-pairs", HEAVY),
    "turned": Mutant({"(v[0] - v[1]) @": "(v[1] - v[0]) @"}, "check-inside", HEAVY),
    "still": Mutant(
        {"lr=0.02)": "lr=0.0)", 'METHODS["fm"].steps + 1': "4"},
        "check-fm",
        {"towers", "stages"},
        long=True,
    ),
    "drop": Mutant(
        {"F.dropout(Q[x], 0.5)": "F.dropout(Q[x], 0.4)", 'METHODS["fm"].steps + 1': "4"},
        "check-fm",
        {"towers", "stages"},
        long=True,
    ),
    "long rows": Mutant(
        {"F.dropout(F.normalize(X[x]), 0.5)": "F.dropout(X[x], 0.5)"},
        "check-tower",
        {"towers", "stages"},
    ),
    "no tower": Mutant(
        {'judge(train_model("two-tower", fit)': 'judge(train_model("popularity", fit)'},
        "check-tower-score",
        {"stages"},
        long=True,
    ),
    "still centres": Mutant(
        {"centres = total / count[:, None]": "total / count[:, None]"}, "check-probe", STAGES, True
    ),
    "far cells": Mutant(
        {"order = (users @ centres.T)": "order = (-users @ centres.T)"}, "check-probe", STAGES, True
    ),
    "half of them": Mutant(
        {"order[:, :n], True": "order[:, : n // 2], True"}, "check-probe", STAGES, True
    ),
    "no ranker": Mutant(
        {"ranked = ease.masked_fill": "ranked = towers.table(everyone).masked_fill"},
        "check-rank",
        STAGES,
        True,
    ),
    "alike": Mutant({"value - 0.5 * (vectors": "value + 0.5 * (vectors"}, "check-mmr", HEAVY),
    "scores alone": Mutant(
        {"pick_varied(best, genres[chosen], weight)": "pick_varied(best, genres[chosen], 1.0)"},
        "check-vary",
        STAGES,
        True,
    ),
}
test_mutants = build_test("13", MUTANTS)
