"""Item neighbours: items vote for those that the same people watched.

Sarwar, Karypis, Konstan & Riedl (2001), Item-based Collaborative Filtering Recommendation
Algorithms; Deshpande & Karypis (2004), Item-based Top-N Recommendation Algorithms.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.interactions import LINEAR, Interactions
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.protocol import Size, check_counts, check_not_negative

CLOSE = 1 - 1e-5  # similarities within this factor are equal but for rounding


def item_knn(
    train: Tensors,
    size: Size,
    *,
    k: int = 200,
    shrink: float = 10.0,
    grades: Sequence[float] = LINEAR,
) -> Iterator[ItemToItem]:
    """Score an item by its similarity to those of its `k` nearest that were watched; yield once.

    The similarity is the cosine of two columns of X. As in Sarwar et al. each item has its own k
    neighbours that vote for it; in Deshpande & Karypis each votes for its k.

    Args:
        train: the ratings.
        size: (num_users, num_items); the table of similarities is num_items x num_items.
        k: how many neighbours vote for an item. The equals of the last vote too, so that nothing
            hangs on how items are numbered.
        shrink: added to the product of lengths below the cosine: what rests on few users is
            trusted less.
        grades: strengths of 1..5 stars.
    """
    check_counts(k=k)
    check_not_negative(shrink=shrink)
    interactions = Interactions(train, size, grades)
    similarity = find_similarity(interactions.item_gram(), shrink)
    return iter([ItemToItem(interactions, keep_nearest(similarity, k).T)])


def find_similarity(gram: Tensor, shrink: float = 0.0) -> Tensor:
    """Return the cosines of all pairs of columns from their dot products; 0 with themselves."""
    length = gram.diagonal().sqrt()
    norm = torch.outer(length, length).add_(shrink).clamp_(min=1e-9)  # 0 / 0 without users
    return torch.div(gram, norm, out=norm).fill_diagonal_(0.0)


def keep_nearest(similarity: Tensor, k: int) -> Tensor:
    """Keep in each row the `k` largest and the equals of the last; the others become 0."""
    least = similarity.topk(min(k, similarity.shape[1]), dim=1).values[:, -1:]
    return similarity.where(similarity >= CLOSE * least, 0.0)
