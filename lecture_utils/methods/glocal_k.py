"""GLocal-K: an autoencoder whose weights pass through kernels, and reads a convolved table.

Han, Lim, Long, Burgstaller & Poon (2021), GLocal-K: Global and Local Kernels for Recommender
Systems. The local kernel is that of Muller, Martel & Indiveri (2018), Kernelized Synaptic Weight
Matrices.
"""

from collections.abc import Iterator
from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lecture_utils.data import Tensors
from lecture_utils.methods.protocol import Size, check_counts, check_not_negative, check_ratings
from lecture_utils.models import Model, check_ids, check_pairs


class KernelLayer(nn.Module):
    r"""A linear layer whose weight $w_{ij}$ is multiplied by $\max(0, 1 - |u_i - v_j|^2)$.

    Parameters: `W` (num_in, num_out), `u` (num_in, kernel_dim), `v` (num_out, kernel_dim),
    `b` (num_out,).
    """

    def __init__(self, num_in: int, num_out: int, kernel_dim: int):
        super().__init__()
        self.W = nn.Parameter(nn.init.xavier_uniform_(torch.empty(num_in, num_out)))
        self.u, self.v = (
            nn.Parameter(nn.init.normal_(torch.empty(n, kernel_dim), std=1e-3))
            for n in (num_in, num_out)
        )
        self.b = nn.Parameter(torch.zeros(num_out))

    def kernel(self) -> Tensor:
        """Return what multiplies the weights, (num_in, num_out)."""
        lengths = self.u.square().sum(1)[:, None] + self.v.square().sum(1)
        return (1 - lengths + 2 * self.u @ self.v.T).clamp(min=0)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows x, (m, num_in), to rows (m, num_out)."""
        return x @ (self.W * self.kernel()) + self.b

    def penalty(self, ridge: float, ridge_kernel: float) -> Tensor:
        """Weigh the squares of the weights and of the kernel."""
        return ridge * self.W.square().sum() + ridge_kernel * self.kernel().square().sum()


class GLocalK(Model):
    r"""Reads the ratings of each movie, with 0 where there is none, and predicts the whole row.

    While `tuning`, it reads $\max(0, R * K)$ instead of the table R. The global kernel K (3, 3) is
    $m^\top P$, where m is the mean of each movie's predictions from R itself.

    Parameters: `P` (num_items, 9), and those of the three layers of `fill`, which predicts the rows
    of a table like R.
    """

    def __init__(self, R: Tensor, hidden: int, kernel_dim: int):
        """Start for the ratings R, (num_items, num_users)."""
        num_items, num_users = R.shape
        super().__init__(num_users, num_items)
        self.fill = nn.Sequential(
            KernelLayer(num_users, hidden, kernel_dim),
            nn.Sigmoid(),
            KernelLayer(hidden, hidden, kernel_dim),
            nn.Sigmoid(),
            KernelLayer(hidden, num_users, kernel_dim),
        )
        self.P = nn.Parameter(nn.init.normal_(torch.empty(num_items, 9), std=0.1))
        self.register_buffer("R", R)
        self.tuning = False

    def predict(self) -> Tensor:
        """Predict the whole table, (num_items, num_users)."""
        return self.fill(self.convolve() if self.tuning else self.R)

    def convolve(self) -> Tensor:
        """Convolve R with the global kernel, as if zeros stood around it."""
        K = (self.fill(self.R).mean(dim=1) @ self.P).view(1, 1, 3, 3)
        return F.conv2d(self.R[None, None], K, padding=1)[0, 0].relu()

    def forward(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Predict the ratings of pairs of ids, (n,)."""
        check_pairs(users, items, *self.size)
        return self.predict()[items, users]

    @torch.no_grad()
    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,): (m, num_items)."""
        check_ids("user", users, self.size[0])
        return self.predict().T[users]

    def cost(self, train: Tensors, ridge: float, ridge_kernel: float) -> Tensor:
        """Return the sum of squared errors plus the penalties: twice the paper's cost."""
        errors = self.predict()[train.items, train.users] - train.ratings
        layers = [part for part in self.fill if isinstance(part, KernelLayer)]
        penalties = [layer.penalty(ridge, ridge_kernel) for layer in layers]
        return errors.square().sum() + sum(penalties)


def glocal_k(
    train: Tensors,
    size: Size,
    *,
    hidden: int = 500,
    kernel_dim: int = 5,
    ridge: float = 20.0,
    ridge_kernel: float = 0.006,
    pretrain: int = 20,
    iterations: int = 5,
) -> Iterator[GLocalK]:
    """Train GLocal-K by L-BFGS, `iterations` at a time; yield it after each such step.

    It reads the ratings themselves in the first `pretrain` steps, and convolved ratings in all
    that follow. L-BFGS keeps its memory from step to step; in the authors' program it starts each
    step without, and needs more of them. Start values come from torch's global generator: set
    torch.manual_seed before.

    Args:
        train: the ratings.
        size: (num_users, num_items).
        hidden: units of each of the two hidden layers.
        kernel_dim: length of the vectors of the local kernels.
        ridge: penalty on the squares of the weights, added to the sum of squared errors.
        ridge_kernel: the same for the values of the local kernels.
        pretrain: steps before the fine-tuning.
        iterations: L-BFGS iterations of a step.
    """
    check_ratings(train, size)
    check_counts(hidden=hidden, kernel_dim=kernel_dim, pretrain=pretrain, iterations=iterations)
    check_not_negative(ridge=ridge, ridge_kernel=ridge_kernel)
    R = train.ratings.new_zeros(*reversed(size))
    R[train.items, train.users] = train.ratings
    with R.device:
        model = GLocalK(R, hidden, kernel_dim)
    return _train(model.eval(), train, (ridge, ridge_kernel), pretrain, iterations)


def _train(
    model: GLocalK, train: Tensors, ridges: tuple[float, float], pretrain: int, iterations: int
) -> Iterator[GLocalK]:
    def closure() -> Tensor:
        optimizer.zero_grad()
        cost = model.cost(train, *ridges)
        cost.backward()
        return cost

    for step in count():
        if step in (0, pretrain):  # another cost: what L-BFGS remembers of the first is void
            model.tuning = step == pretrain
            optimizer = torch.optim.LBFGS(
                model.parameters(),
                max_iter=iterations,
                history_size=10,
                line_search_fn="strong_wolfe",
            )
        optimizer.step(closure)
        yield model
