"""The sampler: against loops with the same random numbers, against the joint distribution, and
against planted parameters."""

from types import SimpleNamespace

import pytest
import torch

from lecture_utils import Tensors, evaluate
from lecture_utils.methods.distributions import draw_wishart
from lecture_utils.methods.gibbs import PRIOR_ROWS, Chain, gibbs
from lecture_utils.methods.side_information import WEAK

USERS, ITEMS = 20, 15
LEVELS = SimpleNamespace(  # of Geweke's: a session without ratings, too
    groups=[torch.tensor([0, 1, 2, 3, 3]), torch.tensor([0, 0, 1, 2, 2])], counts=[5, 3]
)


def data():
    torch.manual_seed(1)
    users, items = torch.randint(0, USERS, (200,)), torch.randint(0, ITEMS, (200,))
    return Tensors(users, items, torch.randint(1, 6, (200,)).float())


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_rows_against_a_loop_with_the_same_noise():
    """A sweep first draws the users, then the items; what it believes of either changes later."""
    users, items, ratings = data()
    state = Chain(data(), (USERS, ITEMS), rank=3)
    state.tau, state.alpha = 0.5 + torch.rand(USERS), torch.tensor(1.7)
    weights = (state.alpha * state.tau)[users]
    old = state.item.values
    user_belief, item_belief = (
        (side.precision, side.prior_mean().clone()) for side in (state.user, state.item)
    )
    torch.manual_seed(7)
    state.sweep()
    torch.manual_seed(7)
    for found, ids, others, (precision, prior) in (
        (state.user.values, users, old[items], user_belief),
        (state.item.values, items, state.user.values[users], item_belief),
    ):
        noise = torch.randn(4, len(found))
        for row in range(len(found)):
            mine = ids == row
            A = torch.cat([others[mine, :3], torch.ones(int(mine.sum()), 1)], 1)
            W, y = torch.diag(weights[mine]), (ratings - ratings.mean() - others[:, 3])[mine]
            gram = A.T @ W @ A + precision
            mean = torch.linalg.solve(gram, A.T @ W @ y + precision @ prior[row])
            slow = mean + torch.linalg.solve(torch.linalg.cholesky(gram).T, noise[:, row])
            torch.testing.assert_close(found[row], slow, rtol=1e-3, atol=1e-3)


def statistics(state):
    """Bounded, since the priors have heavy tails."""
    user, item = state.user, state.item
    return torch.stack(
        [
            state.alpha / (1 + state.alpha),
            state.tau[0] / (1 + state.tau[0]),
            *(lam / (1 + lam) for lam in state.effects.lam),
            state.offset[0].tanh() ** 2,
            (state.offset[0] * state.offset[2]).tanh(),
            user.values[0, 0].tanh() ** 2,
            user.values[:, -1].mean().tanh() ** 2,
            item.values[0, 0].tanh() ** 2,
            (user.values[0, 0] * item.values[0, 0]).tanh() ** 2,
            user.precision[0, 0] / (1 + user.precision[0, 0]),
            item.mean[0].tanh() ** 2,
            item.effects[0].coefficients[0, 0].tanh() ** 2,
            item.effects[0].precision[0, 0] / (1 + item.effects[0].precision[0, 0]),
        ]
    )


def from_the_prior(state):
    """Draw every parameter of a chain from its prior, in the order of the model's story."""
    state.alpha = torch.distributions.Gamma(1.0, 1.0).sample()
    state.tau = torch.distributions.Gamma(5.0, 5.0).sample(state.tau.shape)
    state.effects.lam = [torch.distributions.Gamma(1.0, 1.0).sample() for _ in LEVELS.counts]
    state.offset = sum(
        (torch.randn(size) / lam.sqrt())[groups]
        for lam, groups, size in zip(state.effects.lam, LEVELS.groups, LEVELS.counts)
    )
    for table in (state.user, state.item):
        n, k = table.values.shape
        table.precision = draw_wishart(torch.zeros(k, k), 0)
        root = torch.linalg.cholesky(torch.linalg.inv(table.precision))
        table.mean = root @ torch.randn(k) / PRIOR_ROWS**0.5
        for effect in table.effects:
            effect.precision = draw_wishart(torch.zeros(k, k), 0, WEAK)
            spread = torch.linalg.cholesky(torch.linalg.inv(effect.precision))
            noise = torch.randn(len(effect.scale), k) @ spread.T
            effect.set_coefficients(effect.scale.sqrt()[:, None] * noise)
        table.values = table.prior_mean() + torch.randn(n, k) @ root.T


def simulate(state):
    """Ratings given the parameters."""
    left = state.user.values[state.users]
    right = state.item.values[state.items]
    state.score = (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]
    noise = torch.randn(len(state.z)) / (state.alpha * state.tau[state.users]).sqrt()
    state.z = state.score + state.offset + noise


@pytest.mark.full
def test_joint_distribution(double):
    """After Geweke (2004), Getting It Right: parameters drawn from the prior, and the same after
    sweeps whose data are drawn anew each time, have one distribution. Every trial starts from the
    prior again, so trials are independent: one long chain stays for thousands of sweeps where it
    is, and its error bars are too small."""
    torch.manual_seed(3)
    users, items = torch.tensor([0, 0, 1, 2, 2]), torch.tensor([0, 1, 1, 0, 1])
    train = Tensors(users, items, torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]))
    features = [torch.tensor([[1.0], [0.5]])]
    state = Chain(train, (3, 2), 1, features=((), features), sessions=LEVELS)
    change = []
    for _ in range(2500):
        from_the_prior(state)
        before = statistics(state)
        for _ in range(5):
            simulate(state)
            state.sweep()
        change.append(statistics(state) - before)
    change = torch.stack(change)
    z = change.mean(0) / (change.var(0) / len(change)).sqrt()
    assert z.abs().max() < 4, z


@pytest.mark.parametrize("ordinal", [False, True])
def test_planted_parameters_are_found_again(ordinal):
    torch.manual_seed(0)
    m, k, n = 60, 50, 2400
    q, p, bx, bi = torch.randn(m, 2), torch.randn(k, 2), torch.randn(m), torch.randn(k)
    truth = (q @ p.T + bx[:, None] + bi) / 2 + 3
    cells = torch.randperm(m * k)
    users, items = cells // k, cells % k
    ratings = truth[users, items] + 0.3 * torch.randn(m * k)
    if ordinal:
        ratings = ratings.round().clamp(1, 5)
    train = Tensors(users[:n], items[:n], ratings[:n])
    test = Tensors(users[n:], items[n:], ratings[n:])
    draws = gibbs(train, (m, k), rank=2, ordinal=ordinal)
    gap = evaluate.curve(draws, test, 300, burn_in=100)[-1]
    assert gap < (0.55 if ordinal else 0.36)  # rounding alone costs sqrt(1/12 + .09) = .42
    assert gap < 0.5 * ratings[n:].std().item()


def test_effects_explain_what_depends_on_features():
    """Movies without ratings are told apart by their features alone."""
    torch.manual_seed(0)
    X = torch.cat([torch.zeros(ITEMS, 1), torch.ones(ITEMS, 1)])
    users, items = torch.randint(0, USERS, (600,)), torch.randint(0, 2 * ITEMS - 2, (600,))
    items = items + (items >= ITEMS - 1).long()  # one movie of either kind stays unrated
    ratings = 3 + 1.5 * X[items, 0] + 0.3 * torch.randn(600)
    draws = gibbs(Tensors(users, items, ratings), (USERS, 2 * ITEMS), rank=1, item_features=[X])
    unrated = Tensors(torch.zeros(2).long(), torch.tensor([ITEMS - 1, 2 * ITEMS - 1]), X[:2, 0])
    found = evaluate.curve(draws, unrated, 215, burn_in=15, score=lambda p, r: p)[-1]
    assert found[1] - found[0] == pytest.approx(1.5, abs=0.4)


def test_a_draw_stays_as_it_is_while_the_chain_goes_on():
    draws, (users, items, _) = gibbs(data(), (USERS, ITEMS), rank=2, ordinal=True), data()
    first = next(draws)
    before = first(users, items)
    next(draws)
    assert torch.equal(first(users, items), before)


def test_a_session_of_its_own_is_expected_to_have_no_effect_but_is_less_sure():
    times = torch.arange(200) // 20
    draw = next(gibbs(data(), (USERS, ITEMS), rank=2, times=times, pauses=(0,)))
    users, items, _ = data()
    torch.testing.assert_close(draw(users, items), draw.factors(users, items))
    assert not torch.equal(draw(users, items, times), draw(users, items))
    assert torch.equal(draw(users, items, times + 10**6), draw(users, items))


def test_bad_arguments():
    train = data()
    with pytest.raises(ValueError, match="features have 3 rows, the table has 20"):
        gibbs(train, (USERS, ITEMS), user_features=[torch.ones(3, 1)])
    with pytest.raises(ValueError, match="need times="):
        gibbs(train, (USERS, ITEMS), pauses=(0,))
    with pytest.raises(ValueError, match=r"times \(3,\) must be of the users' shape"):
        next(gibbs(train, (USERS, ITEMS)))(*train[:2], torch.arange(3))
