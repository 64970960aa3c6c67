"""Networks that read a history and name the next item: their pieces, their loop, their answers.

GRU4Rec and SASRec differ in how they read, and in nothing else. Each place of a history is a
question, and the item after it is the answer. The loss is the cross-entropy over all items, or as
SASRec had it, a comparison with one item that is drawn (Klenitskiy & Vasilev 2023, Turning Dross
Into Gold Loss: is BERT4Rec really better than SASRec?, measure what that costs).
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.methods.histories import Histories
from lecture_utils.methods.interactions import BINARY, grade_new
from lecture_utils.methods.samplers import Negatives
from lecture_utils.models import check_ids, check_pairs

LOSSES = ("softmax", "one")
ORDERS = 4  # of the equals within moments; a score is the mean of what is read from each
BATCH = 256  # users who are scored at a time
NO_ANSWER = -1


class NextItem(nn.Module):
    """Scores each item by the logarithm of its chance to come next.

    A subclass says how to `read`. The vector of an item serves at the entrance and at the exit; id
    `num_items` fills the places in front of a short history, and its vector is 0.
    """

    def __init__(self, histories: Histories, num_items: int, rank: int, length: int, drop: float):
        """Draw small vectors; the biases start at the logarithm of how much was watched."""
        super().__init__()
        self.num_items, self.length = num_items, length
        self.item = nn.Embedding(num_items + 1, rank, padding_idx=num_items)
        with torch.no_grad():
            self.item.weight[:-1].normal_(std=0.1)
        watched = (1.0 + torch.bincount(histories.items, minlength=num_items)).log()
        self.bias = nn.Parameter(watched - watched.mean())
        self.dropout = nn.Dropout(drop)
        self.ends = draw_ends(histories, length, num_items)

    def read(self, pieces: Tensor) -> Tensor:
        """Return what is known after each item of `pieces`, (m, length): (m, length, rank)."""
        raise NotImplementedError

    def score(self, states: Tensor) -> Tensor:
        """Score every item, (m, num_items), as the answer to `states`, (m, rank)."""
        return states @ self.item.weight[:-1].T + self.bias

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,): the next items after the ends of the histories."""
        check_pairs(users, items, self.ends.shape[1], self.num_items)
        who, row = users.unique(return_inverse=True)
        return self.table(who)[row, items]

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, self.ends.shape[1])
        return torch.cat([self.answer(self.ends[:, part]) for part in users.split(BATCH)])

    @torch.no_grad()
    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who watched `items`, the oldest first."""
        grade_new(items, ratings, self.num_items, BINARY)  # refuses what other models refuse
        end = items.new_full((1, 1, self.length), self.num_items)
        recent = items[-self.length :]
        end[..., self.length - len(recent) :] = recent
        return self.answer(end)[0]

    def answer(self, ends: Tensor) -> Tensor:
        """Average over the orders of `ends`, (orders, m, length): (m, num_items)."""
        states = (self.read(end)[:, -1] for end in ends)
        return sum(self.score(state).log_softmax(1) for state in states) / len(ends)


def check_loss(loss: str) -> None:
    """Refuse a loss that is not one of LOSSES."""
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, not {loss!r}")


def draw_ends(histories: Histories, length: int, filler: int) -> Tensor:
    """Return the last `length` items of each user in some orders, (ORDERS, num_users, length)."""
    users, starts = histories.users, histories.starts
    own = torch.Generator(users.device).manual_seed(0)  # the global one is left alone
    later = starts[users + 1] - 1 - torch.arange(len(users), device=users.device)
    recent = later < length
    ends = users.new_full((ORDERS, len(starts) - 1, length), filler)
    for end in ends:
        items = histories.shuffle(own)
        end[users[recent], length - 1 - later[recent]] = items[recent]
    return ends


def cut_pieces(histories: Histories, length: int, filler: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cut histories into pieces: a long one at random places, a short one put in at any place.

    Equals of a moment stand in a new random order each time.

    Returns:
        Items, (m, length), what comes after each, (m, length), and whose history it is, (m,).
    """
    users, items = histories.users, histories.shuffle()
    counts = histories.starts.diff()
    room = torch.where(counts > length, length, length - counts + 1)
    first = (torch.rand(len(room), device=users.device) * room).long()
    place = torch.arange(len(users), device=users.device) - histories.starts[users] + first[users]
    row, column = users * len(users) + place // length, place % length
    pairs, row = row.unique(return_inverse=True)
    pieces = users.new_full((len(pairs), length), filler)
    pieces[row, column] = items
    answers = torch.full_like(pieces, NO_ANSWER)
    more = (users[1:] == users[:-1]).nonzero().flatten()  # the last item has no answer
    answers[row[more], column[more]] = items[more + 1]
    return pieces, answers, pairs // len(users)


def train_on_pieces(
    network: NextItem, histories: Histories, loss: str, lr: float, batch: int
) -> Iterator[NextItem]:
    """Take a step of Adam for each `batch` of pieces; yield the network after each epoch."""
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    size = len(histories.starts) - 1, network.num_items
    negatives = Negatives(histories.users, histories.items, size) if loss == "one" else None
    while True:
        network.train()
        pieces, answers, owners = cut_pieces(histories, network.length, network.num_items)
        for part in torch.randperm(len(pieces), device=pieces.device).split(batch):
            asked = answers[part] != NO_ANSWER
            states, found = network.read(pieces[part])[asked], answers[part][asked]
            if negatives is None:
                error = F.cross_entropy(network.score(states), found)
            else:
                users = owners[part][:, None].expand_as(asked)[asked]
                error = compare_with_one(network, states, found, negatives.draw(users))
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
        yield network.eval()


def compare_with_one(network: NextItem, states: Tensor, found: Tensor, others: Tensor) -> Tensor:
    """Return the loss that wants yes for the items `found` and no for `others`, (n,) each."""
    both = torch.stack([found, others])  # (2, n)
    scores = (states * network.item(both)).sum(2) + network.bias[both]
    return -F.logsigmoid(scores[0]).mean() - F.logsigmoid(-scores[1]).mean()
