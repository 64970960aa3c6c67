"""Lecture 05: measure splits, choices, rankings and lies, and break the lecture.

Where the lecture draws several times (ten twins, five random splits, twenty shuffles), a seed
stands for the draws that begin with it.
"""

from collections.abc import Iterable
from functools import cache

import pandas as pd
import torch

from lecture_utils import MatrixFactorization, Tensors, as_tensors, evaluate, fit, fit_biases
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import SHUFFLED, Mutant, build_test
from tests.lectures.rankings import jitter

SIZE = 944, 1683
USERS = torch.arange(SIZE[0])
TWINS, DRAWS, SHUFFLES = 10, 5, 20
RANKS, LAMBDAS = (2, 5, 10), (3e-5, 1e-4, 3e-4)
SLIDE = 1e-3  # lecture 02's penalty of biases, on the mean
BIAS_LAMBDAS, STRENGTHS = (SLIDE, 3e-4, 1e-4, 3e-5), (1, 5, 25, 90)
RIDGES = 100, 200, 500, 1000


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; what depends on no seed is measured once."""
    seeds, values = list(seeds), {}
    parts = (
        measure_seed, stop_early, choose_setting, tie, measure_lies, measure_kinds, measure_ease
    )  # fmt: skip
    for name in DATA_SETS:
        each = [(name, seed) for seed in seeds]
        found = [run_each(measure_facts, [(name,)]), *(run_each(part, each) for part in parts)]
        squared = torch.stack(run_each(train_twin, follow(name, seeds, TWINS)))
        found.append([choose_best(squared[n : n + TWINS]) for n in range(len(seeds))])
        drawn = run_each(split_at_random, follow(name, seeds, DRAWS))
        found.append([summarise(drawn[n : n + DRAWS]) for n in range(len(seeds))])
        for runs in found:
            values |= list_values(f"{name}.eval.", runs)
        values |= compare(f"{name}.eval.", values)
        del values[f"{name}.eval.seed_sd"]  # the lecture speaks of the difference
    return values


def compare(prefix: str, values: dict[str, list[float]]) -> dict[str, list[float]]:
    """Subtract what was measured apart, seed by seed."""
    pairs = {
        "last_above": ("split_last", "random_high"),
        "time_above": ("split_time", "random_high"),
        "user_above_seed": ("user_sd", "seed_sd"),
    }
    return {
        prefix + key: [a - b for a, b in zip(values[prefix + high], values[prefix + low])]
        for key, (high, low) in pairs.items()
    }


def follow(name: str, seeds: list[int], n: int) -> list[tuple[str, int]]:
    """Return the seeds and those after the last one, so that each begins `n` of them."""
    return [(name, seed) for seed in [*seeds, *range(seeds[-1] + 1, seeds[-1] + n)]]


def learn(train: Tensors, valid: Tensors | None = None, rank: int = 10, lam: float = 1e-4,
          epochs: int = 150, seed: int = 0, bias: bool = True,
          lam_bias: float | None = None):  # fmt: skip
    """Train as the function `learn` of the lecture does."""
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(*SIZE, rank, bias=bias, mean=mean)
    l2 = {"P": lam, "Q": lam}
    if bias:
        l2 |= dict.fromkeys(["bias_item", "bias_user"], lam if lam_bias is None else lam_bias)
    history = fit(model, train, valid, epochs=epochs, lr=0.1, l2=l2)
    return model.requires_grad_(False), history


def open_data(name: str) -> tuple[Tensors, Tensors, Tensors, Tensors]:
    """Return train and test, and train parted into what is fitted and what validates."""
    data = load(name)
    parts = data.train, data.test, *evaluate.per_user_split(data.train, 5, seed=0)
    return tuple(map(as_tensors, parts))


def measure_seed(name: str, seed: int) -> dict[str, float]:
    """Train and evaluate with one seed: errors, splits, rankings."""
    data = load(name)
    train, test, _, _ = open_data(name)
    model, _ = learn(train, seed=seed)
    no_bias, _ = learn(train, seed=seed, bias=False)
    half = torch.arange(len(test.ratings)) % 2 == 0
    dirty = Tensors(*(torch.cat([a, b[half]]) for a, b in zip(train, test)))
    cheat, _ = learn(dirty, seed=seed)
    parts = [Tensors(*(column[part] for column in test)) for part in (half, ~half)]
    gain_seen, gain_new = (error(model, part) - error(cheat, part) for part in parts)
    popular = torch.bincount(train.items, minlength=SIZE[1]).expand(SIZE).float()
    ours, theirs = (ndcg_of_users(s, train, test) for s in (model.table(USERS), popular))
    gap = resample(ours - theirs)
    rounded = model(test.users, test.items).round()
    found = {
        "test_rmse": error(model, test),
        "no_bias_rmse": error(no_bias, test),
        "ndcg_model": ndcg(model, data),
        "ndcg_no_bias": ndcg(no_bias, data),
        "ndcg_ahead": ndcg(no_bias, data) - ndcg(model, data),
        "rmse_behind": error(no_bias, test) - error(model, test),
        "rank_gap_high": torch.quantile(gap, 0.975).item(),
        "round_mae": evaluate.mae(model(test.users, test.items), test.ratings)
        - evaluate.mae(rounded, test.ratings),
        "round_rmse": evaluate.rmse(rounded, test.ratings) - error(model, test),
        "leaked_rmse": error(cheat, test),
        "leak_gain": error(model, test) - error(cheat, test),
        "leak_seen": gain_seen,
        "leak_apart": gain_seen / 4 - abs(gain_new),
    }
    for split, (rest, held) in make_splits(name).items():
        found[f"split_{split}"] = error(learn(rest, seed=seed)[0], held)
    rest, held = make_splits(name)["time"]
    gap = resample_rmse(learn(rest, seed=seed)[0], held) - resample_rmse(
        fit_biases(rest, *SIZE), held
    )
    low, high = torch.quantile(gap, torch.tensor([0.025, 0.975])).tolist()
    return found | {"time_low": low, "time_high": high}


def measure_kinds(name: str, seed: int) -> dict[str, float]:
    """Hold out a validation set in three ways; return what it says beside the test set."""
    frame = load(name).train
    train, test, _, _ = open_data(name)
    kinds = (
        evaluate.random_split(frame, 0.05, seed=seed),
        evaluate.per_user_split(frame, 5, seed=seed),
        evaluate.per_user_split(frame, 5),
    )
    valid, tested = [], []
    for rest, held in (map(as_tensors, kind) for kind in kinds):
        model, _ = learn(rest, seed=seed)
        valid.append(error(model, held))
        tested.append(error(model, test))
    model, _ = learn(train, seed=seed)
    count = torch.bincount(train.users, minlength=SIZE[0])[test.users]
    busy = count > count.median()
    quiet, active = (error(model, Tensors(*(c[part] for c in test))) for part in (~busy, busy))
    return {
        "kind_user": valid[1] - valid[0],
        "kind_last": valid[2] - valid[1],
        "kind_closer": max(valid) - min(valid) - (max(tested) - min(tested)),
        "active_gain": quiet - active,
    }


def stop_early(name: str, seed: int) -> dict[str, float]:
    """Stop without a penalty and with a weak one; return what stopping saves of the test RMSE."""
    train, test, small, valid = open_data(name)
    mean = evaluate.rmse(train.ratings.mean().expand_as(test.ratings), test.ratings)
    found, saved = {}, {}
    for key, setting in {"plain": {"lam": 0, "bias": False}, "weak": {"lam": 1e-5}}.items():
        epochs = 500 if key == "plain" else 200
        full, history = learn(small, valid, epochs=epochs, seed=seed, **setting)
        best = history.best_epoch
        halted, _ = learn(small, epochs=best + 1, seed=seed, **setting)
        saved[key] = error(full, test) - error(halted, test)
        if key == "plain":
            found |= {
                "stop_epoch": best,
                "stop_best": history.test_mse[best],
                "stop_last": history.test_mse[-1],
                "stop_halted": error(halted, test),
                "stop_full": error(full, test),
                "stop_refit": error(learn(train, epochs=best + 1, seed=seed, **setting)[0], test),
            }
        else:
            found |= {"stop_weak": error(halted, test)}
    alone = error(fit_biases(small, *SIZE), test)
    return found | {
        "stop_saved": saved["plain"],
        "stop_matters": 0.1 * saved["plain"] - abs(saved["weak"]),
        "stop_worse": found["stop_weak"] - alone,
        "stop_above_mean": found["stop_refit"] - mean,
    }


def choose_setting(name: str, seed: int) -> dict[str, float]:
    """Choose rank and penalty on a validation set, and train with them on all of train."""
    train, test, small, valid = open_data(name)
    grid, alive = {}, {}
    for rank in RANKS:
        for lam in LAMBDAS:
            model, history = learn(small, valid, rank, lam, seed=seed)
            grid[rank, lam] = history.test_mse[-1]
            alive[rank, lam] = count_alive(model)
    best, _ = learn(train, None, *min(grid, key=grid.get), seed=seed)
    ours, theirs = (resample_rmse(m, test) for m in (best, fit_biases(train, *SIZE)))
    weak, strong = ([grid[rank, lam] for rank in RANKS] for lam in (3e-5, 3e-4))
    return {
        "grid_mse": min(grid.values()),
        "grid_overfit": weak[-1] - weak[0],
        "grid_flatter": max(weak) - min(weak) - (max(strong) - min(strong)),
        "grid_alive": alive[10, 3e-4],
        "grid_alive_weak": alive[10, 3e-5],
        "chosen_rmse": error(best, test),
        "user_sd": ours.std().item(),
        "pair_narrower": (ours.std() - (ours - theirs).std()).item(),
        "pair_high": torch.quantile(ours - theirs, 0.975).item(),
    }


def count_alive(model: MatrixFactorization) -> int:
    """Count the singular values of Q P^T that are above a tenth of the largest."""
    values = torch.linalg.svdvals(model.Q.detach() @ model.P.detach().T)
    return int((values > 0.1 * values[0]).sum())


def tie(name: str, seed: int) -> dict[str, float]:
    """Set factors beside biases alone: with lecture 02's penalty, and with chosen ones."""
    train, test, small, valid = open_data(name)
    grid = {b: learn(small, valid, lam_bias=b, seed=seed)[1].test_mse[-1] for b in BIAS_LAMBDAS}
    chosen = min(grid, key=grid.get)
    strength = min(STRENGTHS, key=lambda s: error(fit_biases(small, *SIZE, ridge=s), valid))
    alone = fit_biases(train, *SIZE, ridge=strength)  # the same for all seeds
    slide, tuned = (learn(train, lam_bias=b, seed=seed)[0] for b in (SLIDE, chosen))
    found = {"tie_slide": error(slide, test), "tie_tuned": error(tuned, test)}
    found["tie_alone"] = error(alone, test)
    for key, model in {"slide": slide, "tuned": tuned}.items():
        gap = resample_rmse(model, test) - resample_rmse(alone, test)
        low, high = torch.quantile(gap, torch.tensor([0.025, 0.975])).tolist()
        found |= {f"tie_{key}_low": low, f"tie_{key}_high": high}
    return found


def measure_lies(name: str, seed: int) -> dict[str, float]:
    """Shuffle the training ratings; return how honest and leaking biases lie to the mean."""
    train, test, _, _ = open_data(name)
    mean = evaluate.rmse(train.ratings.mean().expand_as(test.ratings), test.ratings)
    honest, leaking = [], []
    for n in range(SHUFFLES):
        torch.manual_seed(SHUFFLES * seed + n)
        order = torch.randperm(len(train.ratings))
        nonsense = train._replace(ratings=train.ratings[order])
        peek = Tensors(*(torch.cat([a, b]) for a, b in zip(nonsense, test)))
        for scores, source in ((honest, nonsense), (leaking, peek)):
            scores.append(error(fit_biases(source, *SIZE, ridge=400), test))
    return {"null_below": mean - min(honest), "null_gap": min(honest) - max(leaking)}


def measure_facts(name: str) -> dict[str, float]:
    """Return what depends on no seed."""
    data = load(name)
    train, test, _, _ = open_data(name)
    whole = Tensors(*(torch.cat([a, b]) for a, b in zip(train, test)))
    count = torch.bincount(train.items, minlength=SIZE[1])
    mean, peeked = (movie_mean(source, train.ratings.mean()) for source in (train, whole))
    rare = count[test.items] <= 3
    gains = [
        evaluate.rmse(mean[test.items][part], test.ratings[part])
        - evaluate.rmse(peeked[test.items][part], test.ratings[part])
        for part in (slice(None), rare)
    ]
    rest, held = make_splits(name)["time"]
    everything = list_everything(name)
    days = everything.groupby("user")["timestamp"].agg(lambda t: t.max() - t.min()) / 86400
    popular = count.expand(SIZE).float()
    return {
        "ndcg_random": ndcg(torch.zeros(SIZE), data),
        "mean_below": ndcg(torch.zeros(SIZE), data) - ndcg(mean.expand(SIZE), data),
        "ndcg_popular": ndcg(popular, data),
        "rare_honest": evaluate.rmse(mean[test.items][rare], test.ratings[rare]),
        "rare_peeking": evaluate.rmse(peeked[test.items][rare], test.ratings[rare]),
        "rare_more": gains[1] - gains[0],
        "time_bias": error(fit_biases(rest, *SIZE), held),
        "time_unknown": 100 - 100 * torch.isin(held.users, rest.users).float().mean().item(),
        "one_day": 100 * float((days < 1).mean()),
        "last_ties": count_ties(everything),
    }


def measure_ease(name: str, seed: int) -> dict[str, float]:
    """Measure EASE, which hangs on rounding alone."""
    train, test, _, _ = open_data(name)
    popular = torch.bincount(train.items, minlength=SIZE[1]).expand(SIZE).float()
    scores = jitter(score_once(name), seed)
    gap = ndcg_of_users(scores, train, test) - ndcg_of_users(popular, train, test)
    return {
        "ndcg_ease": ndcg(scores, load(name)),
        "ease_low": torch.quantile(resample(gap), 0.025).item(),
    }


@cache
def score_once(name: str) -> torch.Tensor:
    """Score by EASE with the penalty that is best on validation data."""
    train, _, small, valid = open_data(name)
    ridge = max(RIDGES, key=lambda r: ndcg_of_users(ease(small, r), small, valid).nanmean())
    return ease(train, ridge)


def count_ties(everything: pd.DataFrame) -> float:
    """Return in percent how many of all users' last ten were chosen among equal times."""
    order = everything.sort_values("timestamp", kind="stable").groupby("user")
    held = order.tail(10)
    first = held["user"].map(held.groupby("user")["timestamp"].min())
    before = order.nth(-11).set_index("user")["timestamp"]  # the last one that stays
    tied = held["user"].map(before) == first
    return 100 * float((tied & (held["timestamp"] == first)).mean())


def list_everything(name: str) -> pd.DataFrame:
    """Return all ratings in the order of users and items."""
    data = load(name)
    return pd.concat([data.train, data.test]).sort_values(["user", "movie"], ignore_index=True)


def make_splits(name: str) -> dict[str, tuple[Tensors, Tensors]]:
    """Split a data set in four ways that hang on no seed: two published, last and by time."""
    everything = list_everything(name)
    u1, u4 = load(name, "u1"), load(name, "u4")
    frames = {
        "u1": (u1.train, u1.test),
        "u4": (u4.train, u4.test),
        "last": evaluate.per_user_split(everything, 10),
        "time": evaluate.time_split(everything, 0.1),
    }
    return {split: tuple(map(as_tensors, frames[split])) for split in frames}


def split_at_random(name: str, seed: int) -> dict[str, float]:
    """Hold out a random tenth; return the errors of both models."""
    rest, held = map(as_tensors, evaluate.random_split(list_everything(name), 0.1, seed=seed))
    return {"model": error(learn(rest)[0], held), "biases": error(fit_biases(rest, *SIZE), held)}


def summarise(draws: list[dict[str, float]]) -> dict[str, float]:
    """Return the range of errors over random splits, and the least that factors gain."""
    errors = [draw["model"] for draw in draws]
    gain = min(draw["biases"] - draw["model"] for draw in draws)
    low, high = min(errors), max(errors)
    return {"random_low": low, "random_high": high, "random_gain": gain}


def movie_mean(source: Tensors, otherwise: torch.Tensor) -> torch.Tensor:
    """Compute the mean rating of each movie, `otherwise` where there is none."""
    count = torch.bincount(source.items, minlength=SIZE[1])
    total = torch.zeros(SIZE[1]).index_add(0, source.items, source.ratings)
    return torch.where(count > 0, total / count.clamp(min=1), otherwise)


def train_twin(name: str, seed: int) -> torch.Tensor:
    """Train with a weak penalty; return squared errors on the test ratings."""
    train, test, _, _ = open_data(name)
    model, _ = learn(train, lam=3e-5, seed=seed)
    return (model(test.users, test.items) - test.ratings).square()


def choose_best(squared: torch.Tensor) -> dict[str, float]:
    """Return how far the best twin is below the mean: where it was chosen, and elsewhere."""
    torch.manual_seed(0)
    seems, really = [], []
    for _ in range(200):
        here = torch.rand(squared.shape[1]) < 0.5
        a, b = (squared[:, part].mean(dim=1).sqrt() for part in (here, ~here))
        seems.append((a.mean() - a.min()).item())
        really.append((b.mean() - b[a.argmin()]).item())
    seems, really = sum(seems) / 200, sum(really) / 200
    spread = squared.mean(dim=1).sqrt().std().item()
    return {"seems": seems, "really": really, "luck": seems - really, "seed_sd": spread}


def resample(values: torch.Tensor) -> torch.Tensor:
    """Average the values of 2000 bootstrap samples of users, (2000,); nan does not count."""
    torch.manual_seed(0)
    picks = torch.randint(1, SIZE[0], (2000, SIZE[0] - 1))
    return values[picks].nanmean(dim=1)


def resample_rmse(model, test: Tensors) -> torch.Tensor:
    """Compute RMSE on 2000 bootstrap samples of users, shape (2000,)."""
    torch.manual_seed(0)
    picks = torch.randint(1, SIZE[0], (2000, SIZE[0] - 1))
    squared = (model(test.users, test.items) - test.ratings).square()
    total = torch.zeros(SIZE[0]).index_add(0, test.users, squared)
    count = torch.bincount(test.users, minlength=SIZE[0])
    return (total[picks].sum(1) / count[picks].sum(1)).sqrt()


def ease(train: Tensors, ridge: float) -> torch.Tensor:
    """Score all items by EASE (Steck 2019) on what was rated, (num_users, num_items)."""
    rated = torch.zeros(SIZE)
    rated[train.users, train.items] = 1
    inverse = torch.linalg.inv(rated.T @ rated + ridge * torch.eye(SIZE[1]))
    weights = (-inverse / inverse.diag()).fill_diagonal_(0)
    return rated @ weights


def ndcg_of_users(scores: torch.Tensor, train: Tensors, test: Tensors) -> torch.Tensor:
    """Return NDCG at 10 of each user, (num_users,); nan where nothing is liked."""
    left = scores.clone()
    left[train.users, train.items] = left[:, 0] = float("-inf")
    shown = left.sort(descending=True, stable=True).indices[:, :10]
    liked = torch.zeros(SIZE)
    liked[test.users, test.items] = (test.ratings >= 4).float()
    points = 1 / torch.arange(2, 12).log2()
    dcg = liked.gather(1, shown) @ points
    return dcg / liked.sort(descending=True).values[:, :10].mv(points)


def ndcg(model, data) -> float:
    """Return NDCG at 10 of a model or of a table of scores."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    return evaluate.ranking(model, train, test, data.offered)["ndcg"]


def error(model, data: Tensors) -> float:
    """Return the RMSE of a model."""
    return evaluate.rmse(model(data.users, data.items), data.ratings)


EVALUATIONS = {
    "twins", "kinds", "stop", "grid", "splits", "bootstrap", "seeds", "tie", "ranking", "lies"
}  # fmt: skip
RANKED = EVALUATIONS - {"bootstrap", "ranking"}
MUTANTS = {
    "shuffled": Mutant(SHUFFLED, "check-model", EVALUATIONS, long=True),
    "chosen where it is measured": Mutant(
        {"squared[:, ~here]": "squared[:, here]"}, "check-twins", EVALUATIONS - {"twins"}, long=True
    ),
    "another split": Mutant({"data.train, 5, seed=0": "data.train, 5, seed=1"}, "check-split"),
    "one kind": Mutant(
        {
            "evaluate.random_split(data.train, 0.05, seed=0)": "(small, valid)",
            "evaluate.per_user_split(data.train, 5),": "(small, valid),",
            "activity = torch": "activity = -torch",
        },
        "check-kinds",
        EVALUATIONS - {"kinds"},
        long=True,
    ),
    "nothing overfits": Mutant(
        {"lam=0, bias=False": "lam=1e-4", "lam=1e-5": "lam=1e-4"},
        "check-stop",
        EVALUATIONS - {"stop"},
        long=True,
    ),
    "one rank": Mutant(
        {"validation, rank=rank,": "validation, rank=5,"},
        "check-grid",
        EVALUATIONS - {"grid"},
        long=True,
    ),
    "no future": Mutant(
        {
            "per_user_split(everything, 10)": "per_user_split(everything, 10, 0)",
            "time_split(everything": "random_split(everything",
            "m, _ = learn(rest)\n    b =": "m = b =",
        },
        "check-splits",
        EVALUATIONS - {"splits"},
        long=True,
    ),
    "more users": Mutant(
        {"(2000, n)": "(2000, 9 * n)"},
        "check-error-bars",
        {"kinds", "stop", "tie", "ranking", "lies"},
        long=True,
    ),
    "nothing paired": Mutant(
        {
            "resampled(chosen_model, test), ": "resampled(chosen_model, test).flip(0), ",
            "interval(chosen_model, biases": "interval(biases, biases",
            "interval(*by_time)": "interval(by_time[1], *by_time[1:])",
        },
        "check-paired",
        {"kinds", "stop", "tie", "ranking", "lies"},
        long=True,
    ),
    "no width": Mutant(
        {"[0.025, 0.975]": "[0.5, 0.5]"},
        "check-paired",
        {"kinds", "stop", "tie", "ranking", "lies"},
        long=True,
    ),
    "penalties turned round": Mutant(
        {"lam_bias=1e-3)": "lam_bias=1e-4)", "own = min(": "own = max("},
        "check-tie",
        EVALUATIONS - {"bootstrap", "tie"},
        long=True,
    ),
    "discount": Mutant({"arange(2, k + 2)": "arange(3, k + 3)"}, "check-ranking", EVALUATIONS),
    "other lists": Mutant(
        {
            "learn(train, bias=False)": "learn(train)",
            '"인기": count': '"인기": -count',
            "count > 0, total / count,": "count > 0, count.float(),",
            "stars.round()": "stars",
        },
        "check-report",
        RANKED,
        long=True,
    ),
    "nothing watched": Mutant(
        {
            "train.items] = 1  # 보": "train.items] = 0  # 보",
            'per_user["편향과 벡터"] - per_user["인기"]': 'per_user["편향과 벡터"] * 0',
        },
        "check-ease",
        RANKED,
        long=True,
    ),
    "a weak penalty": Mutant({"ridge=400": "ridge=5"}, "check-caught", EVALUATIONS - {"lies"}),
    "no leak": Mutant({"b[leaked]": "b[leaked][:1]"}, "check-leak", EVALUATIONS - {"lies"}),
    "no peeking": Mutant(
        {"torch.cat([a, b]) for a": "torch.cat([a, a]) for a"},
        "check-peeking",
        EVALUATIONS - {"lies"},
    ),
}
test_mutants = build_test("05", MUTANTS)
