"""Exercises of lecture 01."""

import torch
from torch import Tensor

from lecture_utils.exercises import Exercise


def mse(prediction: Tensor, rating: Tensor) -> Tensor:
    """Mean squared error of predictions and ratings of shape (n,), or of columns (n, 1)."""
    return (prediction.reshape(-1) - rating.reshape(-1)).square().mean()


P = torch.tensor([4.0, 3.0, 5.0])
EXERCISES = {
    "mse": Exercise(
        answer=mse,
        cases=[
            (P, torch.tensor([5.0, 3.0, 1.0])),
            (P, torch.tensor([[5.0], [3.0], [1.0]])),
        ],
        mistakes={
            "힌트: 둘째 평점은 모양이 (3, 1)입니다. 그대로 빼면 차이가 몇 개 나올까요?": (
                lambda p, r: (p - r).square().mean()
            ),
            "힌트: 차이를 제곱해 더하기까지는 맞았습니다. '평균'을 내려면 무엇이 더 필요할까요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).square().sum()
            ),
            "힌트: 5점 모자란 것과 5점 넘친 것이 서로 지워지고 있지 않나요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).mean()
            ),
        },
    ),
}
