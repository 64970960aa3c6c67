"""Exercises of lecture 06: each repairs a broken function."""

from collections.abc import Callable

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw, draw_predictions
from lecture_utils.course.grader import Exercise


def safe_rmse(prediction: Tensor, rating: Tensor) -> Tensor:
    """Compute the root mean squared error of tensors (n,) or (n, 1)."""
    return (prediction.reshape(-1) - rating.reshape(-1)).square().mean().sqrt()


def slope(x: Tensor, y: Tensor, lr: float, steps: int) -> float:
    """Fit b of y = b x by `steps` of gradient descent on the mean squared error, from 0."""
    return _descend(x, y, lr, steps)


def to_ids(names: list[str]) -> list[int]:
    """Number names from 0 in order of first appearance."""
    order = list(dict.fromkeys(names))
    return [order.index(name) for name in names]


def fair_gap(a: Tensor, b: Tensor, rating: Tensor) -> Tensor:
    """Subtract the RMSE of `b` from that of `a`, both clipped to 1..5."""
    return safe_rmse(a.clamp(1, 5), rating) - safe_rmse(b.clamp(1, 5), rating)


def _descend(
    x: Tensor, y: Tensor, lr: float, steps: int, keep: bool = False, sign: int = -1
) -> float:
    """Descend by hand; `keep` adds up all gradients, as without zero_grad."""
    b, gradient = 0.0, 0.0
    for _ in range(steps):
        now = float(2 * ((b * x - y) * x).mean())
        gradient = gradient + now if keep else now
        b += sign * lr * gradient
    return b


def _step(x: Tensor, y: Tensor, lr: float, steps: int, move: Callable) -> float:
    """Descend by autograd, where `move` makes the next b of this one and of its step."""
    b = torch.zeros(1, requires_grad=True)
    for _ in range(steps):
        (b * x - y).square().mean().backward()
        b = move(b, lr * b.grad)
    return b.item()


def _draw_slope(seed: int) -> tuple[Tensor, Tensor, float, int]:
    draw = Draw(seed)
    n = draw.randint(1, 4)
    return draw.numbers(n), draw.numbers(n), draw.randint(1, 10) / 100, draw.randint(1, 5)


def _draw_to_ids(seed: int) -> tuple[list[str]]:
    draw = Draw(seed)
    return (draw.choices(CAST, k=draw.randint(1, 8)),)


def _draw_fair_gap(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    n = draw.randint(1, 4)
    a, b = draw.numbers(2, n, low=-1, high=7)
    return a, b, draw.numbers(n, low=1, high=5)


X, Y = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([2.0, 3.5, -1.0])
A, B = torch.tensor([5.8, 3.0, 0.2]), torch.tensor([4.5, 6.5, 1.5])
R = torch.tensor([5.0, 4.0, 1.0])
CAST = ["정숙", "영숙", "하니", "옥순", "순자", "현숙", "영자", "미희", "순자", "미희"]
LOOP = (
    "b = torch.zeros(1, requires_grad=True)\nopt = torch.optim.SGD([b], lr=lr)\n"
    "for _ in range(steps):\n    loss = {}\n    {}\n    loss.backward()\n    opt.step()\n"
    "return b.item()"
)
EXERCISES = {
    "safe_rmse": Exercise(
        answer=safe_rmse,
        cases=[(A, R), (A, R.reshape(-1, 1)), (A.reshape(-1, 1), R)],
        inputs=draw_predictions,
        mistakes={
            "둘째 경우의 평점은 (3, 1)입니다. 그대로 빼면 차이는 몇 개인가요?": (
                lambda p, r: (p - r).square().mean().sqrt(),
                "gap = prediction - rating\nreturn torch.sqrt(torch.mean(gap ** 2))",
            ),
            "평점의 모양만 바꾸었나요? 셋째 경우에는 예측이 (3, 1)입니다.": (
                lambda p, r: (p - r.reshape(-1)).square().mean().sqrt(),
                "return F.mse_loss(prediction, rating.flatten()).sqrt()",
                "return (prediction - rating.T).square().mean().sqrt()",
            ),
            "예측의 모양만 바꾸었나요? 둘째 경우에는 평점이 (3, 1)입니다.": (
                lambda p, r: (p.reshape(-1) - r).square().mean().sqrt(),
                "return F.mse_loss(prediction.flatten(), rating).sqrt()",
                "return (prediction.T - rating).square().mean().sqrt()",
            ),
            "MSE까지 왔습니다. 평점과 단위가 같으려면 무엇이 남았나요?": (
                lambda p, r: safe_rmse(p, r) ** 2,
                "return F.mse_loss(prediction.flatten(), rating.flatten())",
            ),
            "평균절대오차입니다. 절댓값을 썼거나 제곱근을 먼저 씌웠나요?": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).abs().mean(),
                "gap = prediction.flatten() - rating.flatten()\nreturn torch.sqrt(gap ** 2).mean()",
            ),
            "차이를 그냥 평균 냈나요? 넘친 것과 모자란 것이 서로 지워집니다.": (
                lambda p, r: (p.reshape(-1) - r.reshape(-1)).mean().abs(),
                "gap = prediction.flatten() - rating.flatten()\nreturn abs(gap.sum()) / len(gap)",
            ),
        },
    ),
    "slope": Exercise(
        answer=slope,
        cases=[(X, Y, 0.1, 2), (X, Y, 0.05, 5)],
        inputs=_draw_slope,
        mistakes={
            "둘째 걸음부터 지난 경사가 섞여 있지 않나요?": (
                lambda x, y, lr, n: _descend(x, y, lr, n, keep=True),
                LOOP.format("((b * x - y) ** 2).mean()", "pass"),
            ),
            "손실이 커지는 쪽으로 가고 있습니다. 경사는 어느 쪽을 가리키나요?": (
                lambda x, y, lr, n: _descend(x, y, lr, n, sign=1),
                LOOP.format("-((b * x - y) ** 2).mean()", "opt.zero_grad()"),
            ),
            "걸음이 너무 큽니다. 손실이 평균인가요, 합인가요?": (
                lambda x, y, lr, n: _descend(x, y, lr * len(x), n),
                LOOP.format("((b * x - y) ** 2).sum()", "opt.zero_grad()"),
            ),
            "한 걸음만 갔습니다. 되풀이하고 있나요?": (
                lambda x, y, lr, n: _descend(x, y, lr, 1),
                "b = 0\nfor _ in range(steps):\n    g = (2 * (b * x - y) * x).mean()\n"
                "    new = b - lr * g\nreturn new",
            ),
            "한 걸음도 움직이지 않았습니다. 경사를 언제 비웠나요? 갱신한 값은 b에 담기나요?": (
                lambda x, y, lr, n: 0.0,
                "b = 0.0\nfor _ in range(steps):\n    g = (2 * (b * x - y) * x).mean()\n"
                "    b - lr * g\nreturn b",
                LOOP.format("((b * x - y) ** 2).mean()", "pass").replace(
                    "opt.step()", "opt.zero_grad(set_to_none=False)\n    opt.step()"
                ),
            ),
            "첫 걸음에는 b.grad가 아직 None입니다. 그때도 비울 것이 있나요?": (
                lambda x, y, lr, n: torch.zeros(1, requires_grad=True).grad.zero_(),
                LOOP.format("((b * x - y) ** 2).mean()", "b.grad.zero_()"),
            ),
            "지금의 b에 requires_grad가 켜져 있나요? no_grad 안에서 새로 만든 b라면요?": (
                lambda *case: _step(*case, lambda b, by: (b - by).detach()),
                "b = torch.zeros(1, requires_grad=True)\nfor _ in range(steps):\n"
                "    F.mse_loss(b * x, y).backward()\n    with torch.no_grad():\n"
                "        b = b - lr * b.grad\nreturn b.item()",
                LOOP.format("((b * x - y) ** 2).mean()", "opt.zero_grad()").replace(
                    ", requires_grad=True", ""
                ),
            ),
            "b를 고치는 걸음도 손실의 계산처럼 기록되고 있습니다. 잠깐 기록하지 않으려면요?": (
                lambda *case: _step(*case, torch.Tensor.sub_),
                "b = torch.zeros(1, requires_grad=True)\nfor _ in range(steps):\n"
                "    F.mse_loss(b * x, y).backward()\n    b -= lr * b.grad\n"
                "    b.grad.zero_()\nreturn b.item()",
            ),
            "둘째 걸음에서 b.grad가 None입니다. 지금의 b는 처음에 만든 그 텐서인가요?": (
                lambda *case: _step(*case, torch.Tensor.sub),
                "b = torch.zeros(1, requires_grad=True)\nfor _ in range(steps):\n"
                "    F.mse_loss(b * x, y).backward()\n    b = b - lr * b.grad\n"
                "return b.item()",
            ),
            "b.grad에 숫자를 넣었나요? 경사의 자리에는 어떤 것만 들어갈까요?": (
                lambda *case: _step(*case, lambda b, by: setattr(b, "grad", 0)),
                "b = torch.zeros(1, requires_grad=True)\nfor _ in range(steps):\n"
                "    b.grad = 0\n    F.mse_loss(b * x, y).backward()\n"
                "    with torch.no_grad():\n        b -= lr * b.grad\nreturn b.item()",
            ),
            "걸음이 절반입니다. 제곱을 미분하면 앞에 무엇이 나오나요?": (
                lambda x, y, lr, n: _descend(x, y, lr / 2, n),
                "b = 0\nfor _ in range(steps):\n    b = b - lr * ((b * x - y) * x).mean()\n"
                "return b",
            ),
        },
    ),
    "to_ids": Exercise(
        answer=to_ids,
        cases=[(["b", "a", "b"],), (["하니", "하니", "옥순", "영자", "옥순"],), (CAST,)],
        inputs=_draw_to_ids,
        mistakes={
            "0번이 나오지 않습니다. 표의 첫 줄은 몇 번인가요?": (
                lambda names: [i + 1 for i in to_ids(names)],
                "number = {n: i for i, n in enumerate(dict.fromkeys(names), start=1)}\n"
                "return [number[n] for n in names]",
            ),
            "가나다 차례로 번호를 매겼나요? '처음 나온 차례'와 무엇이 다른가요?": (
                lambda names: [sorted(set(names)).index(name) for name in names],
                "return pd.Categorical(names).codes.tolist()",
            ),
            "같은 이름이 두 번 나오면 번호도 두 개인가요?": (
                lambda names: list(range(len(names))),
                "return [i for i, name in enumerate(names)]",
            ),
            "번호가 중간에 건너뜁니다. 줄 번호를 그대로 쓰고 있지 않나요?": (
                lambda names: [names.index(name) for name in names],
                "first = {}\nfor i, n in enumerate(names):\n    first.setdefault(n, i)\n"
                "return [first[n] for n in names]",
            ),
            "같은 이름이 또 나오면 번호가 뒤의 것으로 바뀌지 않나요?": (
                lambda names: [len(names) - 1 - names[::-1].index(name) for name in names],
                "number = {n: i for i, n in enumerate(names)}\nreturn [number[n] for n in names]",
            ),
            "set은 차례를 기억하지 않습니다. 처음 나온 차례를 어떻게 간직할까요?": (
                lambda names: [list(set(names)).index(name) for name in names],
                "number = {n: i for i, n in enumerate({*names})}\n"
                "return [number[n] for n in names]",
            ),
        },
    ),
    "fair_gap": Exercise(
        answer=fair_gap,
        cases=[(A, B, R), (B, A, R)],
        inputs=_draw_fair_gap,
        mistakes={
            "한쪽만 잘랐습니다. 다른 쪽도 똑같이 재고 있나요?": (
                lambda a, b, r: safe_rmse(a.clamp(1, 5), r) - safe_rmse(b, r),
                "return (F.mse_loss(a.clamp(1, 5), rating).sqrt() - F.mse_loss(b, rating).sqrt())",
            ),
            "이번에는 b만 잘랐습니다. a도 같은 자로 재고 있나요?": (
                lambda a, b, r: safe_rmse(a, r) - safe_rmse(b.clamp(1, 5), r),
                "return F.mse_loss(a, rating) ** 0.5 - F.mse_loss(b.clip(1, 5), rating) ** 0.5",
            ),
            "공정하긴 하지만 둘 다 자르지 않았습니다. 문제를 다시 읽어 보세요.": (
                lambda a, b, r: safe_rmse(a, r) - safe_rmse(b, r),
                "return F.mse_loss(a, rating) ** 0.5 - F.mse_loss(b, rating) ** 0.5",
            ),
            "부호가 뒤집혔습니다. a가 더 나쁘면 양수여야 합니다.": (
                lambda a, b, r: fair_gap(b, a, r),
                "f = lambda p: F.mse_loss(p.clip(1, 5), rating) ** 0.5\nreturn f(b) - f(a)",
            ),
            "RMSE의 차이인가요, MSE의 차이인가요?": (
                lambda a, b, r: safe_rmse(a.clamp(1, 5), r) ** 2 - safe_rmse(b.clamp(1, 5), r) ** 2,
                "f = lambda p: F.mse_loss(p.clamp(1, 5), rating)\nreturn f(a) - f(b)",
            ),
        },
    ),
}
