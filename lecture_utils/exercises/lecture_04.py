"""Exercises of lecture 04."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.exercises import Exercise
from lecture_utils.recommend import top_n

VECTORS = torch.tensor(
    [[0.1, -0.005], [2.0, 0.0], [3.0, 4.0], [0.2, 0.02], [-9.0, 1.0], [0.0, 5.0]]
)
TURN = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
CLOUD = torch.tensor([[2.0, 0.5], [-1.0, 1.0], [0.5, 3.0], [1.0, -2.0]])


def nearest(vectors: Tensor, movie: int, n: int) -> Tensor:
    """Ids of the `n` rows with the highest cosine to row `movie`, itself left out, shape (n,)."""
    return _ranked(_cosine(vectors, movie), movie)[:n]


def fold_in_vector(P: Tensor, rest: Tensor, ridge: float) -> Tensor:
    """Ridge regression of `rest` (n,) on the rows of `P` (n, rank): shape (rank,)."""
    return torch.linalg.solve(P.T @ P + ridge * torch.eye(P.shape[1]), P.T @ rest)


def rotation(A: Tensor, B: Tensor) -> Tensor:
    """The orthogonal R, (rank, rank), with A R nearest to B, both (n, rank) (Schönemann 1966)."""
    U, _, Vt = torch.linalg.svd(A.T @ B)
    return U @ Vt


def _cosine(vectors: Tensor, movie: int) -> Tensor:
    unit = F.normalize(vectors, dim=1)
    return unit @ unit[movie]


def _ranked(similar: Tensor, movie: int) -> Tensor:
    order = similar.argsort(descending=True)
    return order[order != movie]


def _highest(scores: Tensor, n: int, low: tuple[int, ...] | Tensor, fill: float) -> Tensor:
    scores[torch.as_tensor(low, dtype=torch.long)] = fill
    return scores.argsort(descending=True)[:n]


def _best(scores: Tensor, seen: Tensor) -> Tensor:
    """All ids but the seen ones and 0, best first."""
    return top_n(scores, seen, len(scores) - 1 - len(seen))


RATED = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
EXERCISES = {
    "nearest": Exercise(
        answer=nearest,
        cases=[(VECTORS, 1, 3), (VECTORS, 2, 2)],
        mistakes={
            "가장 가까운 것이 자기 자신은 아닌가요? 자기 자신과의 코사인은 얼마일까요?": (
                lambda v, m, n: _cosine(v, m).argsort(descending=True)[:n]
            ),
            "벡터가 긴 영화가 유리해지지 않았나요? 내적과 코사인은 무엇이 다른가요?": (
                lambda v, m, n: _ranked(v @ v[m], m)[:n]
            ),
            "순서를 보세요. 맨 앞이 가장 가까운 영화인가요, 가장 먼 영화인가요?": (
                lambda v, m, n: _ranked(-_cosine(v, m), m)[:n]
            ),
            "번호가 아니라 유사도를 돌려주었습니다. 몇 번 영화인지 알 수 있을까요?": (
                lambda v, m, n: _cosine(v, m)[_ranked(_cosine(v, m), m)[:n]]
            ),
            "거리로 쟀군요. 방향이 같아도 길이가 다르면 어떻게 되나요?": (
                lambda v, m, n: _ranked(-(v - v[m]).norm(dim=1), m)[:n]
            ),
        },
    ),
    "recommend": Exercise(
        answer=top_n,
        cases=[
            (torch.tensor([9.0, 4.0, 5.0, 3.0, 4.5]), torch.tensor([2]), 2),
            (torch.tensor([-0.5, -3.0, -1.0, -2.0, -4.0]), torch.tensor([], dtype=torch.long), 2),
        ],
        mistakes={
            "이미 본 영화가 들어 있지 않나요?": lambda s, seen, n: _highest(s, n, (0,), -1e9),
            "0번은 어떤 영화인가요? 1부터 번호를 매긴 표에서 0번 행은 무엇이었지요?": (
                lambda s, seen, n: _highest(s, n, seen, -1e9)
            ),
            "이미 본 영화와 0번이 그대로 들어 있습니다. 무엇을 빼야 했지요?": (
                lambda s, seen, n: s.argsort(descending=True)[:n]
            ),
            "빼려는 자리에 0을 넣었나요? 나머지 예측이 모두 음수라면 누가 1등일까요?": (
                lambda s, seen, n: _highest(s, n, (0, *seen.tolist()), 0.0)
            ),
            "정렬 방향을 보세요. 예측이 가장 낮은 영화부터 추천하고 있지 않나요?": (
                lambda s, seen, n: _best(s, seen).flip(0)[:n]
            ),
            "번호가 아니라 예측값을 돌려주었습니다. 무슨 영화를 보라는 말일까요?": (
                lambda s, seen, n: s[_best(s, seen)[:n]]
            ),
        },
    ),
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
        },
    ),
    "rotation": Exercise(
        answer=rotation,
        cases=[(CLOUD, CLOUD @ TURN), (CLOUD, 2.0 * CLOUD @ TURN), (CLOUD, CLOUD.flip(0))],
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
        },
    ),
}
