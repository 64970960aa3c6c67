"""Lecture 01: measure the best line and who finds it first, and break the lecture.

The data is `2.5 + 4 x + noise`. The closed form, not a training loop, is the judge that the
lecture's loops must agree with.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F

from tests.lectures.measure import list_values
from tests.lectures.mutants import Mutant, build_test


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return the best line through 100 points, its error, and how much later Adam is there."""
    return list_values("line.", [fit_line(seed) for seed in seeds])


def fit_line(seed: int) -> dict[str, float]:
    """Solve least squares on the points of one seed, then go there by gradients."""
    torch.manual_seed(seed)
    x = torch.randn(100).sort().values  # as in 003, section 3; seed 43052 gives its points
    y = 2.5 + 4 * x + 0.5 * torch.randn(100)
    columns = torch.stack([torch.ones(100), x], dim=1)  # (100, 2)
    line = torch.linalg.lstsq(columns, y.reshape(-1, 1)).solution.reshape(-1)
    mse = (columns @ line - y).square().mean().item()
    later = arrive(torch.optim.Adam, x, y, mse) - arrive(torch.optim.SGD, x, y, mse)
    return {
        "intercept": line[0].item(),
        "slope": line[1].item(),
        "mse": mse,
        "adam_later": later,
    }


def arrive(method: type[torch.optim.Optimizer], x: torch.Tensor, y: torch.Tensor, mse: float):
    """Return the first epoch before which the error is below twice the least one."""
    line = torch.zeros(2, requires_grad=True)
    optimizer = method([line], lr=0.1)
    for epoch in range(300):
        loss = F.mse_loss(line[0] + line[1] * x, y)
        if loss < 2 * mse:
            return epoch
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    raise ValueError("not there after 300 epochs")


MUTANTS = {
    "ratings may be whole": Mutant({"ratings.long().mean()": "ratings.mean()"}, "check-dtype"),
    "ids may be whole": Mutant({"[items.float()]": "[items]"}, "check-dtype"),
    "another film": Mutant({"[1, 3, 2, 1, 4, 5]": "[1, 3, 2, 2, 4, 5]"}, "check-rows"),
    "one column": Mutant({"reshape(8, 2)": "reshape(16, 1)"}, "check-rows"),
    "factors added": Mutant({"dots = (P[items] *": "dots = (P[items] +"}, "check-rows"),
    "added": Mutant({"right = prediction - ": "right = prediction + "}, "check-trap"),
    "twice as many": Mutant(
        {"column = ratings.reshape": "column = ratings.repeat(2).reshape"}, "check-trap"
    ),
    "no trap": Mutant({"mse_loss(prediction, column)": "mse_loss(right, right)"}, "check-trap"),
    "far from the mean": Mutant(
        {"ratings.mean().expand(6)": "ratings.mean().expand(6) + 3"}, "check-average"
    ),
    "one shape": Mutant({"users, items, column)": "users, items, ratings)"}, "check-fit-refuses"),
    "sign": Mutant({"loss = (b * x - y)": "loss = (b * x + y)"}, "check-gradient"),
    "emptied": Mutant(
        {"in [1, 2, 3]:": "in [1, 2, 3]:\n    b.grad = None"},
        "check-gradient",
    ),
    "over the valley": Mutant({"here - 0.05": "here - 0.2"}, "check-steps"),
    "half a gradient": Mutant({"2 * error.mean()": "error.mean()"}, "check-three-routes"),
    "lr=0": Mutant({"lr = 0.1": "lr = 0.0"}, "check-line-falls"),
    "lr=0.001": Mutant({"lr = 0.1": "lr = 0.001"}, ("check-line-slope", "check-first-step")),
    "slope": Mutant({"y = 2.5 + 4 * x": "y = 3.5 - 4 * x"}, "check-line-slope"),
    "noise": Mutant({"noise = 0.5 *": "noise = 1.5 *"}, "check-line-slope"),
    "both the same way": Mutant({"arrive(by_hand), ": "arrive(by_adam), "}, "check-adam-later"),
    "gradient descent": Mutant({"optim.Adam(": "optim.SGD("}, "check-first-step"),
    "another edge": Mutant({"edge = 1 /": "edge = 2 /"}, "check-first-step"),
}
test_mutants = build_test("01", MUTANTS)
