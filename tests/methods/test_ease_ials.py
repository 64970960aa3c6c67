"""EASE and implicit ALS averaged, against the two models trained apart and NumPy's z-scores."""

from itertools import islice

import numpy as np
import pytest
import torch

from lecture_utils.methods.ease import ease
from lecture_utils.methods.ease_ials import ease_ials, standardise
from lecture_utils.methods.ials import ials
from lecture_utils.methods.interactions import BINARY, LINEAR

SIZE = 20, 15  # of the table that was watched


def train_apart(watched, grades):
    torch.manual_seed(3)
    (factors,) = islice(ials(watched, SIZE, rank=3, grades=grades), 3, 4)
    (items,) = ease(watched, SIZE, ridge=2.0, drop=0.5, grades=grades)
    return items, factors


def average(scores):
    """Average rows of scores, as z-scores, one after the other."""
    return np.mean([(row - row.mean()) / row.std(ddof=1) for row in map(np.asarray, scores)], 0)


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
def test_scores_are_the_mean_of_both_as_z_scores(watched, grades):
    torch.manual_seed(3)
    settings = {"ridge": 2.0, "drop": 0.5, "rank": 3, "sweeps": 4, "grades": grades}
    (model,) = ease_ials(watched, SIZE, **settings)
    parts, users = train_apart(watched, grades), torch.tensor([4, 9, 4])
    expected = [average([part.table(user[None])[0] for part in parts]) for user in users]
    np.testing.assert_allclose(model.table(users), expected, rtol=1e-4, atol=1e-5)
    items, ratings = torch.tensor([3, 7]), torch.tensor([5.0, 2.0])
    new = average([part.fold_in(items, ratings) for part in parts])
    np.testing.assert_allclose(model.fold_in(items, ratings), new, rtol=1e-4, atol=1e-5)


def test_somebody_who_watched_nothing_gets_no_order(watched):
    model = next(ease_ials(watched, SIZE))
    assert torch.equal(model.table(torch.tensor([0])), torch.zeros(1, 15))


def test_the_scale_of_the_scores_does_not_count():
    scores = torch.rand(3, 15)
    torch.testing.assert_close(standardise(1000 * scores + 5), standardise(scores))
