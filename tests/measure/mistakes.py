"""Lecture 06's numbers, over seeds: what mistakes cost on MovieLens and on the 9x8 table."""

from collections.abc import Iterable

import torch

from lecture_utils import (
    EmbeddingFactorization,
    MatrixFactorization,
    Tensors,
    as_tensors,
    fit,
    fit_biases,
)
from tests.measure.movielens import load
from tests.measure.solo import tables

LUCKY = 20  # seeds of which the best is taken


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """One value per seed; what depends on no seed is measured once."""
    seeds, values = list(seeds), {}
    for synthetic_set in (False, True):
        data = load(synthetic_set)
        train, test = as_tensors(data.train), as_tensors(data.test)
        key = f"{data.name}.museum."
        for name, value in ids(train, test).items():
            values[key + name] = [value]
        for seed in seeds:
            torch.manual_seed(seed)
            model = MatrixFactorization(data.num_users, data.num_items)
            fit(model, train, epochs=150)
            prediction = model(test.users, test.items).detach()
            for name, p in (("unclipped", prediction), ("clipped", prediction.clamp(1, 5))):
                values.setdefault(f"{key}{name}_rmse", []).append(rmse(p, test.ratings))
    known, blanks = tables()
    errors = []
    for seed in range(seeds[0], seeds[-1] + LUCKY):
        torch.manual_seed(seed)
        model = EmbeddingFactorization(9, 8)
        fit(model, known, epochs=100)
        errors.append(rmse(model(blanks.users, blanks.items), blanks.ratings))
    for first, seed in enumerate(seeds):
        found = {
            "lucky_rmse": min(errors[first : first + LUCKY]),
            "fresh_rmse": fresh(known, seed),
        }
        for name, value in found.items():
            values.setdefault(f"solo.museum.{name}", []).append(value)
    return values


def ids(train: Tensors, test: Tensors) -> dict[str, float]:
    """Biases of ids from 0, asked with ids from 0 and with items from 1."""
    fitted = fit_biases(Tensors(train.users - 1, train.items - 1, train.ratings), 943, 1682)
    last = test.items < 1682
    wrong = fitted(test.users[last] - 1, test.items[last])
    return {
        "shifted_rmse": rmse(wrong, test.ratings[last]),
        "aligned_rmse": rmse(fitted(test.users - 1, test.items - 1), test.ratings),
    }


def fresh(known: Tensors, seed: int) -> float:
    """A model created anew after training."""
    torch.manual_seed(seed)
    fit(EmbeddingFactorization(9, 8), known, epochs=100)
    model = EmbeddingFactorization(9, 8)
    return rmse(model(known.users, known.items), known.ratings)


def rmse(prediction: torch.Tensor, ratings: torch.Tensor) -> float:
    return (prediction - ratings).detach().square().mean().sqrt().item()
