"""The models of the two documents, as `torch.nn.Module`s.

A model answers two questions: `model(users, items, times=None)`, a score per pair, (n,), and
`model.table(users)`, a score for every item, (m, num_items). The lectures build each by hand first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def check_lengths(**columns: Tensor) -> None:
    """Refuse two columns, named as the caller calls them, that are not both of one shape (n,).

    Of (n,) and (n, 1), torch would silently make (n, n).
    """
    (name, column), (other, partner) = columns.items()
    if column.shape != partner.shape or column.dim() != 1:
        shapes = f"{name} have shape {tuple(column.shape)}, {other} {tuple(partner.shape)}"
        raise ValueError(f"{shapes}; make both (n,), e.g. with {other}.reshape(-1)")


def check_pairs(users: Tensor, items: Tensor, num_users: int, num_items: int) -> None:
    """Refuse pairs of ids that a model of these sizes does not have.

    Raises:
        ValueError: unless both are of one shape (n,).
        IndexError, TypeError: see `check_ids`.
    """
    check_lengths(users=users, items=items)
    check_ids("user", users, num_users)
    check_ids("item", items, num_items)


def check_ids(name: str, ids: Tensor, size: int) -> None:
    """Refuse `ids` of a `name` ("user" or "item") that a table of `size` rows does not have.

    Raises:
        IndexError: for an unknown id, also for -1, which would silently be the last row.
        TypeError: unless the ids are integers.
    """
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise TypeError(f"{name} ids must be integers, not {ids.dtype}; convert with .long()")
    if len(ids) and not (int(ids.min()) >= 0 and int(ids.max()) < size):
        bad = int(ids.max()) if int(ids.max()) >= size else int(ids.min())
        raise IndexError(
            f"{name} id {bad} is outside 0..{size - 1}; "
            f"build the model with num_{name}s > the largest id"
        )


class Model(nn.Module):
    """A module that scores pairs; `size` is (num_users, num_items)."""

    def __init__(self, num_users: int, num_items: int):
        super().__init__()
        self.size = num_users, num_items

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items), one user at a time."""
        check_ids("user", users, self.size[0])
        items = torch.arange(self.size[1], device=users.device)
        return torch.stack([self(user.expand(len(items)), items) for user in users])


class MatrixFactorization(Model):
    r"""Latent factor model of document 000: $H(i,x) = p_i \cdot q_x$ (Koren et al. 2009).

    With `bias=True` $\mu + b_i + b_x$ is added. Parameters: `P` (num_items, rank), `Q`
    (num_users, rank), and with `bias=True` `bias_item` (num_items,), `bias_user` (num_users,); all
    drawn from N(0, 1) in that order, so that the same seed gives the numbers of lecture 02. `mean`
    is the constant mu; without biases it is not used.
    """

    def __init__(
        self, num_users: int, num_items: int, rank: int = 10, bias: bool = False, mean: float = 0.0
    ):
        super().__init__(num_users, num_items)
        self.P = nn.Parameter(torch.randn(num_items, rank))
        self.Q = nn.Parameter(torch.randn(num_users, rank))
        self.bias = bias
        self.mean = mean
        if bias:
            self.bias_item = nn.Parameter(torch.randn(num_items))
            self.bias_user = nn.Parameter(torch.randn(num_users))

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        score = torch.sum(self.P[items] * self.Q[users], dim=1)  # (n, rank) -> (n,)
        if self.bias:
            score = score + self.mean + self.bias_item[items] + self.bias_user[users]
        return score

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,), as one product: (m, num_items)."""
        check_ids("user", users, self.size[0])
        scores = self.Q[users] @ self.P.T  # (m, rank) @ (rank, num_items)
        if self.bias:
            scores = scores + self.mean + self.bias_item + self.bias_user[users, None]
        return scores


class EmbeddingFactorization(Model):
    r"""Document 003, sections 2 and 3: $5\,\sigma(u \cdot v + b_u + b_v)$ from embeddings.

    The layers are created in the order of section 2 (women's features, women's bias, men's
    features, men's bias): only so does seed 43052 give the document's numbers.
    """

    def __init__(self, num_users: int, num_items: int, rank: int = 2, scale: float = 5.0):
        super().__init__(num_users, num_items)
        self.user_features = nn.Embedding(num_users, rank)
        self.user_bias = nn.Embedding(num_users, 1)
        self.item_features = nn.Embedding(num_items, rank)
        self.item_bias = nn.Embedding(num_items, 1)
        self.scale = scale

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        score = (self.user_features(users) * self.item_features(items)).sum(dim=1)  # (n,)
        score = score + self.user_bias(users).squeeze(1) + self.item_bias(items).squeeze(1)
        return self.scale * torch.sigmoid(score)


class NeuralRecommender(Model):
    """Document 003, section 4: the four embeddings side by side, read by a network.

    `hidden=(15, 15)` is the deep network that fits; `hidden=()` the single linear layer that
    cannot: a sum of one number per user and one per item knows no taste. The layers are
    created in the order of section 4 (features, features, bias, bias, mlp).
    Compare He et al. 2017, whose MLP branch this is in miniature.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        rank: int = 2,
        hidden: Sequence[int] = (15, 15),
        scale: float = 5.0,
    ):
        super().__init__(num_users, num_items)
        self.user_features = nn.Embedding(num_users, rank)
        self.item_features = nn.Embedding(num_items, rank)
        self.user_bias = nn.Embedding(num_users, 1)
        self.item_bias = nn.Embedding(num_items, 1)
        self.scale = scale
        widths = [2 * rank + 2, *hidden]
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.mlp = nn.Sequential(*layers, nn.Linear(widths[-1], 1), nn.Sigmoid())

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        features = self.user_features(users), self.item_features(items)  # (n, rank) each
        biases = self.user_bias(users), self.item_bias(items)  # (n, 1) each
        beside = torch.cat([*features, *biases], dim=1)  # (n, 2 * rank + 2)
        return self.scale * self.mlp(beside).squeeze(1)  # (n, 1) -> (n,)
