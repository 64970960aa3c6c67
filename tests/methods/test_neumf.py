"""NeuMF: its two halves, and minibatches that learn what cannot be a sum."""

import torch

from lecture_utils import Tensors, evaluate
from lecture_utils.methods.neumf import NeuMF, neumf


def test_the_product_half_alone_is_a_weighted_dot_product():
    torch.manual_seed(0)
    model = NeuMF(5, 4, mean=3.0, rank=3).eval()
    with torch.no_grad():
        model.head.weight[:, 3:] = 0  # what the network says is not heard
    users, items = torch.tensor([0, 4, 2]), torch.tensor([3, 0, 1])
    p, q = model.item.weight[items, :3], model.user.weight[users, :3]
    expected = 3.0 + (p * q) @ model.head.weight[0, :3] + model.head.bias
    torch.testing.assert_close(model(users, items), expected)


def taste():
    """Users of two kinds, movies of two kinds: a rating is high where they match."""
    torch.manual_seed(1)
    users, items = torch.randint(0, 30, (2000,)), torch.randint(0, 20, (2000,))
    return users, items, 3.0 + 1.5 * (2 * ((users + items) % 2) - 1).float()


def test_minibatches_learn():
    train = Tensors(*taste())
    torch.manual_seed(0)
    models = neumf(train, (30, 20), drop=0.0, lr=0.01, batch=256, ridge=0.0)
    assert evaluate.curve(models, train, 60)[-1] < 0.32  # any sum of biases has 1.5


def test_the_ridge_is_added_to_the_sum_of_squared_errors(monkeypatch):
    made = []
    adam = torch.optim.Adam
    monkeypatch.setattr(torch.optim, "Adam", lambda *a, **k: made.append(k) or adam(*a, **k))
    next(neumf(Tensors(*taste()), (30, 20), ridge=5.0))
    assert made[0]["weight_decay"] == 2 * 5.0 / 2000  # the gradient of 5 w^2 / 2000
