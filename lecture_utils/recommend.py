"""From a fitted model to a list of recommendations, also for someone it has never seen."""

import torch
from torch import Tensor

from lecture_utils.models import MatrixFactorization


def fold_in(
    model: MatrixFactorization, items: Tensor, ratings: Tensor, ridge: float
) -> tuple[Tensor, Tensor]:
    r"""A new user's factors, shape (rank,), and bias, shape (), from ratings of `items`, (n,).

    The item side stays as it is, so the rest is ridge regression in closed form: minimise
    $\sum_i (r_i - \mu - b_i - p_i \cdot q - b)^2 + ridge\,(|q|^2 + b^2)$. `ridge` is what the model
    was trained with: `fit` adds lambda to a mean over N ratings, so it is lambda * N. Without
    ratings everything is 0. Raises ValueError for a model without biases and for bad arguments.
    """
    if not model.bias:
        raise ValueError("fold_in needs a model with biases: MatrixFactorization(..., bias=True)")
    if items.shape != ratings.shape or items.dim() != 1:
        shapes = f"items {tuple(items.shape)} and ratings {tuple(ratings.shape)}"
        raise ValueError(f"{shapes} must be of one shape (n,)")
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, not {ridge}; use lambda * number of ratings")
    with torch.no_grad():
        rows = torch.cat([model.P[items], torch.ones(len(items), 1)], dim=1)  # (n, rank + 1)
        rest = ratings - model.mean - model.bias_item[items]  # (n,)
        gram = rows.T @ rows + ridge * torch.eye(rows.shape[1])  # (rank + 1, rank + 1)
        solution = torch.linalg.solve(gram, rows.T @ rest)
    return solution[:-1], solution[-1]


def top_n(scores: Tensor, seen: Tensor, n: int = 10) -> Tensor:
    """Ids of the `n` items with the highest `scores`, (num_items,), best first, shape (n,).

    What was `seen` (ids) is left out, and so is id 0, which is unused. NaN is refused with a
    ValueError, as is an `n` larger than what is left.
    """
    if scores.isnan().any():
        raise ValueError(f"scores has {int(scores.isnan().sum())} NaN; leave those items out first")
    left = torch.ones(len(scores), dtype=torch.bool)
    left[0] = False
    left[seen] = False
    if not 1 <= n <= int(left.sum()):
        raise ValueError(f"n must be from 1 to {int(left.sum())}, the items not seen, not {n}")
    return scores.masked_fill(~left, float("-inf")).topk(n).indices
