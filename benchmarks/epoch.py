"""What one full-batch epoch of document 000's model costs: `P[items]`, and sparse products.

python -m benchmarks.epoch FOLDER prints one line of JSON.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.worker import load
from lecture_utils import MatrixFactorization, as_tensors
from lecture_utils.sparse import predictor

WARM_UP, EPOCHS = 20, 300


class Twin:
    """The model of seed 0 with its own Adam, stepped by the clock."""

    def __init__(self, sizes: tuple[int, int], make: Callable[[MatrixFactorization], Callable]):
        torch.manual_seed(0)
        self.model = MatrixFactorization(*sizes)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.1)
        self.predict = make(self.model)

    def epoch(self, ratings: Tensor) -> float:
        """CPU milliseconds of one epoch."""
        begun = process_time()
        loss = F.mse_loss(self.predict(), ratings)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return 1000 * (process_time() - begun)


def measure(data: object) -> dict:
    """Least and median milliseconds of both ways, taken in turns, and their gradients' gap: the
    largest difference over the largest entry, at the start."""
    users, items, ratings = as_tensors(data.train)
    sizes = data.num_users, data.num_movies
    twins = {
        "indexing": Twin(sizes, lambda model: lambda: model(users, items)),
        "sparse": Twin(sizes, lambda model: predictor(model, users, items)),
    }
    times = {name: [] for name in twins}
    for epoch in range(WARM_UP + EPOCHS):
        for name, twin in twins.items():
            times[name].append(twin.epoch(ratings))
        if epoch == 0:
            slow, fast = (twin.model for twin in twins.values())
            gap = max(
                ((a.grad - b.grad).abs().max() / a.grad.abs().max()).item()
                for a, b in zip(slow.parameters(), fast.parameters())
            )
    kept = {name: values[WARM_UP:] for name, values in times.items()}
    result = {name: {"min_ms": min(v), "median_ms": median(v)} for name, v in kept.items()}
    return result | {"epochs": EPOCHS, "largest_relative_gradient_gap": gap}


if __name__ == "__main__":
    print(json.dumps(measure(load(Path(sys.argv[1]) / "ua.pickle", ours=True))))
