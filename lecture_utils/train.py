"""The training loop of both documents: full batch, mean squared error, Adam."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.sparse import squared_error

Triple = tuple[Tensor, Tensor, Tensor]  # users (n,), items (n,), ratings (n,)


@dataclass
class History:
    """Mean squared errors in squared stars, one number per epoch.

    `train_mse[e]` is measured before step e and `test_mse[e]` after it, as in document 000's
    loop; predictions are not clipped. `test_mse` is empty where no test data was given.
    """

    train_mse: list[float] = field(default_factory=list)
    test_mse: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """The epoch of the lowest test MSE: for looking back, never for choosing a model."""
        if not self.test_mse:
            raise ValueError("no test data was given to fit, so there is no best epoch")
        return min(range(len(self.test_mse)), key=self.test_mse.__getitem__)


def fit(
    model: nn.Module,
    train: Triple,
    test: Triple | None = None,
    *,
    epochs: int = 1000,
    lr: float = 0.1,
    l2: Mapping[str, float] | None = None,
    every: int = 0,
) -> History:
    """Train `model` on all ratings at once and return the curves.

    `l2` maps a parameter's name to lambda: lambda * (sum of its squares) joins the loss, as
    `{"P": 1e-4, "Q": 1e-4}` does in document 000. `every=100` prints each 100th epoch.
    Raises ValueError on bad arguments, on shapes that would broadcast, and on a loss that
    is no longer finite.
    """
    parameters = dict(model.named_parameters())
    l2 = l2 or {}
    for _, _, ratings in filter(None, (train, test)):
        if not ratings.isfinite().all():
            raise ValueError("ratings must be finite; drop the blanks (NaN) first")
    _check(parameters, l2, epochs, lr)
    fast = squared_error(model, *train)
    train_error = fast or partial(mse, model, train)
    test_error = test and (squared_error(model, *test) or partial(mse, model, test))
    optimizer = torch.optim.Adam(parameters.values(), lr=lr, fused=True if fast else None)
    history = History()
    for epoch in range(epochs):
        cost = train_error()
        loss = sum((lam * parameters[name].square().sum() for name, lam in l2.items()), cost)
        if not math.isfinite(loss.item()):
            raise ValueError(
                f"the loss became {loss.item()} at epoch {epoch}; try an lr below {lr}"
            )

        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

        history.train_mse.append(cost.item())
        if test_error:
            with torch.no_grad():
                history.test_mse.append(test_error().item())
        if every and epoch % every == 0:
            print(f"epoch: {epoch:4d}, cost: {cost.item():.6f}")
    return history


def mse(model: nn.Module, data: Triple) -> Tensor:
    """Mean squared error of `model` on `data`, a scalar that gradients flow through."""
    users, items, ratings = data
    prediction = model(users, items)
    if prediction.shape != ratings.shape:  # (n,) - (n, 1) would silently become (n, n)
        raise ValueError(
            f"predictions have shape {tuple(prediction.shape)}, ratings "
            f"{tuple(ratings.shape)}; make both (n,), e.g. with ratings.reshape(-1)"
        )
    if not len(ratings):
        raise ValueError("there are no ratings to measure the error on")
    return F.mse_loss(prediction, ratings)


def _check(
    parameters: Mapping[str, Tensor], l2: Mapping[str, float], epochs: int, lr: float
) -> None:
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be a positive number, not {lr}")
    for name, lam in l2.items():
        if name not in parameters:
            raise ValueError(f"l2 names {name!r}; the parameters are {', '.join(parameters)}")
        if not (math.isfinite(lam) and lam >= 0):
            raise ValueError(f"l2[{name!r}] must be a number of at least 0, not {lam}")
