"""Lists whose movies differ from one another, and how much alike they are.

Carbonell & Goldstein (1998), The Use of MMR, Diversity-Based Reranking for Reordering Documents and
Producing Summaries: pick one after the other, each good by itself and unlike what stands above it.
"""

import torch
from torch import Tensor


def pick_varied(scores: Tensor, vectors: Tensor, weight: float, n: int = 10) -> Tensor:
    """Pick `n` of each user's candidates by maximal marginal relevance, best first: (m, n).

    The next one has the largest weight * score - (1 - weight) * (largest cosine with one that has
    been picked, if that is above 0). Among equals any may come first.

    Args:
        scores: of the candidates, (m, c); those of a user are brought to 0..1.
        vectors: what candidates are compared by, (m, c, f), of length 1, or 0.
        weight: 1 looks at the scores alone, 0 at the variety alone.
        n: length of a list.

    Returns:
        Places among the candidates, 0..c-1.

    Raises:
        ValueError: for a `weight` outside 0..1, an `n` outside 1..c, and shapes that differ.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight must lie between 0 and 1, not {weight}")
    if vectors.shape[:2] != scores.shape:
        found = f"{tuple(vectors.shape)} and {tuple(scores.shape)}"
        raise ValueError(f"vectors must be (m, c, f) and scores (m, c), not {found}")
    if not 1 <= n <= scores.shape[1]:
        raise ValueError(f"n must be from 1 to {scores.shape[1]}, the candidates, not {n}")
    low, high = scores.aminmax(dim=1, keepdim=True)
    scores = (scores - low) / (high - low).clamp(min=1e-12)
    alike, picked = torch.zeros_like(scores), []
    for _ in range(n):
        value = weight * scores - (1 - weight) * alike
        best = value.max(1, keepdim=True).indices  # (m, 1)
        picked.append(best)
        scores = scores.scatter(1, best, -torch.inf)
        one = vectors.take_along_dim(best[:, :, None], 1)  # (m, 1, f)
        alike = alike.maximum((vectors * one).sum(2))
    return torch.cat(picked, 1)


def mean_similarity(vectors: Tensor) -> Tensor:
    """Return the mean cosine of two movies of each list, whose `vectors` are (m, n, f): (m,)."""
    n = vectors.shape[1]
    together = vectors.sum(1).square().sum(1) - vectors.square().sum((1, 2))
    return together / (n * (n - 1))
