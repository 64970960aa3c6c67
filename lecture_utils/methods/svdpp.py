"""SVD++: the set of what a user rated tells of her taste, whatever the stars.

Koren (2008), Factorization Meets the Neighborhood: A Multifaceted Collaborative Filtering Model.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.descent import Stages, descend_in_stages
from lecture_utils.methods.protocol import Size, check_counts, check_not_negative, check_ratings
from lecture_utils.methods.side_information import rated_sets
from lecture_utils.models import Model, check_ids, check_pairs


class SVDpp(Model):
    r"""$\mu + b_x + b_i + p_i \cdot (q_x + |N(x)|^{-1/2} \sum_{j \in N(x)} y_j)$.

    `rated` is (num_users, num_items): row x holds $|N(x)|^{-1/2}$ where x rated an item of the
    training data, else 0 (`rated_sets`). Parameters: `P`, `Y` (num_items, rank), `Q`
    (num_users, rank), `bias_item` (num_items,), `bias_user` (num_users,).
    """

    def __init__(self, rated: Tensor, mean: float, rank: int = 10):
        num_users, num_items = rated.shape
        super().__init__(num_users, num_items)
        self.register_buffer("rated", rated)
        self.mean = mean
        self.P = nn.Parameter(0.1 * torch.randn(num_items, rank))
        self.Q = nn.Parameter(0.1 * torch.randn(num_users, rank))
        self.Y = nn.Parameter(torch.zeros(num_items, rank))
        self.bias_item = nn.Parameter(torch.zeros(num_items))
        self.bias_user = nn.Parameter(torch.zeros(num_users))

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        taste = self.Q + self.rated @ self.Y  # (num_users, rank)
        score = (self.P[items] * taste[users]).sum(1)  # (n,)
        return score + self.mean + self.bias_item[items] + self.bias_user[users]

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Predict every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, self.size[0])
        taste = self.Q[users] + self.rated[users] @ self.Y
        return taste @ self.P.T + self.mean + self.bias_item + self.bias_user[users, None]


def svdpp(
    train: Tensors,
    size: Size,
    *,
    rank: int = 10,
    ridge: float = 16.0,
    ridge_sets: float = 60.0,
    ridge_bias: float = 8.0,
    stages: Stages = ((60, 0.1), (30, 0.01)),
) -> Iterator[SVDpp]:
    """Train SVD++ by full-batch descent; yield it after each epoch.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        rank: length of the factors.
        ridge: penalty on the squares of `P` and `Q`, added to the sum of squared errors.
        ridge_sets: the same for `Y`, the factors of the sets.
        ridge_bias: the same for the biases.
        stages: (epochs, lr), each with a new optimizer; the last goes on without end.
    """
    check_ratings(train, size)
    check_counts(rank=rank)
    check_not_negative(ridge=ridge, ridge_sets=ridge_sets, ridge_bias=ridge_bias)
    with train.ratings.device:
        model = SVDpp(rated_sets(train, size)[0], train.ratings.mean().item(), rank)
    ridges = {"P": ridge, "Q": ridge, "Y": ridge_sets}
    ridges |= {"bias_user": ridge_bias, "bias_item": ridge_bias}
    return descend_in_stages(model, train, ridges, stages)
