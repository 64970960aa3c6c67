"""Bayesian matrix factorization by Gibbs sampling: not one best model but many likely ones.

Salakhutdinov & Mnih (2008), Bayesian Probabilistic Matrix Factorization using MCMC, who draw the
vectors and their normal distribution; here biases, as one more factor, and the noise are drawn,
too. Side information as in Simm et al. (2017), see `effects`.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.als import design
from lecture_utils.methods.least_squares import check_ratings, normal_equations, solve
from lecture_utils.methods.ordinal import Ordinal
from lecture_utils.methods.session_effects import Contexts
from lecture_utils.methods.side_information import Effect, gamma, wishart
from lecture_utils.models import check_pairs
from lecture_utils.sparse import Rows, halves

STRENGTH = 2.0  # of the prior on a table's mean: as many rows as that


class Table:
    """The factors and the bias of every user (or movie), and what is believed of them all.

    `values` is (n, k) with k = rank + 1, the bias last. A row is N(mean + effects, precision^-1)
    with a normal-Wishart prior on mean and precision, and an `Effect` per matrix of features.
    """

    def __init__(self, size: int, k: int, features: Sequence[Tensor]):
        self.values = torch.cat([0.1 * torch.randn(size, k - 1), torch.zeros(size, 1)], dim=1)
        self.mean = torch.zeros(k)
        self.precision = 5.0 * torch.eye(k)
        for X in features:
            if len(X) != size:
                raise ValueError(f"features have {len(X)} rows, the table has {size}")
        self.effects = [Effect(X, k) for X in features]

    def prior_mean(self) -> Tensor:
        """What is expected of each row before its ratings, (n, k)."""
        return sum((effect.mean for effect in self.effects), self.mean.expand_as(self.values))

    def draw(self, gram: Tensor, moment: Tensor) -> None:
        """Draw all rows given their normal equations, (k, k, n) and (k, n), weighted by the
        precision of the ratings."""
        moment = moment + self.precision @ self.prior_mean().T
        noise = torch.randn(moment.shape)
        self.values = solve(gram + self.precision[..., None], moment, noise).T.contiguous()

    def draw_beliefs(self) -> None:
        """Draw mean and precision of the rows, then each effect."""
        n, k = self.values.shape
        prior = self.prior_mean()
        rest = self.values - (prior - self.mean)
        average = rest.mean(0)
        scatter = (rest - average).T @ (rest - average)
        scatter += n * STRENGTH / (n + STRENGTH) * torch.outer(average, average)
        self.precision = wishart(scatter, n)
        root = torch.linalg.cholesky((n + STRENGTH) * self.precision)
        noise = torch.linalg.solve_triangular(root.T, torch.randn(k, 1), upper=True).flatten()
        mean = n * average / (n + STRENGTH) + noise
        prior, self.mean = prior - self.mean + mean, mean
        for effect in self.effects:
            others = prior - effect.mean
            effect.draw(self.values - others, self.precision)
            prior = others + effect.mean


class Gibbs:
    r"""One chain: $z \sim N(\mu + b_x + b_i + q_x \cdot p_i + \sum c_g,\ (\alpha\tau_x)^{-1})$.

    z is the rating; with `ordinal=True` it is latent and cut points make a rating of it (alpha is
    then 1). tau, the noise of a user, is Gamma(5, 5) or, with `user_noise=False`, 1. `contexts`
    holds pairs (groups of the training ratings, number of groups), the finest first: see
    `contexts`, and `effects.sessions` and `effects.time_bins` for what to put there.
    Draws come from torch's global generator: set torch.manual_seed before making the chain.
    """

    def __init__(
        self,
        train: Tensors,
        num_users: int,
        num_items: int,
        *,
        rank: int = 10,
        user_features: Sequence[Tensor] = (),
        item_features: Sequence[Tensor] = (),
        contexts: Sequence[tuple[Tensor, int]] = (),
        user_noise: bool = True,
        ordinal: bool = False,
    ):
        check_ratings(train, num_users, num_items)
        if rank < 1:
            raise ValueError(f"rank must be at least 1, not {rank}")
        self.users, self.items, ratings = train
        self.by_user = Rows(self.users, self.items, num_users, num_items)
        self.by_item = Rows(self.items, self.users, num_items, num_users)
        self.user = Table(num_users, rank + 1, user_features)
        self.item = Table(num_items, rank + 1, item_features)
        self.contexts = Contexts(contexts, self.users) if contexts else None
        self.user_noise, self.alpha, self.tau = user_noise, torch.tensor(1.0), torch.ones(num_users)
        self.mean = 0.0 if ordinal else ratings.mean().item()
        self.labels = Ordinal(ratings) if ordinal else None
        self.z = ratings - ratings.mean()
        self.score = torch.zeros(len(ratings))  # of users and items, without contexts
        self.offset = torch.zeros(len(ratings))  # of contexts

    def sweep(self) -> None:
        """Draw everything once, each part given all others."""
        precision = self.alpha * self.tau  # (num_users,)
        rest = self.z - self.offset - self.item.values[:, -1].index_select(0, self.items)
        gram, moment = normal_equations(self.by_user, design(self.item.values), rest)
        self.user.draw(precision * gram, precision * moment)
        self.draw_items(precision)
        self.user.draw_beliefs()
        self.item.draw_beliefs()
        self.score = self.by_user.dots(*_halves(self.user.values, self.item.values))
        self.draw_noise()
        precision = (self.alpha * self.tau).index_select(0, self.users)  # (n,)
        if self.labels:
            eta, scale = self.score + self.offset, precision.sqrt()
            self.labels.draw_cuts(eta, scale)
            self.z = self.labels.draw_latent(eta, scale)
        if self.contexts:
            self.offset = self.contexts.draw(self.z - self.score, precision)

    def draw_items(self, precision: Tensor) -> None:
        """The movies' turn: here each rating of a movie has its own user's precision."""
        rest = self.z - self.offset - self.user.values[:, -1].index_select(0, self.users)
        root = precision.sqrt()
        weighted = design(self.user.values) * root[:, None]
        rest = rest * root.index_select(0, self.users)
        self.item.draw(*normal_equations(self.by_item, weighted, rest))

    def draw_noise(self) -> None:
        """alpha ~ Gamma(1, 1), unless ordinal, and tau ~ Gamma(5, 5), given the residuals."""
        square = (self.z - self.score - self.offset).square()
        if not self.labels:
            weighted = self.tau.index_select(0, self.users) @ square
            self.alpha = gamma(1 + len(square) / 2, 1 + weighted / 2)
        if self.user_noise:
            total = torch.zeros(len(self.tau)).index_add(0, self.users, square)
            self.tau = gamma(5 + self.by_user.counts() / 2, 5 + self.alpha * total / 2)

    def predict(self, users: Tensor, items: Tensor, groups: Sequence[Tensor] = ()) -> Tensor:
        """Expected ratings under the current draw, (m,); `groups` (m,) for each context."""
        levels = len(self.contexts.lam) if self.contexts else 0
        if len(groups) != levels:
            raise ValueError(f"groups for {levels} contexts, not {len(groups)}")
        check_pairs(users, items, len(self.user.values), len(self.item.values))
        if any(group.shape != users.shape for group in groups):
            raise ValueError(f"every context's groups must have the users' shape {(len(users),)}")
        left, right = _halves(self.user.values, self.item.values)
        score = (left.index_select(0, users) * right.index_select(0, items)).sum(1)
        mean, variance = self.contexts.expect(groups) if self.contexts else (0.0, 0.0)
        if self.labels:
            precision = 1 / (1 / (self.alpha * self.tau)[users] + variance)
            return self.labels.expected(score + mean, precision.sqrt())
        return self.mean + score + mean


def _halves(user: Tensor, item: Tensor) -> tuple[Tensor, Tensor]:
    return halves(user[:, :-1], user[:, -1], item[:, :-1], item[:, -1])


def averages(
    chain: Gibbs, users: Tensor, items: Tensor, groups: Sequence[Tensor] = (), burn_in: int = 15
) -> Iterator[Tensor]:
    """Sweep without end; yield the mean prediction, (m,), over all sweeps after `burn_in`.

    Not clipped: clip the mean, not what it is the mean of.
    """
    total, count = torch.zeros(len(users)), 0
    for _ in range(burn_in):
        chain.sweep()
    while True:
        chain.sweep()
        total, count = total + chain.predict(users, items, groups), count + 1
        yield total / count
