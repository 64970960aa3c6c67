"""Lecture 02, document 000's three models: measure them, and break the lecture."""

from collections.abc import Iterable

import pytest
import torch
import torch.nn.functional as F

from lecture_utils import MatrixFactorization, Ratings, as_tensors, check, fit, fit_biases
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test

FACTORS = {"P": 1e-4, "Q": 1e-4}
BIASES = {"bias_item": 1e-3, "bias_user": 1e-3}
MODELS = {
    "plain": ({}, {}),
    "reg": ({}, FACTORS),
    "bias": ({"bias": True}, FACTORS | BIASES),
}


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return MSEs of the three models, one per seed, and of two baselines."""
    values = {}
    for name in DATA_SETS:
        values |= list_values(f"{name}.", [compute_baselines(load(name))])
        for model in MODELS:
            runs = run_each(train, [(name, model, seed) for seed in seeds])
            values |= list_values(f"{name}.{model}.", runs)
    return values


def train(name: str, model_name: str, seed: int) -> dict[str, float]:
    """Train once, by the same calls as the lecture, so that its curve is one of those measured."""
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    options, l2 = MODELS[model_name]
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(data.num_users, data.num_items, mean=mean, **options)
    history = fit(model, train, test, l2=l2)
    found = {"train_mse": history.train_mse[-1], "test_mse": history.test_mse[-1]}
    if model_name == "plain":  # the others stay flat, so their best epoch is anywhere
        found |= {"best_test_mse": min(history.test_mse), "best_epoch": history.best_epoch}
        with torch.no_grad():
            clipped = model(test.users, test.items).clamp(1, 5)
        found["clipped_test_mse"] = F.mse_loss(clipped, test.ratings).item()
    return found


def compute_baselines(data: Ratings) -> dict[str, float]:
    """Return MSEs of the mean, and of biases alone."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    mean, biases = train.ratings.mean(), fit_biases(train, *data.size)
    return {
        "mean.train_mse": (train.ratings - mean).square().mean().item(),
        "mean.test_mse": (test.ratings - mean).square().mean().item(),
        "bias_only.test_mse": F.mse_loss(biases(test.users, test.items), test.ratings).item(),
    }


def test_the_baselines_are_what_is_promised():
    for key, mse in compute_baselines(load("synthetic")).items():
        check.close(mse, f"synthetic.{key}")


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_story(name):
    """Plain worse than the mean, L2 better than it, biases best, and alone nearly as good."""
    models = ("mean", "bias_only", "plain", "reg", "bias")
    mean, alone, plain, reg, bias = (check.reference(f"{name}.{m}.test_mse") for m in models)
    assert check.reference(f"{name}.plain.best_test_mse")["low"] > mean["value"]
    assert plain["low"] > 2 * mean["value"]
    assert reg["high"] < mean["value"]
    assert bias["high"] < reg["low"]
    assert bias["high"] < alone["value"] < 1.05 * bias["low"]


MUTANTS = {
    "lr=0": Mutant({"], lr=0.1": "], lr=0.0"}, "check-plain-falls"),
    "shuffled": Mutant(
        {'train["rating"].to': 'train["rating"].sample(frac=1).to'}, "check-plain-falls", long=True
    ),
    "mean": Mutant({"score + mean +": "score - mean +"}, "check-bias", {"plain", "reg"}, long=True),
}
test_mutants = build_test("02", MUTANTS)
