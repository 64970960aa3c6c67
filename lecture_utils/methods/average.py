"""A model made of models: late epochs, draws of a sampler, chains from other seeds, blends."""

from collections.abc import Callable, Sequence

from torch import Tensor

KEPT = 20  # models that a table takes the mean of: each costs a product


class Average:
    """Predicts the weighted mean of what `models` predict.

    The models must stay as they are: those of a sampler or a closed form do, a module that is
    still trained does not (copy.deepcopy it).
    """

    def __init__(self, models: Sequence[Callable], weights: Sequence[float] | None = None):
        """Keep `models` and their `weights`, all equal without; divided by their sum."""
        self.models = list(models)
        weights = [1.0] * len(self.models) if weights is None else [*weights]
        if not self.models or len(weights) != len(self.models):
            raise ValueError(f"{len(self.models)} models need as many weights, not {weights}")
        if not sum(weights) > 0:
            raise ValueError(f"the weights must have a positive sum, not {weights}")
        self.weights = [weight / sum(weights) for weight in weights]

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        models = zip(self.weights, self.models)
        return sum(weight * model(users, items, times) for weight, model in models)

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items), from KEPT of the models at most."""
        number = len(self.models)
        last = min(number, KEPT) - 1  # spread evenly from the first to the last
        kept = [round(i * (number - 1) / max(last, 1)) for i in range(last + 1)]
        total = sum(self.weights[i] for i in kept)
        return sum(self.weights[i] / total * self.models[i].table(users) for i in kept)
