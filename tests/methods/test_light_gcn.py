"""LightGCN: its graph and its layers against dense matrices."""

from itertools import islice

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.interactions import BINARY, GRADED, Interactions
from lecture_utils.methods.light_gcn import average_layers, build_graph, light_gcn
from lecture_utils.methods.samplers import find_positives
from lecture_utils.methods.tables import start_tables
from tests.methods import circles

SIZE = 20, 15  # of the table that was watched


def dense_graph(watched, grades):
    """Return the normalized adjacency matrix of users and items, (35, 35), as in the paper."""
    X = Interactions(watched, SIZE, grades).matrix.to_dense()
    A = torch.zeros(35, 35)
    A[:20, 20:], A[20:, :20] = X, X.T
    degree = A.sum(1)
    scale = torch.diag(torch.where(degree > 0, degree**-0.5, 0.0))
    return scale @ A @ scale


@pytest.mark.parametrize("grades", [BINARY, GRADED])
@pytest.mark.parametrize("layers", [1, 3])
def test_layers_and_their_gradient_are_those_of_dense_matrices(watched, grades, layers):
    torch.manual_seed(0)
    tables = start_tables(find_positives(watched, grades), SIZE, 3)
    A, weight = dense_graph(watched, grades), torch.randn(35, 3)
    graph = build_graph(Interactions(watched, SIZE, grades))
    found = average_layers(graph, layers, tables)
    (torch.cat([found.user, found.item]) * weight).sum().backward()
    gradient = torch.cat([tables.user.grad, tables.item.grad])
    E = torch.cat([tables.user, tables.item]).detach().requires_grad_()
    expected = sum(torch.linalg.matrix_power(A, k) @ E for k in range(layers + 1)) / (layers + 1)
    torch.testing.assert_close(torch.cat([found.user, found.item]), expected)
    (expected * weight).sum().backward()
    torch.testing.assert_close(gradient, E.grad)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_someone_new_gets_what_her_neighbours_hand_on(watched, loss):
    """As a known user does, who has a share of her own layer 0 besides."""
    torch.manual_seed(0)
    start = start_tables(find_positives(watched, GRADED), SIZE, 3).user.detach()
    torch.manual_seed(0)
    model = next(light_gcn(watched, SIZE, rank=3, layers=2, lr=1e-9, loss=loss, grades=GRADED))
    for user in (1, 2, 19):
        mine = watched.users == user
        found = model.fold_in(watched.items[mine], watched.ratings[mine])
        own = model.item[:, :-1] @ start[user] / 3
        torch.testing.assert_close(found + own, model.table(torch.tensor([user]))[0])
        reasons = [model.reasons(watched.items[mine], watched.ratings[mine], i) for i in range(15)]
        torch.testing.assert_close(torch.stack(reasons).sum(1) + model.item[:, -1], found)
    nobody = model.fold_in(watched.items[:0], watched.ratings[:0])
    torch.testing.assert_close(nobody, model.item[:, -1])
    with pytest.raises(IndexError, match="item id 15"):
        model.reasons(watched.items[:1], watched.ratings[:1], 15)


def test_edges_that_say_nothing_carry_nothing(watched):
    """Nobody gave item 3 more than one star, and user 5 gave no more to any."""
    dull = (watched.items == 3) | (watched.users == 5)
    train = watched._replace(ratings=watched.ratings.masked_fill(dull, 1.0))
    model = next(light_gcn(train, SIZE, rank=3, grades=GRADED))
    assert model.table(torch.arange(20)).isfinite().all()
    found = model.fold_in(torch.tensor([0, 3]), torch.tensor([5.0, 5.0]))  # both without edges
    torch.testing.assert_close(found, model.item[:, -1])


def test_only_bpr_needs_something_that_a_user_has_not_watched():
    train = Tensors(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), torch.full((3,), 5.0))
    model = next(light_gcn(train, (2, 2), rank=2, loss="softmax"))
    assert model.table(torch.arange(2)).isfinite().all()
    with pytest.raises(ValueError, match="user 0 interacted with every item"):
        light_gcn(train, (2, 2), rank=2, loss="bpr")


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_it_finds_the_item_that_is_missing(loss):
    torch.manual_seed(0)
    train = circles.make_circles()
    *_, model = islice(light_gcn(train, circles.SIZE, rank=4, lr=0.05, loss=loss), 20)
    assert circles.find_best(model, train) == [*range(16)]
