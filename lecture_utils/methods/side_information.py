"""What a prior may know of users and movies before their ratings: attributes, who rated what, when.

Simm et al. (2017), Macau: Scalable Bayesian Factorization with High-dimensional Side Information;
the sets of rated movies as in SVD++ (Koren 2008), on both sides as in Rendle, Zhang & Koren (2019).
"""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import GENRES, Ratings, Tensors
from lecture_utils.models import check_pairs

AGES = [0, 18, 25, 35, 45, 50, 56, 200]
WEAK = 0.1  # how much an effect shows at first: S ~ Wishart(I / WEAK, k)
YEARS = [0, 1940, 1950, 1960, 1970, 1975, 1980, 1985, *range(1990, 1999)]


class Effect:
    r"""A part of the prior mean, linear in features: $g = X B$, rows of $B \sim N(0, S^{-1})$.

    Only $X X^\top = V\,\mathrm{diag}(s)\,V^\top$ matters, and it is the same in every sweep:
    $g = V c$ with $c_j \sim N(0, s_j S^{-1})$. The `keep` largest directions are kept.
    """

    def __init__(self, features: Tensor, k: int, keep: int = 200):
        """`features` is X, shape (n, f); `k` the number of columns of the table to be explained."""
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
        self.coefficients = torch.zeros(len(kept), k)  # c, (r, k)
        self.precision = 10.0 * torch.eye(k)  # S
        self.mean = torch.zeros(n, k)  # g

    def place(self, coefficients: Tensor) -> None:
        """Set c and with it g. Flat times large is faster than large times thin."""
        self.coefficients = coefficients
        self.mean = (coefficients.T @ self.basis.T).T

    def draw(self, rest: Tensor, precision: Tensor) -> None:
        """Draw c and with it g, then S, given `rest` = g + noise, (n, k), whose rows have
        `precision` (k, k).

        One basis makes both precisions diagonal; in it every coefficient is drawn by itself.
        """
        root = torch.linalg.cholesky(precision)
        inverse = torch.linalg.inv(root)
        ratio, turn = torch.linalg.eigh(inverse @ self.precision @ inverse.T)  # (k,), (k, k)
        axes = root @ turn
        shrink = 1 + ratio / self.scale[:, None]  # (r, k)
        seen = (rest.T @ self.basis).T  # (r, k)
        drawn = seen @ axes / shrink + torch.randn(shrink.shape) / shrink.sqrt()
        self.place(drawn @ torch.linalg.inv(axes))
        scatter = self.coefficients.T @ (self.coefficients / self.scale[:, None])
        self.precision = wishart(scatter, len(self.scale), WEAK)


def wishart(scatter: Tensor, n: int, ridge: float = 1.0) -> Tensor:
    """Draw a precision (k, k) given the `scatter` of `n` rows, sum of x x^T, and the prior
    Wishart(I / ridge, k). Bartlett's decomposition (Odell & Feiveson 1966)."""
    k = len(scatter)
    root = torch.linalg.cholesky(torch.linalg.inv(ridge * torch.eye(k) + scatter))
    dof = k + n - torch.arange(k)
    A = torch.randn(k, k).tril(-1) + torch.diag((2 * torch._standard_gamma(dof / 2)).sqrt())
    return root @ A @ A.T @ root.T


def gamma(shape: Tensor | float, rate: Tensor | float) -> Tensor:
    """Draw from gamma distributions by shape and rate."""
    return torch._standard_gamma(torch.as_tensor(shape, dtype=torch.get_default_dtype())) / rate


def attributes(data: Ratings) -> tuple[Tensor, Tensor]:
    """0/1 features of users (gender, occupation, age group) and movies (genres, years).

    Shapes (num_users, f) and (num_items, f'); row 0, which is unused, is all zeros. A movie's
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


def rated_sets(train: Tensors, num_users: int, num_items: int) -> tuple[Tensor, Tensor]:
    """Which movies a user rated, over the root of their number, (num_users, num_items), and which
    users rated a movie, (num_items, num_users): implicit feedback, from training data only.

    Dense tables: for a few thousand users and movies. Raises IndexError for an unknown id.
    """
    check_pairs(train.users, train.items, num_users, num_items)
    rated = torch.zeros(num_users, num_items)
    rated[train.users, train.items] = 1.0
    per_user, per_item = rated.sum(1, keepdim=True), rated.sum(0)[:, None]
    return rated / per_user.clamp(min=1).sqrt(), rated.T / per_item.clamp(min=1).sqrt()


def time_bins(train: pd.DataFrame, test: pd.DataFrame, seconds: int) -> tuple[Tensor, Tensor]:
    """Number the pairs of user and time bin of a width in `seconds`: 86,400 is a day (UTC).

    Returns the pair of each training and of each test rating, (n,) and (m,). A test rating's
    own time is used: the bin says in which session it falls, not what was rated.
    """
    if seconds < 1:
        raise ValueError(f"a bin must be at least 1 second wide, not {seconds}")
    both = pd.concat([_timed(train), _timed(test)], ignore_index=True)
    pair = both["user"] * (both["timestamp"].max() // seconds + 1) + both["timestamp"] // seconds
    groups = torch.tensor(pd.factorize(pair)[0])
    return groups[: len(train)], groups[len(train) :]


def sessions(train: pd.DataFrame, test: pd.DataFrame, pause: int) -> tuple[Tensor, Tensor]:
    """Number each user's sessions: a session ends where more than `pause` seconds pass without a
    rating. With a pause of 0 it is the ratings of one second.

    Returns the session of each training and of each test rating, (n,) and (m,). The training
    data alone make the sessions. A test rating belongs to that of the training rating of its user
    that is nearest in time, or if even that is too far away, to the last number, which is nobody's.
    """
    if pause < 0:
        raise ValueError(f"a pause must be at least 0 seconds, not {pause}")
    apart = 2**32  # users are far from each other in time
    times, new = (
        torch.tensor((part["user"] * apart + part["timestamp"]).to_numpy(copy=True))
        for part in map(_timed, (train, test))
    )
    times, order = times.sort()
    number = torch.zeros_like(times)  # in the order of time
    number[1:] = (times.diff() > pause).cumsum(0)
    after = torch.searchsorted(times, new).clamp(max=len(times) - 1)
    before = (after - 1).clamp(min=0)
    nearest = torch.where(new - times[before] <= (times[after] - new).abs(), before, after)
    near = (new - times[nearest]).abs() <= pause
    groups = torch.empty_like(number).index_put((order,), number)
    return groups, torch.where(near, number[nearest], number[-1] + 1)


def _timed(ratings: pd.DataFrame) -> pd.DataFrame:
    """User and timestamp as int64. ValueError unless there are some, in whole seconds."""
    found = ratings[["user", "timestamp"]]
    if found.empty or not ((found >= 0) & (found < 2**31) & (found % 1 == 0)).all(axis=None):
        raise ValueError("user and timestamp must be whole numbers, timestamps in seconds")
    return found.astype("int64")


def _table(dummies: pd.DataFrame) -> Tensor:
    return torch.tensor(dummies.to_numpy(dtype="float32", copy=True))
