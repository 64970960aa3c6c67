"""Item neighbours against loops over pairs of items."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import BINARY, LINEAR, Interactions
from lecture_utils.methods.item_knn import item_knn, keep_nearest


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
@pytest.mark.parametrize("shrink", [0.0, 2.0])
def test_the_weights_are_the_largest_cosines(watched, grades, shrink):
    X = Interactions(watched, (20, 15), grades).matrix.to_dense()
    (model,) = item_knn(watched, (20, 15), k=4, shrink=shrink, grades=grades)
    expected = torch.zeros(15, 15)
    for item in range(1, 15):
        similar = []
        for other in range(15):
            a, b = X[:, item], X[:, other]
            together = (a @ b).item()
            if other != item and together:
                similar.append((together / (a.norm() * b.norm() + shrink).item(), other))
        similar.sort(reverse=True)
        least = similar[:4][-1][0]
        for value, other in similar:
            if value >= least - 1e-6:
                expected[other, item] = value  # the other votes for the item
    torch.testing.assert_close(model.weights, expected)


def test_equals_of_the_last_neighbour_vote_too():
    row = torch.tensor([[0.1, 0.5, 0.9, 0.5, 0.2]])
    found = keep_nearest(row, 2)[0]
    assert found.tolist() == pytest.approx([0.0, 0.5, 0.9, 0.5, 0.0])
    assert torch.equal(keep_nearest(row, 99)[0], row[0])


def test_an_item_that_nobody_liked_has_no_neighbours():
    """One star counts nothing by default: its column of X is 0, and its score too, not NaN."""
    train = Tensors(torch.tensor([1, 1, 2]), torch.tensor([1, 2, 2]), torch.tensor([1.0, 5.0, 4.0]))
    (model,) = item_knn(train, (3, 4), shrink=0.0)
    assert not model.weights.any()
    assert model.table(torch.tensor([1])).tolist() == [[0.0] * 4]
