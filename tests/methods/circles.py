"""A table whose missing cells are plain: two circles of friends with films of their own."""

import torch

from lecture_utils import Tensors

SIZE = 16, 16


def make_circles() -> Tensors:
    """Let users 0..7 watch all of items 0..7 but one each, the one of their id; 8..15 likewise."""
    users, items = torch.cartesian_prod(torch.arange(16), torch.arange(16)).T
    kept = (users // 8 == items // 8) & (users != items)
    return Tensors(users[kept], items[kept], torch.full((112,), 5.0))


def find_best(model, train: Tensors) -> list[int]:
    """Return the item with the highest score of each user, of those not watched."""
    scores = model.table(torch.arange(16))
    scores[train.users, train.items] = -torch.inf
    return scores.argmax(1).tolist()
