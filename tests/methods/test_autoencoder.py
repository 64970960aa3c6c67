"""Autoencoders against dense matrices and autograd."""

from itertools import islice

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.autoencoder import Autoencoder, autoencoder, find_errors
from lecture_utils.methods.biases import biases
from lecture_utils.sparse import MeanSquare, Rows

SIZE = 6, 5  # users, items


@pytest.fixture
def train():
    """Two thirds of the cells of a small table, in any order; one user has none."""
    torch.manual_seed(1)
    users, items = (
        (torch.rand(SIZE) < 0.7).index_put_((torch.tensor(4),), torch.tensor(False)).nonzero().T
    )
    mixed = torch.randperm(len(users))
    return Tensors(users[mixed], items[mixed], torch.randint(1, 6, (len(users),)).float())


def make(train, sets=True, rank=3):
    rows, columns = (
        Rows(train.items, train.users, *SIZE[::-1]),
        Rows(train.users, train.items, *SIZE),
    )
    network = Autoencoder(rows, columns, rank, sets)
    for table in network.parameters():
        torch.nn.init.normal_(table)
    return network


def dense(network, train):
    """Predict the whole table, (items, users), without sparse matrices."""
    X = torch.zeros(SIZE[::-1])
    X[train.items, train.users] = train.ratings
    hidden = torch.sigmoid(X @ network.W + network.b)
    out = network.V
    if network.Y is not None:
        rated = (X > 0).float()
        out = out + (rated / rated.sum(0).clamp(min=1).sqrt()).T @ network.Y
    return hidden @ out.T + network.c


@pytest.mark.parametrize("sets", [True, False])
def test_predictions_and_gradients_are_those_of_dense_matrices(train, sets):
    network = make(train, sets)
    item, user = network(train.ratings)
    torch.testing.assert_close(item @ user.T, dense(network, train))
    errors = find_errors(network.rows, network.columns, train.ratings)
    MeanSquare.apply(*network(train.ratings), errors).backward()
    found = [table.grad.clone() for table in network.parameters()]
    network.zero_grad()
    gaps = dense(network, train)[train.items, train.users] - train.ratings
    gaps.square().mean().backward()
    for gradient, table in zip(found, network.parameters(), strict=True):
        torch.testing.assert_close(gradient, table.grad)


@pytest.mark.parametrize("side", ["item", "user"])
def test_it_learns_the_table_by_heart_if_nothing_holds_it_back(train, side):
    torch.manual_seed(0)
    free = {"drop": 0.0, "ridge": 0.0, "ridge_sets": 0.0, "rank": 8}
    *_, model = islice(autoencoder(train, SIZE, side=side, **free), 500)
    gaps = model(train.users, train.items) - train.ratings
    assert gaps.abs().max() < 0.1


def test_under_a_great_penalty_only_the_biases_are_left(train):
    *_, base = islice(biases(train, SIZE, ridge=4.0), 15)
    torch.manual_seed(0)
    held = autoencoder(train, SIZE, ridge=1e6, ridge_sets=1e6, lr=1e-3, drop=0.0)
    *_, model = islice(held, 1500)
    users, items = torch.cartesian_prod(*map(torch.arange, SIZE)).T
    left = model(users, items) - base(users, items)  # c: what a user's bias shrank
    spread = left.view(SIZE) - left.view(SIZE)[:, :1]
    assert spread.abs().max() < 1e-2


def test_movies_without_ratings_are_read_alike(train):
    without = Tensors(*(column[(train.items != 2) & (train.items != 4)] for column in train))
    torch.manual_seed(0)
    *_, model = islice(autoencoder(without, SIZE), 20)
    torch.testing.assert_close(model.item[2], model.item[4])
    assert model.item[2, -1] == 0
    assert not torch.allclose(model.item[2], model.item[0])


def test_dropout_hides_ratings_and_makes_up_for_it_but_not_in_prediction(train, monkeypatch):
    read, forward = [], Autoencoder.forward
    monkeypatch.setattr(
        Autoencoder, "forward", lambda net, ratings: read.append(ratings) or forward(net, ratings)
    )
    torch.manual_seed(0)
    next(autoencoder(train, SIZE, drop=0.75))
    learned, predicted = read
    assert torch.equal(predicted, train.ratings)
    assert {*(learned / train.ratings).tolist()} == {0.0, 4.0}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"side": "both"}, "side must be one of item, user, not 'both'"),
        ({"drop": 1.0}, "drop must be at least 0 and below 1, not 1.0"),
        ({"lr_sets": 0.0}, "lr_sets must be a positive number"),
    ],
)
def test_bad_settings(train, settings, words):
    with pytest.raises(ValueError, match=words):
        autoencoder(train, SIZE, **settings)
