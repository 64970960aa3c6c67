"""A blend against the mean that it stands for."""

from itertools import count, islice
from types import SimpleNamespace

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods import METHODS, Method, start_parts
from lecture_utils.methods.biases import Biases
from lecture_utils.methods.blend import blend

TRAIN = Tensors(torch.tensor([0, 1]), torch.tensor([1, 0]), torch.tensor([4.0, 2.0]))
SIZE = 2, 2


def levels(*means):
    """Yield models that predict one number."""
    return iter([Biases(mean, torch.zeros(2), torch.zeros(2)) for mean in means])


def test_each_model_is_the_weighted_mean_of_the_parts():
    parts = [levels(1.0, 2.0, 3.0), levels(5.0, 6.0)]
    found = [model(*TRAIN[:2]) for model in blend(TRAIN, SIZE, parts=parts, weights=(3.0, 1.0))]
    expected = torch.tensor([(3 * 1 + 5) / 4, (3 * 2 + 6) / 4])  # ends with the shortest part
    torch.testing.assert_close(torch.stack(found), expected[:, None].expand(2, 2))


def test_parts_leave_out_their_burn_in(monkeypatch):
    counted = Method(None, lambda train, size: count(), 9, burn_in=2)
    every = Method(None, lambda train, size: iter("abc"), 9, burn_in=0)
    monkeypatch.setitem(METHODS, "counted", counted)
    monkeypatch.setitem(METHODS, "every", every)
    first, second = start_parts(SimpleNamespace(size=SIZE), TRAIN, ("counted", "every"))["parts"]
    assert [*islice(first, 3)] == [2, 3, 4] and "".join(second) == "abc"


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0), (1.0, 2.0, 3.0)])
def test_weights_that_do_not_fit_are_refused_at_the_call(weights):
    with pytest.raises(ValueError, match="weights"):
        blend(TRAIN, SIZE, parts=[levels(1.0), levels(2.0)], weights=weights)
