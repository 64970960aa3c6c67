"""The protocol that every method follows.

A method is a generator: `method(train, size, **settings)` checks its arguments at the call, then
trains and yields the model after each sweep or epoch, without end (a closed form yields once).
`size` is (num_users, num_items). A model answers `model(users, items, times=None)`, a score per
pair, (n,), and `model.table(users)`, a score for every item, (m, num_items). What ranks also takes
a setting `grades`, the strengths of 1 to 5 stars, and answers `model.fold_in(items, ratings)`, a
score for every item, (num_items,), for someone whom it was not trained on.
"""

from lecture_utils.data import Tensors
from lecture_utils.models import check_lengths, check_pairs

Size = tuple[int, int]  # (num_users, num_items)


def check_ratings(train: Tensors, size: Size) -> None:
    """Refuse ratings that no method can train on.

    Raises:
        ValueError: unless users, items and ratings are of one shape (n,), not empty, and all
            ratings finite.
        IndexError, TypeError: for a bad id.
    """
    users, items, ratings = train
    check_pairs(users, items, *size)
    check_lengths(users=users, ratings=ratings)
    if not len(ratings):
        raise ValueError("there are no ratings to train on")
    if not bool(ratings.isfinite().all()):
        raise ValueError("ratings must be finite; drop the blanks (NaN) first")


def check_counts(**settings: int) -> None:
    """Refuse settings that are not whole numbers of at least 1, naming the first."""
    for name, value in settings.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")


def check_not_negative(**settings: float) -> None:
    """Refuse settings that are not numbers of at least 0, naming the first."""
    for name, value in settings.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be a number of at least 0, not {value}")


def check_positive(**settings: float) -> None:
    """Refuse settings that are not positive numbers, naming the first."""
    for name, value in settings.items():
        if not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a positive number, not {value}")


def check_shares(**settings: float) -> None:
    """Refuse settings that are not at least 0 and below 1, naming the first."""
    for name, value in settings.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {value}")
