"""BPR: its loss and gradient by hand, its start, and what it learns."""

from itertools import islice

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.bpr import bpr, bpr_loss, bpr_losses
from lecture_utils.methods.samplers import Negatives
from lecture_utils.methods.tables import Tables
from tests.methods import circles


def test_the_loss_by_hand():
    """ln(1 + e^-x) of a difference x, weighed: the mean of 2 ln 2 and ln 4."""
    difference = torch.tensor([0.0, -torch.tensor(3.0).log()])
    found = bpr_loss(difference, torch.tensor([2.0, 1.0]))
    torch.testing.assert_close(found, torch.tensor(2.0).log() * 2)
    torch.testing.assert_close(bpr_loss(difference[:1]), torch.tensor(2.0).log())


def test_the_gradient_is_the_one_of_the_paper():
    r"""Each step moves by $\sigma(-x)$ times q, p_i - p_j or 1, less what the penalty takes."""
    torch.manual_seed(0)
    users, items = torch.tensor([0]), torch.tensor([2])
    positives = Tensors(users, items, torch.tensor([0.6]))
    item_ids = torch.tensor([0, 1, 2])  # user 0 saw all but item 3
    negatives = Negatives(users.expand(3), item_ids, (1, 4))
    tables = Tables(torch.randn(1, 3), torch.randn(4, 3), torch.randn(4))
    for table in tables:
        table.requires_grad_()
    (loss,) = bpr_losses(tables, positives, negatives, batch=8, ridge=0.1)
    loss.backward()
    with torch.no_grad():
        q, p, r = tables.user[0], tables.item[2], tables.item[3]
        x = q @ (p - r) + tables.bias[2] - tables.bias[3]
        push = 0.6 * torch.sigmoid(-x)
        user = (-push * (p - r) + 0.2 * q)[None]
        item, bias = torch.zeros(4, 3), torch.zeros(4)
        item[2], item[3] = -push * q + 0.2 * p, push * q + 0.2 * r
        bias[2], bias[3] = -push, push
    for table, expected in zip(tables, (user, item, bias)):
        torch.testing.assert_close(table.grad, expected)


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_it_finds_the_item_that_is_missing(power):
    torch.manual_seed(0)
    train = circles.make_circles()
    *_, model = islice(bpr(train, circles.SIZE, rank=4, lr=0.05, ridge=0.05, power=power), 60)
    assert circles.find_best(model, train) == [*range(16)]
