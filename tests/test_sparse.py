"""The fast full-batch step: the same predictions and gradients as `P[items]`, only sooner."""

import pytest
import torch

from lecture_utils import EmbeddingFactorization, MatrixFactorization, fit, sparse
from lecture_utils.sparse import Rows, predictor

ROWS = torch.tensor([2, 0, 2, 1, 2, 0])  # in no order; row 3 has no rating
COLUMNS = torch.tensor([4, 1, 0, 3, 1, 2])


@pytest.fixture(params=[True, False], ids=["mkl", "without mkl"])
def mkl(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: False)


def test_dots_keep_the_order_of_the_ratings(mkl):
    torch.manual_seed(0)
    left, right = torch.randn(4, 3), torch.randn(5, 3)
    expected = torch.stack([left[r] @ right[c] for r, c in zip(ROWS, COLUMNS)])
    torch.testing.assert_close(Rows(ROWS, COLUMNS, 4, 5).dots(left, right), expected)


def test_matrix_holds_each_value_in_its_place():
    values = torch.arange(1.0, 7.0)
    dense = torch.zeros(4, 5)
    dense[ROWS, COLUMNS] = values
    assert torch.equal(Rows(ROWS, COLUMNS, 4, 5).matrix(values).to_dense(), dense)


def ratings(n=5000, num_users=90, num_items=70):
    torch.manual_seed(1)  # pairs come twice, too
    users, items = torch.randint(num_users, (n,)), torch.randint(num_items, (n,))
    return users, items, torch.randint(1, 6, (n,)).float()


@pytest.mark.parametrize("bias", [False, True])
def test_predictions_and_gradients(bias, mkl):
    users, items, stars = ratings()
    torch.manual_seed(0)
    model = MatrixFactorization(90, 70, rank=4, bias=bias, mean=3.5)
    found = []
    for predict in (predictor(model, users, items), lambda: model(users, items)):
        model.zero_grad()
        score = predict()
        (score - stars).square().mean().backward()
        found.append([score.detach(), *(p.grad.clone() for p in model.parameters())])
    for fast, slow in zip(*found):
        gap = (fast - slow).abs().max() / slow.abs().max()
        assert gap < 1e-5


def test_the_same_curve(monkeypatch):
    train, test, curves = ratings(), ratings(1000), []
    for least in (sparse.WORTHWHILE, 10**9):
        monkeypatch.setattr(sparse, "WORTHWHILE", least)
        torch.manual_seed(0)
        model = MatrixFactorization(90, 70, rank=4, bias=True, mean=3.5)
        l2 = {"P": 1e-4, "Q": 1e-4}
        curves.append(fit(model, train, test, epochs=300, lr=0.05, l2=l2))
    for fast, slow, rtol in (
        (curves[0].train_mse, curves[1].train_mse, 1e-4),
        (curves[0].test_mse, curves[1].test_mse, 1e-3),
    ):
        assert fast == pytest.approx(slow, rel=rtol)


def test_other_models_predict_as_ever():
    users, items, _ = ratings()
    model = EmbeddingFactorization(90, 70)
    assert torch.equal(predictor(model, users, items)(), model(users, items))


@pytest.mark.parametrize(
    ("rows", "columns", "error", "words"),
    [
        ([0, 4], [0, 0], IndexError, r"row ids must lie in 0\.\.3"),
        ([0, 1], [0, -1], IndexError, r"column ids must lie in 0\.\.4"),
        ([0, 1], [0], ValueError, r"rows \(2,\) and columns \(1,\)"),
        ([], [], ValueError, "not empty"),
    ],
)
def test_bad_ids(rows, columns, error, words):
    with pytest.raises(error, match=words):
        Rows(torch.tensor(rows).long(), torch.tensor(columns).long(), 4, 5)
