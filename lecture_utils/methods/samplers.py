"""Negative sampling: what a user has not watched, drawn to stand beside what she has.

Uniform negatives as in Rendle et al. (2009), BPR; popular ones more often, by a power of how many
watched them, as in Mikolov et al. (2013), Distributed Representations of Words and Phrases and
their Compositionality. Everything is drawn from torch's global generator.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import grade
from lecture_utils.methods.protocol import Size

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # users, positives, negatives, strengths: (n,) each


class Negatives:
    """Draws items that a user has not interacted with.

    `pairs` are the interactions, each as one number, user * num_items + item, sorted; `weights`
    (num_items,) say how often an item is drawn.
    """

    def __init__(self, users: Tensor, items: Tensor, size: Size, power: float = 0.0):
        """Prepare to draw in proportion to count ** power: 0 is uniform, 1 by popularity.

        Raises:
            ValueError: for a power outside 0..1, and where a user has no negative.
        """
        if not 0 <= power <= 1:
            raise ValueError(f"power must lie between 0 and 1, not {power}")
        self.num_items = size[1]
        self.pairs = self.number(users, items).unique()  # sorted
        self.weights = torch.bincount(items, minlength=size[1]).float() ** power  # 0 ** 0 is 1
        drawn = self.weights[self.pairs % self.num_items] > 0
        seen = torch.bincount(self.pairs[drawn] // self.num_items, minlength=size[0])
        if len(full := (seen == (self.weights > 0).sum()).nonzero()):
            raise ValueError(
                f"user {int(full[0])} interacted with every item that may be drawn: leave her out"
            )

    def draw(self, users: Tensor) -> Tensor:
        """Draw a negative for each of `users`, (n,): draw any item, again where it is taken."""
        items = self.draw_any(len(users))
        taken = self.contain(users, items).nonzero().flatten()
        while len(taken):
            items[taken] = self.draw_any(len(taken))
            taken = taken[self.contain(users[taken], items[taken])]
        return items

    def draw_any(self, n: int) -> Tensor:
        """Draw `n` items, whoever watched them."""
        return torch.multinomial(self.weights, n, replacement=True)

    def contain(self, users: Tensor, items: Tensor) -> Tensor:
        """Say of each pair of ids, (n,), whether it is an interaction."""
        wanted = self.number(users, items)
        place = torch.searchsorted(self.pairs, wanted).clamp(max=len(self.pairs) - 1)
        return self.pairs[place] == wanted

    def number(self, users: Tensor, items: Tensor) -> Tensor:
        """Number the pairs of ids, (n,)."""
        return users.long() * self.num_items + items


def find_positives(train: Tensors, grades: Sequence[float]) -> Tensors:
    """Return the interactions of positive strength, with strengths in place of stars.

    Raises:
        ValueError: where there is none, and for what `grade` refuses.
    """
    strengths = grade(train.ratings, grades)
    if not bool(strengths.any()):
        raise ValueError(f"no rating says anything under grades {[*grades]}: give others")
    return Tensors(*(column[strengths > 0] for column in train._replace(ratings=strengths)))


def draw_triples(positives: Tensors, negatives: Negatives, batch: int) -> Iterator[Batch]:
    """Yield all positives once, in random order, `batch` at a time, each beside a new negative."""
    for part in torch.randperm(len(positives.users), device=positives.users.device).split(batch):
        users, items, strengths = (column[part] for column in positives)
        yield users, items, negatives.draw(users), strengths
