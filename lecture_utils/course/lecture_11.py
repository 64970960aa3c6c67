"""Exercises of lecture 11: the loss of triples, a gradient, a layer of LightGCN, an interval."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def triple_loss(Q: Tensor, P: Tensor, N: Tensor) -> Tensor:
    """Return the mean BPR loss of triples: users `Q`, watched `P`, not watched `N`, (n, k) each."""
    return -F.logsigmoid(_differ(Q, P, N)).mean()


def softmax_slope(scores: Tensor, weights: Tensor) -> Tensor:
    """Return the gradient of -sum(weights * log_softmax(scores)) by `scores`; all are (m, n)."""
    return weights.sum(1, keepdim=True) * scores.softmax(1) - weights


def light_layer(X: Tensor, P: Tensor) -> Tensor:
    """Send the items' vectors `P` (n, k) to the users of `X` (m, n), 0 or 1: (m, k).

    An edge weighs 1 / sqrt(edges of the user * edges of the item).
    """
    return _weigh(X, _root(X.sum(1, keepdim=True)) * _root(X.sum(0))) @ P


def paired_interval(first: Tensor, second: Tensor, draws: Tensor) -> Tensor:
    """Return the ends of the 95 % interval of the mean of `first` minus `second`, (2,).

    Both are (n,), one value per user; each row of `draws` (b, n) are the users of one draw.
    """
    return _ends((first - second)[draws].mean(1))


def _differ(Q: Tensor, P: Tensor, N: Tensor) -> Tensor:
    return (Q * (P - N)).sum(1)


def _root(counts: Tensor) -> Tensor:
    return counts.sqrt()


def _weigh(X: Tensor, norm: Tensor) -> Tensor:
    """Divide, and leave 0 where there is no edge."""
    return torch.where(X > 0, X / norm, 0.0)


def _ends(values: Tensor, low: float = 0.025) -> Tensor:
    return values.quantile(torch.tensor([low, 1 - low]))


def _draw_triple_loss(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    shape = draw.randint(1, 4), draw.randint(1, 3)
    return draw.numbers(*shape), draw.numbers(*shape), draw.numbers(*shape)


def _draw_softmax_slope(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    shape = draw.randint(1, 3), draw.randint(1, 4)
    return draw.numbers(*shape), draw.numbers(*shape, low=0, high=1)


def _draw_light_layer(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    m, n = draw.randint(1, 4), draw.randint(1, 4)
    X = torch.tensor([[float(draw.random() < 0.6) for _ in range(n)] for _ in range(m)])
    return X, draw.numbers(n, draw.randint(1, 3))


def _draw_paired_interval(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    first, second = draw.numbers(n, low=0, high=1), draw.numbers(n, low=0, high=1)
    return first, second, torch.stack([draw.ids(n, n) for _ in range(draw.randint(1, 6))])


USERS = torch.tensor([[1.0, 0.5], [0.0, 2.0], [-1.0, 1.0]])
WATCHED = torch.tensor([[0.2, 0.4], [1.0, 1.5], [0.5, 0.25]])
OTHERS = torch.tensor([[0.6, 0.8], [2.0, 0.0], [-0.5, 0.0]])
SCORES = torch.tensor([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0]])
WEIGHTS = torch.tensor([[1.0, 0.0, 0.5], [0.0, 0.25, 0.0]])
GRAPH = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]])
VECTORS = torch.tensor([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [3.0, 3.0]])
FIRST = torch.tensor([0.5, 0.0, 1.0, 0.25])
SECOND = torch.tensor([0.25, 0.25, 0.0, 0.0])
DRAWS = torch.tensor([[0, 1, 1, 3], [2, 2, 0, 1], [3, 3, 1, 0], [0, 2, 1, 3], [1, 1, 1, 0]])
GAP = "d = (Q * (P - N)).sum(1)\n"
TOTAL = "t = weights.sum(1, keepdim=True)\n"
EDGES = "u, i = X.sum(1, keepdim=True), X.sum(0)\n"
RETURN_EDGES = EDGES + "return torch.where(X > 0, X / ({}), 0.0) @ P"
MEANS = "m = (first - second)[draws].mean(1)\n"
EXERCISES = {
    "triple_loss": Exercise(
        answer=triple_loss,
        cases=[(USERS, WATCHED, OTHERS), (USERS[:2], OTHERS[1:], WATCHED[1:])],
        inputs=_draw_triple_loss,
        mistakes={
            "부호가 거꾸로입니다. 안 본 것이 위에 있을 때 손실이 커져야 하지 않나요?": (
                lambda Q, P, N: -F.logsigmoid(-_differ(Q, P, N)).mean(),
                "d = (Q * (N - P)).sum(1)\nreturn -F.logsigmoid(d).mean()",
            ),
            "손실이 음수입니다. 로그 앞에 무엇이 빠졌나요?": (
                lambda Q, P, N: F.logsigmoid(_differ(Q, P, N)).mean(),
                GAP + "return F.logsigmoid(d).mean()",
                GAP + "return torch.sigmoid(d).log().mean()",
            ),
            "로그를 취하지 않았습니다. 확률이 아니라 확률의 로그를 키웁니다.": (
                lambda Q, P, N: -_differ(Q, P, N).sigmoid().mean(),
                GAP + "return -torch.sigmoid(d).mean()",
            ),
            "1에서 확률을 뺐나요? 확률의 로그에 음의 부호를 붙인 것이 손실입니다.": (
                lambda Q, P, N: (1 - _differ(Q, P, N).sigmoid()).mean(),
                GAP + "return (1 - torch.sigmoid(d)).mean()",
            ),
            "평균이 아니라 합입니다.": (
                lambda Q, P, N: -F.logsigmoid(_differ(Q, P, N)).sum(),
                GAP + "return -F.logsigmoid(d).sum()",
            ),
            "차이를 먼저 평균 냈습니다. 로그는 쌍마다 취해야 합니다.": (
                lambda Q, P, N: -F.logsigmoid(_differ(Q, P, N).mean()),
                GAP + "return -F.logsigmoid(d.mean())",
            ),
            "안 본 영화가 손실에 없습니다. 본 것의 점수를 무엇과 견주나요?": (
                lambda Q, P, N: -F.logsigmoid((Q * P).sum(1)).mean(),
                "return -F.logsigmoid((Q * P).sum(1)).mean()",
            ),
            "모든 사용자와 모든 쌍을 곱했습니다. 줄마다 자기 것끼리만 곱했나요?": (
                lambda Q, P, N: -F.logsigmoid(Q @ (P - N).T).mean(),
                "return -F.logsigmoid(Q @ (P - N).T).mean()",
            ),
            "시그모이드를 한 줄이 아니라 칸마다 취했습니다. 점수는 칸을 더한 것입니다.": (
                lambda Q, P, N: -F.logsigmoid(Q * (P - N)).mean(),
                "return -F.logsigmoid(Q * (P - N)).mean()",
            ),
        },
    ),
    "softmax_slope": Exercise(
        answer=softmax_slope,
        cases=[(SCORES, WEIGHTS), (SCORES[:1], WEIGHTS[1:])],
        inputs=_draw_softmax_slope,
        mistakes={
            "예측한 몫에 본 세기의 합을 곱하지 않았습니다. 한 줄을 더하면 0이 되나요?": (
                lambda scores, weights: scores.softmax(1) - weights,
                "return scores.softmax(1) - weights",
            ),
            "본 세기를 몫으로 나누었습니다. 많이 본 사람의 손실은 그만큼 크지 않나요?": (
                lambda scores, weights: scores.softmax(1) - weights / weights.sum(1, keepdim=True),
                TOTAL + "return scores.softmax(1) - weights / t",
            ),
            "부호가 거꾸로입니다. 본 영화의 점수를 올리면 손실은 줄어듭니다.": (
                lambda scores, weights: -softmax_slope(scores, weights),
                TOTAL + "return weights - t * scores.softmax(1)",
            ),
            "사용자끼리 나눈 확률입니다. 한 사람의 확률을 모두 더하면 1이 되나요?": (
                lambda scores, weights: weights.sum(1, keepdim=True) * scores.softmax(0) - weights,
                TOTAL + "return t * scores.softmax(0) - weights",
            ),
            "모든 사용자의 세기를 더했습니다. 자기 줄의 것만 더해야 합니다.": (
                lambda scores, weights: weights.sum() * scores.softmax(1) - weights,
                "return weights.sum() * scores.softmax(1) - weights",
            ),
            "확률이 아니라 확률의 로그를 썼습니다.": (
                lambda scores, weights: (
                    weights.sum(1, keepdim=True) * scores.log_softmax(1) - weights
                ),
                TOTAL + "return t * scores.log_softmax(1) - weights",
            ),
            "본 영화에서만 확률을 눌렀습니다. 안 본 영화의 경사는 0인가요?": (
                lambda scores, weights: weights * (scores.softmax(1) - 1),
                "return weights * (scores.softmax(1) - 1)",
            ),
        },
    ),
    "light_layer": Exercise(
        answer=light_layer,
        cases=[(GRAPH, VECTORS), (GRAPH[:2], VECTORS)],
        inputs=_draw_light_layer,
        mistakes={
            "그냥 더했습니다. 많이 본 사람의 벡터가 그만큼 길어지지 않나요?": (
                lambda X, P: X @ P,
                "return X @ P",
            ),
            "평균을 냈습니다. 영화 쪽 선의 수는 어디에 쓰나요?": (
                lambda X, P: _weigh(X, X.sum(1, keepdim=True)) @ P,
                RETURN_EDGES.format("u"),
            ),
            "영화 쪽 선의 수로만 나누었습니다.": (
                lambda X, P: _weigh(X, X.sum(0)) @ P,
                RETURN_EDGES.format("i"),
            ),
            "제곱근을 취하지 않았습니다.": (
                lambda X, P: _weigh(X, X.sum(1, keepdim=True) * X.sum(0)) @ P,
                RETURN_EDGES.format("u * i"),
            ),
            "한쪽에만 제곱근을 취했습니다. 두 수를 곱한 것의 제곱근입니다.": (
                lambda X, P: _weigh(X, X.sum(1, keepdim=True).sqrt() * X.sum(0)) @ P,
                RETURN_EDGES.format("u.sqrt() * i"),
            ),
            "한쪽에만 제곱근을 취했습니다. 사용자 쪽 선의 수도 제곱근입니다.": (
                lambda X, P: _weigh(X, X.sum(1, keepdim=True) * X.sum(0).sqrt()) @ P,
                RETURN_EDGES.format("u * i.sqrt()"),
            ),
            "선이 없는 점에서 0으로 나누었습니다. 선이 없으면 받는 것도 없습니다.": (
                lambda X, P: (X / (X.sum(1, keepdim=True) * X.sum(0)).sqrt()) @ P,
                EDGES + "return (X / (u * i).sqrt()) @ P",
                "u, i = X.sum(1), X.sum(0)\nreturn (X / torch.outer(u, i).sqrt()) @ P",
            ),
            "자기 벡터로 돌아왔습니다. 사용자를 거쳐 영화로 두 번 흘리지 않았나요?": (
                lambda X, P: (
                    _weigh(X, (X.sum(1, keepdim=True) * X.sum(0)).sqrt()).T @ light_layer(X, P)
                ),
                EDGES + "S = torch.where(X > 0, X / (u * i).sqrt(), 0.0)\nreturn S.T @ (S @ P)",
            ),
        },
    ),
    "paired_interval": Exercise(
        answer=paired_interval,
        cases=[(FIRST, SECOND, DRAWS), (SECOND, FIRST, DRAWS[:3])],
        inputs=_draw_paired_interval,
        mistakes={
            "사용자마다의 차이로 구간을 냈습니다. 다시 뽑아 낸 평균들의 구간이어야 합니다.": (
                lambda first, second, draws: _ends(first - second),
                "d = first - second\nreturn d.quantile(torch.tensor([0.025, 0.975]))",
            ),
            "뽑은 사용자를 한데 모았습니다. 뽑을 때마다 평균을 하나씩 냈나요?": (
                lambda first, second, draws: _ends((first - second)[draws].flatten()),
                "d = (first - second)[draws].flatten()\n"
                "return d.quantile(torch.tensor([0.025, 0.975]))",
            ),
            "빼는 차례가 거꾸로입니다.": (
                lambda first, second, draws: _ends((second - first)[draws].mean(1)),
                "m = (second - first)[draws].mean(1)\n"
                "return m.quantile(torch.tensor([0.025, 0.975]))",
            ),
            "양쪽 끝에서 모두 얼마를 버려야 95%가 남나요?": (
                lambda first, second, draws: _ends((first - second)[draws].mean(1), 0.05),
                MEANS + "return m.quantile(torch.tensor([0.05, 0.95]))",
            ),
            "구간이 아니라 가장 작은 평균과 가장 큰 평균입니다.": (
                lambda first, second, draws: _ends((first - second)[draws].mean(1), 0.0),
                MEANS + "return torch.stack([m.min(), m.max()])",
            ),
            "한쪽만 다시 뽑았습니다. 짝을 지으려면 두 쪽을 같은 사용자로 뽑아야 합니다.": (
                lambda first, second, draws: _ends(first[draws].mean(1) - second.mean()),
                "m = first[draws].mean(1) - second.mean()\n"
                "return m.quantile(torch.tensor([0.025, 0.975]))",
            ),
            "두 구간의 끝을 서로 뺐습니다. 차이를 먼저 구하고 구간을 내야 합니다.": (
                lambda first, second, draws: (
                    _ends(first[draws].mean(1)) - _ends(second[draws].mean(1))
                ),
                "q = torch.tensor([0.025, 0.975])\n"
                "a, b = first[draws].mean(1), second[draws].mean(1)\n"
                "return a.quantile(q) - b.quantile(q)",
            ),
        },
    ),
}
