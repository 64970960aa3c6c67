"""The fast full-batch step: the same predictions and gradients as `P[items]`, only sooner."""

from functools import partial

import pytest
import torch

from lecture_utils import EmbeddingFactorization, MatrixFactorization, fit, sparse
from lecture_utils.sparse import Rows, squared_error
from lecture_utils.train import mse

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


def ratings(n=5000, num_users=90, num_items=70):
    torch.manual_seed(1)  # pairs come twice, too
    users, items = torch.randint(num_users, (n,)), torch.randint(num_items, (n,))
    return users, items, torch.randint(1, 6, (n,)).float()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("rank", "bias"), [(4, False), (4, True), (16, False), (15, True)])
def test_errors_and_gradients(rank, bias, dtype, mkl):
    data = ratings()
    torch.manual_seed(0)
    model = MatrixFactorization(90, 70, rank=rank, bias=bias, mean=3.5).to(dtype)
    fast = squared_error(model, *data)
    for _ in range(2):  # the second time it overwrites what the first has left
        found = []
        for error in (partial(mse, model, data), fast):
            model.zero_grad()
            cost = error()
            (3 * cost).backward()
            found.append([cost.detach(), *(p.grad.clone() for p in model.parameters())])
        for slow, quick in zip(*found):
            assert slow.dtype == quick.dtype
            assert (slow - quick).abs().max() / slow.abs().max() < 1e-5
        with torch.no_grad():
            for p in model.parameters():
                p -= p.grad


def test_backward_refuses_errors_of_a_later_call():
    fast = squared_error(MatrixFactorization(90, 70), *ratings())
    cost = fast()
    fast()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.backward()


def test_the_same_curve(monkeypatch):
    train, test, curves, calls, fused = ratings(), ratings(1000), [], [], []
    apply, adam = sparse.MeanSquare.apply, torch.optim.Adam
    monkeypatch.setattr(sparse.MeanSquare, "apply", lambda *a: calls.append(a) or apply(*a))
    monkeypatch.setattr(
        torch.optim, "Adam", lambda *a, **k: fused.append(k["fused"]) or adam(*a, **k)
    )
    for least in (sparse.WORTHWHILE, 10**9):
        monkeypatch.setattr(sparse, "WORTHWHILE", least)
        torch.manual_seed(0)
        model = MatrixFactorization(90, 70, rank=4, bias=True, mean=3.5)
        curves.append(fit(model, train, test, epochs=300, lr=0.05, l2=dict.fromkeys("PQ", 1e-4)))
    assert len(calls) == 2 * 300  # train and test, of the first fit only
    assert fused == [True, None]
    fast, slow = curves
    assert fast.train_mse == pytest.approx(slow.train_mse, rel=1e-4)
    assert fast.test_mse == pytest.approx(slow.test_mse, rel=1e-3)


class Rounded(MatrixFactorization):
    def forward(self, users, items):
        return super().forward(users, items).round()


def test_what_goes_the_plain_way():
    users, items, stars = ratings()
    model, other = MatrixFactorization(90, 70), MatrixFactorization(90, 70)
    assert squared_error(model, users, items, stars) is not None
    assert squared_error(model, users[:999], items[:999], stars[:999]) is None
    # Other classes, another type, not on the CPU:
    for each in (EmbeddingFactorization(90, 70), Rounded(90, 70), other.half(), model.to("meta")):
        assert squared_error(each, users, items, stars) is None


def test_whole_stars_and_short_ids():
    """Ratings and ids may be integers, as a table of MovieLens has them."""
    users, items, stars = ratings()
    model = MatrixFactorization(90, 70)
    expected = mse(model, (users, items, stars))
    torch.testing.assert_close(squared_error(model, users.int(), items, stars.long())(), expected)
    rows = Rows(30_000 * ROWS.int(), COLUMNS.int(), 100_000, 100_000)  # more than 2^31 cells
    assert torch.equal(rows.column, torch.tensor([1, 2, 3, 0, 1, 4]).int())


@pytest.mark.parametrize(
    ("rows", "columns", "error", "words"),
    [
        ([0, 4], [0, 0], IndexError, r"row ids must lie in 0\.\.3"),
        ([0, 1], [0, -1], IndexError, r"column ids must lie in 0\.\.4"),
        ([0, 1], [0], ValueError, r"rows have shape \(2,\), columns \(1,\)"),
        ([], [], ValueError, "no ratings to make"),
    ],
)
def test_bad_ids(rows, columns, error, words):
    with pytest.raises(error, match=words):
        Rows(torch.tensor(rows).long(), torch.tensor(columns).long(), 4, 5)


def test_the_starts_of_rows_are_whole_numbers_however_many(monkeypatch):
    """Single precision knows no odd number above 2 ** 24."""
    ids, counted = torch.zeros(3, dtype=torch.long), torch.tensor([16_777_217])
    monkeypatch.setattr(torch, "bincount", lambda *_, **__: counted)
    assert Rows(ids, ids, 1, 1).start.tolist() == [0, 16_777_217]
