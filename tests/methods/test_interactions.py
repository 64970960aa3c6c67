"""Interactions against a dense table."""

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import BINARY, GRADED, Interactions, grade

SIZE = 20, 15  # of the table that was watched


@pytest.mark.parametrize("grades", [GRADED, BINARY])
def test_the_matrix_holds_a_grade_per_rating(watched, grades):
    dense = torch.zeros(SIZE)
    for user, item, stars in zip(*watched):
        dense[user, item] = grades[int(stars) - 1]
    found = Interactions(watched, SIZE, grades)
    assert torch.equal(found.matrix.to_dense(), dense)
    assert torch.equal(found.transposed.to_dense(), dense.T)
    users = torch.tensor([5, 4, 0, 5])  # in any order, twice, and one without ratings
    assert torch.equal(found.rows(users), dense[users])


def test_a_pair_that_stands_twice_adds_up(watched):
    twice = Tensors(*(torch.cat([column, column[:9]]) for column in watched))
    X = Interactions(twice, SIZE, BINARY)
    dense = X.matrix.to_dense()
    assert dense.max() == 2
    assert torch.equal(X.rows(torch.arange(20)), dense)
    torch.testing.assert_close(X.item_gram(), dense.T @ dense)


@pytest.mark.parametrize("kind", [torch.int64, torch.float64])
def test_stars_may_be_whole_numbers_or_of_double_precision(kind):
    found = grade(torch.tensor([1, 4, 5], dtype=kind), GRADED)
    torch.testing.assert_close(found, torch.tensor([0.0, 0.6, 1.0]))


def test_half_stars_lie_between():
    stars = torch.tensor([0.5, 1.0, 1.5, 4.0, 4.5, 5.0])
    expected = torch.tensor([0.0, 0.0, 0.05, 0.6, 0.8, 1.0])
    torch.testing.assert_close(grade(stars, GRADED), expected)


@pytest.mark.parametrize(
    ("grades", "stars", "words"),
    [
        ((1.0, 2.0), 3.0, r"five numbers of at least 0, not all 0; not \[1.0, 2.0\]"),
        ((0.0, 0.0, 0.0, 0.0, -1.0), 3.0, "five numbers of at least 0"),
        ((0.0,) * 5, 3.0, "five numbers"),
        (GRADED, 6.0, "between 0.5 and 5 stars"),
    ],
)
def test_bad_grades_and_stars_are_refused(grades, stars, words):
    with pytest.raises(ValueError, match=words):
        grade(torch.tensor([stars]), grades)


def test_unknown_users_are_refused(watched):
    with pytest.raises(IndexError, match="user id"):
        Interactions(watched, SIZE, BINARY).rows(torch.tensor([20]))
