"""Exercises of lecture 04: mutual neighbours, lists for all, reasons, signs of axes."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def mutual_neighbours(vectors: Tensor, movie: int, n: int) -> Tensor:
    """Find those of the `n` nearest rows of `movie` that have it among theirs, nearest first."""
    return _list_both(_cosines(vectors), movie, n)


def recommend_all(scores: Tensor, users: Tensor, items: Tensor, n: int) -> Tensor:
    """Return each user's `n` highest ids, 0 and what was seen left out: (users, n)."""
    return _take_highest(_fill(scores, users, items, float("-inf")), n)


def contributions(P: Tensor, rest: Tensor, ridge: float, p: Tensor) -> Tensor:
    """Split the product of `p` (rank,) with the folded-in vector over the ratings: (n,)."""
    return P @ torch.linalg.solve(_gram(P, ridge), p) * rest


def match_signs(X: Tensor, X2: Tensor) -> Tensor:
    """Flip the columns of `X2` (n, rank) whose product with those of `X` is negative."""
    return X2 * torch.where((X * X2).sum(dim=0) < 0, -1.0, 1.0)


def _cosines(vectors: Tensor) -> Tensor:
    unit = F.normalize(vectors, dim=1)
    return unit @ unit.T


def _nearest(similar: Tensor, n: int, self: float = -2.0) -> Tensor:
    return similar.clone().fill_diagonal_(self).topk(n, dim=1).indices


def _list_both(similar: Tensor, movie: int, n: int, self: float = -2.0) -> Tensor:
    near = _nearest(similar, n, self)
    mine = near[movie]
    return mine[(near[mine] == movie).any(dim=1)]


def _fill(scores: Tensor, users: Tensor | slice, items: Tensor, low: float) -> Tensor:
    """Copy `scores`, with `low` in column 0 and where something was seen."""
    left = scores.clone()
    left[users, items] = low
    left[:, 0] = low
    return left


def _take_highest(scores: Tensor, n: int) -> Tensor:
    return scores.topk(n, dim=1).indices


def _gram(P: Tensor, ridge: float) -> Tensor:
    return P.T @ P + ridge * torch.eye(P.shape[1])


def _fold_in(P: Tensor, rest: Tensor, ridge: float) -> Tensor:
    return torch.linalg.solve(_gram(P, ridge), P.T @ rest)


def _draw_mutual_neighbours(seed: int) -> tuple[Tensor, int, int]:
    """Draw until no row has two cosines that are close: the order among equals is not asked for."""
    draw = Draw(seed)
    size, rank = draw.randint(3, 6), draw.randint(2, 3)
    while True:
        vectors = draw.numbers(size, rank)
        gaps = _cosines(vectors).fill_diagonal_(-2).sort(dim=1).values.diff(dim=1)
        if vectors.any(dim=1).all() and gaps.min() > 0.01:
            return vectors, draw.randrange(size), draw.randint(1, size - 1)


def _draw_recommend_all(seed: int) -> tuple[Tensor, Tensor, Tensor, int]:
    """Draw unlike scores for what is not seen; 0 and the seen may tie with them."""
    draw = Draw(seed)
    m, size, shift = draw.randint(1, 4), draw.randint(3, 6), draw.choice([-4, 0, 4])
    scores = draw.numbers(m, size) + shift
    pairs = draw.sample([(u, i) for u in range(m) for i in range(1, size - 1)], draw.randint(0, m))
    for u in range(m):
        fresh = [i for i in range(1, size) if (u, i) not in pairs]
        scores[u, fresh] = torch.tensor(draw.sample(range(-12, 13), len(fresh))) / 4 + shift
    most = size - 1 - max((sum(u == v for v, _ in pairs) for u in range(m)), default=0)
    users, items = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    return scores, users, items, draw.randint(1, most)


def _draw_contributions(seed: int) -> tuple[Tensor, Tensor, float, Tensor]:
    draw = Draw(seed)
    n, rank = draw.randint(1, 5), draw.randint(1, 3)
    return draw.numbers(n, rank), draw.numbers(n), draw.number(0.5, 4), draw.numbers(rank)


def _draw_match_signs(seed: int) -> tuple[Tensor, Tensor]:
    """Draw axes in quarters: a product of two columns is 0 at times, exactly."""
    draw = Draw(seed)
    return tuple(draw.numbers(2, draw.randint(1, 4), draw.randint(1, 4)))


VECTORS = torch.tensor(
    [[1.25, -2.5], [-0.25, 1.75], [1.75, -0.75], [-2.5, 1.0], [-0.25, 0.0], [0.25, -3.0]]
)
SCORES = torch.tensor(
    [[9.0, 4.0, 5.0, 3.0, 4.5, 1.0], [2.0, 1.0, 3.5, 4.0, 2.5, 0.5], [9.0, 3.0, 1.0, 2.0, 5.0, 4.0]]
)
USERS, ITEMS = torch.tensor([0, 0, 2]), torch.tensor([2, 4, 4])
RATED = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
REST, ASKED = torch.tensor([1.0, 0.5, -1.0]), torch.tensor([0.5, 1.0])
AXES = torch.tensor([[2.0, 1.0, 0.5], [-1.0, 1.0, 3.0], [0.5, -2.0, 1.0], [1.0, 4.0, -2.0]])
FLIPPED = torch.tensor([[-2.5, 1.0, 1.0], [0.5, 0.5, 2.0], [-1.0, -1.0, -3.0], [-0.5, 3.0, 1.75]])
STILL = torch.tensor([[1.0, 2.0], [1.0, -1.0], [4.0, 1.0]])
ZERO = torch.tensor([[2.0, 1.0], [2.0, 3.0], [-1.0, -2.0]])
COSINES = "v = F.normalize(vectors, dim=1)\nc = v @ v.T\n"
SEEN = "s = scores.clone()\ns[users, items] = -1e9\n"
GRAM = "G = P.T @ P + ridge * torch.eye(P.shape[1])\n"
EXERCISES = {
    "mutual_neighbours": Exercise(
        answer=mutual_neighbours,
        cases=[(VECTORS, 3, 3), (VECTORS, 4, 3), (VECTORS, 0, 2)],
        inputs=_draw_mutual_neighbours,
        mistakes={
            "이웃을 모두 돌려주었습니다. 그쪽에서도 나를 꼽는지 보았나요?": (
                lambda v, m, n: _nearest(_cosines(v), n)[m],
                COSINES + "c[movie, movie] = -2\nreturn c[movie].topk(n).indices",
            ),
            "나를 꼽은 쪽을 모두 돌려주었습니다. 나도 그쪽을 꼽았나요?": (
                lambda v, m, n: (_nearest(_cosines(v), n) == m).any(dim=1).nonzero().flatten(),
                COSINES + "c.fill_diagonal_(-2)\nnear = c.topk(n).indices\n"
                "return torch.tensor([i for i in range(len(vectors)) if movie in near[i]])",
            ),
            "자기 자신이 이웃에 들어 있지 않나요? 자기와의 코사인은 얼마일까요?": (
                lambda v, m, n: _list_both(_cosines(v), m, n, 2.0),
                COSINES + "near = c.topk(n).indices\nmine = near[movie]\n"
                "return mine[(near[mine] == movie).any(1)]",
            ),
            "벡터가 긴 쪽이 유리해지지 않았나요? 내적과 코사인은 무엇이 다른가요?": (
                lambda v, m, n: _list_both(v @ v.T, m, n, -1e9),
                "c = vectors @ vectors.T\nc.fill_diagonal_(-1e9)\nnear = c.topk(n).indices\n"
                "return [i for i in near[movie].tolist() if movie in near[i].tolist()]",
            ),
            "가까운 것부터인가요, 번호 차례인가요?": (
                lambda v, m, n: mutual_neighbours(v, m, n).sort().values,
                COSINES + "c.fill_diagonal_(-2)\nM = torch.zeros_like(c, dtype=torch.bool)\n"
                "M.scatter_(1, c.topk(n).indices, True)\n"
                "return (M & M.T)[movie].nonzero().flatten()",
            ),
            "번호가 아니라 참과 거짓을 돌려주었습니다. 어느 행이 참인가요?": (
                lambda v, m, n: (_nearest(_cosines(v), n)[_nearest(_cosines(v), n)[m]] == m).any(1),
                COSINES + "c.fill_diagonal_(-2)\nnear = c.topk(n).indices\n"
                "return (near[near[movie]] == movie).any(dim=1)",
            ),
            "가장 가까운 것부터인가요, 가장 먼 것부터인가요?": (
                lambda v, m, n: _list_both(-_cosines(v), m, n, -2.0),
                COSINES + "c.fill_diagonal_(2)\nnear = c.argsort(dim=1)[:, :n]\n"
                "mine = near[movie]\nreturn mine[(near[mine] == movie).any(dim=1)]",
            ),
        },
    ),
    "recommend_all": Exercise(
        answer=recommend_all,
        cases=[
            (SCORES, USERS, ITEMS, 2),
            (SCORES - 10, USERS, ITEMS, 3),
            (SCORES[:1], USERS[:0], ITEMS[:0], 1),
        ],
        inputs=_draw_recommend_all,
        mistakes={
            "이미 본 영화가 들어 있지 않나요?": (
                lambda s, u, i, n: _take_highest(s[:, 1:], n) + 1,
                "s = scores.clone()\ns[:, 0] = -1e9\nreturn s.topk(n).indices",
            ),
            "0번은 어떤 영화인가요? 1부터 번호를 매긴 표에서 0번 열은 무엇이었지요?": (
                lambda s, u, i, n: _take_highest(s.index_put((u, i), torch.tensor(-1e9)), n),
                SEEN + "return s.topk(n, dim=1).indices",
            ),
            "한 사람이 본 영화를 모두에게서 지우지 않았나요? 짝지은 칸만 지우려면요?": (
                lambda s, u, i, n: _take_highest(_fill(s, slice(None), i, -1e9), n),
                "s = scores.clone()\ns[:, items] = -1e9\ns[:, 0] = -1e9\nreturn s.topk(n).indices",
            ),
            "빼려는 칸에 넣은 값이 너무 높지 않나요? 나머지 예측이 모두 음수라면요?": (
                lambda s, u, i, n: _take_highest(_fill(s, u, i, 0.0), n),
                "s = scores.clone()\ns[users, items] = 0\ns[:, 0] = 0\nreturn s.topk(n).indices",
            ),
            "번호가 아니라 예측값을 돌려주었습니다. 무슨 영화를 보라는 말일까요?": (
                lambda s, u, i, n: _fill(s, u, i, -1e9).topk(n, dim=1).values,
                SEEN + "s[:, 0] = -1e9\nreturn s.topk(n)[0]",
            ),
            "정렬 방향을 보세요. 예측이 가장 낮은 영화부터 추천하고 있지 않나요?": (
                lambda s, u, i, n: _fill(s, u, i, 1e9).argsort(dim=1)[:, :n],
                "s = scores.clone()\ns[users, items] = 1e9\ns[:, 0] = 1e9\n"
                "return s.argsort(dim=1)[:, :n]",
            ),
            "한 칸씩 밀렸습니다. scores[:, 1:]의 첫 칸은 원래 몇 번 영화인가요?": (
                lambda s, u, i, n: recommend_all(s, u, i, n) - 1,
                SEEN + "return s[:, 1:].topk(n).indices",
            ),
            "어느 축을 따라 골랐나요? 한 사람의 예측은 한 행에 누워 있습니다.": (
                lambda s, u, i, n: _fill(s, u, i, -1e9).argsort(dim=0, descending=True)[:n],
                SEEN + "s[:, 0] = -1e9\nreturn s.argsort(0, descending=True)[:n]",
            ),
        },
        others={
            "넣어 준 값을 함수가 바꾸어 놓았습니다(scores).": (
                "scores[users, items] = -np.inf\nscores[:, 0] = -np.inf\n"
                "return scores.topk(n).indices"
            ),
        },
    ),
    "contributions": Exercise(
        answer=contributions,
        cases=[
            (RATED, REST, 2.0, ASKED),
            (RATED[:1], torch.tensor([1.5]), 0.5, ASKED),
            (torch.cat([RATED, RATED[:1]]), torch.tensor([1.0, -0.5, 2.0, 0.5]), 1.0, ASKED * -2),
        ],
        inputs=_draw_contributions,
        mistakes={
            "몫을 모두 더한 값을 돌려주었습니다. 평점마다 나누어 적으면요?": (
                lambda P, rest, ridge, p: contributions(P, rest, ridge, p).sum(),
                GRAM + "return p @ torch.linalg.solve(G, P.T @ rest)",
            ),
            "축마다의 몫이군요. 평점은 몇 개이고 축은 몇 개인가요?": (
                lambda P, rest, ridge, p: _fold_in(P, rest, ridge) * p,
                GRAM + "q = torch.linalg.inv(G) @ P.T @ rest\nreturn p * q",
            ),
            "rest를 곱했나요? 무게만으로는 그 평점이 권했는지 말렸는지 알 수 없습니다.": (
                lambda P, rest, ridge, p: P @ torch.linalg.solve(_gram(P, ridge), p),
                GRAM + "return P @ torch.linalg.inv(G) @ p",
            ),
            "내적에 rest를 곱했군요. q를 구할 때 곱한 역행렬은 어디에 갔나요?": (
                lambda P, rest, ridge, p: P @ p * rest,
                "return (P * p).sum(dim=1) * rest",
            ),
            "벌금이 빠졌습니다. 둘째 경우처럼 평점이 하나뿐이면 역행렬이 있나요?": (
                lambda P, rest, ridge, p: P @ torch.linalg.solve(P.T @ P, p) * rest,
                "return P @ torch.inverse(P.T @ P) @ p * rest",
            ),
            "벌금이 빠진 최소제곱의 무게입니다. ridge는 어디에 썼나요?": (
                lambda P, rest, ridge, p: torch.linalg.pinv(P).T @ p * rest,
                "return (p @ torch.linalg.pinv(P)) * rest",
            ),
            "ridge를 모든 칸에 더했나요? 벌금은 대각선에만 더해집니다.": (
                lambda P, rest, ridge, p: P @ torch.linalg.solve(P.T @ P + ridge, p) * rest,
                "return P @ torch.inverse(P.T @ P + ridge) @ p * rest",
            ),
            "ridge에 평점 수를 곱했나요? 이 식의 오차는 이미 평균이 아니라 합입니다.": (
                lambda P, rest, ridge, p: contributions(P, rest, ridge * len(P), p),
                "G = P.T @ P + len(P) * ridge * torch.eye(P.shape[1])\n"
                "return P @ torch.linalg.solve(G, p) * rest",
            ),
            "내가 본 영화들의 예측입니다. 추천할 영화의 벡터 p는 어디에 썼나요?": (
                lambda P, rest, ridge, p: P @ _fold_in(P, rest, ridge),
                GRAM + "return P @ torch.linalg.solve(G, P.T @ rest)",
            ),
        },
    ),
    "match_signs": Exercise(
        answer=match_signs,
        cases=[(AXES, FLIPPED), (STILL, ZERO), (AXES[:, :1], -FLIPPED[:, :1])],
        inputs=_draw_match_signs,
        mistakes={
            "부호가 0인 열이 있습니다. 내적이 딱 0이면 sign은 무엇을 돌려주나요?": (
                lambda X, X2: X2 * (X * X2).sum(dim=0).sign(),
                "return torch.sign((X * X2).sum(0)) * X2",
            ),
            "행마다 뒤집었군요. 축은 행인가요, 열인가요?": (
                lambda X, X2: X2 * torch.where((X * X2).sum(1, keepdim=True) < 0, -1.0, 1.0),
                "d = (X * X2).sum(dim=1)\nY = X2.clone()\nY[d < 0] *= -1\nreturn Y",
            ),
            "X를 뒤집었습니다. 어느 쪽을 어느 쪽에 맞추나요?": (
                lambda X, X2: match_signs(X2, X),
                "Y = X.clone()\nY[:, (X * X2).sum(0) < 0] *= -1\nreturn Y",
            ),
            "모든 열을 한꺼번에 뒤집거나 그대로 두었습니다. 열마다 따로 보면요?": (
                lambda X, X2: X2 if (X * X2).sum() >= 0 else -X2,
                "if (X * X2).sum() < 0:\n    return -X2\nreturn X2.clone()",
            ),
            "거꾸로 뒤집었습니다. 내적이 음수인 열을 뒤집어야 하지요.": (
                lambda X, X2: -match_signs(X, X2),
                "Y = X2.clone()\nY[:, (X * X2).sum(0) >= 0] *= -1\nreturn Y",
            ),
            "칸마다 부호를 맞췄군요. 축을 뒤집으면 그 열의 칸이 모두 뒤집힙니다.": (
                lambda X, X2: X2.abs() * torch.where(X < 0, -1.0, 1.0),
                "return torch.where(X < 0, -X2.abs(), X2.abs())",
            ),
            "아무것도 뒤집지 않았습니다. 내적이 음수인 열이 있지 않나요?": (
                lambda X, X2: X2,
                "return X2.clone()",
            ),
            "평균을 빼고 견주었나요? 주축은 원점에서 쟀으니 내적을 그대로 봅니다.": (
                lambda X, X2: X2 * torch.where(((X - X.mean(0)) * X2).sum(0) < 0, -1.0, 1.0),
                "r = [np.corrcoef(a, b)[0, 1] for a, b in zip(X.T.numpy(), X2.T.numpy())]\n"
                "return X2 * torch.tensor([-1.0 if v < 0 else 1.0 for v in r])",
            ),
        },
        others={
            "넣어 준 값을 함수가 바꾸어 놓았습니다(X2).": (
                "X2[:, (X * X2).sum(0) < 0] *= -1\nreturn X2"
            ),
        },
    ),
}
