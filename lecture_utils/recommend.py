"""From a fitted model to a list of recommendations, also for someone it has never seen."""

import torch
from torch import Tensor

from lecture_utils.models import MatrixFactorization, check_ids, check_lengths


def fold_in(
    model: MatrixFactorization,
    items: Tensor,
    ratings: Tensor,
    ridge: float,
    ridge_bias: float | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Solve for a new user's factors and bias, with the items as they are.

    This is ridge regression in closed form: it minimises
    $\sum_i (r_i - \mu - b_i - p_i \cdot q - b)^2 + ridge\,|q|^2 + ridge\_bias\,b^2$.

    Args:
        model: trained, with biases.
        items: what the user rated, (n,); without ratings factors and bias are 0.
        ratings: one per item, (n,).
        ridge: what the model was trained with, as a penalty on the sum of squared errors: `fit`
            adds lambda to a mean over N ratings, so it is lambda * N.
        ridge_bias: the same for the bias; None for `ridge`.

    Returns:
        The factors, (rank,), and the bias, ().

    Raises:
        ValueError: for a model without biases, for ratings that are not finite or not one per
            item, and for a `ridge` or `ridge_bias` that is not positive.
        IndexError, TypeError: for an unknown item.
    """
    if not (isinstance(model, MatrixFactorization) and model.bias):
        raise ValueError("fold_in needs a model with biases: MatrixFactorization(..., bias=True)")
    check_lengths(items=items, ratings=ratings)
    if not bool(ratings.isfinite().all()):
        raise ValueError("ratings must be finite; drop the blanks (NaN) first")
    check_ids("item", items, len(model.P))
    ridge_bias = ridge if ridge_bias is None else ridge_bias
    for name, value in (("ridge", ridge), ("ridge_bias", ridge_bias)):
        if not value > 0:
            remedy = "use lambda * number of ratings"
            raise ValueError(f"{name} must be positive, not {value}; {remedy}")
    with torch.no_grad():
        rest = ratings.to(model.P) - model.mean - model.bias_item[items]  # (n,)
        rows = torch.cat([model.P[items], torch.ones_like(rest)[:, None]], dim=1)  # (n, rank + 1)
        penalty = rows.new_full((rows.shape[1],), ridge)
        penalty[-1] = ridge_bias
        solution = torch.linalg.solve(rows.T @ rows + penalty.diag(), rows.T @ rest)
    return solution[:-1], solution[-1]


def top_n(scores: Tensor, seen: Tensor, offered: Tensor, n: int = 10) -> Tensor:
    """Return the ids of the `n` items with the highest `scores`, (n,), best first.

    Among equals the lower id comes first, on every platform.

    Args:
        scores: a score per item, (num_items,).
        seen: ids of items to leave out.
        offered: ids of the items that may be recommended: `Ratings.offered`.
        n: length of the list.

    Raises:
        ValueError: if an offered score is NaN, for an `n` below 1 or above what is left, for
            scores that are not (num_items,).
        IndexError, TypeError: for a bad id.
    """
    if scores.dim() != 1:
        raise ValueError(f"scores must be (num_items,), not {tuple(scores.shape)}: take one row")
    for ids in (seen, offered):
        check_ids("item", ids, len(scores))
    open_ = torch.zeros(len(scores), dtype=torch.bool, device=scores.device)
    open_[offered] = True
    open_[seen] = False
    left = open_.nonzero().flatten()  # ids, ascending
    if not len(left):
        raise ValueError("everything that is offered has been seen: nothing is left to recommend")
    if not 1 <= n <= len(left):
        raise ValueError(f"n must be from 1 to {len(left)}, the items not seen, not {n}")
    if bad := int(scores[left].isnan().sum()):
        raise ValueError(f"scores has {bad} NaN; leave those items out first")
    return left[scores[left].sort(descending=True, stable=True).indices[:n]]
