"""Softmax MF: its loss against PyTorch's, its gradient, its fold-in against the optimum."""

from itertools import islice

import torch
import torch.nn.functional as F

from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import BINARY, GRADED, LINEAR, Interactions, grade
from lecture_utils.methods.samplers import find_positives
from lecture_utils.methods.softmax_mf import (
    SoftmaxFactors,
    softmax_loss,
    softmax_losses,
    softmax_mf,
)
from lecture_utils.methods.tables import start_tables
from tests.methods import circles

SIZE = 20, 15  # of the table that was watched


def test_the_loss_is_the_cross_entropy_of_each_interaction(watched):
    torch.manual_seed(0)
    X, scores = Interactions(watched, SIZE, BINARY), torch.randn(SIZE)
    found = softmax_loss(scores, X.rows(torch.arange(20)))
    each = F.cross_entropy(scores[watched.users], watched.items, reduction="none")  # (n,)
    torch.testing.assert_close(found, torch.zeros(20).index_add(0, watched.users, each))
    assert found[0] == 0  # she watched nothing
    strengths = torch.rand(SIZE)
    graded = F.cross_entropy(scores, strengths, reduction="none")  # the targets as chances
    torch.testing.assert_close(softmax_loss(scores, strengths), graded)


def test_all_users_at_once_give_the_loss_of_the_docstring(watched):
    torch.manual_seed(0)
    tables = start_tables(find_positives(watched, GRADED), SIZE, 3)
    X = Interactions(watched, SIZE, GRADED)
    (found,) = softmax_losses(tables, X, batch=30, ridge=0.5)
    user, item, bias = tables
    whole = F.cross_entropy(user @ item.T + bias, X.rows(torch.arange(20)), reduction="sum")
    squares = user.square().sum() + item.square().sum()
    torch.testing.assert_close(found, (whole + 0.5 * squares) / X.values.sum())


def test_batches_estimate_the_whole(watched):
    torch.manual_seed(0)
    tables, X = start_tables(watched, SIZE, 3), Interactions(watched, SIZE, LINEAR)
    (whole,) = softmax_losses(tables, X, batch=20, ridge=0.5)
    parts = [*softmax_losses(tables, X, batch=5, ridge=0.5)]
    torch.testing.assert_close(sum(parts) / 4, whole)


def test_dropout_leaves_out_factors_of_users(watched, monkeypatch):
    seen, dropout = [], F.dropout
    monkeypatch.setattr(F, "dropout", lambda x, p: seen.append((x.shape, p)) or dropout(x, p))
    models = softmax_mf(watched, SIZE, rank=3, drop=0.25)
    model = next(models)
    model.table(torch.arange(20))
    assert seen == [((20, 3), 0.25)]


def test_folding_in_finds_the_best_factors_for_her(watched):
    """Without dropout it is the optimum: no factors nearby do better."""
    torch.manual_seed(0)
    *_, model = islice(softmax_mf(watched, SIZE, rank=3, drop=0.0, ridge=0.3, grades=GRADED), 30)
    items, stars = torch.tensor([0, 3]), torch.tensor([5.0, 4.0])
    q = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([q], max_iter=200, line_search_fn="strong_wolfe")
    strengths = torch.zeros(1, 15).index_put((torch.tensor(0), items), torch.tensor([1.0, 0.6]))

    def cost():
        optimizer.zero_grad()
        scores = q @ model.item[:, :-1].T + model.item[:, -1]
        loss = softmax_loss(scores[None], strengths).sum() + 0.3 * q.square().sum()
        loss.backward()
        return loss

    optimizer.step(cost)
    expected = (q @ model.item[:, :-1].T + model.item[:, -1]).detach()
    torch.testing.assert_close(model.fold_in(items, stars), expected, rtol=1e-3, atol=1e-3)
    nobody = model.fold_in(items[:0], stars[:0])
    torch.testing.assert_close(nobody, model.item[:, -1])


def test_who_watched_a_lot_is_folded_in_to_the_end():
    """3000 ratings, without dropout, against a long optimization in double precision."""
    torch.manual_seed(0)
    item, items = torch.randn(4000, 17), torch.randperm(4000)[:3000]
    stars = (3 + 2 * torch.tanh(item[items, 0])).round()  # by a taste that the factors know
    model = SoftmaxFactors(DotProduct(torch.zeros(1, 17), item), 1.5, 0.0, LINEAR)
    P, bias, strengths = item[:, :-1].double(), item[:, -1].double(), grade(stars, LINEAR).double()
    q = P.new_zeros(16).requires_grad_()
    optimizer = torch.optim.LBFGS([q], max_iter=1000, line_search_fn="strong_wolfe")

    def cost():
        optimizer.zero_grad()
        chances = (P @ q + bias).log_softmax(0)
        loss = 1.5 * q.square().sum() - strengths @ chances[items]
        loss.backward()
        return loss

    optimizer.step(cost)
    expected = (P @ q + bias).detach().float()
    torch.testing.assert_close(model.fold_in(items, stars), expected, rtol=1e-3, atol=1e-3)


def test_folding_in_gives_about_what_training_would_give(watched):
    """A user of the training set, dropout and all: her list as it was trained."""
    torch.manual_seed(0)
    *_, model = islice(softmax_mf(watched, SIZE, rank=8, ridge=0.1), 400)
    for user in range(1, 20):
        mine = watched.users == user
        found = model.fold_in(watched.items[mine], watched.ratings[mine])
        trained = model.table(torch.tensor([user]))[0]
        assert torch.corrcoef(torch.stack([found, trained]))[0, 1] > 0.9


def test_an_item_without_interactions_sinks(watched):
    chances = []
    for lr, epochs in ((1e-12, 1), (0.015, 100)):
        torch.manual_seed(0)
        *_, model = islice(softmax_mf(watched, SIZE, rank=3, lr=lr), epochs)
        chances.append(model.table(torch.arange(20)).softmax(1)[:, 0])
    before, after = chances
    assert (after < before / 2).all()


def test_it_finds_the_item_that_is_missing():
    torch.manual_seed(0)
    train = circles.make_circles()
    *_, model = islice(softmax_mf(train, circles.SIZE, rank=4), 100)
    assert circles.find_best(model, train) == [*range(16)]
