"""Top-N against sorting by hand, fold-in at its edges: lecture 04 solves it by hand."""

import pytest
import torch

from lecture_utils import EmbeddingFactorization, MatrixFactorization
from lecture_utils.recommend import fold_in, top_n
from tests.devices import HERE, AssertHelpersFollow


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MatrixFactorization(4, 30, rank=3, bias=True, mean=3.5)


def test_nothing_is_known_of_someone_without_ratings(model):
    q, b = fold_in(model, torch.tensor([], dtype=torch.long), torch.tensor([]), ridge=9.0)
    assert q.tolist() == [0.0, 0.0, 0.0] and b.item() == 0.0


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": MatrixFactorization(4, 30, rank=3)}, ValueError, "bias=True"),
        ({"model": EmbeddingFactorization(4, 30)}, ValueError, "bias=True"),
        ({"ratings": [1.0, 2.0]}, ValueError, r"items have shape \(1,\), ratings \(2,\)"),
        ({"ridge": 0}, ValueError, "ridge must be positive, not 0"),
        ({"ridge_bias": 0.0}, ValueError, "ridge_bias must be positive, not 0.0"),
        ({"ratings": [float("nan")]}, ValueError, "finite"),
        ({"items": [-1]}, IndexError, "item id -1 is outside 0..29"),
        ({"items": [30]}, IndexError, "item id 30 is outside 0..29"),
        ({"items": [1.0]}, TypeError, "item ids must be integers, not torch.float32"),
    ],
)
def test_fold_in_refuses(model, change, error, words):
    given = {"model": model, "items": [1], "ratings": [1.0], "ridge": 9.0} | change
    given |= {name: torch.tensor(given[name]) for name in ("items", "ratings")}
    with pytest.raises(error, match=words):
        fold_in(**given)


@pytest.mark.parametrize("ridge_bias", [None, 0.5, 40.0])
def test_fold_in_solves_the_normal_equations(model, ridge_bias):
    """The gradient of the penalised sum of squares, written out, is 0 in each coordinate."""
    items, ratings = torch.tensor([1, 2, 7, 29]), torch.tensor([4.0, 5.0, 1.0, 2.5])
    with torch.no_grad():
        model.bias_item.normal_()
        q, b = fold_in(model, items, ratings, 3.0, ridge_bias)
        P = model.P[items]
        errors = ratings - model.mean - model.bias_item[items] - P @ q - b
        torch.testing.assert_close(P.T @ errors, 3.0 * q)
        torch.testing.assert_close(errors.sum(), (ridge_bias or 3.0) * b)


def test_fold_in_takes_ratings_of_any_type(model):
    items, ratings = torch.tensor([1, 2]), torch.tensor([4, 5])
    q, b = fold_in(model, items, ratings, 9.0)
    again = fold_in(model, items, ratings.double(), 9.0)
    assert torch.equal(q, again[0]) and torch.equal(b, again[1])


SCORES, NONE = torch.tensor([9.0, 1.0, 5.0, -2.0, 4.0, 3.0]), torch.tensor([], dtype=torch.long)
OFFERED = torch.arange(1, 6)


def test_top_n():
    assert top_n(SCORES, torch.tensor([2]), OFFERED, 3).tolist() == [4, 5, 1]
    assert top_n(SCORES, NONE, OFFERED, 5).tolist() == [2, 4, 5, 1, 3]
    assert top_n(SCORES, NONE, torch.tensor([5, 0, 3]), 3).tolist() == [0, 5, 3]
    counts = torch.tensor([3, 9, 9, 1])  # of a type that has no NaN
    assert top_n(counts, NONE, torch.arange(4), 2).tolist() == [1, 2]


def test_the_lower_id_comes_first_among_equals():
    torch.manual_seed(0)
    scores = torch.randint(0, 4, (500,)).float()
    found = top_n(scores, torch.tensor([3, 4]), torch.randperm(500), 498).tolist()
    assert found == sorted(set(range(500)) - {3, 4}, key=lambda i: (-scores[i].item(), i))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"n": 0}, ValueError, "from 1 to 5, the items not seen, not 0"),
        ({"n": 5, "seen": torch.tensor([2])}, ValueError, "from 1 to 4, the items not seen, not 5"),
        *(
            ({name: torch.tensor([bad])}, IndexError, f"item id {bad} is outside 0..5")
            for name in ("seen", "offered")
            for bad in (-1, 6)
        ),
        ({"scores": SCORES.reshape(2, 3)}, ValueError, r"not \(2, 3\): take one row"),
    ],
)
def test_top_n_refuses(change, error, words):
    with pytest.raises(error, match=words):
        top_n(**{"scores": SCORES, "seen": NONE, "offered": OFFERED, "n": 1} | change)


def test_top_n_refuses_nan():
    scores = torch.tensor([float("nan"), 0.0, float("nan"), float("nan")])
    with pytest.raises(ValueError, match="2 NaN"):
        top_n(scores, torch.tensor([1]), torch.arange(1, 4), 1)
    assert top_n(scores, torch.tensor([2, 3]), torch.arange(1, 4), 1).tolist() == [1]


def test_everything_works_where_its_input_lives(model):
    scores, none, catalogue = (tensor.to(HERE) for tensor in (SCORES, NONE, OFFERED))
    items, ratings = torch.tensor([1, 2], device=HERE), torch.tensor([4.0, 5.0], device=HERE)
    model.to(HERE)
    with AssertHelpersFollow():
        assert top_n(scores, none, catalogue, 2).device.type == HERE
        assert fold_in(model, items, ratings, 9.0)[0].device.type == HERE
