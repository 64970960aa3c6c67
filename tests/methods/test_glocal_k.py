"""GLocal-K against double loops, a dense computation by hand, and finite differences."""

from itertools import islice, product

import pytest
import torch

from lecture_utils import Tensors
from lecture_utils.methods.glocal_k import GLocalK, KernelLayer, glocal_k

SIZE = 5, 6  # users, items


@pytest.fixture
def train():
    """Make ratings for about half of the cells of a small table; one movie has none."""
    torch.manual_seed(1)
    known = torch.rand(SIZE) < 0.6
    known[:, 4] = False
    users, items = known.nonzero().T
    return Tensors(users, items, torch.randint(1, 6, (len(users),)).double())


def make(train, tuning):
    """Make a model whose kernels differ from cell to cell, some of them 0."""
    R = torch.zeros(*SIZE[::-1], dtype=torch.float64)
    R[train.items, train.users] = train.ratings
    model = GLocalK(R, hidden=4, kernel_dim=2).double()
    for layer in model.fill[::2]:
        for table in (layer.u, layer.v, layer.b):
            torch.nn.init.normal_(table, std=0.6)
    torch.nn.init.normal_(model.P, mean=0.02, std=0.05)
    model.tuning = tuning
    return model


def loop_kernel(layer):
    """Compute a local kernel entry by entry."""
    rows = [[max(0.0, 1 - ((u - v) ** 2).sum().item()) for v in layer.v] for u in layer.u]
    return torch.tensor(rows, dtype=torch.float64)


def fill(model, x):
    """Send a table through the three layers."""
    one, two, out = model.fill[::2]
    one, two, out = ((layer.W * loop_kernel(layer), layer.b) for layer in (one, two, out))
    hidden = torch.sigmoid(torch.sigmoid(x @ one[0] + one[1]) @ two[0] + two[1])
    return hidden @ out[0] + out[1]


def convolve(model):
    """Convolve the ratings cell by cell; outside the table there is nothing."""
    means = fill(model, model.R).mean(1)
    K = sum(mean * row for mean, row in zip(means, model.P)).view(3, 3)
    found = torch.zeros_like(model.R)
    for i, j, a, b in product(*map(range, (*found.shape, 3, 3))):
        if 0 <= i + a - 1 < len(found) and 0 <= j + b - 1 < found.shape[1]:
            found[i, j] += (K[a, b] * model.R[i + a - 1, j + b - 1]).item()
    return found.clamp(min=0)


def by_hand(model):
    return fill(model, convolve(model) if model.tuning else model.R)


def test_the_local_kernel_is_that_of_a_double_loop(train):
    for layer in make(train, tuning=False).fill[::2]:
        found = layer.kernel()
        assert 0 < (found == 0).sum() < found.numel()  # both branches of the maximum
        torch.testing.assert_close(found, loop_kernel(layer))


def test_a_new_layer_has_a_kernel_near_1_that_can_learn():
    layer = KernelLayer(30, 20, kernel_dim=5)
    torch.testing.assert_close(layer.kernel(), torch.ones(30, 20), rtol=0, atol=1e-3)
    assert layer.u.any() and layer.v.any()  # at u = v = 0 the kernel would have no slope


@pytest.mark.parametrize("tuning", [False, True])
def test_predictions_are_those_of_a_computation_by_hand(train, tuning):
    model = make(train, tuning)
    expected = by_hand(model).detach()
    users, items = torch.cartesian_prod(*map(torch.arange, SIZE)).T
    torch.testing.assert_close(model(users, items).detach(), expected[items, users])
    torch.testing.assert_close(model.table(torch.tensor([3, 0])), expected.T[[3, 0]])


@pytest.mark.parametrize("tuning", [False, True])
def test_the_cost_is_that_of_the_paper_doubled(train, tuning):
    model = make(train, tuning)
    errors = sum(
        (by_hand(model)[i, u] - r).item() ** 2 / 2
        for u, i, r in zip(*map(torch.Tensor.tolist, train))
    )
    weights = sum(20 / 2 * layer.W.square().sum().item() for layer in model.fill[::2])
    sparsity = sum(0.6 / 2 * loop_kernel(layer).square().sum().item() for layer in model.fill[::2])
    found = model.cost(train, ridge=20.0, ridge_kernel=0.6).item()
    assert found == pytest.approx(2 * (errors + weights + sparsity))


@pytest.mark.parametrize("tuning", [False, True])
def test_the_gradient_of_the_cost_is_that_of_finite_differences(train, tuning):
    model = make(train, tuning)
    model.cost(train, 2.0, 0.5).backward()
    for name, table in model.named_parameters():
        if name == "P" and not tuning:
            assert table.grad is None  # the global kernel is not in use yet
            continue
        direction = torch.randn_like(table)
        step = 1e-6 * direction
        with torch.no_grad():
            table += step
            above = model.cost(train, 2.0, 0.5)
            table -= 2 * step
            below = model.cost(train, 2.0, 0.5)
            table += step
        slope = ((above - below) / 2e-6).item()
        assert (table.grad * direction).sum().item() == pytest.approx(slope, rel=1e-4), name


def test_it_learns_the_table_by_heart_if_nothing_holds_it_back(train):
    torch.manual_seed(0)
    free = {"hidden": 10, "ridge": 0.0, "ridge_kernel": 0.0, "iterations": 10}
    train = train._replace(ratings=train.ratings.float())
    for pretrain in (10, 1):  # before and after it reads the convolved table
        *_, model = islice(glocal_k(train, SIZE, pretrain=pretrain, **free), 10)
        assert (model(train.users, train.items) - train.ratings).abs().max() < 0.05


def test_a_movie_without_ratings_is_predicted_and_the_cost_falls(train):
    torch.manual_seed(0)
    train = train._replace(ratings=train.ratings.float())
    models = glocal_k(train, SIZE, hidden=10, ridge=1.0, pretrain=3, iterations=3)
    costs, tuning = [], []
    for model in islice(models, 6):
        costs.append(model.cost(train, 1.0, 0.006).item())
        tuning.append(model.tuning)
        assert model.table(torch.arange(SIZE[0])).isfinite().all()
    assert tuning == [False] * 3 + [True] * 3
    assert costs[:3] == sorted(costs[:3], reverse=True)
    assert costs[3:] == sorted(costs[3:], reverse=True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden": 0}, "hidden must be a whole number of at least 1, not 0"),
        ({"kernel_dim": 2.5}, "kernel_dim must be a whole number of at least 1, not 2.5"),
        ({"pretrain": 0}, "pretrain must be a whole number of at least 1, not 0"),
        ({"iterations": 0}, "iterations must be a whole number of at least 1, not 0"),
        ({"ridge_kernel": -1.0}, "ridge_kernel must be a number of at least 0, not -1"),
    ],
)
def test_bad_settings_are_refused_at_the_call(train, settings, words):
    with pytest.raises(ValueError, match=words):
        glocal_k(train, SIZE, **settings)
