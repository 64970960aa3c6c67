"""What least squares finds on the data of lecture 01, `2.5 + 4 x + noise`, for each seed.

The closed form, not a training loop: it is the judge that the lecture's loops must agree with.
"""

from collections.abc import Iterable

import torch


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Intercept, slope and mean squared error of the best line through 100 points."""
    lines = [_best_line(seed) for seed in seeds]
    keys = ("line.intercept", "line.slope", "line.mse")
    return {key: list(values) for key, values in zip(keys, zip(*lines))}


def _best_line(seed: int) -> tuple[float, float, float]:
    torch.manual_seed(seed)
    x = torch.randn(100).sort().values  # as in 003, section 3; seed 43052 gives its points
    y = 2.5 + 4 * x + 0.5 * torch.randn(100)
    columns = torch.stack([torch.ones(100), x], dim=1)  # (100, 2)
    line = torch.linalg.lstsq(columns, y.reshape(-1, 1)).solution.reshape(-1)
    return line[0].item(), line[1].item(), (columns @ line - y).square().mean().item()
