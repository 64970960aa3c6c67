"""Popularity against counting by hand."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import GRADED
from lecture_utils.methods.popularity import popularity

TRAIN = Tensors(
    torch.tensor([1, 1, 2, 3]), torch.tensor([2, 3, 2, 2]), torch.tensor([5.0, 3.0, 4.0, 1.0])
)


@pytest.mark.parametrize(
    ("settings", "scores"),
    [({}, [0.0, 0.0, 3.0, 1.0, 0.0]), ({"grades": GRADED}, [0.0, 0.0, 1.6, 0.3, 0.0])],
    ids=["counts", "strengths"],
)
def test_the_scores_are_sums_per_item(settings, scores):
    (model,) = popularity(TRAIN, (4, 5), **settings)
    expected = torch.tensor(scores)
    torch.testing.assert_close(model.table(torch.tensor([3, 0])), expected.expand(2, 5))
    torch.testing.assert_close(model.fold_in(TRAIN.items[:1], TRAIN.ratings[:1]), expected)


def test_what_it_answers_may_be_written_to():
    """As with other models: a caller may mask what was seen."""
    (model,) = popularity(TRAIN, (4, 5))
    model.table(torch.tensor([1]))[0, 2] = -1.0
    model.fold_in(TRAIN.items, TRAIN.ratings)[2] = -1.0
    assert model.score.tolist() == [0.0, 0.0, 3.0, 1.0, 0.0]
