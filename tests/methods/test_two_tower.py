"""Two towers against their definition, and someone new against a known user."""

from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from lecture_utils.methods.interactions import BINARY
from lecture_utils.methods.two_tower import two_tower

SIZE = 20, 15
EVERYONE = torch.arange(20)


@pytest.fixture
def fields():
    torch.manual_seed(2)
    return [torch.randn(15, 3), torch.rand(15, 2)]


@pytest.fixture(params=[None, 6], ids=["linear", "hidden"])
def model(request, watched, fields):
    torch.manual_seed(0)
    models = two_tower(watched, SIZE, item_features=fields, rank=4, hidden=request.param)
    *_, model = islice(models, 2)
    return model


def test_linear_towers_are_two_tables(watched, fields):
    torch.manual_seed(0)
    model = next(two_tower(watched, SIZE, item_features=fields, rank=4, grades=BINARY))
    mine = watched.items[watched.users == 3].unique()
    read, say = model.user[1], model.item
    q = read.bias + read.weight[:, mine].sum(1) / len(mine) ** 0.5  # of length 1
    expected = torch.cat(fields, 1) @ say.weight.T @ q + say.bias @ q
    torch.testing.assert_close(model.table(torch.tensor([3]))[0], expected.detach())


def test_a_hidden_layer_bends_both_towers(watched, fields):
    models = two_tower(watched, SIZE, item_features=fields, rank=4, hidden=6)
    user, item = next(models).user[1], next(models).item
    assert [layer.out_features for layer in (user[0], user[2], item[0], item[2])] == [6, 4, 6, 4]
    with pytest.raises(ValueError, match="hidden must be a whole number of at least 1, not 0"):
        two_tower(watched, SIZE, item_features=fields, hidden=0)


def test_vectors_made_beforehand_give_the_same_scores(model):
    torch.testing.assert_close(model.freeze().table(EVERYONE), model.table(EVERYONE))
    found = model(torch.tensor([3, 3, 8]), torch.tensor([7, 0, 7]))
    table = model.table(torch.tensor([3, 8]))
    torch.testing.assert_close(found, torch.stack([table[0, 7], table[0, 0], table[1, 7]]))


def test_someone_new_is_scored_as_a_known_user_who_gave_the_same(watched, model):
    mine = watched.users == 3
    found = model.fold_in(watched.items[mine], watched.ratings[mine])
    torch.testing.assert_close(found, model.table(torch.tensor([3]))[0])


def test_dropout_hides_what_was_watched_in_training_alone(model):
    rows = F.normalize(model.interactions.rows(EVERYONE))
    assert model.user[0].p == 0.5 and torch.equal(model.user(rows), model.user(rows))
    model.train()
    assert not torch.equal(model.user(rows), model.user(rows))
