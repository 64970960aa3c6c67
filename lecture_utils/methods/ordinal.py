"""Stars are ordered labels: an ordered probit likelihood for `gibbs`.

A latent real number z ~ N(eta, 1 / precision) falls between two cut points, and its place is the
rating. Albert & Chib (1993), section 4; cut points as in Cowles (1996), with z integrated out.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.special import ndtr, ndtri

FAR = 100.0  # beyond every z


class Ordinal:
    """Ratings 1..levels and the `levels - 1` cut points between them.

    A flat prior on ordered cut points; they start at the quantiles of the ratings.
    """

    def __init__(self, ratings: Tensor):
        """Take `ratings`, (n,): whole numbers from 1, each level used at least once."""
        self.labels = ratings.long() - 1  # (n,)
        if not bool((self.labels + 1 == ratings).all()) or int(self.labels.min()) < 0:
            raise ValueError("ordinal ratings must be whole numbers from 1 on")
        share = torch.bincount(self.labels) / len(ratings)
        if not bool((share > 0).all()):
            raise ValueError(f"no rating is {int(share.argmin()) + 1}: leave no level out")
        self.cuts = ndtri(share.cumsum(0)[:-1])  # (levels - 1,)
        self.root = torch.linalg.cholesky(len(ratings) * _fisher_information(self.cuts, share))

    def bounds(self, cuts: Tensor, eta: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """Return the standardised ends of the interval that each z lies in, (n,) and (n,)."""
        ends = F.pad(F.pad(cuts, (1, 0), value=-FAR), (0, 1), value=FAR)
        low, high = ends.index_select(0, self.labels), ends[1:].index_select(0, self.labels)
        return (low - eta) * scale, (high - eta) * scale

    def draw_latent(self, eta: Tensor, scale: Tensor) -> Tensor:
        """Draw z of each rating, (n,): normal, mean `eta`, deviation 1 / `scale`, truncated."""
        return eta + draw_truncated_normal(*self.bounds(self.cuts, eta, scale)) / scale

    def draw_cuts(self, eta: Tensor, scale: Tensor, steps: int = 2) -> None:
        """Take Metropolis steps on all cut points; proposals follow the Fisher information."""
        now = self._log_likelihood(self.cuts, eta, scale)
        for _ in range(steps):
            noise = torch.randn(len(self.cuts), 1, device=eta.device)
            step = torch.linalg.solve_triangular(self.root.T, noise, upper=True).flatten()
            proposed = self.cuts + step
            if not bool((proposed.diff() > 0).all()):
                continue
            then = self._log_likelihood(proposed, eta, scale)
            if torch.rand((), device=eta.device) < (then - now).exp():
                self.cuts, now = proposed, then

    def _log_likelihood(self, cuts: Tensor, eta: Tensor, scale: Tensor) -> Tensor:
        low, high, _ = _mirror(*self.bounds(cuts, eta, scale))
        return (ndtr(high) - ndtr(low)).clamp(min=1e-30).log().sum(dtype=torch.float64)


def expected_rating(eta: Tensor, scale: Tensor, cuts: Tensor) -> Tensor:
    """Return the expected rating, (m,): 1 plus, for each cut point, the chance to lie above it."""
    return 1 + sum(ndtr((eta - cut) * scale) for cut in cuts)


def draw_truncated_normal(low: Tensor, high: Tensor) -> Tensor:
    """Draw standard normals between `low` and `high`, (n,), by the inverse of the distribution."""
    low, high, sign = _mirror(low, high)
    a, b = ndtr(low), ndtr(high)
    drawn = ndtri((a + (b - a) * torch.rand(a.shape, device=a.device)).clamp(min=1e-37))
    return sign * drawn.clamp(low, high)


def _mirror(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Turn intervals above 0 over, since `ndtr` has more digits below; return the signs, too."""
    sign = 1 - 2 * (low > 0).to(low)
    low, high = sign * low, sign * high
    return torch.minimum(low, high), torch.maximum(low, high), sign


def _fisher_information(cuts: Tensor, share: Tensor) -> Tensor:
    """Return the Fisher information of the cut points per rating if every eta is 0: tridiagonal."""
    density = torch.exp(-cuts.square() / 2) / (2 * torch.pi) ** 0.5
    own = density.square() * (1 / share[:-1] + 1 / share[1:])
    beside = -density[:-1] * density[1:] / share[1:-1]
    return torch.diag(own) + torch.diag(beside, 1) + torch.diag(beside, -1)
