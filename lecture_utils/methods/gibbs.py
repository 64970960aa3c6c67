"""Bayesian matrix factorization by Gibbs sampling: not one best model but many likely ones.

Salakhutdinov & Mnih (2008), Bayesian Probabilistic Matrix Factorization using MCMC. They draw the
factors, and mean and precision of the factors' normal distribution. Here the biases are drawn as
one more factor, and so is the noise. Side information as in Simm et al. (2017), see
`side_information`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.als import Factors, design
from lecture_utils.methods.distributions import draw_gamma, draw_wishart
from lecture_utils.methods.least_squares import normal_equations, solve
from lecture_utils.methods.ordinal import Ordinal, expected_rating
from lecture_utils.methods.protocol import Size, check_counts, check_ratings
from lecture_utils.methods.session_effects import Known, SessionEffects, expect_offsets
from lecture_utils.methods.sessions import Sessions
from lecture_utils.methods.side_information import FeatureEffect
from lecture_utils.sparse import Rows, join_biases

PRIOR_ROWS = 2.0  # the prior on a table's mean weighs as much as two rows


def gibbs(
    train: Tensors,
    size: Size,
    *,
    rank: int = 10,
    user_features: Sequence[Tensor] = (),
    item_features: Sequence[Tensor] = (),
    times: Tensor | None = None,
    pauses: Sequence[int | str] = (),
    user_noise: bool = True,
    ordinal: bool = False,
) -> Iterator["Draw"]:
    r"""Draw every part of the model given all others; yield the model after each sweep.

    The model is $z \sim N(\mu + b_x + b_i + q_x \cdot p_i + \sum_l c_l,\ (\alpha\tau_x)^{-1})$.
    $c_l$ is the effect of the session at level l. Draws come from torch's global generator: set
    torch.manual_seed before the call.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        user_features: tables (num_users, f) that the factors may depend on, see
            `side_information`.
        item_features: the same, (num_items, f).
        times: seconds of the ratings, (n,), if there are `pauses`.
        pauses: what ends a session, in seconds, the shortest first; "day" is the calendar day. A
            session has an effect c on all of its ratings.
        user_noise: whether each user has a precision of her own, tau ~ Gamma(5, 5); without, tau
            is 1.
        ordinal: without, z is the rating. With it z is latent, the rating says between which two
            cut points z lies, and alpha is 1.
    """
    check_ratings(train, size)
    check_counts(rank=rank)
    if pauses and times is None:
        raise ValueError(f"sessions with pauses {[*pauses]} need times=, the ratings' timestamps")
    sessions = Sessions(train.users, times, pauses) if pauses else None
    features = user_features, item_features
    return _sweep(Chain(train, size, rank, features, sessions, user_noise, ordinal))


def _sweep(chain: "Chain") -> Iterator["Draw"]:
    while True:
        chain.sweep()
        yield chain.current()


@dataclass(frozen=True, eq=False)
class Draw:
    """The model after one sweep. It stays as it is while the chain goes on."""

    factors: Factors
    precision: Tensor  # of the ratings of each user, (num_users,)
    cuts: Tensor | None  # between the levels of ordinal ratings
    sessions: Sessions | None
    known: Sequence[Known]  # of the sessions' effects

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Return expected ratings of pairs, (n,); without times each is a session of its own.

        Raises:
            ValueError: unless `times` has one timestamp per pair.
        """
        score = self.factors(users, items)
        if times is not None and times.shape != users.shape:
            raise ValueError(f"times {tuple(times.shape)} must be of the users' shape")
        if times is None or not self.sessions:
            groups = self._alone(users)
        else:
            groups = self.sessions.find(users, times)
        return self._expect(score, self.precision[users], groups)

    def table(self, users: Tensor) -> Tensor:
        """Return expected ratings of every item for `users`, (m,): (m, num_items)."""
        alone = self._alone(users[:1])
        return self._expect(self.factors.table(users), self.precision[users, None], alone)

    def _alone(self, users: Tensor) -> list[Tensor]:
        counts = self.sessions.counts if self.sessions else []
        return [torch.full_like(users, count) for count in counts]

    def _expect(self, score: Tensor, precision: Tensor, groups: Sequence[Tensor]) -> Tensor:
        mean, variance = expect_offsets(self.known, groups) if groups else (0.0, 0.0)
        if self.cuts is None:
            return score + mean
        return expected_rating(score + mean, (1 / precision + variance).rsqrt(), self.cuts)


class Side:
    """The factors and the bias of every user (or of every item), and their distribution.

    `values` is (n, k) with k = rank + 1, the bias last. A row is N(mean + effects, precision^-1)
    with a normal-Wishart prior on mean and precision, and a `FeatureEffect` per table of features.
    """

    def __init__(self, size: int, k: int, features: Sequence[Tensor], device: torch.device):
        self.values = 0.1 * torch.randn(size, k - 1, device=device)
        self.values = torch.cat([self.values, self.values.new_zeros(size, 1)], dim=1)
        self.mean = self.values.new_zeros(k)
        self.precision = 5.0 * torch.eye(k, device=device)
        for X in features:
            if len(X) != size:
                raise ValueError(f"features have {len(X)} rows, the table has {size}")
        self.effects = [FeatureEffect(X.to(device), k) for X in features]

    def prior_mean(self) -> Tensor:
        """Return the mean of each row given the features, (n, k)."""
        return sum((effect.mean for effect in self.effects), self.mean.expand_as(self.values))

    def draw(self, gram: Tensor, moment: Tensor) -> None:
        """Draw all rows given their normal equations, weighted by the ratings' precision."""
        moment = moment + self.precision @ self.prior_mean().T
        noise = torch.randn(moment.shape, device=moment.device)
        self.values = solve(gram + self.precision[..., None], moment, noise).T.contiguous()

    def draw_prior(self) -> None:
        """Draw mean and precision of the rows, then each effect."""
        n, k = self.values.shape
        prior = self.prior_mean()
        residual = self.values - (prior - self.mean)
        average = residual.mean(0)
        scatter = (residual - average).T @ (residual - average)
        scatter += n * PRIOR_ROWS / (n + PRIOR_ROWS) * torch.outer(average, average)
        self.precision = draw_wishart(scatter, n)
        root = torch.linalg.cholesky((n + PRIOR_ROWS) * self.precision)
        noise = torch.randn(k, 1, device=residual.device)
        noise = torch.linalg.solve_triangular(root.T, noise, upper=True).flatten()
        mean = n * average / (n + PRIOR_ROWS) + noise
        prior, self.mean = prior - self.mean + mean, mean  # the effects stay, the mean is new
        for effect in self.effects:
            others = prior - effect.mean
            effect.draw(self.values - others, self.precision)
            prior = others + effect.mean


class Chain:
    """The sampler's state, and one sweep through it; see `gibbs` for the settings."""

    def __init__(
        self,
        train: Tensors,
        size: Size,
        rank: int,
        features: Sequence[Sequence[Tensor]] = ((), ()),  # of users and of items
        sessions: Sessions | None = None,
        user_noise: bool = True,
        ordinal: bool = False,
    ):
        self.users, self.items, ratings = train
        device = ratings.device
        self.by_user = Rows(self.users, self.items, *size)
        self.by_item = Rows(self.items, self.users, *reversed(size))
        self.user, self.item = (Side(n, rank + 1, X, device) for n, X in zip(size, features))
        self.sessions, self.effects = sessions, None
        if sessions:
            self.effects = SessionEffects([*zip(sessions.groups, sessions.counts)], self.users)
        self.user_noise, self.tau = user_noise, torch.ones(size[0], device=device)
        self.alpha = torch.ones((), device=device)
        self.mean = 0.0 if ordinal else ratings.mean().item()
        self.ordinal = Ordinal(ratings) if ordinal else None
        self.z = ratings - ratings.mean()
        self.score = torch.zeros_like(self.z)  # of users and items, without sessions
        self.offset = torch.zeros_like(self.z)  # of sessions

    def sweep(self) -> None:
        """Draw everything once, each part given all others."""
        precision = self.alpha * self.tau  # (num_users,)
        residual = self.z - self.offset - self.item.values[:, -1].index_select(0, self.items)
        gram, moment = normal_equations(self.by_user, design(self.item.values), residual)
        self.user.draw(precision * gram, precision * moment)
        self.draw_items(precision)
        self.user.draw_prior()
        self.item.draw_prior()
        user, item = self.user.values, self.item.values
        left, right = join_biases(user[:, :-1], user[:, -1], item[:, :-1], item[:, -1])
        self.score = self.by_user.dots(left, right)
        self.draw_noise()
        of_rating = (self.alpha * self.tau).index_select(0, self.users)  # (n,)
        if self.ordinal:
            eta, scale = self.score + self.offset, of_rating.sqrt()
            self.ordinal.draw_cuts(eta, scale)
            self.z = self.ordinal.draw_latent(eta, scale)
        if self.effects:
            self.offset = self.effects.draw(self.z - self.score, of_rating)

    def draw_items(self, precision: Tensor) -> None:
        """Draw the items' rows; here each rating of an item has its own user's precision."""
        residual = self.z - self.offset - self.user.values[:, -1].index_select(0, self.users)
        root = precision.sqrt()
        weighted = design(self.user.values) * root[:, None]
        residual = residual * root.index_select(0, self.users)
        self.item.draw(*normal_equations(self.by_item, weighted, residual))

    def draw_noise(self) -> None:
        """Draw alpha ~ Gamma(1, 1), unless ordinal, and tau ~ Gamma(5, 5)."""
        square = (self.z - self.score - self.offset).square()
        if not self.ordinal:
            weighted = self.tau.index_select(0, self.users) @ square
            self.alpha = draw_gamma(1 + len(square) / 2, 1 + weighted / 2)
        if self.user_noise:
            total = torch.zeros_like(self.tau).index_add(0, self.users, square)
            self.tau = draw_gamma(5 + self.by_user.counts() / 2, 5 + self.alpha * total / 2)

    def current(self) -> Draw:
        """Return the model as it is now."""
        factors = Factors(self.mean, self.user.values, self.item.values)
        known = self.effects.known if self.effects else ()
        cuts = self.ordinal.cuts if self.ordinal else None
        return Draw(factors, self.alpha * self.tau, cuts, self.sessions, known)
