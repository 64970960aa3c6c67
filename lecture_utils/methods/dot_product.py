"""Dot products of factors: the score of a user and an item without any bias."""

from torch import Tensor

from lecture_utils.models import check_ids, check_pairs


class DotProduct:
    """Scores pairs by the dot product of their factors."""

    def __init__(self, user: Tensor, item: Tensor):
        """Keep the factors of users, (num_users, rank), and of items, (num_items, rank)."""
        self.user, self.item = user, item

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, len(self.user), len(self.item))
        return (self.user[users] * self.item[items]).sum(1)

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, len(self.user))
        return self.user[users] @ self.item.T
