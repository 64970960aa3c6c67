"""Small tables of ratings for the methods that rank."""

import pytest
import torch

from lecture_utils import Tensors


@pytest.fixture
def watched():
    """Ratings of 20 users and 15 items in any order; user 0 and item 0 have none."""
    torch.manual_seed(1)
    kept = torch.rand(20, 15) < 0.4
    kept[0], kept[:, 0] = False, False
    users, items = kept.nonzero().T
    mixed = torch.randperm(len(users))
    return Tensors(users[mixed], items[mixed], torch.randint(1, 6, (len(users),)).float())
