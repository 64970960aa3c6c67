"""A blend: methods trained side by side, whose predictions are averaged.

What one method gets wrong by accident another gets wrong differently, and the mean has less of
both. Which weight each deserves is a setting, to be chosen on held-out training ratings.
"""

from collections.abc import Callable, Iterator, Sequence

from lecture_utils.data import Tensors
from lecture_utils.methods.average import Average
from lecture_utils.methods.protocol import Size, check_ratings


def blend(
    train: Tensors,
    size: Size,
    *,
    parts: Sequence[Iterator[Callable]],
    weights: Sequence[float] | None = None,
) -> Iterator[Average]:
    """Yield the weighted mean of what the methods yield, model by model.

    Args:
        train: the ratings that the methods train on.
        size: (num_users, num_items).
        parts: what each method yields, burn-in left out.
        weights: one per part; all equal without.
    """
    check_ratings(train, size)
    Average(parts, weights)  # refuses weights that do not fit
    return (Average(models, weights) for models in zip(*parts))
