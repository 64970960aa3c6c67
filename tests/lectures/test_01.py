"""Lecture 01: measure what least squares finds on its data, and break the lecture.

The data is `2.5 + 4 x + noise`. The closed form, not a training loop, is the judge that the
lecture's loops must agree with.
"""

from collections.abc import Iterable

import torch

from tests.lectures.measure import list_values
from tests.lectures.mutants import Mutant, build_test


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return intercept, slope and mean squared error of the best line through 100 points."""
    return list_values("line.", [fit_line(seed) for seed in seeds])


def fit_line(seed: int) -> dict[str, float]:
    """Solve least squares on the points of one seed."""
    torch.manual_seed(seed)
    x = torch.randn(100).sort().values  # as in 003, section 3; seed 43052 gives its points
    y = 2.5 + 4 * x + 0.5 * torch.randn(100)
    columns = torch.stack([torch.ones(100), x], dim=1)  # (100, 2)
    line = torch.linalg.lstsq(columns, y.reshape(-1, 1)).solution.reshape(-1)
    mse = (columns @ line - y).square().mean().item()
    return {"intercept": line[0].item(), "slope": line[1].item(), "mse": mse}


MUTANTS = {
    "lr=0": Mutant({"lr = 0.1": "lr = 0.0"}, "check-line-falls"),
    "slope": Mutant({"y = 2.5 + 4 * x": "y = 2.5 - 4 * x"}, "check-line-slope"),
}
test_mutants = build_test("01", MUTANTS)
