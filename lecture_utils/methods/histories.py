"""Histories: what each user watched, in the order of time, and how long ago.

A moment is what a user rated within one second. Nothing tells its ratings apart, so they are a set:
they are of one age, and where a list is needed, they stand in a random order.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import BINARY, Interactions
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.protocol import Size, check_ratings
from lecture_utils.methods.sessions import Sessions


class Histories:
    """The ratings of all users, sorted by user and time.

    Attributes:
        users: of the sorted ratings, (n,).
        items: of the sorted ratings, (n,).
        order: which rating stands there, (n,).
        moments: the number of its moment, (n,), ascending.
        starts: where the ratings of each user begin, and the end, (num_users + 1,).
        ages: how many items the user watched in later moments, (n,); 0 is her last moment.
    """

    def __init__(self, train: Tensors, times: Tensor, size: Size):
        """Sort the ratings; refuse `times`, (n,) in seconds, that are not one per rating."""
        check_ratings(train, size)
        moments = Sessions(train.users, times, [0]).groups[0]
        self.order = moments.argsort(stable=True)
        self.users, self.items = train.users[self.order].long(), train.items[self.order].long()
        self.moments = moments[self.order]
        ends = torch.bincount(self.users, minlength=size[0]).cumsum(0)
        self.starts = torch.cat([ends.new_zeros(1), ends])
        ended = torch.bincount(self.moments).cumsum(0)[self.moments]
        self.ages = ends[self.users] - ended

    def shuffle(self, generator: torch.Generator | None = None) -> Tensor:
        """Return the items (n,), those of each moment in a random order."""
        device = self.items.device
        mixed = torch.randperm(len(self.items), generator=generator, device=device)
        return self.items[mixed[self.moments[mixed].argsort(stable=True)]]


class RecentToItem(ItemToItem):
    """Lets what was watched vote for what comes next, each item as loud as its age allows."""

    def __init__(
        self,
        train: Tensors,
        histories: Histories,
        weights: Tensor,
        weigh: Callable[[Tensor], Tensor],
    ):
        """Keep the histories, `weights` (num_items, num_items), and what turns ages into votes."""
        size = len(histories.starts) - 1, len(weights)
        votes = torch.empty_like(train.ratings, dtype=weights.dtype)
        votes[histories.order] = weigh(histories.ages)
        super().__init__(Interactions(train, size, BINARY).weigh(votes), weights)
        self.weigh = weigh

    def _grade(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Weigh what someone new watched one after the other, the oldest first."""
        ages = torch.arange(len(items) - 1, -1, -1, device=items.device)
        return super()._grade(items, ratings) * self.weigh(ages)


def fade(ages: Tensor, half_life: float) -> Tensor:
    """Halve the vote of an item for every `half_life` items that were watched since."""
    return 0.5 ** (ages / half_life)
