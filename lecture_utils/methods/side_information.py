"""What a prior may know of users and items before their ratings: attributes, who rated what.

Simm et al. (2017), Macau: Scalable Bayesian Factorization with High-dimensional Side Information;
the sets of rated movies as in SVD++ (Koren 2008), on both sides as in Rendle, Zhang & Koren (2019).
"""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import GENRES, Ratings, Tensors
from lecture_utils.methods.distributions import draw_wishart
from lecture_utils.methods.protocol import Size
from lecture_utils.models import check_pairs

AGES = [0, 18, 25, 35, 45, 50, 56, 200]
WEAK = 0.1  # how much an effect shows at first: S ~ Wishart(I / WEAK, k)
YEARS = [0, 1940, 1950, 1960, 1970, 1975, 1980, 1985, *range(1990, 1999)]


class FeatureEffect:
    r"""A part of the prior mean that is linear in features.

    It is $g = X B$, rows of $B \sim N(0, S^{-1})$. Only $X X^\top = V\,\mathrm{diag}(s)\,V^\top$
    matters, and it is the same in every sweep: $g = V c$ with $c_j \sim N(0, s_j S^{-1})$. The
    `keep` largest directions are kept.
    """

    def __init__(self, features: Tensor, k: int, keep: int = 200):
        """Find the directions of `features`, X, (n, f), for a table of `k` columns."""
        if features.dim() != 2 or not features.is_floating_point():
            found = f"{tuple(features.shape)} and {features.dtype}"
            raise ValueError(f"features must be a table (n, f) of floats, not {found}")
        if not bool(features.isfinite().all()):
            row = int((~features.isfinite()).any(1).nonzero()[0])
            raise ValueError(f"features must be finite; row {row} is not: fill or drop the blanks")
        n, f = features.shape
        gram = features.T @ features if f < n else features @ features.T
        scale, vectors = torch.linalg.eigh(gram)  # ascending
        kept = (scale > 1e-4 * scale[-1]).nonzero().flatten().flip(0)[:keep]
        self.scale = scale[kept]  # (r,)
        basis = features @ vectors[:, kept] / self.scale.sqrt() if f < n else vectors[:, kept]
        self.basis = basis.contiguous()  # V, (n, r)
        self.coefficients = features.new_zeros(len(kept), k)  # c, (r, k)
        self.precision = 10.0 * torch.eye(k, device=features.device)  # S
        self.mean = features.new_zeros(n, k)  # g

    def set_coefficients(self, coefficients: Tensor) -> None:
        """Set c and with it g."""
        self.coefficients = coefficients
        self.mean = (coefficients.T @ self.basis.T).T  # faster than basis @ coefficients

    def draw(self, rest: Tensor, precision: Tensor) -> None:
        """Draw c and with it g, then S.

        One basis makes both precisions diagonal; in it every coefficient is drawn by itself.

        Args:
            rest: g + noise, (n, k).
            precision: of the noise in a row, (k, k).
        """
        root = torch.linalg.cholesky(precision)
        inverse = torch.linalg.inv(root)
        ratio, rotation = torch.linalg.eigh(inverse @ self.precision @ inverse.T)  # (k,), (k, k)
        axes = root @ rotation
        shrink = 1 + ratio / self.scale[:, None]  # (r, k)
        seen = (rest.T @ self.basis).T  # (r, k)
        noise = torch.randn(shrink.shape, device=shrink.device)
        drawn = seen @ axes / shrink + noise / shrink.sqrt()
        self.set_coefficients(drawn @ torch.linalg.inv(axes))
        scatter = self.coefficients.T @ (self.coefficients / self.scale[:, None])
        self.precision = draw_wishart(scatter, len(self.scale), WEAK)


def attributes(data: Ratings) -> tuple[Tensor, Tensor]:
    """Make 0/1 features of users (gender, occupation, age group) and movies (genres, years).

    Returns:
        Tables (num_users, f) and (num_items, f'); row 0, which is unused, is all zeros. A movie's
        genres are divided by the root of their number: it has them in part.
    """
    users = data.users.set_index("user").reindex(range(data.num_users))
    ages = pd.cut(users["age"], AGES, right=False)
    person = pd.get_dummies(users[["gender", "occupation"]].assign(age=ages))
    movies = data.movies.set_index("movie").reindex(range(data.num_items))
    genres = _table(movies[[*GENRES]].fillna(0))
    genres = genres / genres.sum(1, keepdim=True).clamp(min=1).sqrt()
    year = pd.to_datetime(movies["release_date"], format="%d-%b-%Y", errors="coerce").dt.year
    decade = pd.get_dummies(pd.cut(year, YEARS))
    return _table(person), torch.cat([genres, _table(decade)], dim=1)


def rated_sets(train: Tensors, size: Size) -> tuple[Tensor, Tensor]:
    """Make features of who rated what in the training data: implicit feedback.

    Returns:
        Which items a user rated, over the root of their number, (num_users, num_items), and which
        users rated an item, (num_items, num_users). Dense: for a few thousand users and items.
    """
    check_pairs(train.users, train.items, *size)
    rated = train.ratings.new_zeros(size)
    rated[train.users, train.items] = 1.0
    per_user, per_item = rated.sum(1, keepdim=True), rated.sum(0)[:, None]
    return rated / per_user.clamp(min=1).sqrt(), rated.T / per_item.clamp(min=1).sqrt()


def _table(dummies: pd.DataFrame) -> Tensor:
    return torch.tensor(dummies.to_numpy(dtype="float32", copy=True))
