"""LightGCN: factors flow along the graph of who watched what, and are averaged over the layers.

He, Deng, Wang, Li, Zhang & Wang (2020), LightGCN: Simplifying and Powering Graph Convolution
Network for Recommendation.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.autoencoder import Product
from lecture_utils.methods.bpr import bpr_losses
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import GRADED, Interactions, grade_new
from lecture_utils.methods.protocol import (
    Size,
    check_counts,
    check_not_negative,
    check_positive,
)
from lecture_utils.methods.samplers import Negatives, find_positives
from lecture_utils.methods.softmax_mf import softmax_losses
from lecture_utils.methods.tables import Tables, descend, start_tables
from lecture_utils.models import check_ids

LOSSES = ("bpr", "softmax")


class Graph(NamedTuple):
    r"""The graph of users and items: an edge weighs $w_{xi} / \sqrt{d_x d_i}$, d sums of w."""

    to_user: Tensor  # sparse, (num_users, num_items)
    to_item: Tensor  # its transpose
    item_scale: Tensor  # d_i^-1/2, (num_items,)


class LightFactors(DotProduct):
    """Averaged factors, and what an item hands on to someone new."""

    def __init__(self, factors: DotProduct, messages: Tensor, grades: Sequence[float]):
        """Keep the factors; `messages` (num_items, rank) are what items add to a neighbour's."""
        super().__init__(factors.user, factors.item)
        self.messages, self.grades = messages, grades

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,).

        Her factors are what her items hand on: she has none of her own.
        """
        return self._pass_messages(items, ratings).sum(0) @ self.item[:, :-1].T + self.item[:, -1]

    def reasons(self, items: Tensor, ratings: Tensor, item: int) -> Tensor:
        """Return what each of `items` adds to the score that `fold_in` gives to `item`, (n,)."""
        check_ids("item", torch.as_tensor([item], device=items.device), len(self.item))
        return self._pass_messages(items, ratings) @ self.item[item, :-1]

    def _pass_messages(self, items: Tensor, ratings: Tensor) -> Tensor:
        strengths = grade_new(items, ratings, len(self.item), self.grades)
        share = strengths * find_scale(strengths.sum())
        return share[:, None] * self.messages[items]  # (n, rank)


def find_scale(degrees: Tensor) -> Tensor:
    """Return d^-1/2 of each degree, and 0 of 0."""
    return torch.where(degrees > 0, degrees.rsqrt(), 0.0)


def build_graph(X: Interactions) -> Graph:
    """Weigh the edges such that nothing grows that flows along them."""
    user_scale = find_scale(X.matrix @ X.values.new_ones(X.matrix.shape[1]))
    item_scale = find_scale(X.transposed @ X.values.new_ones(X.matrix.shape[0]))
    edges = X.values * user_scale[X.users] * item_scale[X.items]
    return Graph(X.by_user.matrix(edges), X.by_item.matrix(edges), item_scale)


def propagate(
    graph: Graph, user: Tensor, item: Tensor, layers: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Let factors flow to the other side, `layers` times; list those of users and of items.

    Layer 0 are `user` (num_users, rank) and `item` (num_items, rank) themselves. No weights, no
    activation: this is all of the network.
    """
    users, items = [user], [item]
    for _ in range(layers):
        to_user = Product.apply(graph.to_user, graph.to_item, items[-1])
        to_item = Product.apply(graph.to_item, graph.to_user, users[-1])
        users.append(to_user)
        items.append(to_item)
    return users, items


def average_layers(graph: Graph, layers: int, tables: Tables) -> Tables:
    """Return the means of the layers: what scores."""
    users, items = propagate(graph, tables.user, tables.item, layers)
    return Tables(torch.stack(users).mean(0), torch.stack(items).mean(0), tables.bias)


@torch.no_grad()
def freeze(graph: Graph, layers: int, tables: Tables, grades: Sequence[float]) -> LightFactors:
    """Make the model of the present tables."""
    _, items = propagate(graph, tables.user, tables.item, layers)
    below = torch.stack(items[:-1]).sum(0) / len(items)  # a neighbour's share of the mean
    factors = average_layers(graph, layers, tables).freeze()
    return LightFactors(factors, graph.item_scale[:, None] * below, grades)


def light_gcn(
    train: Tensors,
    size: Size,
    *,
    rank: int = 64,
    layers: int = 2,
    loss: str = "bpr",
    ridge: float = 1e-3,
    lr: float = 0.02,
    batch: int = 16384,
    power: float = 0.0,
    grades: Sequence[float] = GRADED,
) -> Iterator[LightFactors]:
    """Train the factors of layer 0 by Adam; yield the averages over layers after each epoch.

    Other than in the paper, edges may weigh their strength, and items have a bias. Each step sends
    all factors along the whole graph, so few large steps cost least. Start, order and negatives
    come from torch's global generator: set torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        layers: how far they flow; users who watched the same are two steps apart.
        loss: "bpr", as in the paper, or "softmax", over all items. The defaults of `ridge` and
            `batch` are for "bpr": for "softmax" take those of `softmax_mf`.
        ridge: penalty on the squares of layer 0, as in `bpr` or as in `softmax_mf`.
        lr: learning rate.
        batch: triples of a step for "bpr", users for "softmax".
        power: the negatives of "bpr" are drawn by count ** power; 0 is uniform.
        grades: strengths of 1..5 stars: of the edges, and in the loss.
    """
    check_counts(rank=rank, layers=layers, batch=batch)
    check_not_negative(ridge=ridge)
    check_positive(lr=lr)
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, not {loss!r}")
    interactions, positives = Interactions(train, size, grades), find_positives(train, grades)
    graph = build_graph(interactions)
    tables, embed = start_tables(positives, size, rank), partial(average_layers, graph, layers)
    if loss == "bpr":
        negatives = Negatives(*train[:2], size, power)
        losses = partial(bpr_losses, tables, positives, negatives, batch, ridge, embed)
    else:
        losses = partial(softmax_losses, tables, interactions, batch, ridge, 0.0, embed)
    return descend(tables, lr, losses, partial(freeze, graph, layers, tables, grades))
