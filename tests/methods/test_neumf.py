"""NeuMF: its two halves, and minibatches that learn what cannot be a sum."""

import pytest
import torch

from lecture_utils.methods.neumf import NeuMF, fit_minibatches


def test_the_product_half_alone_is_a_weighted_dot_product():
    torch.manual_seed(0)
    model = NeuMF(5, 4, mean=3.0, rank=3).eval()
    with torch.no_grad():
        model.head.weight[:, 3:] = 0  # what the network says is not heard
    users, items = torch.tensor([0, 4, 2]), torch.tensor([3, 0, 1])
    p, q = model.item.weight[items, :3], model.user.weight[users, :3]
    expected = 3.0 + (p * q) @ model.head.weight[0, :3] + model.head.bias
    torch.testing.assert_close(model(users, items), expected)


def taste():
    """Users of two kinds, movies of two kinds: a rating is high where they match."""
    torch.manual_seed(1)
    users, items = torch.randint(0, 30, (2000,)), torch.randint(0, 20, (2000,))
    return users, items, 3.0 + 1.5 * (2 * ((users + items) % 2) - 1).float()


def test_minibatches_learn():
    train = taste()
    torch.manual_seed(0)
    model = NeuMF(30, 20, mean=3.0, drop=0.0)
    fit_minibatches(model, train, epochs=60, lr=0.01, batch=256, weight_decay=0.0)
    gap = model(train[0], train[1]) - train[2]
    assert not model.training
    assert gap.square().mean() < 0.1  # a constant, or any sum of biases, has 2.25


def test_same_seed_same_model():
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        model = NeuMF(30, 20, mean=3.0)
        fit_minibatches(model, undisturbed_taste(), epochs=1)
        found.append(model.head.weight.clone())
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


def undisturbed_taste():
    """The same ratings; making them must not disturb the generator."""
    with torch.random.fork_rng():
        return taste()


@pytest.mark.parametrize("bad", [{"epochs": 0}, {"epochs": 1, "batch": 0}])
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match="must be at least 1"):
        fit_minibatches(NeuMF(30, 20, mean=3.0), taste(), **bad)


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        (torch.full((3,), float("nan")), "ratings must be finite"),
        (torch.ones(0), "at least one"),
        (torch.ones(3, 1), "make both"),  # which would become (3, 3)
    ],
)
def test_bad_ratings(ratings, said):
    ids = torch.arange(len(ratings))
    with pytest.raises(ValueError, match=said):
        fit_minibatches(NeuMF(5, 4, mean=3.0), (ids, ids, ratings), epochs=1)
