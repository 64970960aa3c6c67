"""Tables of factors that gradients train: their start, their steps, and the models made of them.

BPR, softmax MF and LightGCN share them; their losses, penalties, dropout and grades differ, and
LightGCN sends the factors along a graph before.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.protocol import Size


class Tables(NamedTuple):
    r"""What is trained: user x and item i score $q_x \cdot p_i + b_i$."""

    user: Tensor  # (num_users, rank)
    item: Tensor  # (num_items, rank)
    bias: Tensor  # (num_items,)

    def compare(self, users: Tensor, items: Tensor, others: Tensor) -> Tensor:
        """Return the scores of `items` minus those of `others`, (n,)."""
        q, p, r = self.user[users], self.item[items], self.item[others]
        return (q * (p - r)).sum(1) + self.bias[items] - self.bias[others]

    def squares(self, users: Tensor, items: Tensor) -> Tensor:
        """Sum up the squares of the factors of `users` and `items`, as often as they occur."""
        pairs = (users, self.user), (items, self.item)
        counts = (ids.bincount(minlength=len(table)).to(table) for ids, table in pairs)
        return sum(n @ table.square().sum(1) for n, (_, table) in zip(counts, pairs))

    def freeze(self) -> DotProduct:
        """Copy them into a model: the bias becomes one more factor, whose partner is 1."""
        user, item, bias = (table.detach() for table in self)
        one = user.new_ones(len(user), 1)
        return DotProduct(torch.cat([user, one], 1), torch.cat([item, bias[:, None]], 1))


def start_tables(positives: Tensors, size: Size, rank: int) -> Tables:
    """Draw small factors; the biases start at the logarithm of how much an item was watched.

    Were all users alike, these biases would be the answer for the softmax loss, but for the 1 that
    is added. Who has no positives starts at factors of 0, as nothing trains them: she gets the
    biases.
    """
    users, items, strengths = positives
    user, item = (0.1 * torch.randn(n, rank, device=users.device) for n in size)
    user[users.bincount(minlength=len(user)) == 0] = 0.0
    bias = (1.0 + strengths.new_zeros(size[1]).index_add(0, items, strengths)).log()
    return Tables(*(table.requires_grad_() for table in (user, item, bias - bias.mean())))


def descend(
    tables: Tables,
    lr: float,
    losses: Callable[[], Iterator[Tensor]],
    freeze: Callable[[], DotProduct],
) -> Iterator[DotProduct]:
    """Take a step of Adam for each loss of an epoch, then yield `freeze()`; again without end."""
    optimizer = torch.optim.Adam(tables, lr=lr)
    while True:
        take_steps(optimizer, losses())
        yield freeze()


def take_steps(optimizer: torch.optim.Optimizer, losses: Iterable[Tensor]) -> None:
    """Take a step for each loss, the next of which is computed after it."""
    for loss in losses:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
