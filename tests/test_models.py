"""Predictions against numpy, bad input at the door.

The embedding models and the order of the random draws are held by lectures 02 and 03, which compare
the curves of models with those of models built by hand from the same seed.
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


@pytest.mark.parametrize("bias", [False, True])
def test_matrix_factorization_by_hand(bias):
    model = MatrixFactorization(3, 4, rank=2, bias=bias, mean=3.5)
    w = arrays(model)
    expected = [w["P"][i] @ w["Q"][u] for u, i in zip(USERS, ITEMS)]
    if bias:
        expected += 3.5 + w["bias_item"][ITEMS] + w["bias_user"][USERS]
    np.testing.assert_allclose(model(USERS, ITEMS).detach(), expected, rtol=1e-5, atol=1e-6)


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
