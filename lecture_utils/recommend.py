"""From a fitted model to a list of recommendations, also for someone it has never seen."""

import torch
from torch import Tensor

from lecture_utils.models import MatrixFactorization, check_ids


def fold_in(
    model: MatrixFactorization, items: Tensor, ratings: Tensor, ridge: float
) -> tuple[Tensor, Tensor]:
    r"""A new user's factors, shape (rank,), and bias, shape (), from ratings of `items`, (n,).

    The item side stays as it is, so the rest is ridge regression in closed form: minimise
    $\sum_i (r_i - \mu - b_i - p_i \cdot q - b)^2 + ridge\,(|q|^2 + b^2)$. `ridge` is what the model
    was trained with: `fit` adds lambda to a mean over N ratings, so it is lambda * N. Without
    ratings everything is 0. Raises ValueError for a model without biases, for ratings that are not
    finite or not one per item, and for a `ridge` that is not positive; IndexError or TypeError for
    an unknown item.
    """
    if not (isinstance(model, MatrixFactorization) and model.bias):
        raise ValueError("fold_in needs a model with biases: MatrixFactorization(..., bias=True)")
    if items.shape != ratings.shape or items.dim() != 1:
        shapes = f"items {tuple(items.shape)} and ratings {tuple(ratings.shape)}"
        raise ValueError(f"{shapes} must be of one shape (n,)")
    if not bool(ratings.isfinite().all()):
        raise ValueError("ratings must be finite; drop the blanks (NaN) first")
    check_ids("item", items, len(model.P))
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, not {ridge}; use lambda * number of ratings")
    with torch.no_grad():
        rows = torch.cat([model.P[items], torch.ones(len(items), 1)], dim=1)  # (n, rank + 1)
        rest = ratings.float() - model.mean - model.bias_item[items]  # (n,)
        gram = rows.T @ rows + ridge * torch.eye(rows.shape[1])  # (rank + 1, rank + 1)
        solution = torch.linalg.solve(gram, rows.T @ rest)
    return solution[:-1], solution[-1]


def top_n(scores: Tensor, seen: Tensor, n: int = 10) -> Tensor:
    """Ids of the `n` items with the highest `scores`, (num_items,), best first, shape (n,).

    What was `seen` (ids) is left out, and so is id 0, which is unused. Raises ValueError for NaN
    and for an `n` below 1 or above what is left, IndexError or TypeError for a bad id in `seen`.
    """
    if scores.isnan().any():
        raise ValueError(f"scores has {int(scores.isnan().sum())} NaN; leave those items out first")
    check_ids("item", seen, len(scores))
    left = torch.ones(len(scores), dtype=torch.bool)
    left[0] = False
    left[seen] = False
    if not 1 <= n <= int(left.sum()):
        raise ValueError(f"n must be from 1 to {int(left.sum())}, the items not seen, not {n}")
    return scores.masked_fill(~left, float("-inf")).topk(n).indices
