"""Draw arguments of exercises: small enough to be printed, the same for the same seed."""

import math
import random

import torch
from torch import Tensor


class Draw(random.Random):
    """Draw numbers, ids and sizes for one call of an exercise, apart from torch's global seed."""

    def numbers(self, *shape: int, low: float = -3, high: float = 3) -> Tensor:
        """Draw quarters between `low` and `high`: fractions that are short, and tie at times."""
        found = [self.number(low, high) for _ in range(math.prod(shape))]
        return torch.tensor(found).reshape(shape)

    def number(self, low: float = -3, high: float = 3) -> float:
        """Draw one quarter between `low` and `high`."""
        return self.randint(math.ceil(4 * low), math.floor(4 * high)) / 4

    def ids(self, n: int, size: int) -> Tensor:
        """Draw `n` ids below `size`, 0 and repeated ones among them: Long (n,)."""
        return torch.tensor([self.randrange(size) for _ in range(n)])

    def column(self, vector: Tensor) -> Tensor:
        """Leave (n,) as it is, or make it a column (n, 1)."""
        return self.choice([vector, vector.reshape(-1, 1)])


def draw_predictions(seed: int) -> tuple[Tensor, Tensor]:
    """Draw predictions and ratings, each (n,) or (n, 1)."""
    draw = Draw(seed)
    n = draw.randint(1, 5)
    return draw.column(draw.numbers(n)), draw.column(draw.numbers(n, low=1, high=5))
