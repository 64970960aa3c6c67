"""Tables of factors: their start, their scores, and the models made of them."""

from itertools import islice

import torch

from lecture_utils.methods.bpr import bpr
from lecture_utils.methods.interactions import BINARY
from lecture_utils.methods.samplers import find_positives
from lecture_utils.methods.tables import descend, start_tables

SIZE = 20, 15  # of the table that was watched


def start(watched):
    torch.manual_seed(0)
    return start_tables(find_positives(watched, BINARY), SIZE, rank=3)


def test_biases_start_at_the_logarithm_of_how_much_an_item_was_watched(watched):
    bias = start(watched).bias.detach()
    counts = watched.items.bincount(minlength=15).float()
    torch.testing.assert_close((bias - bias[0]).exp(), counts + 1)  # nobody watched item 0
    assert abs(float(bias.mean())) < 1e-6


def test_who_watched_nothing_gets_the_biases(watched):
    tables = start(watched)
    assert (tables.user != 0).all(1).tolist() == [False] + 19 * [True]  # user 0 has no ratings
    model = next(bpr(watched, SIZE, rank=3))
    torch.testing.assert_close(model.table(torch.tensor([0]))[0], model.item[:, -1])


def test_the_squares_are_those_of_what_is_looked_up(watched):
    tables = start(watched)
    found = tables.squares(watched.users, watched.items)
    rows = tables.user[watched.users], tables.item[watched.items]
    torch.testing.assert_close(found, sum(table.square().sum() for table in rows))


def test_frozen_tables_score_as_they_do_and_stay(watched):
    tables = start(watched)
    users, items, others = torch.cartesian_prod(*map(torch.arange, (20, 15, 15))).T
    model, expected = tables.freeze(), tables.compare(users, items, others).detach()
    torch.testing.assert_close(model(users, items) - model(users, others), expected)
    *_, kept = islice(descend(tables, 0.1, lambda: [tables.bias.sum()], tables.freeze), 2)
    torch.testing.assert_close(model.item[:, -1], kept.item[:, -1] + 0.2)  # Adam: lr a step
