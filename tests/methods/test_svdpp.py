"""SVD++ against its formula, rating by rating."""

import torch

from lecture_utils import Tensors
from lecture_utils.methods.side_information import rated_sets
from lecture_utils.methods.svdpp import SVDpp

TRAIN = Tensors(
    torch.tensor([0, 0, 1, 2, 2, 2]),
    torch.tensor([0, 2, 1, 0, 1, 3]),
    torch.tensor([5.0, 1.0, 3.0, 4.0, 2.0, 4.0]),
)


def test_formula():
    torch.manual_seed(0)
    made = SVDpp(rated_sets(TRAIN, (3, 4))[0], mean=3.0, rank=2)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter)
    found = made(TRAIN.users, TRAIN.items)
    for n, (x, i) in enumerate(zip(TRAIN.users.tolist(), TRAIN.items.tolist())):
        mine = TRAIN.items[TRAIN.users == x]
        taste = made.Q[x] + made.Y[mine].sum(0) / len(mine) ** 0.5
        slow = 3.0 + made.bias_user[x] + made.bias_item[i] + made.P[i] @ taste
        torch.testing.assert_close(found[n], slow)
