"""SASRec: each place of the history looks back at all places before it, and says where it looks.

Kang & McAuley (2018), Self-Attentive Sequential Recommendation; attention is that of Vaswani et
al. (2017), Attention Is All You Need, with the normalisation in front of each layer.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.histories import Histories
from lecture_utils.methods.protocol import Size, check_counts, check_positive, check_shares
from lecture_utils.methods.sequences import NextItem, check_loss, train_on_pieces


def attend(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor) -> Tensor:
    """Mix the rows of `v`, (..., n, rank), by how well the questions `q` match the keys `k`.

    `allowed` (..., n, n) says which places (columns) each place (rows) may look at, one at least.
    """
    match = q @ k.mT / q.shape[-1] ** 0.5
    return match.masked_fill(~allowed, -torch.inf).softmax(-1) @ v


class Layer(nn.Module):
    """Attention, then the same small network at each place; both add to what was there."""

    def __init__(self, rank: int, drop: float):
        """Draw the weights."""
        super().__init__()
        self.before, self.between = nn.LayerNorm(rank), nn.LayerNorm(rank)
        self.questions_keys_values = nn.Linear(rank, 3 * rank)
        self.mix = nn.Linear(rank, rank)
        self.feed = nn.Sequential(
            nn.Linear(rank, rank), nn.ReLU(), nn.Dropout(drop), nn.Linear(rank, rank)
        )
        self.dropout = nn.Dropout(drop)

    def forward(self, states: Tensor, allowed: Tensor) -> Tensor:
        """Return new states, (m, length, rank)."""
        q, k, v = self.questions_keys_values(self.before(states)).chunk(3, dim=-1)
        states = states + self.dropout(self.mix(attend(q, k, v, allowed)))
        return states + self.dropout(self.feed(self.between(states)))


class SASRec(NextItem):
    """Reads all places at once; a vector for each place says how far back it is."""

    def __init__(
        self,
        histories: Histories,
        num_items: int,
        rank: int,
        length: int,
        drop: float,
        layers: int,
    ):
        """Start as `NextItem` does, with vectors of places and layers of attention."""
        super().__init__(histories, num_items, rank, length, drop)
        self.place = nn.Parameter(0.1 * torch.randn(length, rank))
        self.layers = nn.ModuleList(Layer(rank, drop) for _ in range(layers))
        self.last = nn.LayerNorm(rank)

    def read(self, pieces: Tensor) -> Tensor:
        """Return what each place of `pieces`, (m, length), found: (m, length, rank)."""
        states = self.dropout(self.item(pieces) + self.place)
        itself = torch.eye(self.length, dtype=torch.bool, device=pieces.device)
        past = torch.ones_like(itself).tril()
        filled = (pieces != self.num_items)[:, None]
        allowed = (past & filled) | itself  # (m, length, length)
        for layer in self.layers:
            states = layer(states, allowed)
        return self.last(states)


def sasrec(
    train: Tensors,
    size: Size,
    *,
    times: Tensor,
    rank: int = 64,
    layers: int = 1,
    length: int = 50,
    drop: float = 0.3,
    loss: str = "softmax",
    lr: float = 0.005,
    batch: int = 32,
) -> Iterator[SASRec]:
    """Train the layers of attention by Adam; yield them, in eval mode, after each epoch.

    One head, as the paper found enough. Start, pieces, orders and dropout come from torch's global
    generator: set torch.manual_seed before.

    Args:
        train: the ratings; all of them say watched.
        size: (num_users, num_items).
        times: when the ratings were given, (n,), in seconds.
        rank: length of the vectors.
        layers: how often each place looks back.
        length: items of a piece: how far back the network looks.
        drop: share of what is read, and of what each layer adds, that dropout hides.
        loss: "softmax", over all items, or "one", against one drawn item, as in the paper.
        lr: learning rate.
        batch: pieces of a step.
    """
    check_counts(rank=rank, layers=layers, length=length, batch=batch)
    check_positive(lr=lr)
    check_shares(drop=drop)
    check_loss(loss)
    histories = Histories(train, times, size)
    with train.items.device:
        network = SASRec(histories, size[1], rank, length, drop, layers)
    return train_on_pieces(network, histories, loss, lr, batch)
