"""Sequences: pieces against the histories, attention against PyTorch's, and no look ahead."""

from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from lecture_utils import Tensors
from lecture_utils.methods.gru4rec import gru4rec
from lecture_utils.methods.histories import Histories
from lecture_utils.methods.sasrec import attend, sasrec
from lecture_utils.methods.sequences import (
    LOSSES,
    NO_ANSWER,
    compare_with_one,
    cut_pieces,
    draw_ends,
)

NUM_ITEMS = 12
SMALL = {"rank": 8, "length": 5, "drop": 0.0}
NETWORKS = [gru4rec, sasrec]


@pytest.fixture
def circle():
    """Each of 29 users walks round a circle of items: item i is followed by i + 1."""
    torch.manual_seed(0)
    counts = torch.randint(2, 10, (29,))
    users = torch.repeat_interleave(torch.arange(1, 30), counts)
    place = torch.cat([torch.arange(n) for n in counts])
    items = (users + place) % NUM_ITEMS
    return Tensors(users, items, torch.full((len(users),), 4.0)), place


def start(method, circle, **settings):
    torch.manual_seed(0)
    train, times = circle
    return method(train, (31, NUM_ITEMS), times=times, **SMALL, **settings)


@pytest.mark.parametrize("length", [3, 5, 20])
def test_each_item_but_the_first_is_asked_for_once(circle, length):
    histories = Histories(*circle, (31, NUM_ITEMS))
    pieces, answers, owners = cut_pieces(histories, length, NUM_ITEMS)
    asked = answers != NO_ANSWER
    assert asked.sum() == len(circle[1]) - 29
    assert torch.equal(answers[asked], (pieces[asked] + 1) % NUM_ITEMS)
    items = torch.cat([pieces[owners == u].flatten() for u in range(31)])
    assert torch.equal(items[items < NUM_ITEMS], histories.items)
    if length == 20:
        assert len(pieces) == 29  # what fits is not cut


def test_the_ends_are_the_last_items(circle):
    histories = Histories(*circle, (31, NUM_ITEMS))
    for end in draw_ends(histories, 4, NUM_ITEMS):
        for user in range(31):
            own = histories.items[histories.users == user][-4:].tolist()
            assert end[user].tolist() == [NUM_ITEMS] * (4 - len(own)) + own


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("method", NETWORKS)
def test_it_learns_to_walk_on(method, loss, circle):
    """With one drawn item not to the end: some items are hardly ever drawn against each other."""
    *_, model = islice(start(method, circle, loss=loss, lr=0.005), 150)
    histories = Histories(*circle, (31, NUM_ITEMS))
    last = histories.items[histories.starts[2:-1] - 1]
    scores = model.table(torch.arange(31))
    scores[histories.users, histories.items] = -torch.inf  # never drawn, so never compared
    found = scores[1:30].argmax(1)
    share = (found == (last + 1) % NUM_ITEMS).float().mean()
    assert share > (0.9 if loss == "softmax" else 0.7)  # by chance it is 1 in 7
    new = model.fold_in(torch.tensor([5, 6, 7]), torch.full((3,), 4.0))
    assert loss == "one" or new[8:].argmax() == 0


@pytest.mark.parametrize("method", NETWORKS)
def test_nothing_is_read_before_it_comes(method, circle):
    model = next(start(method, circle))
    pieces = torch.tensor([[NUM_ITEMS, 3, 4, 5, 6], [NUM_ITEMS, 3, 4, 9, 1]])
    first, second = model.read(pieces)
    torch.testing.assert_close(first[:3], second[:3])
    assert not torch.allclose(first[3:], second[3:])


def test_what_is_in_front_of_a_short_history_is_not_looked_at(circle):
    model = next(start(sasrec, circle))
    piece = torch.tensor([[NUM_ITEMS, NUM_ITEMS, 3, 4, 5]])
    before = model.read(piece)[:, 2:]
    with torch.no_grad():
        model.place[:2] += 1.0
    torch.testing.assert_close(model.read(piece)[:, 2:], before)


def test_attention_is_that_of_pytorch():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 4, 6)
    allowed = torch.ones(4, 4, dtype=torch.bool).tril()
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    torch.testing.assert_close(attend(q, k, v, allowed), expected)


def test_one_drawn_item_is_compared(circle):
    model = next(start(gru4rec, circle))
    states, found, others = torch.randn(3, 8), torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    scores = model.score(states)
    row = torch.arange(3)
    yes, no = torch.ones(3), torch.zeros(3)
    loss = F.binary_cross_entropy_with_logits
    expected = loss(scores[row, found], yes) + loss(scores[row, others], no)
    torch.testing.assert_close(compare_with_one(model, states, found, others), expected)


@pytest.mark.parametrize("method", NETWORKS)
def test_equals_are_averaged(method):
    """Two orders of a moment: the scores are means, and stay the same when asked again."""
    train = Tensors(torch.ones(2).long(), torch.tensor([1, 2]), torch.full((2,), 4.0))
    torch.manual_seed(0)
    model = next(method(train, (2, 4), times=torch.zeros(2).long(), rank=4, length=2))
    assert {tuple(end[1].tolist()) for end in model.ends} == {(1, 2), (2, 1)}
    each = [model.score(model.read(end[1:])[:, -1]).log_softmax(1) for end in model.ends]
    torch.testing.assert_close(model.table(torch.tensor([1])), sum(each) / len(each))


@pytest.mark.parametrize("method", NETWORKS)
def test_bad_settings_are_named(method, circle):
    with pytest.raises(ValueError, match="loss must be one of softmax, one, not 'hinge'"):
        start(method, circle, loss="hinge")
    with pytest.raises(ValueError, match="length must be a whole number"):
        method(circle[0], (31, NUM_ITEMS), times=circle[1], length=0)
