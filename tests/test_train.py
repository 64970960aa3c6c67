"""fit against a loop by hand; refusals. Same seed, same numbers: tests/methods/test_protocol.py."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils import MatrixFactorization, as_tensors, fit, sparse
from lecture_utils.train import mse


@pytest.fixture
def triples():
    generator = torch.Generator().manual_seed(0)
    pairs = torch.randperm(20 * 30, generator=generator)[:200]
    users, items = pairs // 30, pairs % 30
    ratings = torch.randint(1, 6, (200,), generator=generator).float()
    return (users[:150], items[:150], ratings[:150]), (users[150:], items[150:], ratings[150:])


def model(seed=0, **options):
    torch.manual_seed(seed)
    return MatrixFactorization(20, 30, rank=3, **options)


def test_is_the_documents_loop(triples):
    """Train before the step, test after it, penalties as lambda times the sum of squares."""
    (users, items, ratings), test = triples
    torch.manual_seed(0)
    P = torch.randn(30, 3, requires_grad=True)
    Q = torch.randn(20, 3, requires_grad=True)
    optimizer = torch.optim.Adam([P, Q], lr=0.03)  # not the default
    train_mse, test_mse = [], []
    for _ in range(50):
        cost = F.mse_loss((P[items] * Q[users]).sum(1), ratings)
        loss = cost + 1e-2 * (P**2).sum() + 2e-2 * (Q**2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_mse.append(cost.item())
        with torch.no_grad():
            test_mse.append(F.mse_loss((P[test[1]] * Q[test[0]]).sum(1), test[2]).item())
    history = fit(model(), triples[0], test, epochs=50, lr=0.03, l2={"P": 1e-2, "Q": 2e-2})
    np.testing.assert_allclose(history.train_mse, train_mse, rtol=1e-5)
    np.testing.assert_allclose(history.test_mse, test_mse, rtol=1e-5)


def test_history(triples, capsys):
    history = fit(model(), *triples, epochs=101, every=100)
    assert len(history.train_mse) == len(history.test_mse) == 101
    assert history.test_mse[history.best_epoch] == min(history.test_mse)
    assert capsys.readouterr().out.splitlines() == [
        f"epoch: {e:4d}, cost: {history.train_mse[e]:.6f}" for e in (0, 100)
    ]
    without = fit(model(), triples[0], epochs=1)
    assert without.test_mse == []
    with pytest.raises(ValueError, match="no test data"):
        _ = without.best_epoch


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"lr": 0}, "lr must be a positive number, not 0"),
        ({"lr": float("nan")}, "not nan"),
        ({"l2": {"p": 1e-4}}, "names 'p'; the parameters are P, Q"),
        ({"l2": {"P": -1}}, r"l2\['P'\] must be a number of at least 0, not -1"),
        ({"l2": {"P": float("inf")}}, "not inf"),
    ],
)
def test_bad_options_are_refused(triples, options, words):
    with pytest.raises(ValueError, match=words):
        fit(model(), triples[0], **options)


def test_frames_are_taken_as_they_are(triples):
    frame = pd.DataFrame(dict(zip(["user", "movie", "rating"], map(Tensor.numpy, triples[0]))))
    frame = frame.assign(user=frame["user"] + 1, movie=frame["movie"] + 1)
    one, two = (MatrixFactorization(*(n + 1 for n in model().size), 2) for _ in range(2))
    two.load_state_dict(one.state_dict())
    assert fit(one, frame, epochs=3).train_mse == fit(two, as_tensors(frame), epochs=3).train_mse


def test_a_last_step_that_diverges_is_told(triples):
    with pytest.raises(ValueError, match=r"led to a loss of (inf|nan); try an lr below 1e\+20"):
        fit(model(), triples[0], epochs=1, lr=1e20)


@pytest.mark.parametrize("worthwhile", [1, 1000], ids=["sparse", "plain"])
def test_bad_ratings_are_refused(triples, worthwhile, monkeypatch):
    monkeypatch.setattr(sparse, "WORTHWHILE", worthwhile)
    users, items, ratings = triples[0]
    with pytest.raises(IndexError, match="user id 19 is outside"):
        fit(MatrixFactorization(19, 30), (users, items, ratings))
    with pytest.raises(ValueError, match=r"\(150,\), ratings \(150, 1\)"):
        fit(model(), (users, items, ratings.reshape(-1, 1)))
    with pytest.raises(ValueError, match="ratings must be finite"):
        fit(model(), (users, items, ratings * float("nan")))
    with pytest.raises(
        ValueError, match=r"the loss became (inf|nan) at epoch \d; try an lr below 1e\+30"
    ):
        fit(model(), triples[0], lr=1e30)
    with pytest.raises(ValueError, match="no ratings"):
        mse(model(), (users[:0], items[:0], ratings[:0]))
