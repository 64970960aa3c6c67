"""Exercises of lecture 13: factors of new movies, the pairs of an FM, a list that varies."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def new_factors(F: Tensor, P: Tensor, N: Tensor, ridge: float) -> Tensor:
    """Return factors (m, k) of new movies, from features `N` (m, f).

    The map is the ridge regression of the factors `P` (n, k) of known movies on theirs, `F` (n, f).
    """
    return N @ _solve(F.T @ F, F.T @ P, ridge * torch.eye(F.shape[1]))


def pair_sum(X: Tensor, V: Tensor) -> Tensor:
    """Sum x_f x_g (v_f . v_g) over each two different features of each row of `X` (n, f): (n,).

    The factors of the features are `V` (f, k).
    """
    return 0.5 * ((X @ V).square() - X.square() @ V.square()).sum(1)


def varied_list(scores: Tensor, alike: Tensor, weight: float, n: int) -> Tensor:
    """Pick `n` of the candidates by maximal marginal relevance: Long (n,).

    `scores` are (c,), `alike` (c, c) says how much alike two candidates are.
    """
    return _pick(scores, alike, weight, n, lambda rows: rows.amax(0))


def _solve(gram: Tensor, right: Tensor, penalty: Tensor) -> Tensor:
    return torch.linalg.solve(gram + penalty, right)


def _pick(scores, alike, weight, n, join, sign=-1.0, again=False) -> Tensor:
    """Pick one after the other; `join` makes one number of the likenesses with what is picked."""
    picked = []
    for _ in range(n):
        value = weight * scores
        if picked:
            value = value + sign * (1 - weight) * join(alike[picked])
            if not again:
                value[picked] = -torch.inf
        picked.append(int(value.argmax()))
    return torch.tensor(picked)


def _draw_new_factors(seed: int) -> tuple[Tensor, Tensor, Tensor, float]:
    draw = Draw(seed)
    n, m, f, k = (draw.randint(1, 4) for _ in range(4))
    return draw.numbers(n, f), draw.numbers(n, k), draw.numbers(m, f), draw.number(0.5, 3)


def _draw_pair_sum(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    n, f, k = draw.randint(1, 3), draw.randint(2, 4), draw.randint(1, 3)
    return draw.numbers(n, f), draw.numbers(f, k)


def _draw_varied_list(seed: int) -> tuple[Tensor, Tensor, float, int]:
    draw = Draw(seed)
    c = draw.randint(2, 5)
    scores = torch.tensor([draw.random() for _ in range(c)])  # no two of them tie
    half = torch.tensor([[draw.random() for _ in range(c)] for _ in range(c)])
    return scores, (half + half.T) / 2, draw.choice([0.25, 0.5, 0.75]), draw.randint(1, c)


FEATURES = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
FACTORS = torch.tensor([[2.0, 0.5], [1.0, -1.0], [-1.0, 0.25]])
NEW = torch.tensor([[1.0, 0.5], [0.0, 2.0]])
ROWS = torch.tensor([[1.0, 1.0, 0.0], [0.5, 2.0, 1.0]])
VECTORS = torch.tensor([[1.0, 0.5], [2.0, -1.0], [0.5, 0.25]])
SCORES = torch.tensor([0.9, 0.8, 0.7, 0.3, 0.6])
ALIKE = torch.tensor(
    [
        [1.0, 0.9, 0.2, 0.1, 0.5],
        [0.9, 1.0, 0.3, 0.0, 0.4],
        [0.2, 0.3, 1.0, 0.6, 0.8],
        [0.1, 0.0, 0.6, 1.0, 0.3],
        [0.5, 0.4, 0.8, 0.3, 1.0],
    ]
)
GRAM = "A = F.T @ F + {} * torch.eye(F.shape[1])\n"
LOOP = """picked = []
for _ in range(n):
    value = weight * scores
    if picked:
        value = value {} (1 - weight) * {}
        value[picked] = -torch.inf
    picked.append(int(value.argmax()))
return torch.tensor(picked)"""
EXERCISES = {
    "new_factors": Exercise(
        answer=new_factors,
        cases=[(FEATURES, FACTORS, NEW, 1.0), (FEATURES[1:], FACTORS[1:], NEW[:1], 0.5)],
        inputs=_draw_new_factors,
        mistakes={
            "벌금이 없습니다. 특징이 영화보다 많으면 방정식이 풀릴까요?": (
                lambda F, P, N, ridge: N @ torch.linalg.pinv(F) @ P,
                "return N @ torch.linalg.pinv(F) @ P",
            ),
            "벌금을 영화 수만큼 곱했습니다. 여기서 벌금은 제곱합에 바로 더합니다.": (
                lambda F, P, N, ridge: (
                    N @ _solve(F.T @ F, F.T @ P, ridge * len(F) * torch.eye(F.shape[1]))
                ),
                GRAM.format("ridge * len(F)") + "return N @ torch.linalg.solve(A, F.T @ P)",
            ),
            "벌금을 표의 모든 칸에 더했습니다. 어느 칸에만 더해야 하나요?": (
                lambda F, P, N, ridge: (
                    N
                    @ torch.linalg.pinv(F.T @ F + ridge * torch.ones(F.shape[1], F.shape[1]))
                    @ F.T
                    @ P
                ),
                "A = F.T @ F + ridge\nreturn N @ torch.linalg.pinv(A) @ F.T @ P",
            ),
            "벌금을 제곱했습니다.": (
                lambda F, P, N, ridge: (
                    N @ _solve(F.T @ F, F.T @ P, ridge**2 * torch.eye(F.shape[1]))
                ),
                GRAM.format("ridge**2") + "return N @ torch.linalg.solve(A, F.T @ P)",
            ),
            "가중치를 돌려주었습니다. 새 영화의 특징에 곱했나요?": (
                lambda F, P, N, ridge: _solve(F.T @ F, F.T @ P, ridge * torch.eye(F.shape[1])),
                GRAM.format("ridge") + "return torch.linalg.solve(A, F.T @ P)",
            ),
            "아는 영화의 벡터를 구했습니다. 물은 것은 새 영화입니다.": (
                lambda F, P, N, ridge: new_factors(F, P, F, ridge),
                GRAM.format("ridge") + "return F @ torch.linalg.solve(A, F.T @ P)",
            ),
        },
    ),
    "pair_sum": Exercise(
        answer=pair_sum,
        cases=[(ROWS, VECTORS), (ROWS[1:], VECTORS[:, :1])],
        inputs=_draw_pair_sum,
        mistakes={
            "쌍마다 두 번 셌습니다. 절반으로 나누었나요?": (
                lambda X, V: 2 * pair_sum(X, V),
                "return ((X @ V)**2 - X**2 @ V**2).sum(1)",
            ),
            "자기 자신과의 곱이 남았습니다. 서로 다른 두 특징만 곱해야 합니다.": (
                lambda X, V: 0.5 * (X @ V).square().sum(1),
                "return 0.5 * ((X @ V)**2).sum(1)",
            ),
            "절반으로 나누지도 않고 자기 자신과의 곱도 빼지 않았습니다.": (
                lambda X, V: (X @ V).square().sum(1),
                "return ((X @ V)**2).sum(1)",
            ),
            "빼는 쪽의 특징을 제곱하지 않았습니다.": (
                lambda X, V: 0.5 * ((X @ V).square() - X @ V.square()).sum(1),
                "return 0.5 * ((X @ V)**2 - X @ V**2).sum(1)",
            ),
            "빼는 쪽의 벡터를 제곱하지 않았습니다.": (
                lambda X, V: 0.5 * ((X @ V).square() - X.square() @ V).sum(1),
                "return 0.5 * ((X @ V)**2 - X**2 @ V).sum(1)",
            ),
            "벡터를 더한 뒤에 뺐습니다. 빼기는 벡터의 자리마다 해야 합니다.": (
                lambda X, V: 0.5 * ((X @ V).sum(1).square() - (X.square() @ V.square()).sum(1)),
                "return 0.5 * ((X @ V).sum(1)**2 - (X**2 @ V**2).sum(1))",
            ),
        },
    ),
    "varied_list": Exercise(
        answer=varied_list,
        cases=[(SCORES, ALIKE, 0.5, 4), (SCORES, ALIKE, 0.25, 3), (SCORES, ALIKE, 0.75, 5)],
        inputs=_draw_varied_list,
        mistakes={
            "점수만 보았습니다. 이미 고른 것과 닮은 만큼을 뺐나요?": (
                lambda scores, alike, weight, n: scores.argsort(descending=True)[:n],
                "return scores.argsort(descending=True)[:n]",
            ),
            "닮은 것을 골랐습니다. 부호를 보세요.": (
                lambda scores, alike, weight, n: _pick(
                    scores, alike, weight, n, lambda rows: rows.amax(0), sign=1.0
                ),
                LOOP.format("+", "alike[picked].amax(0)"),
            ),
            "가장 덜 닮은 것과 견주었습니다. 가장 닮은 것이 문제입니다.": (
                lambda scores, alike, weight, n: _pick(
                    scores, alike, weight, n, lambda rows: rows.amin(0)
                ),
                LOOP.format("-", "alike[picked].amin(0)"),
            ),
            "마지막에 고른 것하고만 견주었습니다.": (
                lambda scores, alike, weight, n: _pick(
                    scores, alike, weight, n, lambda rows: rows[-1]
                ),
                LOOP.format("-", "alike[picked[-1]]"),
            ),
            "닮은 만큼을 모두 더했습니다. 목록이 길어질수록 점수가 묻히지 않나요?": (
                lambda scores, alike, weight, n: _pick(
                    scores, alike, weight, n, lambda rows: rows.sum(0)
                ),
                LOOP.format("-", "alike[picked].sum(0)"),
            ),
            "고른 것을 또 골랐습니다.": (
                lambda scores, alike, weight, n: _pick(
                    scores, alike, weight, n, lambda rows: rows.amax(0), again=True
                ),
                LOOP.format("-", "alike[picked].amax(0)").replace(
                    "        value[picked] = -torch.inf\n", ""
                ),
            ),
        },
    ),
}
