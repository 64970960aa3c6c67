"""Lecture 05: measure splits, choices and rankings, and break the lecture.

The ten twins of a seed are the models of that seed and the nine after it.
"""

from collections.abc import Iterable

import pandas as pd
import torch

from lecture_utils import MatrixFactorization, Tensors, as_tensors, evaluate, fit, fit_biases
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import SHUFFLED, Mutant, build_test

SIZE = 944, 1683
TWINS = 10
GRID = [(rank, lam) for rank in (2, 5, 10) for lam in (3e-5, 1e-4, 2e-4, 3e-4)]


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; what depends on no seed is measured once."""
    seeds, values = list(seeds), {}
    more = [*seeds, *range(seeds[-1] + 1, seeds[-1] + TWINS)]
    for name in DATA_SETS:
        runs = run_each(measure_seed, [(name, seed) for seed in seeds])
        squared = torch.stack(run_each(train_twin, [(name, seed) for seed in more]))
        twins = [choose_best(squared[n : n + TWINS]) for n in range(len(seeds))]
        for found in ([measure_facts(name)], runs, twins):
            values |= list_values(f"{name}.evaluation.", found)
    return values


def learn(train: Tensors, valid: Tensors | None = None, rank: int = 10, lam: float = 1e-4,
          epochs: int = 150, seed: int = 0, bias: bool = True):  # fmt: skip
    """Train as the function `learn` of the lecture does."""
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(*SIZE, rank, bias=bias, mean=mean)
    l2 = {name: lam for name, _ in model.named_parameters()}
    history = fit(model, train, valid, epochs=epochs, lr=0.1, l2=l2)
    return model.requires_grad_(False), history


def measure_seed(name: str, seed: int) -> dict[str, float]:
    """Train and evaluate with one seed."""
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    model, _ = learn(train, seed=seed)
    no_bias, _ = learn(train, seed=seed, bias=False)
    torch.manual_seed(0)
    shuffled = train._replace(ratings=train.ratings[torch.randperm(len(train.ratings))])
    half = torch.arange(len(test.ratings)) % 2 == 0
    dirty = Tensors(*(torch.cat([a, b[half]]) for a, b in zip(train, test)))
    found = {
        "test_rmse": error(model, test),
        "no_bias_rmse": error(no_bias, test),
        "ndcg_model": ndcg(model, data),
        "ndcg_no_bias": ndcg(no_bias, data),
        "user_sd": resample_users(model, test).std().item(),
        "shuffled_rmse": error(learn(shuffled, seed=seed)[0], test),
        "leaked_rmse": error(learn(dirty, seed=seed)[0], test),
    }
    for split, (rest, held) in make_splits(name).items():
        found[f"split_{split}"] = error(learn(rest, seed=seed)[0], held)
    return found | choose_from_grid(data, seed)


def choose_from_grid(data, seed: int) -> dict[str, float]:
    """Choose rank and penalty on a validation set, and train with them on all of train."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    small, valid = map(as_tensors, evaluate.per_user_split(data.train, 5, seed=0))
    grid = {}
    for rank, lam in GRID:
        _, history = learn(small, valid, rank, lam, seed=seed)
        grid[rank, lam] = history.test_mse[-1]
    best, _ = learn(train, None, *min(grid, key=grid.get), seed=seed)
    return {"grid_mse": min(grid.values()), "chosen_rmse": error(best, test)}


def measure_facts(name: str) -> dict[str, float]:
    """Return what depends on no seed."""
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    whole = Tensors(*(torch.cat([a, b]) for a, b in zip(train, test)))
    count = torch.bincount(train.items, minlength=SIZE[1])
    mean, peeked = (movie_mean(source, train.ratings.mean()) for source in (train, whole))
    rare = count[test.items] <= 3
    rest, held = make_splits(name)["time"]
    torch.manual_seed(0)
    mixed = whole.ratings.clone()  # only the training ratings are shuffled
    mixed[: len(train.ratings)] = train.ratings[torch.randperm(len(train.ratings))]
    caught = movie_mean(whole._replace(ratings=mixed), train.ratings.mean())
    return {
        "ndcg_popular": ndcg(count.float().expand(SIZE), data),
        "rare_honest": evaluate.rmse(mean[test.items][rare], test.ratings[rare]),
        "rare_peeking": evaluate.rmse(peeked[test.items][rare], test.ratings[rare]),
        "time_bias": error(fit_biases(rest, *SIZE), held),
        "time_known": torch.isin(held.users, rest.users).float().mean().item(),
        "caught_rmse": evaluate.rmse(caught[test.items], test.ratings),
    }


def make_splits(name: str) -> dict[str, tuple[Tensors, Tensors]]:
    """Split a data set in five ways: two published, random, last and by time."""
    data = load(name)
    everything = pd.concat([data.train, data.test], ignore_index=True)
    u1, u4 = load(name, "u1"), load(name, "u4")
    frames = {
        "u1": (u1.train, u1.test),
        "u4": (u4.train, u4.test),
        "random": evaluate.random_split(everything, 0.1, seed=0),
        "last": evaluate.per_user_split(everything, 10),
        "time": evaluate.time_split(everything, 0.1),
    }
    return {split: tuple(map(as_tensors, frames[split])) for split in frames}


def movie_mean(source: Tensors, otherwise: torch.Tensor) -> torch.Tensor:
    """Compute the mean rating of each movie, `otherwise` where there is none."""
    count = torch.bincount(source.items, minlength=SIZE[1])
    total = torch.zeros(SIZE[1]).index_add(0, source.items, source.ratings)
    return torch.where(count > 0, total / count.clamp(min=1), otherwise)


def train_twin(name: str, seed: int) -> torch.Tensor:
    """Train with a weak penalty; return squared errors on the test ratings."""
    data = load(name)
    test = as_tensors(data.test)
    model, _ = learn(as_tensors(data.train), lam=3e-5, seed=seed)
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
    return {"seems": sum(seems) / 200, "really": sum(really) / 200}


def resample_users(model, test: Tensors) -> torch.Tensor:
    """Compute RMSE on 2000 bootstrap samples of users, shape (2000,)."""
    torch.manual_seed(0)
    picks = torch.randint(1, SIZE[0], (2000, SIZE[0] - 1))
    squared = (model(test.users, test.items) - test.ratings).square()
    total = torch.zeros(SIZE[0]).index_add(0, test.users, squared)
    count = torch.bincount(test.users, minlength=SIZE[0])
    return (total[picks].sum(1) / count[picks].sum(1)).sqrt()


def ndcg(model, data) -> float:
    """Return NDCG at 10 of a model or of a table of scores."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    return evaluate.ranking(model, train, test, data.offered)["ndcg"]


def error(model, data: Tensors) -> float:
    """Return the RMSE of a model."""
    return evaluate.rmse(model(data.users, data.items), data.ratings)


EVALUATIONS = {"twins", "kinds", "stop", "grid", "splits", "seeds", "ranking", "lies"}
MUTANTS = {
    "shuffled": Mutant(SHUFFLED, "check-model", long=True),
    "discount": Mutant({"arange(2, k + 2)": "arange(3, k + 3)"}, "check-ranking", EVALUATIONS),
    "no leak": Mutant({"b[leaked]": "b[leaked][:1]"}, "check-leak", EVALUATIONS - {"lies"}),
}
test_mutants = build_test("05", MUTANTS)
