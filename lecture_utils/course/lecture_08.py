"""Exercises of lecture 08: draws from a normal, the noise of each user, averages of draws."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def draw_normal(A: Tensor, m: Tensor, z: Tensor) -> Tensor:
    """Turn standard normal `z` (k,) into a draw from N(A^-1 m, A^-1), `A` (k, k): (k,)."""
    return torch.linalg.solve(A, m) + torch.linalg.solve(_root(A).T, z)


def noise_precision(users: Tensor, rest: Tensor, num_users: int, prior: float) -> Tensor:
    """Average each user's precision after residuals `rest` (n,), prior Gamma(prior, prior)."""
    return _precision(_count(users, num_users), _total(users, rest.square(), num_users), prior)


def average_of_draws(draws: Tensor, burn_in: int) -> Tensor:
    """Average `draws` (s, m) after the first `burn_in` rows and clip to 1..5: (m,)."""
    return _average(draws[burn_in:])


def _root(A: Tensor) -> Tensor:
    return torch.linalg.cholesky(A)


def _count(users: Tensor, num_users: int) -> Tensor:
    return torch.bincount(users, minlength=num_users)


def _total(users: Tensor, values: Tensor, num_users: int) -> Tensor:
    return torch.zeros(num_users).index_add(0, users, values)


def _precision(count: Tensor, square: Tensor, prior: float) -> Tensor:
    """Divide shape by rate of the posterior Gamma."""
    return (prior + count / 2) / (prior + square / 2)


def _apart(users: Tensor, rest: Tensor, num_users: int) -> Tensor:
    """Sum the squares of the residuals less their user's mean."""
    mean = _total(users, rest, num_users) / _count(users, num_users).clamp(min=1)
    return _total(users, (rest - mean[users]).square(), num_users)


def _average(draws: Tensor) -> Tensor:
    return draws.mean(0).clamp(1, 5)


def _running_means(draws: Tensor) -> Tensor:
    return draws.cumsum(0) / torch.arange(1, len(draws) + 1)[:, None]


def _draw_draw_normal(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    k = draw.randint(1, 3)
    table = draw.numbers(draw.randint(1, 4), k)
    return table.T @ table + draw.number(0.5, 3) * torch.eye(k), draw.numbers(k), draw.numbers(k)


def _draw_noise_precision(seed: int) -> tuple[Tensor, Tensor, int, float]:
    draw = Draw(seed)
    n, num_users = draw.randint(1, 6), draw.randint(1, 4)
    return draw.ids(n, num_users), draw.numbers(n, low=-2, high=2), num_users, draw.number(0.5, 6)


def _draw_average_of_draws(seed: int) -> tuple[Tensor, int]:
    draw = Draw(seed)
    sweeps = draw.randint(1, 5)
    return draw.numbers(sweeps, draw.randint(1, 4), low=-3, high=9), draw.randrange(sweeps)


SKEW, PUSH, NOISE = torch.tensor([[4.0, 2.0], [2.0, 5.0]]), torch.tensor([6.0, -1.0]), [2.0, -1.0]
THREE = torch.tensor([[4.0, 2.0, 0.0], [2.0, 5.0, 4.0], [0.0, 4.0, 8.0]])
WHO = torch.tensor([1, 1, 2, 1, 2])
LEFT = torch.tensor([0.5, -0.5, 2.0, 0.25, -1.0])
DRAWS = torch.tensor(
    [[1.0, 9.0, 3.0], [0.0, 1.0, 8.0], [4.0, 6.0, 3.2], [3.0, 5.5, -1.0], [2.6, 7.0, 0.5]]
)
LOW = torch.tensor([[3.0, 2.0], [-0.5, 4.0], [0.2, 7.0], [1.6, 3.0]])
ROOT = "L = torch.linalg.cholesky(A)\n"
ANSWER = "torch.linalg.solve(A, m)"
SUMS = (
    "square, count = torch.zeros(num_users), torch.zeros(num_users)\n"
    "for u, e in zip(users.tolist(), rest.tolist()):\n"
    "    square[u] += {}\n    count[u] += 1\nreturn {}"
)
EXERCISES = {
    "draw_normal": Exercise(
        answer=draw_normal,
        cases=[
            (SKEW, PUSH, torch.tensor(NOISE)),
            (THREE, torch.tensor([1.0, 0.0, -2.0]), torch.tensor([0.5, 1.0, -1.5])),
            (torch.tensor([[4.0]]), torch.tensor([2.0]), torch.tensor([3.0])),
        ],
        inputs=_draw_draw_normal,
        mistakes={
            "릿지 회귀의 답에서 멈췄습니다. z는 어디에 썼나요?": (
                lambda A, m, z: torch.linalg.solve(A, m),
                "return torch.linalg.inv(A) @ m",
            ),
            "흔들림만 남았습니다. 어디를 가운데로 흔들려야 하나요?": (
                lambda A, m, z: torch.linalg.solve(_root(A).T, z),
                ROOT + "return torch.linalg.inv(L.T) @ z",
            ),
            "흔들림의 공분산이 A가 되었습니다. A가 클수록 넓게 퍼져야 할까요?": (
                lambda A, m, z: torch.linalg.solve(A, m) + _root(A) @ z,
                ROOT + f"return {ANSWER} + L.mv(z)",
            ),
            "L의 전치를 잊지 않았나요? 본문에서 어느 쪽 공분산이 A의 역행렬이 되었지요?": (
                lambda A, m, z: torch.linalg.solve(A, m) + torch.linalg.solve(_root(A), z),
                ROOT + f"return {ANSWER} + torch.linalg.inv(L) @ z",
            ),
            "전치는 했는데 곱했습니다. 역행렬을 곱하려면 무엇을 풀어야 하나요?": (
                lambda A, m, z: torch.linalg.solve(A, m) + _root(A).T @ z,
                ROOT + f"return {ANSWER} + z @ L",
            ),
            "흔들림까지 A의 방정식에 넣어 풀었습니다. 그러면 공분산은 무엇이 될까요?": (
                lambda A, m, z: torch.linalg.solve(A, m + z),
                f"return {ANSWER} + torch.linalg.solve(A, z)",
            ),
            "가운데가 m 그대로입니다. 방정식 A q = m을 풀었나요?": (
                lambda A, m, z: m + torch.linalg.solve(_root(A).T, z),
                ROOT + "return torch.linalg.inv(L).T @ z + m",
            ),
            "공분산은 맞습니다. 다만 문제의 L은 A의 것입니다. 무엇을 분해했나요?": (
                lambda A, m, z: torch.linalg.solve(A, m) + _root(torch.linalg.inv(A)) @ z,
                "C = torch.linalg.inv(A)\nreturn C @ m + torch.linalg.cholesky(C) @ z",
            ),
            "z에 아무것도 곱하지 않았습니다. 그러면 공분산은 무엇인가요?": (
                lambda A, m, z: torch.linalg.solve(A, m) + z,
                f"return z + {ANSWER}",
            ),
            "흔들림의 부호가 반대입니다. 분포는 같지만, 더하기로 합시다.": (
                lambda A, m, z: torch.linalg.solve(A, m) - torch.linalg.solve(_root(A).T, z),
                ROOT + f"return {ANSWER} - torch.linalg.solve(L.T, z)",
            ),
        },
    ),
    "noise_precision": Exercise(
        answer=noise_precision,
        cases=[(WHO, LEFT, 3, 5.0), (WHO, LEFT, 4, 1.0), (WHO[:2], LEFT[2:4], 2, 2.0)],
        inputs=_draw_noise_precision,
        mistakes={
            "사전 분포를 잊지 않았나요? 평점 하나로 그 사람을 다 안다고 할 수 있을까요?": (
                lambda u, e, n, a: _precision(_count(u, n), _total(u, e.square(), n), 0.0),
                SUMS.format("e**2", "count / square"),
                SUMS.format("e * e", "(count / 2) / (square / 2)"),
            ),
            "잔차가 클수록 값이 커집니다. 구할 것은 분산인가요, 정밀도인가요?": (
                lambda u, e, n, a: 1 / noise_precision(u, e, n, a),
                SUMS.format("e**2", "(prior + square / 2) / (prior + count / 2)"),
            ),
            "평점의 수를 반으로 나누었나요?": (
                lambda u, e, n, a: _precision(2 * _count(u, n), _total(u, e.square(), n), a),
                SUMS.format("e**2", "(prior + count) / (prior + square / 2)"),
            ),
            "제곱의 합을 반으로 나누었나요?": (
                lambda u, e, n, a: _precision(_count(u, n), 2 * _total(u, e.square(), n), a),
                SUMS.format("e**2", "(prior + count / 2) / (prior + square)"),
            ),
            "평점의 수도 제곱의 합도 통째로 더했습니다. 반은 어디로 갔나요?": (
                lambda u, e, n, a: _precision(2 * _count(u, n), 2 * _total(u, e.square(), n), a),
                SUMS.format("e**2", "(prior + count) / (prior + square)"),
            ),
            "절댓값을 더했나요? 정규분포의 지수에는 무엇이 들어 있지요?": (
                lambda u, e, n, a: _precision(_count(u, n), _total(u, e.abs(), n), a),
                SUMS.format("abs(e)", "(prior + count / 2) / (prior + square / 2)"),
            ),
            "제곱하지 않고 더했나요? 위아래로 빗나간 것이 서로 지워졌습니다.": (
                lambda u, e, n, a: _precision(_count(u, n), _total(u, e, n), a),
                SUMS.format("e", "(prior + count / 2) / (prior + square / 2)"),
            ),
            "더한 다음에 제곱했습니다. 순서를 바꾸면 무엇이 달라지나요?": (
                lambda u, e, n, a: _precision(_count(u, n), _total(u, e, n).square(), a),
                SUMS.format("e", "(prior + count / 2) / (prior + square**2 / 2)"),
            ),
            "사용자의 평균을 또 뺐습니다. 잔차는 무엇을 이미 뺀 것이지요?": (
                lambda u, e, n, a: _precision(_count(u, n), _apart(u, e, n), a),
                "out = torch.ones(num_users)\nfor u in users.unique():\n"
                "    mine = rest[users == u]\n    gap = (mine - mine.mean()).square().sum()\n"
                "    out[u] = (prior + len(mine) / 2) / (prior + gap / 2)\nreturn out",
            ),
            "모두의 잔차를 한데 모았습니다. 사람마다 따로 세었나요?": (
                lambda u, e, n, a: _precision(
                    torch.full((n,), float(len(e))), e.square().sum().expand(n), a
                ),
                "shape = prior + len(rest) / 2\nrate = prior + rest.square().sum() / 2\n"
                "return (shape / rate).repeat(num_users)",
            ),
            "제곱의 평균을 넣었습니다. 평점이 많은 사람의 증거는 더 커야 하지 않을까요?": (
                lambda u, e, n, a: _precision(
                    _count(u, n), _total(u, e.square(), n) / _count(u, n).clamp(min=1), a
                ),
                SUMS.format(
                    "e**2", "(prior + count / 2) / (prior + square / count.clamp(min=1) / 2)"
                ),
            ),
            "평점을 매긴 사람만 남았습니다. 아직 없는 사람의 정밀도는 어디서 오나요?": (
                lambda u, e, n, a: noise_precision(u, e, n, a)[u.unique()],
                "out = []\nfor u in users.unique():\n    mine = rest[users == u]\n"
                "    out.append((prior + len(mine) / 2) / (prior + mine.square().sum() / 2))\n"
                "return torch.stack(out)",
            ),
            "평점마다 하나씩 나왔습니다. (num_users,)인가요?": (
                lambda u, e, n, a: noise_precision(u, e, n, a)[u],
                "same = (users[:, None] == users).float()\n"
                "return (prior + same.sum(1) / 2) / (prior + same @ rest.square() / 2)",
            ),
        },
    ),
    "average_of_draws": Exercise(
        answer=average_of_draws,
        cases=[(DRAWS, 2), (LOW, 1)],
        inputs=_draw_average_of_draws,
        mistakes={
            "먼저 자르고 평균 냈나요? 넘친 것과 모자란 것이 서로 지워질 틈이 없습니다.": (
                lambda draws, burn_in: draws[burn_in:].clamp(1, 5).mean(0),
                "kept = torch.clip(draws, 1, 5)[burn_in:]\nreturn kept.sum(dim=0) / len(kept)",
            ),
            "처음 바퀴들까지 평균에 들어갔습니다. burn_in은 어디에 썼나요?": (
                lambda draws, burn_in: _average(draws),
                "total = 0\nfor row in draws:\n    total = total + row\n"
                "return torch.clip(total / len(draws), 1, 5)",
            ),
            "버릴 것만 평균 냈습니다. 콜론의 왼쪽과 오른쪽 가운데 어디에 적어야 할까요?": (
                lambda draws, burn_in: _average(draws[:burn_in]),
                "return draws[:burn_in].mean(dim=0).clip(1, 5)",
            ),
            "마지막 바퀴 하나만 썼습니다. 하나하나와 평균 가운데 어느 쪽이 나았지요?": (
                lambda draws, burn_in: draws[-1].clamp(1, 5),
                "for row in draws[burn_in:]:\n    answer = row\nreturn answer.clamp(1, 5)",
            ),
            "바퀴마다 숫자가 하나씩 나왔습니다. 어느 축으로 평균 내야 (m,)이 될까요?": (
                lambda draws, burn_in: draws[burn_in:].mean(1).clamp(1, 5),
                "return torch.stack([row.mean() for row in draws[burn_in:]]).clamp(1, 5)",
            ),
            "영화 쪽을 버렸습니다. 한 줄이 한 바퀴입니다. 줄을 버렸나요, 열을 버렸나요?": (
                lambda draws, burn_in: _average(draws[:, burn_in:]),
                "return draws.T[burn_in:].T.mean(0).clamp(1, 5)",
            ),
            "뒤쪽 바퀴를 버렸습니다. 출발점의 흔적은 어느 쪽에 남아 있을까요?": (
                lambda draws, burn_in: _average(draws[:-burn_in]),
                "keep = len(draws) - burn_in\nreturn draws[:keep].mean(0).clamp(1, 5)",
            ),
            "한 바퀴 더 버렸습니다. 번호는 몇부터 세나요?": (
                lambda draws, burn_in: _average(draws[burn_in + 1 :]),
                "kept = [row for n, row in enumerate(draws) if n > burn_in]\n"
                "return torch.stack(kept).mean(0).clamp(1, 5)",
            ),
            "한 바퀴 덜 버렸습니다. 번호는 몇부터 세나요?": (
                lambda draws, burn_in: _average(draws[burn_in - 1 :]),
                "kept = [row for n, row in enumerate(draws, 1) if n >= burn_in]\n"
                "return torch.stack(kept).mean(0).clamp(1, 5)",
            ),
            "바퀴마다의 평균을 모두 돌려주었습니다. 필요한 것은 그 가운데 어느 줄인가요?": (
                lambda draws, burn_in: _running_means(draws[burn_in:]).clamp(1, 5),
                "out, total = [], 0\nfor n, row in enumerate(draws[burn_in:], 1):\n"
                "    total = total + row\n    out.append((total / n).clamp(1, 5))\n"
                "return torch.stack(out)",
            ),
            "평균까지는 좋습니다. 5점이 넘는 예측을 그대로 둘까요?": (
                lambda draws, burn_in: draws[burn_in:].mean(0),
                "return torch.mean(draws[burn_in:], axis=0)",
            ),
            "아래쪽 끝이 다릅니다. 가장 낮은 별점은 몇 점인가요?": (
                lambda draws, burn_in: draws[burn_in:].mean(0).clamp(0, 5),
                "return draws[burn_in:].mean(0).clamp(min=0, max=5)",
            ),
            "남긴 것만 더해 놓고 전체 바퀴 수로 나누지 않았나요?": (
                lambda draws, burn_in: (draws[burn_in:].sum(0) / len(draws)).clamp(1, 5),
                "total = torch.zeros(draws.shape[1])\nfor n, row in enumerate(draws):\n"
                "    if n >= burn_in:\n        total += row\nreturn (total / (n + 1)).clamp(1, 5)",
            ),
            "반올림했나요? 예측이 꼭 정수여야 할 까닭이 있나요?": (
                lambda draws, burn_in: average_of_draws(draws, burn_in).round(),
                "return torch.round(draws[burn_in:].mean(0)).clamp(1, 5)",
            ),
            "가운데 값을 골랐나요? 구할 것은 평균입니다.": (
                lambda draws, burn_in: draws[burn_in:].median(0).values.clamp(1, 5),
                "return torch.quantile(draws[burn_in:], 0.5, dim=0).clamp(1, 5)",
            ),
        },
    ),
}
