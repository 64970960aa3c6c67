r"""An offset for all ratings of a session: the mood of a day, a minute, a second.

Sessions are nested, seconds in minutes in days, so the offsets form trees, and one pass up and one
pass down a tree draw all of them together (forward filtering, backward sampling, on trees).

A bias per user and day: Koren (2009), Collaborative Filtering with Temporal Dynamics. The draw, for
chains in time instead of trees: Carter & Kohn (1994), On Gibbs Sampling for State Space Models.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.methods.distributions import draw_gamma


class Known(NamedTuple):
    """What is known of one level's offsets, given that of the session above and the ratings.

    An offset plus those above it is N(shrink * above + pull, variance), (number + 1,) each; the
    last row is a session without ratings.
    """

    shrink: Tensor
    pull: Tensor
    variance: Tensor


class SessionEffects:
    r"""Draws $c_{l,g} \sim N(0, 1/\lambda_l)$; a rating's offset is $\sum_l c_{l,g_l}$.

    $g_l$ is the session that the rating is in at level l, the finest level first.
    """

    def __init__(self, levels: Sequence[tuple[Tensor, int]], users: Tensor):
        """Take pairs (session of each rating (n,), number of sessions), and the `users` (n,)."""
        self.finest = levels[0][0]  # (n,)
        self.parent = []  # of each session: the one of the next level, (number,)
        for (groups, number), above in zip(levels, [*(pair[0] for pair in levels[1:]), users]):
            parent = groups.new_zeros(number).index_put((groups,), above)
            if not bool((parent[groups] == above).all()):
                raise ValueError(
                    "a session must lie in one session of the next level, and hold ratings of one "
                    "user only: give the finest level first"
                )
            self.parent.append(parent)
        self.parent[-1] = torch.zeros_like(self.parent[-1])  # the root, which has no offset
        ones = torch.ones(len(users), device=users.device)
        self.lam = [10.0 * ones[0]] * len(levels)
        self.draw(0 * ones, ones)

    def draw(self, rest: Tensor, precision: Tensor) -> Tensor:
        """Draw all offsets, then lam of each level.

        Args:
            rest: what the rest of the model leaves of each rating, (n,).
            precision: of each rating, (n,).

        Returns:
            The offset of each rating, (n,).
        """
        self._collect(rest, precision)
        total = rest.new_zeros(1)
        for level in reversed(range(len(self.lam))):
            above = total.index_select(0, self.parent[level])
            shrink, pull, variance = (row[:-1] for row in self.known[level])
            noise = torch.randn(len(pull), device=rest.device)
            total = shrink * above + pull + noise * variance.sqrt()
            square = (total - above).square().sum()
            self.lam[level] = draw_gamma(1 + len(pull) / 2, 1 + square / 2)
        return total.index_select(0, self.finest)

    def _collect(self, rest: Tensor, precision: Tensor) -> None:
        """Go up the trees: collect what the ratings say of each offset and of those above it."""
        weight, moment, into, self.known = precision, precision * rest, self.finest, []
        for lam, parent in zip(self.lam, self.parent):
            zeros = rest.new_zeros(len(parent) + 1)  # the last one is a session without ratings
            weight, moment = zeros.index_add(0, into, weight), zeros.index_add(0, into, moment)
            total = lam + weight
            shrink = lam / total
            self.known.append(Known(shrink, moment / total, 1 / total))
            weight, moment, into = (weight * shrink)[:-1], (moment * shrink)[:-1], parent


def expect_offsets(known: Sequence[Known], groups: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return mean and variance, (m,) each, of the offsets of ratings in `groups`, (m,) each.

    They are given all but the offsets: of all that could have been drawn last. In each level the
    number of sessions stands for a session of its own.
    """
    mean = variance = known[0].shrink.new_zeros(1)
    for level, group in zip(reversed(known), reversed(groups)):
        shrink, pull, own = (row.index_select(0, group) for row in level)
        mean, variance = shrink * mean + pull, shrink.square() * variance + own
    return mean, variance
