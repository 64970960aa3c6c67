"""MultVAE: its divergence against torch's, its loss against the formula, what it reads."""

from itertools import islice
from unittest.mock import Mock

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal
from torch.distributions import kl_divergence as divergence

from lecture_utils.methods.interactions import GRADED, Interactions
from lecture_utils.methods.mult_vae import MultVAE, kl_divergence, mult_vae, negative_elbo

SIZE = 20, 15  # of the table that was watched


@pytest.fixture
def model(watched):
    torch.manual_seed(0)
    return MultVAE(Interactions(watched, SIZE, GRADED), hidden=4, rank=3, drop=0.5)


def test_the_divergence_is_that_of_torch():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(2, 7, 3)
    found = kl_divergence(mean, log_variance)
    exact = divergence(Normal(mean, log_variance.exp().sqrt()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(found, exact)


def test_the_loss_is_the_formula(model):
    model.eval()  # no dropout
    rows = model.interactions.rows(torch.arange(20))
    torch.manual_seed(3)
    found = negative_elbo(model, rows, beta=0.3)
    torch.manual_seed(3)
    read = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-9)
    mean, log_variance = model.encoder(read).split(3, dim=1)
    z = Normal(mean, log_variance.exp().sqrt()).rsample()
    likelihood = F.cross_entropy(model.out(model.decoder(z)), rows, reduction="none")
    kl = divergence(Normal(mean, log_variance.exp().sqrt()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(found, (likelihood + 0.3 * kl).mean())


def test_a_draw_has_the_mean_and_the_spread_that_the_encoder_says(model, monkeypatch):
    means, log_variances = torch.tensor([[1.0, -2.0, 0.0]]), torch.tensor([[0.0, 2.0, -2.0]])
    seen = []
    monkeypatch.setattr(model, "encode", lambda rows: (means, log_variances))
    model.decoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    torch.manual_seed(0)
    for _ in range(4000):
        negative_elbo(model, torch.ones(1, 15), 0.2)
    draws = torch.cat(seen)
    torch.testing.assert_close(draws.mean(0), means[0], rtol=0, atol=0.2)
    torch.testing.assert_close(draws.std(0), (log_variances[0] / 2).exp(), rtol=0.1, atol=0)


def test_dropout_hides_what_is_read_in_training_alone(model):
    rows, seen = torch.ones(400, 15), []
    model.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    torch.manual_seed(0)
    model.train().encode(rows)
    model.eval().encode(rows)
    assert {round(x, 4) for x in seen[0].flatten().tolist()} == {0.0, round(2 / 15**0.5, 4)}
    torch.testing.assert_close(seen[1], F.normalize(rows))


def test_the_weight_of_the_divergence_is_annealed(watched, monkeypatch):
    spy = Mock(wraps=negative_elbo)
    monkeypatch.setitem(mult_vae.__globals__, "negative_elbo", spy)
    [*islice(mult_vae(watched, SIZE, hidden=4, rank=2, beta=0.4, anneal=4), 6)]
    found = [call.args[2] for call in spy.call_args_list]
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_folding_in_reads_the_row_of_a_known_user(watched, model):
    model.eval()
    for user in (1, 3):
        mine = watched.users == user
        found = model.fold_in(watched.items[mine], watched.ratings[mine])
        torch.testing.assert_close(found, model.table(torch.tensor([user]))[0])
    nobody = model.fold_in(watched.items[:0], watched.ratings[:0])
    torch.testing.assert_close(nobody, model.table(torch.tensor([0]))[0])


def test_it_learns_the_table_by_heart_if_nothing_holds_it_back(watched):
    torch.manual_seed(0)
    free = {"beta": 0.0, "drop": 0.0, "hidden": 30, "rank": 10, "lr": 0.01}
    *_, model = islice(mult_vae(watched, SIZE, **free), 300)
    X = Interactions(watched, SIZE, GRADED).rows(torch.arange(1, 20))
    chances = model.table(torch.arange(1, 20)).softmax(1)
    assert (chances - X / X.sum(1, keepdim=True)).abs().max() < 0.1
