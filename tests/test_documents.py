"""The documents' own numbers, from the package's models. Exact ones hold on Linux x86-64 only."""

import pytest
import torch

from lecture_utils import EmbeddingFactorization, NeuralRecommender, check, fit, load_solo

SEED = 43052  # document 003's


@pytest.fixture(scope="module")
def solo():
    """The 63 known cells in row order: women (n,), men (n,), ratings (n,)."""
    cells = torch.tensor(load_solo().table.to_numpy())
    women, men = torch.nonzero(~cells.isnan(), as_tuple=True)
    return women, men, cells[women, men].float()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train(make, solo, epochs):
    torch.manual_seed(SEED)
    model = make(9, 8)
    return model, fit(model, solo, epochs=epochs)


def test_63_rows(solo):
    assert all(len(column) == 63 for column in solo)
    assert solo[0][:5].tolist() == [0] * 5 and solo[1][:5].tolist() == [1, 2, 3, 4, 5]


def test_embedding_weights():
    """003, 2.A: one_hot + Linear and Embedding with the same weight give the same numbers."""
    torch.manual_seed(SEED)
    linear = torch.nn.Linear(3, 1, bias=False)
    x = torch.tensor([0, 1, 2, 0, 1])
    from_one_hot = linear(torch.nn.functional.one_hot(x).float())
    embedding = torch.nn.Embedding.from_pretrained(linear.weight.detach().T)
    torch.testing.assert_close(from_one_hot, embedding(x), rtol=0, atol=1e-7)
    check.close(embedding.weight, "documents.embedding_weights")


def test_mf_predictions(solo):
    """003, 2.B prints what was predicted before the 100th step: after 99."""
    model, _ = train(EmbeddingFactorization, solo, 99)
    check.close(model(*solo[:2])[::4], "documents.mf_predictions")


def test_mf_blanks(solo):
    """What the document should have printed in place of the predictions of untrained layers."""
    model, _ = train(EmbeddingFactorization, solo, 100)
    blanks = model(torch.tensor([0, 7, 8]), torch.tensor([0, 7, 2]))
    check.close(blanks, [3.9848, 4.1530, 4.9012], atol=5e-4 if check.EXACT else 0.3)
    with pytest.raises(AssertionError):
        check.close(blanks, "documents.mf_blanks_untrained")


def test_deep_predictions(solo):
    """003, 4.A, solution 2, before the 1000th step."""
    model, _ = train(NeuralRecommender, solo, 999)
    printed = check.reference("documents.deep_predictions")["values"]
    check.close(model(*solo[:2])[::5], printed, rtol=0, atol=0.1 if check.EXACT else 0.25)


@pytest.mark.parametrize("seed", range(3))
def test_floor_of_the_linear_head(solo, seed):
    """One number per woman plus one per man cannot get under a train RMSE of 1.4154."""
    torch.manual_seed(seed)
    history = fit(NeuralRecommender(9, 8, hidden=()), solo, epochs=3000)
    assert 1.4153 < history.train_mse[-1] ** 0.5 < 1.42
    assert min(history.train_mse) ** 0.5 > 1.4153
