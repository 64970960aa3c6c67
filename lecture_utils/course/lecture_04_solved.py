"""Exercises of lecture 04, whose answer is that of an equation."""

import torch
from torch import Tensor

from lecture_utils.course.grader import Exercise


def fold_in_vector(P: Tensor, rest: Tensor, ridge: float) -> Tensor:
    """Ridge regression of `rest` (n,) on the rows of `P` (n, rank): shape (rank,)."""
    return torch.linalg.solve(P.T @ P + ridge * torch.eye(P.shape[1]), P.T @ rest)


def rotation(A: Tensor, B: Tensor) -> Tensor:
    """The orthogonal R, (rank, rank), with A R nearest to B, both (n, rank) (Schönemann 1966)."""
    U, _, Vt = _svd(A, B)
    return U @ Vt


def _with_ones(P: Tensor) -> Tensor:
    return torch.cat([P, torch.ones(len(P), 1)], dim=1)


def _svd(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return torch.linalg.svd(A.T @ B)


RATED = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
CLOUD = torch.tensor([[2.0, 0.5], [-1.0, 1.0], [0.5, 3.0], [1.0, -2.0]])
TURN = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
CLOUD3 = torch.tensor([[2.0, 0.5, 1.0], [-1.0, 1.0, 0.5], [0.5, 3.0, -1.0], [1.0, -2.0, 2.0]])
TURN3 = torch.tensor([[2.0, -1.0, 2.0], [2.0, 2.0, -1.0], [-1.0, 2.0, 2.0]]) / 3
EXERCISES = {
    "fold_in_vector": Exercise(
        answer=fold_in_vector,
        cases=[
            (RATED, torch.tensor([1.0, 0.5, -1.0]), 2.0),
            (RATED[:1], torch.tensor([1.0]), 0.5),
        ],
        mistakes={
            "벌금이 빠졌습니다. 평점이 하나뿐인 둘째 경우에 방정식의 답이 하나로 정해지나요?": (
                lambda P, rest, ridge: torch.linalg.solve(P.T @ P, P.T @ rest)
            ),
            "벌금이 빠진 최소제곱의 답입니다. ridge는 어디에 썼나요?": (
                lambda P, rest, ridge: torch.linalg.pinv(P) @ rest
            ),
            "ridge를 모든 칸에 더했나요? 벌금 |q|²을 미분하면 행렬의 어느 자리에만 남을까요?": (
                lambda P, rest, ridge: torch.linalg.solve(P.T @ P + ridge, P.T @ rest)
            ),
            "q가 아니라 예측 P @ q를 돌려주었습니다. 모양이 (rank,)인가요?": (
                lambda P, rest, ridge: P @ fold_in_vector(P, rest, ridge)
            ),
            "ridge에 평점 수를 곱했나요? 이 식의 오차는 이미 평균이 아니라 합입니다.": (
                lambda P, rest, ridge: fold_in_vector(P, rest, ridge * len(P))
            ),
            "답이 하나 더 나왔습니다. 1로 채운 열은 무엇을 구하려고 붙이나요?": (
                lambda P, rest, ridge: fold_in_vector(_with_ones(P), rest, ridge)
            ),
            "1로 채운 열을 붙여 풀었나요? rest에 편향이 아직 들어 있나요?": (
                lambda P, rest, ridge: fold_in_vector(_with_ones(P), rest, ridge)[:-1]
            ),
            "단위 행렬의 크기를 보세요. P.T @ P의 모양은 무엇인가요?": (
                lambda P, rest, ridge: torch.linalg.solve(
                    P.T @ P + ridge * torch.eye(len(P)), P.T @ rest
                )
            ),
        },
    ),
    "rotation": Exercise(
        answer=rotation,
        cases=[
            (CLOUD, CLOUD @ TURN),
            (CLOUD, 2.0 * CLOUD @ TURN),
            (CLOUD, CLOUD.flip(0)),
            (CLOUD3, CLOUD3 @ TURN3),
        ],
        mistakes={
            "거꾸로 돌리고 있습니다. R과 R의 전치 가운데 A를 B로 보내는 것은 어느 쪽일까요?": (
                lambda A, B: rotation(A, B).T
            ),
            "R @ R.T가 단위 행렬인가요? 최소제곱의 답은 돌리기만 하지 않고 늘이기도 합니다.": (
                lambda A, B: torch.linalg.lstsq(A, B).solution
            ),
            "R이 아니라 돌린 결과 A @ R을 돌려주었습니다.": lambda A, B: A @ rotation(A, B),
            "특잇값까지 곱했나요? 그러면 A.T @ B로 되돌아갑니다. 늘이는 몫은 버려야 하지요.": (
                lambda A, B: A.T @ B
            ),
            "U를 전치했나요? 특잇값을 버리는 것 말고는 분해한 그대로 두면 됩니다.": (
                lambda A, B: _svd(A, B)[0].T @ _svd(A, B)[2]
            ),
            "torch.linalg.svd가 셋째로 돌려주는 것은 V인가요, 이미 전치한 것인가요?": (
                lambda A, B: _svd(A, B)[0] @ _svd(A, B)[2].T
            ),
        },
    ),
}
