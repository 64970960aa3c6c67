"""The training loop of both documents: full batch, mean squared error, Adam."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.data import as_tensors
from lecture_utils.models import check_lengths
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
        """Return the epoch of the lowest test MSE: for looking back, never for choosing."""
        if not self.test_mse:
            raise ValueError("no test data was given to fit, so there is no best epoch")
        return min(range(len(self.test_mse)), key=self.test_mse.__getitem__)


def fit(
    model: nn.Module,
    train: Triple | pd.DataFrame,
    test: Triple | pd.DataFrame | None = None,
    *,
    epochs: int = 1000,
    lr: float = 0.1,
    l2: Mapping[str, float] | None = None,
    every: int = 0,
) -> History:
    """Train `model` on all ratings at once and return the curves.

    Args:
        model: predicts ratings, (n,), from users and items.
        train: users, items, ratings, (n,) each, or a frame for `as_tensors`.
        test: the same, never trained on.
        epochs: number of steps.
        lr: learning rate of Adam.
        l2: maps a parameter's name to lambda: lambda * (sum of its squares) joins the mean
            squared error, as `{"P": 1e-4, "Q": 1e-4}` does in document 000.
        every: 100 prints each 100th epoch.

    Raises:
        ValueError: for bad arguments, for shapes that would broadcast, and for a loss that
            is no longer finite.
    """
    train, test = as_tensors(train), None if test is None else as_tensors(test)
    for _, _, ratings in filter(None, (train, test)):
        if not ratings.isfinite().all():
            raise ValueError("ratings must be finite; drop the blanks (NaN) first")
    _check(dict(model.named_parameters()), l2 or {}, epochs, lr)
    test_error = test and (squared_error(model, *test) or partial(mse, model, test))
    history = History()
    for epoch, cost in zip(range(epochs), descend(model, train, lr=lr, l2=l2)):
        history.train_mse.append(cost)
        if test_error:
            with torch.no_grad():
                history.test_mse.append(test_error().item())
        if every and epoch % every == 0:
            print(f"epoch: {epoch:4d}, cost: {cost:.6f}")
    with torch.no_grad():
        last = mse(model, train).item()
    if not math.isfinite(last):
        raise ValueError(f"the last step led to a loss of {last}; try an lr below {lr}")
    return history


def descend(
    model: nn.Module, train: Triple, *, lr: float, l2: Mapping[str, float] | None = None
) -> Iterator[float]:
    """Take steps of Adam on all ratings, without end; yield the MSE before each step, after it."""
    parameters = dict(model.named_parameters())
    fast = squared_error(model, *train)
    error = fast or partial(mse, model, train)
    optimizer = torch.optim.Adam(parameters.values(), lr=lr, fused=True if fast else None)
    for epoch in count():
        cost = error()
        penalties = (lam * parameters[name].square().sum() for name, lam in (l2 or {}).items())
        loss = sum(penalties, cost)
        if not math.isfinite(loss.item()):
            found = f"the loss became {loss.item()} at epoch {epoch}"
            raise ValueError(f"{found}; try an lr below {lr}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield cost.item()


def mse(model: nn.Module, data: Triple) -> Tensor:
    """Return the mean squared error of `model` on `data`, a scalar with gradients."""
    users, items, ratings = data
    predictions = model(users, items)
    check_lengths(predictions=predictions, ratings=ratings)
    if not len(ratings):
        raise ValueError("there are no ratings to measure the error on")
    return F.mse_loss(predictions, ratings.to(predictions.dtype))


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
