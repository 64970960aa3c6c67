"""PureSVD against torch.linalg.svd."""

import pytest
import torch

from lecture_utils import Tensors, as_tensors
from lecture_utils.methods.interactions import BINARY, LINEAR, Interactions
from lecture_utils.methods.pure_svd import pure_svd
from lecture_utils.synthetic import small

EVERY = torch.arange(20)


@pytest.fixture(params=[False, True], ids=["more users", "more items"])
def case(request, watched):
    """Either side may be the smaller one."""
    users, items, ratings = watched
    if request.param:
        return Tensors(items, users, ratings), (15, 20)
    return watched, (20, 15)


@pytest.mark.parametrize("grades", [LINEAR, BINARY])
def test_the_scores_are_the_truncated_decomposition(case, grades):
    train, size = case
    (model,) = pure_svd(train, size, rank=4, grades=grades)
    U, s, V_T = torch.linalg.svd(Interactions(train, size, grades).matrix.to_dense())
    expected = U[:, :4] * s[:4] @ V_T[:4]
    torch.testing.assert_close(model.table(EVERY[: size[0]]), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.user.norm(dim=0), s[:4])  # the strongest comes first


def test_the_sign_is_fixed(case):
    (model,) = pure_svd(*case, rank=4)
    largest = model.item.abs().argmax(0)
    assert bool((model.item[largest, range(4)] > 0).all())


def test_beyond_the_rank_of_the_table_nothing_is_added(case):
    train, size = case
    (model,) = pure_svd(train, size, rank=100)
    X = Interactions(train, size, LINEAR).matrix.to_dense()
    assert model.item.shape[1] == torch.linalg.matrix_rank(X)
    torch.testing.assert_close(model.table(EVERY[: size[0]]), X, rtol=1e-3, atol=1e-3)


def test_users_without_ratings_do_not_disturb():
    """Most users have none, and ids are in any order: single precision does not suffice."""
    torch.manual_seed(0)
    train = as_tensors(small.make("ua")[0])
    train = Tensors(*(column[train.users <= 200] for column in train))
    users, items = torch.randperm(944), torch.randperm(1683)
    train = train._replace(users=users[train.users], items=items[train.items])
    (model,) = pure_svd(train, (944, 1683), rank=100)
    torch.testing.assert_close(model.item.T @ model.item, torch.eye(100), rtol=0, atol=1e-4)


def test_someone_new_is_scored_as_a_known_user_who_gave_the_same(watched):
    (model,) = pure_svd(watched, (20, 15), rank=4)
    mine = watched.users == 3
    found = model.fold_in(watched.items[mine], watched.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([3]))[0])
