"""Interactions of blocks: the matrix that `methods` makes of the same ratings."""

import pytest
import torch

from lecture_utils.methods.interactions import LINEAR, Interactions
from lecture_utils.scale.interactions import read_interactions, slice_rows
from tests.scale.conftest import join_parts


@pytest.fixture(scope="module")
def both(small):
    """The first five blocks, as they come and through `methods`; half stars are in them."""
    train = join_parts(small.read(number) for number in range(5))
    assert (train.ratings % 1 == 0.5).any()
    plain = Interactions(train, (small.num_users, small.num_items), LINEAR)
    return read_interactions(small, range(5), both=True), plain


def test_the_matrices_are_those_of_methods(both):
    found, plain = both
    dense = plain.matrix.to_dense()
    torch.testing.assert_close(found.matrix.to_dense(), dense)
    torch.testing.assert_close(found.transposed.to_dense(), dense.T)
    users = torch.tensor([5, 0, 5, 100])
    torch.testing.assert_close(found.rows(users), dense[users])
    watched = torch.bincount(plain.items, minlength=dense.shape[1])  # one star counts, too
    assert torch.equal(found.count_items(), watched) and found.grades == LINEAR


def test_without_the_transpose(small, both):
    found = read_interactions(small, range(5))
    assert found.transposed is None
    assert torch.equal(found.matrix.to_dense(), both[0].matrix.to_dense())


def test_some_columns_and_some_rows(both):
    stored, dense = both[0], both[0].matrix.to_dense()
    kept = torch.tensor([0, 3, 4, 700, dense.shape[1] - 1])
    assert torch.equal(stored.narrow(kept).matrix.to_dense(), dense[:, kept])
    assert torch.equal(slice_rows(stored.matrix, 7, 12).to_dense(), dense[7:12])
    assert torch.equal(slice_rows(stored.matrix, 0, len(dense)).to_dense(), dense)
