"""Measure lecture 11, and break it.

Everything that is trained hangs on its seed, and so do the draws of the bootstrap; the lists of
closed forms hang on rounding.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils import Tensors
from lecture_utils.methods import METHODS
from lecture_utils.methods.interactions import GRADED
from lecture_utils.methods.samplers import Negatives, draw_triples, find_positives
from lecture_utils.methods.tables import descend, start_tables
from lecture_utils.ranking.compare import paired
from lecture_utils.ranking.metrics import per_user
from tests.lectures.measure import DATA_SETS, list_values, run_each
from tests.lectures.mutants import Mutant, build_test
from tests.lectures.rankings import jitter, judge, open_data, tabulate, tabulate_once

EPOCHS = METHODS["bpr"].steps
THIRTY = 30  # rivals that a sampled metric draws


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed, or one where nothing is random; networks on MovieLens alone."""
    values, seeds = {}, [*seeds]
    for name in DATA_SETS:
        values |= list_values(f"{name}.learned.", run_each(measure_once, [(name,)]))
        for function in (measure_lists, measure_seed):
            each = run_each(function, [(name, seed) for seed in seeds])
            values |= list_values(f"{name}.learned.", each)
    each = run_each(measure_networks, [(seed,) for seed in seeds])
    return values | list_values("seeds.learned.", each)


def measure_earlier(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Compare ways to draw negatives, and losses, on validation data: it takes long."""
    return list_values("seeds.learned.", run_each(measure_draws, [(seed,) for seed in seeds]))


def fit_pairs(name: str, seed: int) -> tuple[Tensor, list[float]]:
    """Train BPR as the lecture does; return its scores and the shares of pairs that teach."""
    data, parts = open_data(name)
    train = parts["test"][0]
    positives, teach = find_positives(train, GRADED), []
    torch.manual_seed(seed)
    tables = start_tables(positives, data.size, 64)
    negatives = Negatives(*train[:2], data.size)

    def losses() -> Iterable[Tensor]:
        found = []
        for users, items, others, strengths in draw_triples(positives, negatives, 8192):
            d = tables.compare(users, items, others)
            found.append((-d.detach()).sigmoid())
            squares = tables.squares(users, torch.cat([items, others]))
            yield -(strengths * F.logsigmoid(d)).mean() + 0.003 * squares / len(users)
        teach.append((torch.cat(found) > 0.1).float().mean().item())

    *_, model = islice(descend(tables, 0.006, losses, tables.freeze), EPOCHS)
    return model.table(torch.arange(data.num_users)), teach


def measure_draws(seed: int) -> dict[str, float]:
    """Return how much validation NDCG popular negatives, and softmax, gain over uniform ones."""

    def score(method: str, **settings: Any) -> float:
        table = tabulate("ml-100k", method, "valid", seed, **settings)
        return judge("ml-100k", table, "valid")["ndcg"].mean()

    uniform, softmax = score("bpr"), score("softmax-mf")
    plain = score("softmax-mf", drop=0.0, ridge=3.0, steps=50)  # the best of four without dropout
    gains = {
        "popular_gain": score("bpr", power=0.75) - uniform,
        "softmax_gain": softmax - uniform,
        "plain_gain": plain - uniform,
        "dropout_gain": softmax - plain,
    }
    return {key: float(value) for key, value in gains.items()}  # not NumPy's


def count_above(
    size: tuple[int, int], offered: Tensor, scores: Tensor, fit: Tensors, held: Tensors
) -> tuple[Tensor, Tensor]:
    """Count, for each held-out rating, the unwatched items above it, and all of them, (n,) each."""
    rival = torch.zeros(size, dtype=torch.bool)
    rival[:, offered] = True
    for known in (fit, held):
        rival[known.users, known.items] = False
    own = scores[held.users, held.items][:, None]
    rival = rival[held.users]
    return ((scores[held.users] > own) & rival).sum(1), rival.sum(1)


def find_places(above: Tensor, rivals: Tensor, m: Tensor | int) -> Tensor:
    """Return the chances of the places 1 to 10 among `m` rivals that are drawn, (n, 10)."""
    a, n, m = (torch.as_tensor(v).double().reshape(-1, 1) for v in (above, rivals, m))
    r = torch.arange(10).double()

    def log_choose(n: Tensor, r: Tensor) -> Tensor:
        return (n + 1).lgamma() - (r + 1).lgamma() - (n - r + 1).lgamma()

    return (log_choose(a, r) + log_choose(n - a, m - r) - log_choose(n, m)).exp()


def compare(name: str, scores: Tensor, few: int) -> tuple[pd.Series, pd.Series]:
    """Return each user's NDCG, one loved movie at a time, against all and against a few."""
    data, parts = open_data(name)
    train, test = parts["test"]
    liked = test.ratings >= 4
    above, rivals = (v[liked] for v in count_above(data.size, data.offered, scores, train, test))
    discount, users = torch.arange(2, 12).log2(), test.users[liked].numpy()
    gains = ((find_places(above, rivals, m) / discount).sum(1) for m in (rivals, few))
    return tuple(pd.Series(gain.numpy()).groupby(users).mean() for gain in gains)


def measure_once(name: str) -> dict[str, float]:
    """Measure what hangs on no seed."""
    data, parts = open_data(name)
    train, test = parts["test"]
    _, rivals = count_above(data.size, data.offered, torch.zeros(data.size), train, test)
    return {"flat": (10 / (rivals + 1)).mean().item()}


def measure_lists(name: str, seed: int) -> dict[str, float]:
    """Measure implicit ALS, and what hangs on rounding and on the draws of an interval alone."""
    closed = {"svd": "pure-svd", "knn": "item-knn", "ease": "ease"}
    tables = {key: jitter(tabulate_once(name, method), seed) for key, method in closed.items()}
    data, parts = open_data(name)
    nothing = Tensors(*(column[:0] for column in parts["test"][0]))
    forgot = per_user(tables["ease"], nothing, parts["test"][1], data.offered)["ndcg"]
    best = judge(name, tables.pop("ease"))["ndcg"]
    tables["ials"] = tabulate(name, "ials", seed=seed)
    behind = {key: paired(judge(name, table)["ndcg"], best, seed) for key, table in tables.items()}
    values = {f"{key}_behind": behind[key].high for key in ("knn", "svd")}
    values |= {"ease": best.mean(), "forgot": forgot.mean()}
    values |= {"ials_low": behind["ials"].low, "ials_high": behind["ials"].high}
    return {key: float(value) for key, value in values.items()}  # not NumPy's


def measure_seed(name: str, seed: int) -> dict[str, float]:
    """Measure BPR and softmax."""
    bpr, teach = fit_pairs(name, seed)
    softmax = tabulate(name, "softmax-mf", seed=seed)
    found = {"bpr": judge(name, bpr)["ndcg"], "softmax": judge(name, softmax)["ndcg"]}
    ease = judge(name, tabulate_once(name, "ease"))["ndcg"]
    behind = {key: paired(values, ease, seed) for key, values in found.items()}
    values = {
        "bpr": found["bpr"].mean(),
        "softmax": found["softmax"].mean(),
        "teach_first": teach[0],
        "teach_last": teach[-1],
        "teach_lost": teach[0] - teach[-1],
        "push": find_push(name, softmax),
        "softmax_ahead": paired(found["softmax"], found["bpr"], seed).low,
        "bpr_behind": behind["bpr"].high,
        "soft_low": behind["softmax"].low,
        "soft_high": behind["softmax"].high,
        "flips": find_flips(ease, found["softmax"], seed),
    }
    return {key: float(value) for key, value in values.items()}  # not NumPy's


def measure_networks(seed: int, name: str = "ml-100k") -> dict[str, float]:
    """Measure LightGCN and MultVAE, which take longest."""
    tables = {
        "gcn": tabulate(name, "light-gcn", seed=seed),
        "vae": tabulate(name, "mult-vae", seed=seed),
    }
    found = {key: judge(name, table)["ndcg"] for key, table in tables.items()}
    ease = judge(name, tabulate_once(name, "ease"))["ndcg"]
    svd = compare(name, tabulate_once(name, "pure-svd"), THIRTY)
    turn = [(a - b).mean() for a, b in zip(svd, compare(name, tables["vae"], THIRTY))]
    values = {"svd_all": turn[0], "svd_thirty": turn[1]}
    for key, ndcg in found.items():
        values[key] = ndcg.mean()
        values[f"{key}_behind"] = paired(ndcg, ease, seed).high
    return {key: float(value) for key, value in values.items()}  # not NumPy's


def find_push(name: str, scores: Tensor) -> float:
    """Return the share of softmax's push on what users did not watch that falls on 100 movies."""
    train = open_data(name)[1]["test"][0]
    chance = scores.softmax(1)
    chance[train.users, train.items] = 0
    chance = chance[1:, 1:] / chance[1:, 1:].sum(1, keepdim=True)
    return chance.topk(100).values.sum(1).mean().item()  # equals add up to the same sum


def find_flips(first: pd.Series, second: pd.Series, seed: int) -> float:
    """Return how often `second` is ahead among a hundred users."""
    torch.manual_seed(seed)
    gap = torch.tensor((first - second).to_numpy())
    few = torch.stack([gap[torch.randperm(len(gap))[:100]].mean() for _ in range(1000)])
    return (few < 0).double().mean().item()


HEAVY = {"pairs", "softmax", "networks", "ncf"}
SHORT = {'range(METHODS["bpr"].steps)': "range(2)"}
MUTANTS = {
    "error": Mutant(
        {"bold = torch.tensor([0.45": "bold = torch.tensor([0.2"}, "check-errors", HEAVY
    ),
    "order": Mutant({"[0.45, 0.5, 0.0]": "[0.5, 0.45, 0.0]"}, "check-errors", HEAVY),
    "triple": Mutant({"[-weight * (p_i - p_j)": "[weight * (p_i - p_j)"}, "check-triple", HEAVY),
    "far": Mutant({"torch.tensor(-5.0)": "torch.tensor(-1.0)"}, "check-triple", HEAVY),
    "still": Mutant({"lr=0.006": "lr=0.0", **SHORT}, "check-bpr", HEAVY - {"pairs"}, long=True),
    "weights": Mutant(
        {"weights.append(torch.cat(told))": "weights.append(1 - torch.cat(told))", **SHORT},
        "check-teaching",
        HEAVY - {"pairs"},
        long=True,
    ),
    "even": Mutant({"count**0.75": "count**0.0"}, "check-samplers", HEAVY - {"pairs"}, long=True),
    "easy": Mutant(
        {"four].argmax(0)": "four].argmin(0)"}, "check-samplers", HEAVY - {"pairs"}, True
    ),
    "slope": Mutant({"V[user].sum() * p": "p"}, "check-gradient", HEAVY),
    "drop": Mutant({"F.dropout(Q[x], 0.7)": "F.dropout(Q[x], 0.5)"}, "check-softmax", HEAVY),
    "root": Mutant({"n_i).sqrt()\ntwice": "n_i)\ntwice"}, "check-graph", HEAVY),
    "items": Mutant({"twice = S @ S.T": "twice = S.T @ S"}, "check-graph", HEAVY),
    "noise": Mutant({"torch.randn_like(mean) if": "0 * mean if"}, "check-vae", HEAVY),
    "divergence": Mutant({"- 1 - log_var).sum(1)": "- log_var).sum(1)"}, "check-vae", HEAVY),
    "choose": Mutant({"log_choose(n - a, m - r)": "log_choose(n - a, m)"}, "check-places", HEAVY),
    "crowd": Mutant(
        {'train_model("softmax-mf"))': 'train_model("popularity"))'},
        "check-softmax-gap",
        HEAVY - {"pairs", "softmax"},
        long=True,
    ),
    "twins": Mutant(
        {'"LightGCN": "light-gcn", "MultVAE": "mult-vae"': '"LightGCN": "ease", "MultVAE": "ease"'},
        "check-verdict",
        {"ncf"},
        long=True,
    ),
    "loser": Mutant(
        {'"EASE": "ease"': '"EASE": "popularity"'}, "check-verdict", {"ncf"}, long=True
    ),
    "answer": Mutant(
        {"torch.arange(5 * len(x)) < len(x)": "torch.arange(5 * len(x)) >= len(x)"},
        "check-ncf",
        HEAVY - {"ncf"},
        long=True,
    ),
    "everyone": Mutant(
        {"hits = places(above, rivals, 100)": "hits = places(above, rivals, rivals)"},
        "check-ncf",
        HEAVY - {"ncf"},
        long=True,
    ),
    "rules": Mutant(
        {'"모두와": rivals, "백 편과": 100,': '"모두와": 100, "백 편과": rivals,'},
        "check-turn",
        {"ncf"},
        long=True,
    ),
    "thirty": Mutant(
        {'"서른 편과": 30}': '"서른 편과": rivals}'}, "check-turn", {"ncf"}, long=True
    ),
    "kind": Mutant(
        {"kind = (above < 10)": "kind = (above < 0)"}, "check-traps", {"ncf"}, long=True
    ),
    "rounded": Mutant(
        {"k=50).table(everyone)": "k=50).table(everyone).round(decimals=1)"},
        "check-traps",
        {"ncf"},
        long=True,
    ),
    "drawn": Mutant(
        {"torch.full_like(spot, 1500), 100)": "torch.full_like(spot, 1500), 200)"},
        "check-traps",
        {"ncf"},
        long=True,
    ),
    "worse": Mutant(
        {'"드롭아웃 EASE": "ease-drop"': '"드롭아웃 EASE": "popularity"'},
        "check-ladder",
        {"ncf"},
        True,
    ),
    "flat": Mutant({"(10 / (rivals": "(20 / (rivals"}, "check-traps", {"ncf"}, long=True),
    "forgot": Mutant({'(table["EASE"], nothing)': '(table["EASE"])'}, "check-traps", {"ncf"}, True),
    "level": Mutant(
        {"again.quantile(torch.tensor([0.025": "again.quantile(torch.tensor([0.05"},
        "check-bootstrap",
        {"ncf"},
        long=True,
    ),
    "a head start": Mutant(
        {'paired(frame["ndcg"], found': 'paired(frame["ndcg"] + 0.1, found'},
        "check-ladder",
        {"ncf"},
        long=True,
    ),
    "swapped": Mutant(
        {
            'paired(frame["ndcg"], found["EASE"]["ndcg"])': (
                'paired(found["EASE"]["ndcg"], frame["ndcg"])'
            )
        },
        "check-ladder",
        {"ncf"},
        long=True,
    ),
}
test_mutants = build_test("11", MUTANTS)
