"""Exercises of lecture 04: neighbours and recommendations."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.course.grader import Exercise
from lecture_utils.recommend import top_n


def nearest(vectors: Tensor, movie: int, n: int) -> Tensor:
    """Ids of the `n` rows with the highest cosine to row `movie`, itself left out, shape (n,)."""
    return _ranked(_cosine(vectors, movie), movie)[:n]


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


VECTORS = torch.tensor(
    [[0.1, -0.005], [2.0, 0.0], [3.0, 4.0], [0.2, 0.02], [-9.0, 1.0], [0.0, 5.0]]
)
OPPOSITE = torch.tensor([[1.0, 0.0], [-1.0, 0.5], [-1.2, -0.2], [-0.3, 1.0]])
UNEVEN = torch.tensor([[10.0, 1.0], [9.0, -1.0], [1.0, 1.0], [0.0, 5.0], [-30.0, 0.5]])
EXERCISES = {
    "nearest": Exercise(
        answer=nearest,
        cases=[(VECTORS, 1, 3), (VECTORS, 2, 2), (OPPOSITE, 0, 2), (UNEVEN, 2, 3)],
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
            "자기 자신에 넣은 값이 너무 높지 않나요? 나머지 코사인이 모두 음수라면요?": (
                lambda v, m, n: _highest(_cosine(v, m), n, (m,), 0.0)
            ),
            "길이를 어느 축으로 쟀나요? 벡터 하나는 한 행에 누워 있습니다.": (
                lambda v, m, n: _ranked(F.normalize(v, dim=0) @ F.normalize(v, dim=0)[m], m)[:n]
            ),
            "n개보다 적습니다. 고르고 나서 자기 자신을 뺐나요, 빼고 나서 골랐나요?": (
                lambda v, m, n: _ranked(_cosine(v, m), m)[: n - 1]
            ),
        },
    ),
    "recommend": Exercise(
        answer=top_n,
        cases=[
            (torch.tensor([9.0, 4.0, 5.0, 3.0, 4.5]), torch.tensor([2]), 2),
            (torch.tensor([-0.5, -3.0, -1.5, -2.0, -4.0]), torch.tensor([], dtype=torch.long), 2),
        ],
        mistakes={
            "이미 본 영화가 들어 있지 않나요?": lambda s, seen, n: _highest(s, n, (0,), -1e9),
            "0번은 어떤 영화인가요? 1부터 번호를 매긴 표에서 0번 행은 무엇이었지요?": (
                lambda s, seen, n: _highest(s, n, seen, -1e9)
            ),
            "이미 본 영화와 0번이 그대로 들어 있습니다. 무엇을 빼야 했지요?": (
                lambda s, seen, n: s.argsort(descending=True)[:n]
            ),
            "빼려는 자리에 넣은 값이 너무 높지 않나요? 나머지 예측이 모두 음수라면요?": (
                lambda s, seen, n: _highest(s, n, (0, *seen.tolist()), 0.0)
            ),
            "n개보다 적습니다. 고르고 나서 본 것을 뺐나요, 빼고 나서 골랐나요?": (
                lambda s, seen, n: [
                    i for i in _highest(s, n, (), 0.0).tolist() if i and i not in seen.tolist()
                ]
            ),
            "한 칸씩 밀렸습니다. scores[1:]의 첫 칸은 원래 몇 번 영화인가요?": (
                lambda s, seen, n: top_n(s, seen, n) - 1
            ),
            "정렬 방향을 보세요. 예측이 가장 낮은 영화부터 추천하고 있지 않나요?": (
                lambda s, seen, n: _best(s, seen).flip(0)[:n]
            ),
            "번호가 아니라 예측값을 돌려주었습니다. 무슨 영화를 보라는 말일까요?": (
                lambda s, seen, n: s[_best(s, seen)[:n]]
            ),
        },
    ),
}
