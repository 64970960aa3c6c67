"""Exercises of lecture 01: predictions, errors and gradients."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw, draw_predictions
from lecture_utils.course.grader import Exercise


def predict(P: Tensor, Q: Tensor, items: Tensor, users: Tensor) -> Tensor:
    """Multiply an item's row of `P` with a user's row of `Q` for each rating: (n,)."""
    return (P[items] * Q[users]).sum(dim=1)


def mse(prediction: Tensor, rating: Tensor) -> Tensor:
    """Compute the mean squared error of tensors (n,), or of columns (n, 1)."""
    return (prediction.reshape(-1) - rating.reshape(-1)).square().mean()


def gradients(x: Tensor, y: Tensor, a: float, b: float) -> tuple[Tensor, Tensor]:
    """Differentiate the mean squared error of the line a + b x by a and by b."""
    gap = a + b * x - y
    return 2 * gap.mean(), 2 * (gap * x).mean()


def _scale(gradient: tuple[Tensor, Tensor], factor: float) -> tuple[Tensor, Tensor]:
    return gradient[0] * factor, gradient[1] * factor


def _draw_predict(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    num_items, num_users = draw.randint(1, 4), draw.randint(1, 4)
    rank, n = draw.randint(1, 3), draw.randint(1, 4)
    tables = draw.numbers(num_items, rank), draw.numbers(num_users, rank)
    return *tables, draw.ids(n, num_items), draw.ids(n, num_users)


def _draw_gradients(seed: int) -> tuple[Tensor, Tensor, float, float]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    return draw.numbers(n), draw.numbers(n), draw.number(), draw.number()


GUESS, STARS = torch.tensor([4.0, 3.0, 5.0]), torch.tensor([5.0, 3.0, 1.0])
P = torch.arange(8.0).reshape(4, 2)
Q = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])
X, Y = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([3.0, 2.0, 7.0])
EXERCISES = {
    "predict": Exercise(
        answer=predict,
        cases=[
            (P, Q, torch.tensor([1, 2, 2]), torch.tensor([0, 2, 1])),
            (P, Q, torch.tensor([0]), torch.tensor([2])),
        ],
        inputs=_draw_predict,
        mistakes={
            "아직 평점마다 숫자가 여러 개입니다. 내적은 곱한 다음 무엇을 하나요?": (
                lambda P, Q, i, u: P[i] * Q[u],
                "return torch.mul(P[items], Q[users])",
            ),
            "더하는 축이 다릅니다. 평점마다 하나씩 남으려면 어느 축을 없애야 할까요?": (
                lambda P, Q, i, u: (P[i] * Q[u]).sum(dim=0),
                "return torch.sum(P[items] * Q[users], axis=0)",
            ),
            "모든 짝의 내적이 나왔습니다. 필요한 것은 같은 줄끼리의 내적뿐입니다.": (
                lambda P, Q, i, u: P[i] @ Q[u].T,
                "return P[items].matmul(Q[users].T)",
            ),
            "숫자 하나가 나왔습니다. 평점마다 예측이 하나씩 있어야 합니다.": (
                lambda P, Q, i, u: (P[i] * Q[u]).sum(),
                "total = 0\nfor i, u in zip(items, users):\n    total += P[i] @ Q[u]\nreturn total",
            ),
            "영화 번호로 사용자의 행을 꺼냈나요? P와 Q는 저마다 무엇을 쌓은 것이지요?": (
                lambda P, Q, i, u: predict(P, Q, u, i),
                "return torch.stack([P[u] @ Q[i] for i, u in zip(items, users)])",
            ),
            "값이 작습니다. 곱한 것을 평균 냈나요? 내적은 어떻게 구하지요?": (
                lambda P, Q, i, u: (P[i] * Q[u]).mean(dim=1),
                "both = P[items] * Q[users]\nreturn both.sum(dim=1) / both.shape[1]",
            ),
        },
        others={
            "값은 맞습니다. 모양이 (3, 1)입니다. (3,)이어야": (
                "both = P[items] * Q[users]\nreturn both.sum(dim=1, keepdim=True)"
            ),
        },
    ),
    "mse": Exercise(
        answer=mse,
        cases=[(GUESS, STARS), (GUESS, STARS.reshape(-1, 1)), (GUESS.reshape(-1, 1), STARS)],
        inputs=draw_predictions,
        mistakes={
            "둘째 평점은 모양이 (3, 1)입니다. 그대로 빼면 차이가 몇 개 나올까요?": (
                lambda p, r: (p - r).square().mean(),
                "return ((prediction - rating) ** 2).mean()",
            ),
            "평점의 모양만 바꾸었나요? 셋째 경우에는 예측의 모양이 (3, 1)입니다.": (
                lambda p, r: (p - r.reshape(-1)).square().mean(),
                "return F.mse_loss(prediction, rating.flatten())",
                "return ((prediction - rating.T) ** 2).mean()",
            ),
            "예측의 모양만 바꾸었나요? 둘째 경우에는 평점의 모양이 (3, 1)입니다.": (
                lambda p, r: (p.reshape(-1) - r).square().mean(),
                "return F.mse_loss(prediction.squeeze(), rating)",
                "return ((prediction.T - rating) ** 2).mean()",
            ),
            "차이를 제곱해 더하기까지는 맞았습니다. '평균'을 내려면 무엇이 더 필요할까요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).square().sum(),
                "return torch.sum((rating.flatten() - prediction.flatten()) ** 2)",
            ),
            "모자란 것과 넘친 것이 서로 지워지고 있지 않나요? 제곱은 어디에 있나요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).mean(),
                "return (prediction.flatten() - rating.flatten()).mean()",
            ),
            "제곱 대신 절댓값을 썼나요? 크게 틀린 것에 더 무게를 두려면요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).abs().mean(),
                "return F.l1_loss(prediction.flatten(), rating.flatten())",
            ),
            "지금 것은 RMSE입니다. 마지막에 무엇을 씌웠나요?": (
                lambda p, r: mse(p, r).sqrt(),
                "gap = prediction.flatten() - rating.flatten()\n"
                "return gap.norm() / len(gap) ** 0.5",
            ),
        },
    ),
    "gradients": Exercise(
        answer=gradients,
        cases=[(X, Y, 0.0, 1.0), (X, Y, 2.0, -0.5)],
        inputs=_draw_gradients,
        mistakes={
            "크기가 절반입니다. 제곱을 미분하면 앞에 무엇이 나오나요?": (
                lambda x, y, a, b: _scale(gradients(x, y, a, b), 0.5),
                "gap = a + b * x - y\nreturn gap.mean(), (gap * x).mean()",
            ),
            "부호가 반대입니다. 차이를 예측 − 정답으로 두었나요, 정답 − 예측으로 두었나요?": (
                lambda x, y, a, b: _scale(gradients(x, y, a, b), -1),
                "gap = y - (a + b * x)\nreturn 2 * gap.mean(), 2 * (gap * x).mean()",
            ),
            "점이 많을수록 커집니다. 손실은 합인가요, 평균인가요?": (
                lambda x, y, a, b: _scale(gradients(x, y, a, b), len(x)),
                "a = torch.tensor(a, requires_grad=True)\nb = torch.tensor(b, requires_grad=True)\n"
                "((a + b * x - y) ** 2).sum().backward()\nreturn a.grad, b.grad",
            ),
            "점마다 하나씩 나왔습니다. 점이 여럿이어도 손실은 몇 개인가요?": (
                lambda x, y, a, b: (2 * (a + b * x - y), 2 * (a + b * x - y) * x),
                "gap = a + b * x - y\nreturn 2 * gap, 2 * gap * x",
            ),
            "크기가 두 배입니다. backward()를 두 번 불렀나요? 경사는 지워질 때까지 쌓입니다.": (
                lambda x, y, a, b: _scale(gradients(x, y, a, b), 2),
                "a = torch.tensor(a, requires_grad=True)\nb = torch.tensor(b, requires_grad=True)\n"
                "for _ in range(2):\n    F.mse_loss(a + b * x, y).backward()\n"
                "return a.grad, b.grad",
            ),
            "a와 b의 차례가 바뀌었습니다.": (
                lambda x, y, a, b: gradients(x, y, a, b)[::-1],
                "g = 2 * (a + b * x - y)\nreturn (g * x).mean(), g.mean()",
            ),
            "b로 미분할 때 안에 있는 bx도 미분했나요? 무엇이 곱해져야 할까요?": (
                lambda x, y, a, b: (gradients(x, y, a, b)[0],) * 2,
                "g = 2 * (a + b * x - y).mean()\nreturn g, g",
            ),
        },
    ),
}
