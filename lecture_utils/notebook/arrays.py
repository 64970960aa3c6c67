"""Read numbers from whatever a student has at hand."""

import numpy as np


def to_numpy(values: object, name: str) -> np.ndarray:
    """Copy numbers into an array of floats in main memory; blanks become NaN.

    Args:
        values: A tensor on any device, with or without gradients; an array, a Series, a
            DataFrame or a number; or lists of these.
        name: What an error calls `values`.

    Returns:
        A float64 array of the same shape.

    Raises:
        ValueError: `values` holds something else than numbers, or rows of unequal lengths.
    """
    try:
        return np.asarray(_leave_torch(values), dtype=float)
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(values).__name__
        raise ValueError(
            f"{name}, a {kind}, cannot be read as numbers ({error}); "
            "give a list of numbers, an array, a tensor or a Series"
        ) from error


def _leave_torch(values: object) -> object:
    if hasattr(values, "detach"):  # a tensor, told without importing torch
        values = values.detach().cpu()
        return values.double().numpy()  # float64: numpy has no bfloat16
    if hasattr(values, "to_numpy"):
        return values.to_numpy(dtype=float, na_value=np.nan)
    if isinstance(values, list | tuple):
        return [_leave_torch(value) for value in values]
    return values
