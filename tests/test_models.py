"""Predictions against numpy, bad input at the door.

EmbeddingFactorization and the order of the random draws are held by lectures 02 and 03, which
compare the models with those built by hand from the same seed.
"""

import numpy as np
import pytest
import torch

from lecture_utils import EmbeddingFactorization, MatrixFactorization, NeuralRecommender

USERS, ITEMS = torch.tensor([0, 2, 2, 1]), torch.tensor([3, 0, 1, 3])
MODELS = [
    lambda: MatrixFactorization(3, 4, rank=2),
    lambda: MatrixFactorization(3, 4, rank=2, bias=True, mean=3.5),
    lambda: EmbeddingFactorization(3, 4),
    lambda: NeuralRecommender(3, 4),
    lambda: NeuralRecommender(3, 4, hidden=()),
]


def arrays(model: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: p.detach().numpy().astype(float) for name, p in model.named_parameters()}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("bias", [False, True])
def test_matrix_factorization_by_hand(bias):
    model = MatrixFactorization(3, 4, rank=2, bias=bias, mean=3.5)
    w = arrays(model)
    expected = [w["P"][i] @ w["Q"][u] for u, i in zip(USERS, ITEMS)]
    if bias:
        expected += 3.5 + w["bias_item"][ITEMS] + w["bias_user"][USERS]
    np.testing.assert_allclose(model(USERS, ITEMS).detach(), expected, rtol=1e-5)


@pytest.mark.parametrize("hidden", [(), (15, 15)])
def test_neural_recommender_by_hand(hidden):
    model = NeuralRecommender(3, 4, rank=2, hidden=hidden)
    w = arrays(model)
    tables = ["user_features", "item_features", "user_bias", "item_bias"]
    z = np.concatenate([w[f"{t}.weight"][USERS if "user" in t else ITEMS] for t in tables], axis=1)
    assert z.shape == (4, 6)
    for n in range(len(hidden)):
        z = np.maximum(0, z @ w[f"mlp.{2 * n}.weight"].T + w[f"mlp.{2 * n}.bias"])
    last = 2 * len(hidden)
    z = z @ w[f"mlp.{last}.weight"].T + w[f"mlp.{last}.bias"]
    np.testing.assert_allclose(model(USERS, ITEMS).detach(), 5 * sigmoid(z[:, 0]), rtol=1e-5)


@pytest.mark.parametrize("make", MODELS)
def test_no_pairs(make):
    none = torch.tensor([], dtype=torch.long)
    assert make()(none, none).shape == (0,)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize(
    ("users", "items", "error", "words"),
    [
        ([3], [0], IndexError, "user id 3 is outside 0..2.*num_users"),
        ([-1], [0], IndexError, "user id -1"),
        ([0], [4], IndexError, "item id 4 is outside 0..3.*num_items"),
        ([0, 1], [0], ValueError, r"\(2,\).*\(1,\)"),
        ([[0]], [[0]], ValueError, r"\(1, 1\)"),
        ([0.0], [0], TypeError, "float32.*long"),
        ([True], [0], TypeError, "bool"),
    ],
)
def test_bad_ids_are_refused(make, users, items, error, words):
    with pytest.raises(error, match=words):
        make()(torch.tensor(users), torch.tensor(items))
