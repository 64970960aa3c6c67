"""NeuMF: its product against the formula, and its penalty."""

from unittest.mock import Mock

import torch

from lecture_utils import Tensors
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


def test_the_ridge_is_added_to_the_sum_of_squared_errors(monkeypatch):
    monkeypatch.setattr(torch.optim, "Adam", adam := Mock(wraps=torch.optim.Adam))
    next(neumf(Tensors(*torch.ones(2, 2000).long(), torch.ones(2000)), (2, 2), ridge=5.0))
    assert adam.call_args.kwargs["weight_decay"] == 2 * 5.0 / 2000  # the gradient of 5 w^2 / 2000
