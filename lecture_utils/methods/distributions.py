"""Draws that torch has no function for, or only a slow one."""

import torch
from torch import Tensor


def draw_wishart(scatter: Tensor, n: int, ridge: float = 1.0) -> Tensor:
    """Draw a precision (k, k) from its posterior, by Bartlett's decomposition.

    See Odell & Feiveson (1966), A Numerical Procedure to Generate a Sample Covariance Matrix.

    Args:
        scatter: sum of x x^T over rows x, (k, k).
        n: number of rows.
        ridge: the prior is Wishart(I / ridge, k).
    """
    k, device = len(scatter), scatter.device
    root = torch.linalg.cholesky(torch.linalg.inv(ridge * torch.eye(k, device=device) + scatter))
    dof = k + n - torch.arange(k, device=device)
    noise = torch.randn(k, k, device=device).tril(-1)
    A = noise + torch.diag((2 * torch._standard_gamma(dof / 2)).sqrt())
    return root @ A @ A.T @ root.T


def draw_gamma(shape: Tensor | float, rate: Tensor) -> Tensor:
    """Draw from gamma distributions by shape and rate."""
    shape = torch.as_tensor(shape, dtype=rate.dtype, device=rate.device)
    return torch._standard_gamma(shape) / rate
