"""A blend against the mean that it stands for."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.biases import Biases
from lecture_utils.methods.blend import blend

TRAIN = Tensors(torch.tensor([0, 1]), torch.tensor([1, 0]), torch.tensor([4.0, 2.0]))
SIZE = 2, 2


def levels(*means):
    """Yield models that predict one number."""
    return iter([Biases(mean, torch.zeros(2), torch.zeros(2)) for mean in means])


def test_each_model_is_the_weighted_mean_of_the_parts_after_their_burn_in():
    parts = [(levels(9.0, 1.0, 2.0, 3.0), 1), (levels(9.0, 9.0, 5.0, 6.0), 2)]
    found = [model(*TRAIN[:2]) for model in blend(TRAIN, SIZE, parts=parts, weights=(3.0, 1.0))]
    expected = torch.tensor([(3 * 1 + 5) / 4, (3 * 2 + 6) / 4])  # ends with the shortest part
    torch.testing.assert_close(torch.stack(found), expected[:, None].expand(2, 2))


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0), (1.0, 2.0, 3.0)])
def test_weights_that_do_not_fit_are_refused_at_the_call(weights):
    with pytest.raises(ValueError, match="weights"):
        blend(TRAIN, SIZE, parts=[(levels(1.0), 0), (levels(2.0), 0)], weights=weights)
