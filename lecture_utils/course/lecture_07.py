"""Exercises of lecture 07: a penalty that knows the number of ratings, a mean of many models."""

import torch
from torch import Tensor

from lecture_utils.course.grader import Exercise


def weighted_ridge(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """Ridge regression of `y` (n,) on `F` (n, k), with penalty ridge * n ** power: (k,)."""
    return _ridge(F, y, ridge * len(F) ** power)


def average_of_draws(draws: Tensor, burn_in: int) -> Tensor:
    """Mean of the rows of `draws` (s, m) after the first `burn_in`, clipped to 1..5: (m,)."""
    return _clipped(draws[burn_in:])


def _ridge(F: Tensor, y: Tensor, penalty: float) -> Tensor:
    return torch.linalg.solve(F.T @ F + penalty * torch.eye(F.shape[1]), F.T @ y)


def _dual(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """A number per rating, (n,); F.T times it would be the answer."""
    return torch.linalg.solve(F @ F.T + ridge * len(F) ** power * torch.eye(len(F)), y)


def _clipped(draws: Tensor) -> Tensor:
    return draws.mean(0).clamp(1, 5)


def _running(draws: Tensor) -> Tensor:
    return draws.cumsum(0) / torch.arange(1, len(draws) + 1)[:, None]


SEEN = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [-1.0, 1.0]])
LEFT = torch.tensor([2.0, 1.0, -1.0, -3.0])
DRAWS = torch.tensor(
    [[1.0, 9.0, 3.0], [0.0, 1.0, 8.0], [4.0, 6.0, 3.2], [3.0, 5.5, -1.0], [2.6, 7.0, 0.5]]
)
LOW = torch.tensor([[3.0, 2.0], [-0.5, 4.0], [0.2, 7.0], [1.6, 3.0]])
EXERCISES = {
    "weighted_ridge": Exercise(
        answer=weighted_ridge,
        cases=[(SEEN, LEFT, 3.0, 0.5), (SEEN[:3], LEFT[:3], 2.0, 1.0), (SEEN, LEFT, 1.5, 0.0)],
        mistakes={
            "평점이 셋이든 백이든 벌금이 같습니다. power는 어디에 썼나요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge)
            ),
            "power를 바꾸어도 벌금이 늘 n배입니다. power가 0이면 몇 배여야 할까요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge * len(F))
            ),
            "n 자리에 벡터의 길이를 넣었나요? 세어야 할 것은 무엇의 수인가요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge * F.shape[1] ** power)
            ),
            "ridge를 거듭제곱했나요? 평점의 수는 어디에 들어갔지요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge**power)
            ),
            "power가 ridge에까지 걸렸습니다. 괄호를 어디에 쳤나요?": (
                lambda F, y, ridge, power: _ridge(F, y, (ridge * len(F)) ** power)
            ),
            "n에 power를 곱했나요? 곱하기와 거듭제곱은 파이썬에서 어떻게 다르게 적나요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge * len(F) * power)
            ),
            "벌금을 모든 칸에 더했나요? |q|²을 미분하면 행렬의 어느 자리에 남을까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(
                    F.T @ F + ridge * len(F) ** power, F.T @ y
                )
            ),
            "모양이 맞지 않습니다. (k, k)여야 할 것들의 모양을 하나씩 찍어 볼까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(F @ F.T, F.T @ y)
            ),
            "숫자가 평점마다 하나씩 나왔습니다. 구하려는 것은 숫자 몇 개인가요?": _dual,
            "벌금이 너무 약합니다. n으로 나누지 않았나요? 오차는 평균인가요, 합인가요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge * len(F) ** power / len(F))
            ),
            "벌금이 n배 세졌습니다. 오차 쪽만 n으로 나누지 않았나요?": (
                lambda F, y, ridge, power: _ridge(F, y, ridge * len(F) ** power * len(F))
            ),
            "벡터가 아니라 예측을 돌려주었습니다. 모양이 (k,)인가요?": (
                lambda F, y, ridge, power: F @ weighted_ridge(F, y, ridge, power)
            ),
        },
    ),
    "average_of_draws": Exercise(
        answer=average_of_draws,
        cases=[(DRAWS, 2), (LOW, 1)],
        mistakes={
            "먼저 자르고 평균 냈나요? 넘친 것과 모자란 것이 서로 지워질 틈이 없습니다.": (
                lambda draws, burn_in: draws[burn_in:].clamp(1, 5).mean(0)
            ),
            "처음 바퀴들까지 평균에 들어갔습니다. burn_in은 어디에 썼나요?": (
                lambda draws, burn_in: _clipped(draws)
            ),
            "버릴 것만 평균 냈습니다. 콜론의 왼쪽과 오른쪽 가운데 어디에 적어야 할까요?": (
                lambda draws, burn_in: _clipped(draws[:burn_in])
            ),
            "마지막 바퀴 하나만 썼습니다. 하나하나와 평균 가운데 어느 쪽이 나았지요?": (
                lambda draws, burn_in: draws[-1].clamp(1, 5)
            ),
            "바퀴마다 숫자가 하나씩 나왔습니다. 어느 축으로 평균 내야 (m,)이 될까요?": (
                lambda draws, burn_in: draws[burn_in:].mean(1).clamp(1, 5)
            ),
            "영화 쪽을 버렸습니다. 한 줄이 한 바퀴입니다. 줄을 버렸나요, 열을 버렸나요?": (
                lambda draws, burn_in: _clipped(draws[:, burn_in:])
            ),
            "뒤쪽 바퀴를 버렸습니다. 출발점의 흔적은 어느 쪽에 남아 있을까요?": (
                lambda draws, burn_in: _clipped(draws[:-burn_in])
            ),
            "한 바퀴 더 버렸습니다. 번호는 몇부터 세나요?": (
                lambda draws, burn_in: _clipped(draws[burn_in + 1 :])
            ),
            "한 바퀴 덜 버렸습니다. 번호는 몇부터 세나요?": (
                lambda draws, burn_in: _clipped(draws[burn_in - 1 :])
            ),
            "바퀴마다의 평균을 모두 돌려주었습니다. 필요한 것은 그 가운데 어느 줄인가요?": (
                lambda draws, burn_in: _running(draws[burn_in:]).clamp(1, 5)
            ),
            "평균까지는 좋습니다. 5점이 넘는 예측을 그대로 둘까요?": (
                lambda draws, burn_in: draws[burn_in:].mean(0)
            ),
            "아래쪽 끝이 다릅니다. 가장 낮은 별점은 몇 점인가요?": (
                lambda draws, burn_in: draws[burn_in:].mean(0).clamp(0, 5)
            ),
            "남긴 것만 더해 놓고 전체 바퀴 수로 나누지 않았나요?": (
                lambda draws, burn_in: (draws[burn_in:].sum(0) / len(draws)).clamp(1, 5)
            ),
            "반올림했나요? 예측이 꼭 정수여야 할 까닭이 있나요?": (
                lambda draws, burn_in: average_of_draws(draws, burn_in).round()
            ),
            "가운데 값을 골랐나요? 구할 것은 평균입니다.": (
                lambda draws, burn_in: draws[burn_in:].median(0).values.clamp(1, 5)
            ),
        },
    ),
}
