"""What one full-batch epoch of document 000's model costs: as the document does it, and as `fit`.

The document's way is `P[items]` and torch.optim.Adam as it comes; `fit` takes sparse products and
Adam's fused loop. So that the products do not shine with what Adam saved, `P[items]` is timed with
the fused Adam, too.

python -m benchmarks.epoch FOLDER prints one line of JSON.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

import torch
from torch import Tensor

from benchmarks.worker import load
from lecture_utils import MatrixFactorization, as_tensors
from lecture_utils.sparse import squared_error
from lecture_utils.train import mse

WARM_UP, EPOCHS, TURN = 20, 300, 10  # epochs


class Twin:
    """The model of seed 0 with its own Adam, one timed epoch after the other."""

    def __init__(
        self, sizes: tuple[int, int], error: Callable[..., Callable[[], Tensor]], fused: bool
    ):
        torch.manual_seed(0)
        self.model = MatrixFactorization(*sizes)
        self.error = error(self.model)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.1, fused=fused or None)

    def epoch(self) -> float:
        """Take one step and return its CPU milliseconds."""
        begun = process_time()
        loss = self.error()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return 1000 * (process_time() - begun)


def gap(slow: torch.nn.Module, fast: torch.nn.Module) -> float:
    """Return the largest difference of two models' gradients over their largest entry."""
    pairs = [(a.grad, b.grad) for a, b in zip(slow.parameters(), fast.parameters())]
    return max(((a - b).abs().max() / a.abs().max()).item() for a, b in pairs)


def measure(data: object) -> dict:
    """Time an epoch in every way: least and median milliseconds, and times as long as `fit`'s.

    The gap between the gradients at the start comes with them. The ways take turns of ten epochs:
    in `fit`, too, the epoch before has left its tables in the cache.
    """
    train, sizes = as_tensors(data.train), (data.num_users, data.num_items)
    twins = {
        "indexing": Twin(sizes, lambda model: partial(mse, model, train), False),
        "indexing_fused_adam": Twin(sizes, lambda model: partial(mse, model, train), True),
        "sparse": Twin(sizes, lambda model: squared_error(model, *train), True),
    }
    for twin in twins.values():
        twin.epoch()
    first_gap = gap(twins["indexing"].model, twins["sparse"].model)
    times = {name: [] for name in twins}
    for _ in range((WARM_UP + EPOCHS) // TURN):
        for name, twin in twins.items():
            times[name] += [twin.epoch() for _ in range(TURN)]
    kept = {name: values[WARM_UP:] for name, values in times.items()}
    result = {name: {"min_ms": min(v), "median_ms": median(v)} for name, v in kept.items()}
    for name in ("indexing", "indexing_fused_adam"):
        result[name]["times_sparse"] = median(kept[name]) / median(kept["sparse"])
    return result | {"epochs": EPOCHS, "largest_relative_gradient_gap": first_gap}


if __name__ == "__main__":
    print(json.dumps(measure(load(Path(sys.argv[1]) / "ua.pickle", ours=True))))
