r"""Moods: an offset for all ratings that a user gives within a day, a minute, a second.

Groups are nested, seconds in minutes in days, so the offsets form trees, and one pass up and one
pass down a tree draw all of them together (forward filtering, backward sampling, on trees).

A bias per user and day: Koren (2009), Collaborative Filtering with Temporal Dynamics. The draw, for
chains in time instead of trees: Carter & Kohn (1994), On Gibbs Sampling for State Space Models.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from lecture_utils.methods.side_information import gamma


class Contexts:
    r"""A rating's offset is $\sum_l c_{l,g_l}$ with $c_{l,g} \sim N(0, 1/\lambda_l)$ for the group
    $g_l$ that it is in at level l, the finest level first."""

    def __init__(self, levels: Sequence[tuple[Tensor, int]], users: Tensor):
        """`levels` holds pairs (groups of the ratings (n,), number of groups)."""
        self.finest = levels[0][0]  # (n,)
        self.parent = []  # of each group: the one of the next level, (number of groups,)
        for (groups, size), above in zip(levels, [*(pair[0] for pair in levels[1:]), users]):
            parent = torch.zeros(size, dtype=torch.long).index_put((groups,), above)
            if not bool((parent[groups] == above).all()):
                raise ValueError(
                    "a group must lie in one group of the next level, and hold ratings of one user "
                    "only: give the finest level first"
                )
            self.parent.append(parent)
        self.parent[-1] = torch.zeros_like(self.parent[-1])  # the root, which has no offset
        self.seen = [torch.zeros(size).index_fill(0, groups, 1.0) for groups, size in levels]
        self.lam = [torch.tensor(10.0)] * len(levels)
        self.draw(torch.zeros(len(users)), torch.ones(len(users)))

    def draw(self, rest: Tensor, precision: Tensor) -> Tensor:
        """Draw offsets, then lam, given what the rest of the model leaves, (n,), and the
        precision of each rating, (n,). Returns the offset of each rating, (n,)."""
        self._collect(rest, precision)
        total = torch.zeros(1)
        for level in reversed(range(len(self.lam))):
            above = total.index_select(0, self.parent[level])
            shrink, pull, variance = self.known[level]
            total = shrink * above + pull + torch.randn(len(pull)) * variance.sqrt()
            seen = self.seen[level]  # 1, or 0 for a group without ratings
            square = (total - above).square() @ seen
            self.lam[level] = gamma(1 + seen.sum() / 2, 1 + square / 2)
        return total.index_select(0, self.finest)

    def _collect(self, rest: Tensor, precision: Tensor) -> None:
        """Upwards: what the ratings of a group say of its offset, and of the sum above it."""
        weight, moment, into, self.known = precision, precision * rest, self.finest, []
        for lam, parent in zip(self.lam, self.parent):
            weight = torch.zeros(len(parent)).index_add(0, into, weight)
            moment = torch.zeros(len(parent)).index_add(0, into, moment)
            shrink = lam / (lam + weight)
            self.known.append((shrink, moment / (lam + weight), 1 / (lam + weight)))
            weight, moment, into = weight * shrink, moment * shrink, parent

    def expect(self, groups: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Mean and variance, (m,) each, of the offset of ratings in these `groups`, (m,) each,
        given all but the offsets: of all that could have been drawn last."""
        mean = variance = torch.zeros(1)
        for known, group in zip(reversed(self.known), reversed(groups)):
            shrink, pull, own = (table.index_select(0, group) for table in known)
            mean, variance = shrink * mean + pull, shrink.square() * variance + own
        return mean, variance
