"""SVD++: what a user rated tells of her taste, whatever the stars.

Koren (2008), Factorization Meets the Neighborhood: A Multifaceted Collaborative Filtering Model.
"""

import torch
from torch import Tensor, nn

from lecture_utils.models import check_pairs


class SVDpp(nn.Module):
    r"""$\mu + b_x + b_i + p_i \cdot (q_x + |N(x)|^{-1/2} \sum_{j \in N(x)} y_j)$.

    `rated` is (num_users, num_items): row x holds $|N(x)|^{-1/2}$ where x rated an item of the
    training data, else 0 (`effects.rated_sets`). Parameters: `P`, `Y` (num_items, rank), `Q`
    (num_users, rank), `bias_item` (num_items,), `bias_user` (num_users,); train it with `fit`.
    """

    def __init__(self, rated: Tensor, mean: float, rank: int = 10):
        super().__init__()
        num_users, num_items = rated.shape
        self.register_buffer("rated", rated)
        self.mean = mean
        self.P = nn.Parameter(0.1 * torch.randn(num_items, rank))
        self.Q = nn.Parameter(0.1 * torch.randn(num_users, rank))
        self.Y = nn.Parameter(torch.zeros(num_items, rank))
        self.bias_item = nn.Parameter(torch.zeros(num_items))
        self.bias_user = nn.Parameter(torch.zeros(num_users))

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings, (n,), for ids of shape (n,)."""
        check_pairs(users, items, *self.rated.shape)
        taste = self.Q + self.rated @ self.Y  # (num_users, rank)
        score = (self.P[items] * taste[users]).sum(1)  # (n,)
        return score + self.mean + self.bias_item[items] + self.bias_user[users]
