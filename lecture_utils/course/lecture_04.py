"""Exercises of lecture 04: neighbours, recommendations, folding in, rotations."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise
from lecture_utils.recommend import top_n


def nearest(vectors: Tensor, movie: int, n: int) -> Tensor:
    """Find the `n` other rows with the highest cosine to row `movie`: ids (n,)."""
    return _rank(_cosine(vectors, movie), movie)[:n]


def recommend(scores: Tensor, seen: Tensor, n: int) -> Tensor:
    """Return the ids of the `n` highest scores, 0 and the seen ones left out: (n,)."""
    return top_n(scores, seen, torch.arange(1, len(scores)), n)


def _cosine(vectors: Tensor, movie: int) -> Tensor:
    unit = F.normalize(vectors, dim=1)
    return unit @ unit[movie]


def _rank(similar: Tensor, movie: int) -> Tensor:
    order = similar.argsort(descending=True)
    return order[order != movie]


def _take_highest(scores: Tensor, n: int, low: tuple[int, ...] | Tensor, fill: float) -> Tensor:
    scores[torch.as_tensor(low, dtype=torch.long)] = fill
    return scores.argsort(descending=True)[:n]


def _rank_unseen(scores: Tensor, seen: Tensor) -> Tensor:
    """Order all ids but the seen ones and 0, best first."""
    return recommend(scores, seen, len(scores) - 1 - len(seen))


def fold_in_vector(P: Tensor, rest: Tensor, ridge: float) -> Tensor:
    """Solve ridge regression of `rest` (n,) on the rows of `P` (n, rank): (rank,)."""
    return torch.linalg.solve(P.T @ P + ridge * torch.eye(P.shape[1]), P.T @ rest)


def rotation(A: Tensor, B: Tensor) -> Tensor:
    """Find the orthogonal R with A R nearest to B, both (n, rank) (Schönemann 1966)."""
    U, _, Vt = _svd(A, B)
    return U @ Vt


def _add_ones(P: Tensor) -> Tensor:
    return torch.cat([P, torch.ones(len(P), 1)], dim=1)


def _svd(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return torch.linalg.svd(A.T @ B)


def _draw_nearest(seed: int) -> tuple[Tensor, int, int]:
    """Draw until no two cosines are close: the order among equals is not asked for."""
    draw = Draw(seed)
    size, rank = draw.randint(2, 6), draw.randint(2, 3)
    while True:
        vectors, movie = draw.numbers(size, rank), draw.randrange(size)
        order = _cosine(vectors, movie).sort().values
        if vectors.any(dim=1).all() and order.diff().min() > 0.01:
            return vectors, movie, draw.randint(1, size - 1)


def _draw_recommend(seed: int) -> tuple[Tensor, Tensor, int]:
    """Draw unlike scores for what is not seen; 0 and the seen may tie with them."""
    draw = Draw(seed)
    size, shift = draw.randint(2, 7), draw.choice([-4, 0, 4])
    seen = draw.sample(range(1, size), draw.randrange(size - 1))
    scores = draw.numbers(size) + shift
    fresh = [i for i in range(1, size) if i not in seen]
    scores[fresh] = torch.tensor(draw.sample(range(-12, 13), len(fresh))) / 4 + shift
    return scores, torch.tensor(seen, dtype=torch.long), draw.randint(1, len(fresh))


def _draw_fold_in_vector(seed: int) -> tuple[Tensor, Tensor, float]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    return draw.numbers(n, draw.randint(1, 3)), draw.numbers(n), draw.number(0.5, 4)


def _draw_rotation(seed: int) -> tuple[Tensor, Tensor]:
    """Draw until there is one answer, which rounding hardly moves: A.T @ B has full rank."""
    draw = Draw(seed)
    rank = draw.randint(1, 3)
    while True:
        A, B = draw.numbers(2, draw.randint(rank, 5), rank)
        if _svd(A, B)[1].min() > 1:
            return A, B


VECTORS = torch.tensor(
    [[0.1, -0.005], [2.0, 0.0], [3.0, 4.0], [0.2, 0.02], [-9.0, 1.0], [0.0, 5.0]]
)
OPPOSITE = torch.tensor([[1.0, 0.0], [-1.0, 0.5], [-1.2, -0.2], [-0.3, 1.0]])
UNEVEN = torch.tensor([[10.0, 1.0], [9.0, -1.0], [1.0, 1.0], [0.0, 5.0], [-30.0, 0.5]])
RATED = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
CLOUD = torch.tensor([[2.0, 0.5], [-1.0, 1.0], [0.5, 3.0], [1.0, -2.0]])
TURN = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
CLOUD3 = torch.tensor([[2.0, 0.5, 1.0], [-1.0, 1.0, 0.5], [0.5, 3.0, -1.0], [1.0, -2.0, 2.0]])
TURN3 = torch.tensor([[2.0, -1.0, 2.0], [2.0, 2.0, -1.0], [-1.0, 2.0, 2.0]]) / 3
ONES = (
    "X = torch.cat([P, torch.ones(len(P), 1)], 1)\n"
    "A = torch.inverse(X.T @ X + ridge * torch.eye(X.shape[1])) @ X.T\n"
)
EXERCISES = {
    "nearest": Exercise(
        answer=nearest,
        cases=[(VECTORS, 1, 3), (VECTORS, 2, 2), (OPPOSITE, 0, 2), (UNEVEN, 2, 3)],
        inputs=_draw_nearest,
        mistakes={
            "가장 가까운 것이 자기 자신은 아닌가요? 자기 자신과의 코사인은 얼마일까요?": (
                lambda v, m, n: _cosine(v, m).argsort(descending=True)[:n],
                "v = vectors / vectors.norm(dim=1, keepdim=True)\n"
                "return (v @ v[movie]).topk(n).indices",
            ),
            "벡터가 긴 영화가 유리해지지 않았나요? 내적과 코사인은 무엇이 다른가요?": (
                lambda v, m, n: _rank(v @ v[m], m)[:n],
                "s = vectors @ vectors[movie]\ns[movie] = -1000\nreturn s.topk(n).indices",
            ),
            "순서를 보세요. 맨 앞이 가장 가까운 영화인가요, 가장 먼 영화인가요?": (
                lambda v, m, n: _rank(-_cosine(v, m), m)[:n],
                "s = F.cosine_similarity(vectors, vectors[movie][None])\ns[movie] = 2\n"
                "return s.argsort()[:n]",
            ),
            "번호가 아니라 유사도를 돌려주었습니다. 몇 번 영화인지 알 수 있을까요?": (
                lambda v, m, n: _cosine(v, m)[_rank(_cosine(v, m), m)[:n]],
                "s = F.cosine_similarity(vectors, vectors[[movie]])\ns[movie] = -2\n"
                "return s.topk(n).values",
            ),
            "거리로 쟀군요. 방향이 같아도 길이가 다르면 어떻게 되나요?": (
                lambda v, m, n: _rank(-(v - v[m]).norm(dim=1), m)[:n],
                "d = torch.cdist(vectors, vectors)[movie]\nd[movie] = 1e9\nreturn d.argsort()[:n]",
            ),
            "자기 자신에 넣은 값이 너무 높지 않나요? 나머지 코사인이 모두 음수라면요?": (
                lambda v, m, n: _take_highest(_cosine(v, m), n, (m,), 0.0),
                "v = F.normalize(vectors)\ns = v @ v[movie]\ns[movie] = 0\n"
                "return s.topk(n).indices",
            ),
            "길이를 어느 축으로 쟀나요? 벡터 하나는 한 행에 누워 있습니다.": (
                lambda v, m, n: _rank(F.normalize(v, dim=0) @ F.normalize(v, dim=0)[m], m)[:n],
                "v = vectors / vectors.norm(dim=0)\ns = v @ v[movie]\ns[movie] = -9\n"
                "return s.topk(n).indices",
            ),
            "n개보다 적습니다. 고르고 나서 자기 자신을 뺐나요, 빼고 나서 골랐나요?": (
                lambda v, m, n: _rank(_cosine(v, m), m)[: n - 1],
                "s = F.cosine_similarity(vectors, vectors[[movie]])\n"
                "return [i for i in s.topk(n).indices.tolist() if i != movie]",
            ),
        },
        others={
            "한데 묶여": (
                "v = F.normalize(vectors)\ns = v @ v[movie]\ns[movie] = -2\nreturn s.topk(n)"
            ),
        },
    ),
    "recommend": Exercise(
        answer=recommend,
        cases=[
            (torch.tensor([9.0, 4.0, 5.0, 3.0, 4.5]), torch.tensor([2]), 2),
            (torch.tensor([-0.5, -3.0, -1.5, -2.0, -4.0]), torch.tensor([], dtype=torch.long), 2),
            (torch.tensor([-2.0, -3.0, -1.5, -0.5, -4.0]), torch.tensor([3]), 3),
        ],
        inputs=_draw_recommend,
        mistakes={
            "이미 본 영화가 들어 있지 않나요?": (
                lambda s, seen, n: _take_highest(s, n, (0,), -1e9),
                "scores[0] = -100\nreturn torch.argsort(-scores)[:n]",
            ),
            "0번은 어떤 영화인가요? 1부터 번호를 매긴 표에서 0번 행은 무엇이었지요?": (
                lambda s, seen, n: _take_highest(s, n, seen, -1e9),
                "return torch.tensor([i for i in scores.argsort(descending=True).tolist()\n"
                "                     if i not in seen.tolist()][:n])",
            ),
            "이미 본 영화와 0번이 그대로 들어 있습니다. 무엇을 빼야 했지요?": (
                lambda s, seen, n: s.argsort(descending=True)[:n],
                "return scores.topk(n).indices",
            ),
            "빼려는 자리에 넣은 값이 너무 높지 않나요? 나머지 예측이 모두 음수라면요?": (
                lambda s, seen, n: _take_highest(s, n, (0, *seen.tolist()), 0.0),
                "scores[seen] = 0\nscores[0] = 0\nreturn scores.topk(n).indices",
                "scores[seen] = -1\nscores[0] = -1\nreturn scores.topk(n).indices",
            ),
            "본 영화의 자리에 0을 넣었나요? 셋째 경우에는 0이 몇 등일까요?": (
                lambda s, seen, n: _take_highest(
                    torch.cat([torch.tensor([-1e9]), s[1:]]), n, seen, 0.0
                ),
                "scores[seen] = 0\nscores[0] = -np.inf\nreturn scores.topk(n).indices",
            ),
            "빼려는 자리에 가장 낮은 예측을 넣었나요? 그 예측의 주인과 비기면 누가 뽑힐까요?": (
                lambda s, seen, n: _take_highest(s, n, (0, *seen.tolist()), s.min()),
                "scores[seen] = scores.min()\nscores[0] = scores.min()\n"
                "return scores.argsort(descending=True)[:n]",
            ),
            "맨 앞의 하나를 버렸나요? 0번이 늘 1등으로 나올까요?": (
                lambda s, seen, n: [
                    i for i in s.argsort(descending=True).tolist() if i not in seen.tolist()
                ][1 : n + 1],
                "order = scores.argsort(descending=True)\n"
                "return order[~torch.isin(order, seen)][1:n + 1]",
            ),
            "n개보다 적습니다. 고르고 나서 본 것을 뺐나요, 빼고 나서 골랐나요?": (
                lambda s, seen, n: [
                    i for i in _take_highest(s, n, (), 0.0).tolist() if i and i not in seen.tolist()
                ],
                "best = scores.topk(n).indices\nreturn best[(best != 0) & ~torch.isin(best, seen)]",
            ),
            "한 칸씩 밀렸습니다. scores[1:]의 첫 칸은 원래 몇 번 영화인가요?": (
                lambda s, seen, n: recommend(s, seen, n) - 1,
                "scores[seen] = -np.inf\nreturn scores[1:].topk(n).indices",
            ),
            "정렬 방향을 보세요. 예측이 가장 낮은 영화부터 추천하고 있지 않나요?": (
                lambda s, seen, n: _rank_unseen(s, seen).flip(0)[:n],
                "scores[seen] = float('inf')\nscores[0] = float('inf')\n"
                "return scores.argsort()[:n]",
            ),
            "번호가 아니라 예측값을 돌려주었습니다. 무슨 영화를 보라는 말일까요?": (
                lambda s, seen, n: s[_rank_unseen(s, seen)[:n]],
                "scores[seen] = -np.inf\nscores[0] = -np.inf\nreturn scores.topk(n)[0]",
            ),
        },
        others={
            "넣어 준 값을 함수가 바꾸어 놓았습니다(scores).": (
                "scores[seen] = -np.inf\nscores[0] = -np.inf\nreturn scores.topk(n).indices"
            ),
        },
    ),
    "fold_in_vector": Exercise(
        answer=fold_in_vector,
        cases=[
            (RATED, torch.tensor([1.0, 0.5, -1.0]), 2.0),
            (RATED[:1], torch.tensor([1.0]), 0.5),
        ],
        inputs=_draw_fold_in_vector,
        mistakes={
            "벌금이 빠졌습니다. 평점이 하나뿐인 둘째 경우에 방정식의 답이 하나로 정해지나요?": (
                lambda P, rest, ridge: torch.linalg.solve(P.T @ P, P.T @ rest),
                "return torch.inverse(P.T @ P) @ P.T @ rest",
            ),
            "벌금이 빠진 최소제곱의 답입니다. ridge는 어디에 썼나요?": (
                lambda P, rest, ridge: torch.linalg.pinv(P) @ rest,
                "return torch.linalg.lstsq(P, rest, driver='gelsd').solution",
            ),
            "ridge를 모든 칸에 더했나요? 벌금 |q|²을 미분하면 행렬의 어느 자리에만 남을까요?": (
                lambda P, rest, ridge: torch.linalg.solve(P.T @ P + ridge, P.T @ rest),
                "return torch.linalg.solve(P.T @ P + ridge, (P * rest[:, None]).sum(dim=0))",
            ),
            "q가 아니라 예측 P @ q를 돌려주었습니다. 모양이 (rank,)인가요?": (
                lambda P, rest, ridge: P @ fold_in_vector(P, rest, ridge),
                "q = torch.linalg.solve(P.T @ P + ridge * torch.eye(2), P.T @ rest)\n"
                "return P.matmul(q)",
            ),
            "ridge에 평점 수를 곱했나요? 이 식의 오차는 이미 평균이 아니라 합입니다.": (
                lambda P, rest, ridge: fold_in_vector(P, rest, ridge * len(P)),
                "G = P.T @ P + len(P) * ridge * torch.eye(P.shape[1])\n"
                "return torch.linalg.inv(G) @ P.T @ rest",
            ),
            "답이 하나 더 나왔습니다. 1로 채운 열은 무엇을 구하려고 붙이나요?": (
                lambda P, rest, ridge: fold_in_vector(_add_ones(P), rest, ridge),
                ONES + "return A @ rest",
            ),
            "1로 채운 열을 붙여 풀었나요? rest에 편향이 아직 들어 있나요?": (
                lambda P, rest, ridge: fold_in_vector(_add_ones(P), rest, ridge)[:-1],
                ONES + "return (A @ rest)[:P.shape[1]]",
            ),
            "단위 행렬의 크기를 보세요. P.T @ P의 모양은 무엇인가요?": (
                lambda P, rest, ridge: torch.linalg.solve(
                    P.T @ P + ridge * torch.eye(len(P)), P.T @ rest
                ),
                "G = P.T @ P + torch.diag(torch.full((len(rest),), ridge))\n"
                "return torch.linalg.inv(G) @ (P.T @ rest)",
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
        inputs=_draw_rotation,
        mistakes={
            "거꾸로 돌리고 있습니다. R과 R의 전치 가운데 A를 B로 보내는 것은 어느 쪽일까요?": (
                lambda A, B: rotation(A, B).T,
                "U, S, Vt = torch.linalg.svd(B.T @ A)\nreturn U @ Vt",
            ),
            "R @ R.T가 단위 행렬인가요? 최소제곱의 답은 돌리기만 하지 않고 늘이기도 합니다.": (
                lambda A, B: torch.linalg.lstsq(A, B).solution,
                "return torch.linalg.pinv(A) @ B",
            ),
            "R이 아니라 돌린 결과 A @ R을 돌려주었습니다.": (
                lambda A, B: A @ rotation(A, B),
                "U, S, V = torch.svd(A.T @ B)\nreturn A @ U @ V.T",
            ),
            "특잇값까지 곱했나요? 그러면 A.T @ B로 되돌아갑니다. 늘이는 몫은 버려야 하지요.": (
                lambda A, B: A.T @ B,
                "U, S, Vt = torch.linalg.svd(A.T @ B)\nreturn U @ torch.diag(S) @ Vt",
            ),
            "U를 전치했나요? 특잇값을 버리는 것 말고는 분해한 그대로 두면 됩니다.": (
                lambda A, B: _svd(A, B)[0].T @ _svd(A, B)[2],
                "M = A.T @ B\nU, S, Vt = torch.linalg.svd(M)\nreturn U.mT.matmul(Vt)",
            ),
            "torch.linalg.svd가 셋째로 돌려주는 것은 V인가요, 이미 전치한 것인가요?": (
                lambda A, B: _svd(A, B)[0] @ _svd(A, B)[2].T,
                "U, S, V = torch.svd(A.T @ B)\nreturn U @ V",
            ),
        },
    ),
}
