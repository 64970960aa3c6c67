"""Exercises of lecture 10: coverage, cosines of columns, one user of implicit ALS, EASE."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def shown_share(lists: Tensor, offered: Tensor) -> float:
    """Return the share of the `offered` ids (c,) that stand anywhere in `lists` (m, n)."""
    return len(lists.unique()) / len(offered)


def item_cosine(X: Tensor) -> Tensor:
    """Return the cosines of all pairs of columns of `X` (m, n), 0 with themselves: (n, n).

    A column of zeros has the cosine 0 with every other.
    """
    return _cosine(X.T @ X, _outer(X.T @ X)).fill_diagonal_(0)


def implicit_user(P: Tensor, seen: Tensor, weights: Tensor, ridge: float, alpha: float) -> Tensor:
    """Solve for a user's factors (k,) by implicit ALS, given the items' factors `P` (m, k).

    She watched `seen` (n,), with `weights` (n,) on the target 1; all m items weigh `alpha` more
    on the target 0. The penalty on |q|^2 is `ridge` times the sum of all weights.
    """
    A = alpha * P.T @ P + P[seen].T @ (weights[:, None] * P[seen])
    return _solve(A, weights @ P[seen], ridge * (weights.sum() + alpha * len(P)))


def ease_weights(G: Tensor, ridge: float) -> Tensor:
    """Return the weights of EASE, (n, n), for the Gram matrix `G` (n, n) of the items."""
    inverse = _inverse(G, ridge)
    return (inverse / -inverse.diagonal()).fill_diagonal_(0)


def _outer(G: Tensor) -> Tensor:
    """Multiply the lengths of all pairs of columns."""
    length = G.diagonal().sqrt()
    return length[:, None] * length


def _cosine(G: Tensor, norm: Tensor) -> Tensor:
    return torch.where(norm > 0, G / norm, 0.0)


def _bare_cosine(X: Tensor) -> Tensor:
    """Leave the diagonal as it is."""
    return _cosine(X.T @ X, _outer(X.T @ X))


def _solve(A: Tensor, moment: Tensor, penalty: Tensor | float) -> Tensor:
    return torch.linalg.solve(A + penalty * torch.eye(len(A)), moment)


def _implicit(
    P: Tensor, seen: Tensor, inside: Tensor, target: Tensor, penalty: Tensor | float, alpha: float
) -> Tensor:
    """Solve with the weights `inside` the matrix and `target` on the right side."""
    A = alpha * P.T @ P + P[seen].T @ (inside[:, None] * P[seen])
    return _solve(A, target @ P[seen], penalty)


def _all_weights(P: Tensor, weights: Tensor, alpha: float) -> Tensor:
    return weights.sum() + alpha * len(P)


def _inverse(G: Tensor, ridge: float) -> Tensor:
    return torch.linalg.inv(G + ridge * torch.eye(len(G)))


def _shrunk(G: Tensor, ridge: float) -> Tensor:
    """Divide the matrix itself, not its inverse."""
    A = G + ridge * torch.eye(len(G))
    return (A / -A.diagonal()).fill_diagonal_(0)


def _draw_shown_share(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    offered = draw.sample(range(12), draw.randint(1, 9))
    n = draw.randint(1, min(3, len(offered)))
    lists = [draw.sample(offered, n) for _ in range(draw.randint(1, 4))]
    return torch.tensor(lists), torch.tensor(offered)


def _draw_item_cosine(seed: int) -> tuple[Tensor]:
    draw = Draw(seed)
    X = draw.numbers(draw.randint(1, 4), draw.randint(1, 4), low=0, high=1)
    if draw.random() < 0.4:
        X[:, draw.randrange(X.shape[1])] = 0
    return (X,)


def _draw_implicit_user(seed: int) -> tuple[Tensor, Tensor, Tensor, float, float]:
    draw = Draw(seed)
    m = draw.randint(1, 5)
    seen = torch.tensor(draw.sample(range(m), draw.randint(1, m)))
    weights = draw.numbers(len(seen), low=0.25, high=1)
    P, ridge, alpha = draw.numbers(m, draw.randint(1, 3)), *draw.numbers(2, low=0.25, high=2)
    return P, seen, weights, ridge.item(), alpha.item()


def _draw_ease_weights(seed: int) -> tuple[Tensor, float]:
    draw = Draw(seed)
    X = draw.numbers(draw.randint(1, 5), draw.randint(1, 4), low=0, high=2)
    return X.T @ X, draw.number(0.5, 4)


LISTS = torch.tensor([[3, 1], [3, 7], [1, 3]])
SHOP = torch.tensor([1, 2, 3, 5, 7, 9])
SEEN = torch.tensor([[1.0, 1, 0, 0], [1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 0, 0]])
STARS = torch.tensor([[1.0, 0.5], [0.25, 0.75], [0.5, 0.0]])
FILMS = torch.tensor([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [-1.0, 1.0]])
HERS, STRENGTH = torch.tensor([0, 2]), torch.tensor([1.0, 0.5])
GRAM = torch.tensor([[3.0, 2.0, 1.0], [2.0, 4.0, 0.0], [1.0, 0.0, 2.0]])
LENGTH = "G = X.T @ X\nd = G.diagonal().sqrt()\n"
IMPLICIT = (
    "F = P[seen]\nA = {}\nA = A + {} * torch.eye(P.shape[1])\nreturn torch.linalg.solve(A, {})"
)
ALL, OWN, RIGHT = "alpha * P.T @ P", "F.T @ (weights[:, None] * F)", "F.T @ weights"
PENALTY = "ridge * (weights.sum() + alpha * len(P))"
INVERT = "A = G + ridge * torch.eye(len(G))\nB = torch.linalg.inv(A)\n"
EXERCISES = {
    "shown_share": Exercise(
        answer=shown_share,
        cases=[(LISTS, SHOP), (LISTS[:2], SHOP[[0, 2, 4]])],
        inputs=_draw_shown_share,
        mistakes={
            "같은 영화를 여러 번 세었습니다. 두 사람에게 나온 영화는 몇 편인가요?": (
                lambda lists, offered: lists.numel() / len(offered),
                "return sum(len(row) for row in lists) / len(offered)",
            ),
            "목록의 칸 수로 나누었습니다. 무엇 가운데 얼마가 나왔는지를 물었지요?": (
                lambda lists, offered: len(lists.unique()) / lists.numel(),
                "m, n = lists.shape\nreturn len(set(lists.flatten().tolist())) / (m * n)",
            ),
            "첫 사람의 목록만 보았습니다.": (
                lambda lists, offered: len(lists[0].unique()) / len(offered),
                "return len(set(lists[0].tolist())) / len(offered)",
            ),
            "한 번도 나오지 않은 것의 비율입니다. 물은 것은 그 반대입니다.": (
                lambda lists, offered: 1 - shown_share(lists, offered),
                "hidden = [i for i in offered if i not in lists]\n"
                "return len(hidden) / len(offered)",
            ),
            "가장 큰 번호로 나누었나요? 번호가 빠진 영화도 있습니다.": (
                lambda lists, offered: len(lists.unique()) / (int(offered.max()) + 1),
                "count = torch.bincount(lists.flatten(), minlength=int(offered.max()) + 1)\n"
                "return (count > 0).float().mean()",
            ),
            "모두에게 나온 영화만 세었습니다. 한 사람에게만 나와도 나온 것입니다.": (
                lambda lists, offered: (
                    len(set.intersection(*(set(row) for row in lists.tolist()))) / len(offered)
                ),
                "common = set(offered.tolist())\nfor row in lists.tolist():\n"
                "    common = common & set(row)\nreturn len(common) / len(offered)",
            ),
            "비율이 아니라 편수입니다. 무엇으로 나누어야 할까요?": (
                lambda lists, offered: len(lists.unique()),
                "return torch.isin(offered, lists).sum()",
            ),
        },
    ),
    "item_cosine": Exercise(
        answer=item_cosine,
        cases=[(SEEN,), (STARS,)],
        inputs=_draw_item_cosine,
        mistakes={
            "줄끼리 견주었습니다. 비슷한 사람이 아니라 비슷한 영화를 찾아야 합니다.": (
                lambda X: item_cosine(X.T),
                "G = X @ X.T\nd = G.diagonal().sqrt()\nC = G / (d[:, None] * d).clamp(min=1e-9)\n"
                "return C.fill_diagonal_(0)",
            ),
            "길이로 나누지 않았습니다. 그러면 누구나 본 영화가 모두와 가까워집니다.": (
                lambda X: (X.T @ X).fill_diagonal_(0),
                "G = X.T @ X\nreturn G - torch.diag(G.diagonal())",
            ),
            "대각선은 길이의 제곱입니다. 제곱근을 취했나요?": (
                lambda X: _cosine(X.T @ X, _outer(X.T @ X).square()).fill_diagonal_(0),
                "G = X.T @ X\nd = G.diagonal()\nC = G / (d[:, None] * d).clamp(min=1e-9)\n"
                "return C.fill_diagonal_(0)",
            ),
            "한쪽 길이로만 나누었습니다. 표가 대각선을 사이에 두고 대칭인가요?": (
                lambda X: _cosine(
                    X.T @ X, (X.T @ X).diagonal().sqrt().expand(X.shape[1], -1)
                ).fill_diagonal_(0),
                LENGTH + "C = G / d.clamp(min=1e-9)\nreturn C.fill_diagonal_(0)",
            ),
            "한쪽 길이로만 나누었습니다. 두 열의 길이가 다 들어가야 합니다.": (
                lambda X: _cosine(
                    X.T @ X, (X.T @ X).diagonal().sqrt()[:, None].expand(-1, X.shape[1])
                ).fill_diagonal_(0),
                LENGTH + "C = G / d[:, None].clamp(min=1e-9)\nreturn C.fill_diagonal_(0)",
            ),
            "대각선이 남았습니다. 자기 자신에게 표를 던져도 될까요?": (
                _bare_cosine,
                LENGTH + "return G / (d[:, None] * d).clamp(min=1e-9)",
            ),
            "0만 있는 열에서 0을 0으로 나누었습니다. 그 열의 유사도는 0으로 합시다.": (
                lambda X: (X.T @ X / _outer(X.T @ X)).fill_diagonal_(0),
                LENGTH + "return (G / (d[:, None] * d)).fill_diagonal_(0)",
                LENGTH + "return (G / torch.outer(d, d)).fill_diagonal_(0)",
            ),
            "열의 평균을 빼지 않았나요? 그러면 상관계수입니다.": (
                lambda X: item_cosine(X - X.mean(0)),
                "X = X - X.mean(0)\nG = X.T @ X\nd = G.diagonal().sqrt()\n"
                "return (G / (d[:, None] * d).clamp(min=1e-9)).fill_diagonal_(0)",
            ),
        },
    ),
    "implicit_user": Exercise(
        answer=implicit_user,
        cases=[(FILMS, HERS, STRENGTH, 0.5, 0.25), (FILMS, HERS + 1, STRENGTH, 1.0, 0.5)],
        inputs=_draw_implicit_user,
        mistakes={
            "본 영화만 더했습니다. 모든 영화를 0으로 끌어당기는 몫은 어디 갔나요?": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, w, w, ridge * _all_weights(P, w, alpha), 0.0
                ),
                IMPLICIT.format(OWN, PENALTY, RIGHT),
            ),
            "alpha를 곱하지 않았습니다. 안 본 영화도 본 영화만큼 무거울까요?": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, w, w, ridge * _all_weights(P, w, alpha), 1.0
                ),
                IMPLICIT.format(f"P.T @ P + {OWN}", PENALTY, RIGHT),
            ),
            "행렬에 본 영화의 몫이 없습니다. 본 영화도 오차의 제곱에 들어갑니다.": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, 0 * w, w, ridge * _all_weights(P, w, alpha), alpha
                ),
                IMPLICIT.format(ALL, PENALTY, RIGHT),
            ),
            "본 영화가 다 똑같이 무겁습니다. weights를 행렬에도 썼나요?": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, torch.ones_like(w), w, ridge * _all_weights(P, w, alpha), alpha
                ),
                IMPLICIT.format(f"{ALL} + F.T @ F", PENALTY, RIGHT),
            ),
            "오른쪽 변에 weights가 없습니다. 목표 1에도 무게가 걸립니다.": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, w, torch.ones_like(w), ridge * _all_weights(P, w, alpha), alpha
                ),
                IMPLICIT.format(f"{ALL} + {OWN}", PENALTY, "F.sum(0)"),
            ),
            "무게를 어디에도 쓰지 않았습니다. 조금 좋아한 영화도 1로 칠까요?": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, w**0, w**0, ridge * (len(w) + alpha * len(P)), alpha
                ),
                IMPLICIT.format(
                    f"{ALL} + F.T @ F", "ridge * (len(F) + alpha * len(P))", "F.sum(0)"
                ),
            ),
            "벌금에 무게의 합을 곱하지 않았습니다. 많이 본 사람의 벌금은 얼마인가요?": (
                lambda P, seen, w, ridge, alpha: _implicit(P, seen, w, w, ridge, alpha),
                IMPLICIT.format(f"{ALL} + {OWN}", "ridge", RIGHT),
            ),
            "벌금에 본 영화의 무게만 셌습니다. alpha로 들어온 무게는 모두 얼마인가요?": (
                lambda P, seen, w, ridge, alpha: _implicit(P, seen, w, w, ridge * w.sum(), alpha),
                IMPLICIT.format(f"{ALL} + {OWN}", "ridge * weights.sum()", RIGHT),
            ),
            "벌금이 없습니다.": (
                lambda P, seen, w, ridge, alpha: _implicit(P, seen, w, w, 0.0, alpha),
                IMPLICIT.format(f"{ALL} + {OWN}", "0", RIGHT),
            ),
            "목표 0인 항도 오른쪽 변에 넣었나요? 0을 곱하면 무엇이 남지요?": (
                lambda P, seen, w, ridge, alpha: _implicit(
                    P, seen, w, w + alpha, ridge * _all_weights(P, w, alpha), alpha
                ),
                IMPLICIT.format(f"{ALL} + {OWN}", PENALTY, "F.T @ (weights + alpha)"),
            ),
            "벡터가 아니라 모든 영화의 점수입니다. 모양이 (k,)인가요?": (
                lambda P, seen, w, ridge, alpha: P @ implicit_user(P, seen, w, ridge, alpha),
                IMPLICIT.replace("return ", "return P @ ").format(f"{ALL} + {OWN}", PENALTY, RIGHT),
            ),
        },
    ),
    "ease_weights": Exercise(
        answer=ease_weights,
        cases=[(GRAM, 1.0), (GRAM[:2, :2], 0.5)],
        inputs=_draw_ease_weights,
        mistakes={
            "줄마다 나누었습니다. 한 영화의 회귀는 줄인가요, 열인가요?": (
                lambda G, ridge: ease_weights(G, ridge).T,
                INVERT + "return (B / -B.diagonal()[:, None]).fill_diagonal_(0)",
            ),
            "대각선이 -1입니다. 자기 자신에게 주는 가중치는 얼마여야 하나요?": (
                lambda G, ridge: _inverse(G, ridge) / -_inverse(G, ridge).diagonal(),
                INVERT + "return -B / B.diagonal()",
            ),
            "부호가 반대입니다. 함께 본 영화가 서로를 밀어내지 않나요?": (
                lambda G, ridge: -ease_weights(G, ridge),
                INVERT + "return (B / B.diagonal()).fill_diagonal_(0)",
            ),
            "벌금이 없습니다.": (
                lambda G, ridge: ease_weights(G, 0.0),
                "B = torch.linalg.inv(G)\nreturn (B / -B.diagonal()).fill_diagonal_(0)",
            ),
            "벌금을 모든 칸에 더했나요? |B|²의 벌금은 행렬의 어느 자리에 남지요?": (
                lambda G, ridge: ease_weights(G + ridge, 0.0),
                "B = torch.linalg.inv(G + ridge)\nreturn (B / -B.diagonal()).fill_diagonal_(0)",
            ),
            "나누지 않았습니다. 열마다 무엇으로 나누어야 그 열의 방정식이 풀렸지요?": (
                lambda G, ridge: -_inverse(G, ridge).fill_diagonal_(0),
                INVERT + "return (-B).fill_diagonal_(0)",
            ),
            "대각선이 자유로운 답입니다. 자기를 베끼지 못하게 했나요?": (
                lambda G, ridge: torch.linalg.solve(G + ridge * torch.eye(len(G)), G),
                INVERT + "return B @ G",
            ),
            "베끼는 답을 구한 다음 대각선만 지웠습니다. 나머지 가중치도 달라져야 합니다.": (
                lambda G, ridge: torch.linalg.solve(
                    G + ridge * torch.eye(len(G)), G
                ).fill_diagonal_(0),
                INVERT + "return (B @ G).fill_diagonal_(0)",
            ),
            "역행렬을 구하지 않았습니다.": (
                _shrunk,
                "A = G + ridge * torch.eye(len(G))\nreturn (A / -A.diagonal()).fill_diagonal_(0)",
            ),
        },
    ),
}
