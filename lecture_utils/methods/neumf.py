"""NeuMF: a product of embeddings and a network on others, side by side.

He, Liao, Zhang, Nie, Hu & Chua (2017), Neural Collaborative Filtering; here for ratings, with the
mean squared error instead of the ranking of clicks that the paper trains for.
"""

import torch
from torch import Tensor, nn

from lecture_utils.models import check_pairs
from lecture_utils.train import mse


class NeuMF(nn.Module):
    """Two halves meet in one linear layer, `head`: an elementwise product of embeddings (GMF in the
    paper), and `mlp`, two hidden layers on embeddings of their own.

    `user` (num_users, 2 rank) and `item` (num_items, 2 rank) hold both halves' embeddings side by
    side, those of the product first. The output is added to `mean`.
    """

    def __init__(
        self, num_users: int, num_items: int, mean: float, rank: int = 8, drop: float = 0.2
    ):
        super().__init__()
        self.mean = mean
        self.user, self.item = nn.Embedding(num_users, 2 * rank), nn.Embedding(num_items, 2 * rank)
        self.mlp = nn.Sequential(
            nn.Linear(2 * rank, 2 * rank),
            nn.ReLU(),
            nn.Dropout(drop),
            nn.Linear(2 * rank, rank),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * rank, 1)
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings, (n,), for ids of shape (n,)."""
        check_pairs(users, items, self.user.num_embeddings, self.item.num_embeddings)
        product_u, deep_u = self.user(users).chunk(2, dim=1)  # (n, rank) each
        product_i, deep_i = self.item(items).chunk(2, dim=1)
        deep = self.mlp(torch.cat([deep_u, deep_i], dim=1))  # (n, rank)
        both = torch.cat([product_u * product_i, deep], dim=1)  # (n, 2 rank)
        return self.mean + self.head(both).squeeze(1)


def fit_minibatches(
    model: nn.Module,
    train: tuple[Tensor, Tensor, Tensor],
    *,
    epochs: int,
    lr: float = 3e-3,
    batch: int = 1024,
    weight_decay: float = 1e-4,
) -> None:
    """Adam on shuffled minibatches of the mean squared error; `model` ends in evaluation mode.

    Order and dropout come from torch's global generator: set torch.manual_seed before.
    """
    if epochs < 1 or batch < 1:
        raise ValueError(f"epochs and batch must be at least 1, not {epochs} and {batch}")
    users, items, ratings = train
    if not len(ratings) or not bool(ratings.isfinite().all()):
        raise ValueError("ratings must be finite, and at least one; drop the blanks (NaN) first")
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)
    model.train()
    for _ in range(epochs):
        for part in torch.randperm(len(ratings)).split(batch):
            loss = mse(model, (users[part], items[part], ratings[part]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
