"""GRU4Rec: a recurrent network carries a state along the history.

Hidasi, Karatzoglou, Baltrunas & Tikk (2016), Session-based Recommendations with Recurrent Neural
Networks; the gated unit is that of Cho et al. (2014), Learning Phrase Representations using RNN
Encoder-Decoder for Statistical Machine Translation.
"""

from collections.abc import Iterator

from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.histories import Histories
from lecture_utils.methods.protocol import Size, check_counts, check_positive, check_shares
from lecture_utils.methods.sequences import NextItem, check_loss, train_on_pieces


class GRU4Rec(NextItem):
    """Reads one item after the other; the state has as many numbers as the vector of an item."""

    def __init__(self, histories: Histories, num_items: int, rank: int, length: int, drop: float):
        """Start as `NextItem` does, with a gated recurrent unit."""
        super().__init__(histories, num_items, rank, length, drop)
        self.gru = nn.GRU(rank, rank, batch_first=True)

    def read(self, pieces: Tensor) -> Tensor:
        """Return the state after each item of `pieces`, (m, length): (m, length, rank)."""
        states, _ = self.gru(self.dropout(self.item(pieces)))
        return self.dropout(states)


def gru4rec(
    train: Tensors,
    size: Size,
    *,
    times: Tensor,
    rank: int = 64,
    length: int = 50,
    drop: float = 0.5,
    loss: str = "softmax",
    lr: float = 0.01,
    batch: int = 32,
) -> Iterator[GRU4Rec]:
    """Train the recurrent network by Adam; yield it, in eval mode, after each epoch.

    Start, pieces, orders and dropout come from torch's global generator: set torch.manual_seed
    before.

    Args:
        train: the ratings; all of them say watched.
        size: (num_users, num_items).
        times: when the ratings were given, (n,), in seconds.
        rank: length of the vectors of items, and of the state.
        length: items of a piece: how far back the network looks.
        drop: share of what is read, and of the state, that dropout hides.
        loss: "softmax", over all items, or "one", against one drawn item.
        lr: learning rate.
        batch: pieces of a step.
    """
    check_counts(rank=rank, length=length, batch=batch)
    check_positive(lr=lr)
    check_shares(drop=drop)
    check_loss(loss)
    histories = Histories(train, times, size)
    with train.items.device:
        network = GRU4Rec(histories, size[1], rank, length, drop)
    return train_on_pieces(network, histories, loss, lr, batch)
