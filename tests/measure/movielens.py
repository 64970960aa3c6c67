"""Lecture 02's numbers on MovieLens 100K (split ua), and on the synthetic set, over seeds."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch
import torch.nn.functional as F

from lecture_utils import MatrixFactorization, Ratings, as_tensors, fit, load_movielens
from lecture_utils.synthetic import small as synthetic

FACTORS = {"P": 1e-4, "Q": 1e-4}
BIASES = {"bias_item": 1e-3, "bias_user": 1e-3}
MODELS = {
    "plain": ({}, {}),
    "reg": ({}, FACTORS),
    "bias": ({"bias": True}, FACTORS | BIASES),
}


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """MSEs of document 000's three models, one per seed, and of two baselines, on both sets."""
    values = {}
    for synthetic_set in (False, True):
        data = load(synthetic_set)
        values |= {f"{data.name}.{key}": [value] for key, value in baselines(data).items()}
        jobs = [(synthetic_set, name, seed) for name in MODELS for seed in seeds]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            for (_, name, _), found in zip(jobs, pool.map(train, *zip(*jobs))):
                for key, value in found.items():
                    values.setdefault(f"{data.name}.{name}.{key}", []).append(value)
    return values


def load(synthetic_set: bool) -> Ratings:
    if synthetic_set:
        return Ratings("synthetic", *synthetic.make("ua"))
    data = load_movielens()
    if data.name != "ml-100k":
        raise SystemExit("no MovieLens here; set LECTURE_DATA_DIR")
    return data


def train(synthetic_set: bool, name: str, seed: int) -> dict[str, float]:
    """One run of lecture 02: the same calls, so that its curve is one of those measured."""
    torch.set_num_threads(1)
    data = load(synthetic_set)
    train, test = as_tensors(data.train), as_tensors(data.test)
    options, l2 = MODELS[name]
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(data.num_users, data.num_items, mean=mean, **options)
    history = fit(model, train, test, l2=l2)
    found = {"train_mse": history.train_mse[-1], "test_mse": history.test_mse[-1]}
    if name == "plain":  # the others stay flat, so their best epoch is anywhere
        found |= {"best_test_mse": min(history.test_mse), "best_epoch": history.best_epoch}
        with torch.no_grad():
            clipped = model(test.users, test.items).clamp(1, 5)
        found["clipped_test_mse"] = F.mse_loss(clipped, test.ratings).item()
    return found


def baselines(data: Ratings) -> dict[str, float]:
    """The mean predictor, and biases alone: ten sweeps of shrunken means."""
    users, items, ratings = as_tensors(data.train)
    test = as_tensors(data.test)
    mean = ratings.mean()
    b_user, b_item = torch.zeros(data.num_users), torch.zeros(data.num_items)
    for _ in range(10):
        b_item = shrunken_mean(items, ratings - mean - b_user[users], len(b_item))
        b_user = shrunken_mean(users, ratings - mean - b_item[items], len(b_user))
    bias_only = mean + b_item[test.items] + b_user[test.users]
    return {
        "mean.train_mse": F.mse_loss(mean.expand(len(ratings)), ratings).item(),
        "mean.test_mse": F.mse_loss(mean.expand(len(test.ratings)), test.ratings).item(),
        "bias_only.test_mse": F.mse_loss(bias_only, test.ratings).item(),
    }


def shrunken_mean(ids: torch.Tensor, values: torch.Tensor, size: int) -> torch.Tensor:
    """Per id, sum of `values` / (count + 5), as if five more were zero: shape (size,)."""
    total = torch.zeros(size).index_add(0, ids, values)
    return total / (torch.bincount(ids, minlength=size) + 5)
