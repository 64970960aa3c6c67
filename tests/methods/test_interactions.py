"""Interactions against a dense table."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import BINARY, GRADED, Interactions, grade

SIZE = 6, 5


@pytest.fixture
def train():
    """Cells of a small table in any order; user 4 and item 0 have none."""
    torch.manual_seed(1)
    kept = torch.rand(SIZE) < 0.7
    kept[4], kept[:, 0] = False, False
    users, items = kept.nonzero().T
    mixed = torch.randperm(len(users))
    return Tensors(users[mixed], items[mixed], torch.randint(1, 6, (len(users),)).float())


@pytest.mark.parametrize("grades", [GRADED, BINARY])
def test_the_matrix_holds_a_grade_per_rating(train, grades):
    dense = torch.zeros(SIZE)
    for user, item, stars in zip(*train):
        dense[user, item] = grades[int(stars) - 1]
    found = Interactions(train, SIZE, grades)
    assert torch.equal(found.matrix.to_dense(), dense)
    assert torch.equal(found.transposed.to_dense(), dense.T)
    users = torch.tensor([5, 4, 0, 5])  # in any order, twice, and one without ratings
    assert torch.equal(found.rows(users), dense[users])


def test_half_stars_lie_between():
    stars = torch.tensor([0.5, 1.0, 1.5, 4.0, 4.5, 5.0])
    expected = torch.tensor([0.0, 0.0, 0.05, 0.6, 0.8, 1.0])
    torch.testing.assert_close(grade(stars, GRADED), expected)


@pytest.mark.parametrize(
    ("grades", "stars", "words"),
    [
        ((1.0, 2.0), 3.0, "five numbers of at least 0, not"),
        ((0.0, 0.0, 0.0, 0.0, -1.0), 3.0, "five numbers of at least 0"),
        ((0.0,) * 5, 3.0, "five numbers"),
        (GRADED, 6.0, "between 0.5 and 5 stars"),
    ],
)
def test_bad_grades_and_stars_are_refused(grades, stars, words):
    with pytest.raises(ValueError, match=words):
        grade(torch.tensor([stars]), grades)


def test_unknown_users_are_refused(train):
    with pytest.raises(IndexError, match="user id"):
        Interactions(train, SIZE).rows(torch.tensor([6]))
