"""Gradient descent as in the documents: full batch, Adam, at one or more learning rates."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from lecture_utils.data import Tensors
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
    check_ratings,
)
from lecture_utils.models import MatrixFactorization, Model
from lecture_utils.train import descend

Stages = Sequence[tuple[int, float]]  # (epochs, lr) one after the other


def descent(
    train: Tensors,
    size: Size,
    *,
    rank: int = 10,
    bias: bool = True,
    ridge: float = 12.0,
    ridge_bias: float = 6.0,
    stages: Stages = ((150, 0.1), (50, 0.01)),
) -> Iterator[MatrixFactorization]:
    """Train the model of document 000; yield it after each epoch.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        bias: whether there are biases, too.
        ridge: penalty on the squares of the factors, added to the sum of squared errors.
        ridge_bias: the same for the biases.
        stages: (epochs, lr), each with a new optimizer; the last goes on without end.
    """
    check_ratings(train, size)
    check_counts(rank=rank)
    check_not_negative(ridge=ridge, ridge_bias=ridge_bias)
    with train.ratings.device:
        model = MatrixFactorization(*size, rank, bias=bias, mean=train.ratings.mean().item())
    ridges = {"P": ridge, "Q": ridge}
    if bias:
        ridges |= {"bias_user": ridge_bias, "bias_item": ridge_bias}
    return descend_in_stages(model, train, ridges, stages)


def descend_in_stages(
    model: Model, train: Tensors, ridges: Mapping[str, float], stages: Stages
) -> Iterator[Model]:
    """Train `model`, whose parameters are penalised as `ridges` says; yield it after each epoch."""
    for epochs, lr in stages:
        check_counts(epochs=epochs)
        check_positive(lr=lr)
    l2 = {name: ridge / len(train.ratings) for name, ridge in ridges.items() if ridge}
    return _descend(model.eval(), train, l2, [*stages[:-1], (None, stages[-1][1])])


def _descend(model: Model, train: Tensors, l2: dict, stages: Sequence) -> Iterator[Model]:
    for epochs, lr in stages:
        for _ in islice(descend(model, train, lr=lr, l2=l2), epochs):
            yield model
