"""PureSVD: the best table of low rank where what was not watched counts as 0.

Cremonesi, Koren & Turrin (2010), Performance of Recommender Algorithms on Top-N Recommendation
Tasks.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.interactions import LINEAR, Interactions, grade_new
from lecture_utils.methods.protocol import Size, check_counts


class PureSVD(DotProduct):
    r"""Item factors V are singular vectors of X, user factors X V: scores are $X V V^\top$."""

    def __init__(self, interactions: Interactions, item: Tensor):
        """Keep V, `item` (num_items, rank), and make the users' factors."""
        super().__init__(interactions.matrix @ item, item)
        self.grades = interactions.grades

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        strengths = grade_new(items, ratings, len(self.item), self.grades)
        return strengths @ self.item[items] @ self.item.T


def pure_svd(
    train: Tensors, size: Size, *, rank: int = 12, grades: Sequence[float] = LINEAR
) -> Iterator[PureSVD]:
    """Find the `rank` strongest singular vectors of X; yield once.

    Args:
        train: the ratings.
        size: (num_users, num_items), the smaller at most a few thousand.
        rank: length of the factors; fewer are made where X has a lower rank.
        grades: strengths of 1..5 stars.
    """
    check_counts(rank=rank)
    interactions = Interactions(train, size, grades)
    return iter([PureSVD(interactions, find_directions(interactions, rank))])


def find_directions(interactions: Interactions, rank: int) -> Tensor:
    """Return V, (num_items, rank): the largest entry of each column is positive.

    The squares of the singular values are the eigenvalues of X^T X and of X X^T: the smaller of
    the two is decomposed.
    """
    X, X_T = interactions.matrix, interactions.transposed
    wide = X.shape[0] < X.shape[1]
    gram = X @ X_T.to_dense() if wide else interactions.item_gram()
    # In single precision it may fail where many rows are 0 (pytorch issue 145801).
    value, vector = (x.to(gram) for x in torch.linalg.eigh(gram.double()))  # ascending
    kept = value[-rank:] > 1e-6 * value[-1]  # the others are 0 but for rounding
    vector = vector[:, -rank:][:, kept].flip(1)
    V = torch.nn.functional.normalize(X_T @ vector, dim=0) if wide else vector
    return V * V.gather(0, V.abs().argmax(0)[None]).sign()
