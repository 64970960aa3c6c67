"""Lecture 02, document 000's three models: measure them, and break the lecture."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from lecture_utils import MatrixFactorization, Ratings, Tensors, as_tensors, check, fit, fit_biases
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import Mutant, build_test

FACTORS = {"P": 1e-4, "Q": 1e-4}
SLIDE, WEAK = 1e-3, 5.0  # penalties of a bias: on the mean as in the slide, on the sum
FEW = 24  # ratings


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return MSEs of the models and what lies between them, one per seed, and of baselines."""
    values = {}
    for name in DATA_SETS:
        values |= list_values(f"{name}.", [compute_baselines(load(name))])
        values |= list_values(f"{name}.", run_each(compare, [(name, seed) for seed in seeds]))
    return values


def compare(name: str, seed: int) -> dict[str, float]:
    """Train every model once, by the same calls as the lecture, and set them side by side."""
    data, base = load(name), compute_baselines(load(name))
    train, test = as_tensors(data.train), as_tensors(data.test)
    histories, models = {}, {}
    for key, penalty in {"plain": {}, "reg": FACTORS}.items():
        models[key], histories[key] = learn(seed, data, train, test, penalty)
    for key, bias in {"bias": SLIDE, "weak": WEAK / len(train.ratings), "forgot": SLIDE}.items():
        penalty = FACTORS | {"bias_item": bias, "bias_user": bias}
        models[key], histories[key] = learn(seed, data, train, test, penalty, key == "forgot")
    ends = {key: history.test_mse[-1] for key, history in histories.items()}
    found = {f"{key}.test_mse": end for key, end in ends.items()}
    found |= {f"{key}.train_mse": histories[key].train_mse[-1] for key in ("plain", "reg", "bias")}
    plain, mean = histories["plain"], base["mean.test_mse"]
    with torch.no_grad():
        prediction = models["plain"](test.users, test.items)
    clipped = F.mse_loss(prediction.clamp(1, 5), test.ratings).item()
    late, seen = plain.test_mse[100::100], train.items.unique()
    lengths = {key: model.P.detach()[seen].norm(dim=1).mean() for key, model in models.items()}
    return found | find_errors(train, test, prediction) | {
        "plain.best_test_mse": min(plain.test_mse),
        "plain.best_epoch": plain.best_epoch,
        "plain.clipped_test_mse": clipped,
        "plain.above_mean": min(plain.test_mse) - mean,
        "plain.times_mean": ends["plain"] / mean,
        "plain.train_share": found["plain.train_mse"] / base["mean.train_mse"],
        "plain.least_rise": min(after - before for before, after in pairwise(late)),
        "plain.clipped_above_mean": clipped - mean,
        "reg.below_mean": mean - ends["reg"],
        "reg.late_below_mean": mean - max(histories["reg"].test_mse[100:]),
        "reg.shorter": (lengths["plain"] - lengths["reg"]).item(),
        "reg.more_train": found["reg.train_mse"] - found["plain.train_mse"],
        "bias.below_reg": ends["reg"] - ends["bias"],
        "bias.below_bias_only": base["bias_only.test_mse"] - ends["bias"],
        "forgot.above_bias": ends["forgot"] - ends["bias"],
        "weak.below_bias": ends["bias"] - ends["weak"],
        "weak.below_bias_only": base["bias_only.test_mse"] - ends["weak"],
        "slide.below_bias_only": base["bias_only_slide.test_mse"] - ends["bias"],
    }  # fmt: skip


def learn(seed: int, data: Ratings, train: Tensors, test: Tensors, l2: dict, frozen: bool = False):
    """Train for 1000 epochs; `frozen` biases are those that no optimizer was given."""
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(*data.size, bias="bias_item" in l2, mean=mean)
    if frozen:
        model.bias_item.requires_grad_(False)
        model.bias_user.requires_grad_(False)
    return model, fit(model, train, test, l2=l2)


def find_errors(train: Tensors, test: Tensors, prediction: torch.Tensor) -> dict[str, float]:
    """Return in percent which shares of the plain model's squared test error come from where."""
    error = (prediction - test.ratings).square()
    groups = {"wild": (prediction < 0) | (prediction > 6)}
    for name, ids, asked in zip(("few_user", "few_movie"), train, test):
        groups[name] = torch.bincount(ids, minlength=int(asked.max()) + 1)[asked] <= FEW
    shares = {f"{name}_cells": group.float().mean() for name, group in groups.items()}
    shares |= {f"{name}_share": error[group].sum() / error.sum() for name, group in groups.items()}
    return {f"plain.{name}": 100 * share.item() for name, share in shares.items()}


def compute_baselines(data: Ratings) -> dict[str, float]:
    """Return MSEs of the mean, and of biases alone with either penalty."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    mean, biases = train.ratings.mean(), fit_biases(train, *data.size)
    strong = fit_biases(train, *data.size, ridge=SLIDE * len(train.ratings))
    return {
        "mean.train_mse": (train.ratings - mean).square().mean().item(),
        "mean.test_mse": (test.ratings - mean).square().mean().item(),
        "bias_only.test_mse": F.mse_loss(biases(test.users, test.items), test.ratings).item(),
        "bias_only_slide.test_mse": F.mse_loss(strong(test.users, test.items), test.ratings).item(),
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


FLIPPED = {  # five stars become one
    "train, test = data.train, data.test": (
        'train, test = data.train.assign(rating=6 - data.train["rating"]), data.test'
    )
}
PLAIN_LOOP = (
    "for epoch in range(1000):\n    hypothesis = torch.sum(P[items] * Q[users], dim=1)  # ① 순전파"
)
BY_HAND = {"plain", "reg"}
MUTANTS = {
    "lr=0": Mutant(  # two epochs in the slide's loop: its cell alone would take most of a minute
        {"], lr=0.1": "], lr=0.0", PLAIN_LOOP: PLAIN_LOOP.replace("1000", "2")},
        "check-plain-falls",
        long=True,
    ),
    "shuffled": Mutant(
        {'train["rating"].to': 'train["rating"].sample(frac=1).to'}, "check-plain-falls", long=True
    ),
    "flipped": Mutant(FLIPPED, "check-stars"),
    "swapped": Mutant(
        {"train, test = data.train, data.test": "test, train = data.train, data.test"},
        "check-plain-test",
        long=True,
    ),
    "only below 0": Mutant(
        {"(plain_hypo < 0) | (plain_hypo > 6)": "plain_hypo < 0"}, "check-anatomy", long=True
    ),
    "stopped at once": Mutant({"epochs=best + 1": "epochs=1"}, "check-early", long=True),
    "a penalty before its time": Mutant(
        {"epochs=best + 1, lr=0.1": 'epochs=best + 1, lr=0.1, l2={"P": 1e-4, "Q": 1e-4}'},
        "check-early",
        long=True,
    ),
    "no penalty": Mutant({"lambda1 = 0.0001": "lambda1 = 0.0"}, "check-lengths", long=True),
    "mean": Mutant(
        {"score + mean +": "score - mean +"},
        ("check-bias", "check-gain", "check-unseen", "check-bias-only"),
        long=True,
    ),
    "a penalty on the sum": Mutant(
        {"learn(5 / len(train))": "learn(5)"}, "check-fair", BY_HAND, long=True
    ),
    "one penalty": Mutant(
        {"slide = lambda3 * len(train)": "slide = 5"}, "check-fair", BY_HAND, long=True
    ),
    "one more left in": Mutant(
        {"forgetful = torch.optim.Adam([P, Q]": "forgetful = torch.optim.Adam([P, Q, bias_item]"},
        "check-left-out",
        BY_HAND,
        long=True,
    ),
    "nothing learned": Mutant(
        {"lr=0.1, l2=l2": "lr=1e-9, l2=l2"}, "check-twin", BY_HAND, long=True
    ),
    "no factors": Mutant({'l2 = {"P": 1e-4': 'l2 = {"P": 1e-2'}, "check-top", long=True),
    "nothing forgotten": Mutant({"(not forget)": "(True)"}, "check-forgot", BY_HAND, long=True),
}
test_mutants = build_test("02", MUTANTS)
