"""Whatever holds numbers is read, and what does not is refused with its name and a remedy."""

import numpy as np
import pandas as pd
import pytest
import torch

from lecture_utils.notebook.arrays import to_numpy


class Elsewhere(torch.Tensor):
    """A tensor of another device: numpy may have it only after `cpu`."""

    def cpu(self):
        return self.as_subclass(torch.Tensor)

    def __array__(self, *_):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    numpy = __array__


LEAF = torch.tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, np.float32(2)),
        np.array([1, 2]),
        pd.Series([1, 2], index=["가", "나"]),
        pd.Series([1, 2], dtype="Int64"),
        LEAF,
        LEAF * 1,
        [LEAF[0], LEAF[1] * 1],
        torch.tensor([1, 2], dtype=torch.bfloat16),
        torch.tensor([1.0, 2.0]).as_subclass(Elsewhere),
        [torch.tensor(value).as_subclass(Elsewhere) for value in (1.0, 2.0)],
    ],
    ids=lambda values: type(values).__name__,
)
def test_what_is_read(values):
    array = to_numpy(values, "values")
    assert type(array) is np.ndarray and array.dtype == float
    np.testing.assert_array_equal(array, [1, 2])


def test_blanks_become_nan():
    for values in ([1, None], pd.Series([1, None], dtype="Int64"), pd.DataFrame([[1, None]])):
        np.testing.assert_array_equal(to_numpy(values, "values").ravel(), [1, np.nan])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["가"], "list"),
        ([[1], [1, 2]], "list"),
        ({"a": 1}, "dict"),
        (pd.Series(["가"]), "Series"),
        (torch.empty(2, device="meta"), "Tensor"),
    ],
)
def test_what_is_refused(values, kind):
    with pytest.raises(ValueError, match=f"points, a {kind}, cannot .* give a list of numbers"):
        to_numpy(values, "points")
