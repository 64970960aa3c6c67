"""Exercises of lecture 07: weighted penalties, averages of draws, sessions, ordinal stars."""

import torch
from torch import Tensor
from torch.special import ndtr

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def weighted_ridge(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """Solve ridge regression of `y` (n,) on `F` (n, k), penalty ridge * n ** power: (k,)."""
    return _solve(F, y, ridge * len(F) ** power)


def average_of_draws(draws: Tensor, burn_in: int) -> Tensor:
    """Average `draws` (s, m) after the first `burn_in` rows and clip to 1..5: (m,)."""
    return _average(draws[burn_in:])


def _solve(F: Tensor, y: Tensor, penalty: float) -> Tensor:
    return torch.linalg.solve(F.T @ F + penalty * torch.eye(F.shape[1]), F.T @ y)


def _solve_dual(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """Solve the dual: a number per rating, (n,), and F.T times it would be the answer."""
    return torch.linalg.solve(F @ F.T + ridge * len(F) ** power * torch.eye(len(F)), y)


def _average(draws: Tensor) -> Tensor:
    return draws.mean(0).clamp(1, 5)


def _running_means(draws: Tensor) -> Tensor:
    return draws.cumsum(0) / torch.arange(1, len(draws) + 1)[:, None]


def session_bias(
    users: Tensor, times: Tensor, rest: Tensor, seconds: int, strength: float
) -> Tensor:
    """Average `rest` over a rating's user and time bin, shrunken to 0: all (n,)."""
    return _shrink(_same_session(users, times, seconds), rest, strength)


def expected_stars(z: float, cuts: Tensor) -> Tensor:
    """Compute the mean star of an ordered probit with unit noise and four `cuts`."""
    return 1 + ndtr(z - cuts).sum()


def _same_group(group: Tensor) -> Tensor:
    """Tell which ratings share a group, (n, n)."""
    return group[:, None] == group


def _shrink(same: Tensor, rest: Tensor, strength: float) -> Tensor:
    return same.float() @ rest / (same.sum(1) + strength)


def _same_session(users: Tensor, times: Tensor, seconds: int) -> Tensor:
    return _same_group(users) & _same_group(times // seconds)


def _probabilities(z: float, cuts: Tensor) -> Tensor:
    """Return the probabilities of the stars 1 to 5."""
    above = ndtr(z - cuts)
    return torch.cat([torch.ones(1), above]) - torch.cat([above, torch.zeros(1)])


def _partial_mean(z: float, cuts: Tensor, first: int, last: int) -> Tensor:
    """Return what the stars from `first` to `last` add to the mean."""
    return (torch.arange(1.0, 6.0) * _probabilities(z, cuts))[first - 1 : last].sum()


def _draw_weighted_ridge(seed: int) -> tuple[Tensor, Tensor, float, float]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    table, rest = draw.numbers(n, draw.randint(1, 3)), draw.numbers(n)
    return table, rest, draw.number(0.5, 4), draw.number(0, 1)


def _draw_average_of_draws(seed: int) -> tuple[Tensor, int]:
    draw = Draw(seed)
    sweeps = draw.randint(1, 5)
    return draw.numbers(sweeps, draw.randint(1, 4), low=-3, high=9), draw.randrange(sweeps)


def _draw_session_bias(seed: int) -> tuple[Tensor, Tensor, Tensor, int, float]:
    draw = Draw(seed)
    n, seconds = draw.randint(1, 6), draw.choice([60, 300, 600])
    times = draw.ids(n, 3) * seconds + draw.ids(n, 2) * draw.randrange(seconds)
    return draw.ids(n, 3), times, draw.numbers(n), seconds, draw.number(0, 5)


def _draw_expected_stars(seed: int) -> tuple[float, Tensor]:
    draw = Draw(seed)
    return draw.number(), draw.numbers(4).sort().values


SEEN = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [-1.0, 1.0]])
LEFT = torch.tensor([2.0, 1.0, -1.0, -3.0])
DRAWS = torch.tensor(
    [[1.0, 9.0, 3.0], [0.0, 1.0, 8.0], [4.0, 6.0, 3.2], [3.0, 5.5, -1.0], [2.6, 7.0, 0.5]]
)
LOW = torch.tensor([[3.0, 2.0], [-0.5, 4.0], [0.2, 7.0], [1.6, 3.0]])
WHO, WHEN = torch.tensor([1, 1, 1, 2]), torch.tensor([10, 50, 130, 20])
MANY = torch.tensor([1, 1, 1, 2, 1, 2, 2])
NEAR = torch.tensor([50, 50, 400, 20, 10, 290, 310])
FAR = torch.tensor([50, 650, 1199, 10, 599, 900, 1900])
REST = torch.tensor([1.0, 3.0, -3.0, 6.0])
MOOD = torch.tensor([0.5, 1.0, -1.5, 2.0, 0.4, -2.0, -0.8])
CUTS, NARROW = torch.tensor([-1.6, -0.8, 0.1, 1.2]), torch.tensor([-1.0, 0.0, 0.2, 1.5])
SOLVE = "k = F.shape[1]\nA = F.T @ F + {} * torch.eye(k)\nreturn torch.linalg.solve(A, F.T @ y)"
LOOP = (
    "total, count = {{}}, {{}}\nkeys = [{} for u, t in zip(users.tolist(), times.tolist())]\n"
    "for key, r in zip(keys, rest.tolist()):\n    total[key] = total.get(key, 0) + r\n"
    "    count[key] = count.get(key, 0) + 1\n"
    "return torch.tensor([{} for key in keys])"
)
PAIR, MEAN = "(u, t // seconds)", "total[key] / (count[key] + strength)"
CDF = (
    "cdf = torch.special.ndtr(cuts - z)\n"
    "edges = torch.cat([torch.zeros(1), cdf, torch.ones(1)])\nchance = edges.diff()\n"
)
EXERCISES = {
    "weighted_ridge": Exercise(
        answer=weighted_ridge,
        cases=[(SEEN, LEFT, 3.0, 0.5), (SEEN[:3], LEFT[:3], 2.0, 1.0), (SEEN, LEFT, 1.5, 0.0)],
        inputs=_draw_weighted_ridge,
        mistakes={
            "평점이 셋이든 백이든 벌금이 같습니다. power는 어디에 썼나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge),
                SOLVE.format("ridge"),
            ),
            "power를 바꾸어도 벌금이 늘 n배입니다. power가 0이면 몇 배여야 할까요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F)),
                "A = F.T @ F\nA.diagonal().add_(ridge * F.shape[0])\n"
                "return torch.linalg.solve(A, F.T @ y)",
            ),
            "n 자리에 벡터의 길이를 넣었나요? 세어야 할 것은 무엇의 수인가요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * F.shape[1] ** power),
                "n = len(F[0])\nA = F.T @ F + torch.eye(n) * ridge * n ** power\n"
                "return torch.linalg.solve(A, F.T @ y)",
            ),
            "ridge를 거듭제곱했나요? 평점의 수는 어디에 들어갔지요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge**power),
                SOLVE.format("ridge ** power"),
            ),
            "power가 ridge에까지 걸렸습니다. 괄호를 어디에 쳤나요?": (
                lambda F, y, ridge, power: _solve(F, y, (ridge * len(F)) ** power),
                SOLVE.format("pow(len(y) * ridge, power)"),
            ),
            "n에 power를 곱했나요? 곱하기와 거듭제곱은 파이썬에서 어떻게 다르게 적나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) * power),
                SOLVE.format("ridge * power * y.numel()"),
            ),
            "벌금을 모든 칸에 더했나요? |q|²을 미분하면 행렬의 어느 자리에 남을까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(
                    F.T @ F + ridge * len(F) ** power, F.T @ y
                ),
                "n = len(y)\nreturn torch.linalg.inv(F.T @ F + ridge * n ** power) @ F.T @ y",
            ),
            "모양이 맞지 않습니다. (k, k)여야 할 것들의 모양을 하나씩 찍어 볼까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(F @ F.T, F.T @ y),
                "A = F @ F.T + ridge * len(y) ** power * torch.eye(F.shape[1])\n"
                "return torch.linalg.solve(A, F.T @ y)",
                "A = F.T @ F + ridge * len(F) ** power * torch.eye(len(F))\n"
                "return torch.linalg.solve(A, F.T @ y)",
                "n = len(F)\nA = F.T @ F + ridge * n ** power * torch.eye(F.shape[1])\n"
                "return torch.linalg.solve(A, F @ y)",
            ),
            "숫자가 평점마다 하나씩 나왔습니다. 구하려는 것은 숫자 몇 개인가요?": (
                _solve_dual,
                "n = len(y)\nA = F.mm(F.T)\nA += torch.diag(torch.full((n,), ridge * n ** power))\n"
                "return torch.linalg.solve(A, y)",
            ),
            "벌금이 너무 약합니다. n으로 나누지 않았나요? 오차는 평균인가요, 합인가요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) ** power / len(F)),
                SOLVE.format("ridge * len(F) ** (power - 1)"),
            ),
            "벌금이 n배 세졌습니다. 오차 쪽만 n으로 나누지 않았나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) ** power * len(F)),
                "n, k = F.shape\nA = F.T @ F / n + ridge * n ** power * torch.eye(k)\n"
                "return torch.linalg.solve(A, F.T @ y / n)",
            ),
            "벡터가 아니라 예측을 돌려주었습니다. 모양이 (k,)인가요?": (
                lambda F, y, ridge, power: F @ weighted_ridge(F, y, ridge, power),
                "n, k = F.shape\nA = F.T @ F + ridge * n ** power * torch.eye(k)\n"
                "return torch.mv(F, torch.linalg.solve(A, F.T @ y))",
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
    "session_bias": Exercise(
        answer=session_bias,
        cases=[
            (WHO, WHEN, REST, 60, 3.0),
            (MANY, NEAR, MOOD, 300, 5.0),
            (MANY, FAR, MOOD, 600, 0.5),
        ],
        inputs=_draw_session_bias,
        mistakes={
            "남의 기분까지 섞였습니다. 같은 시간대면 모두 같은 사람인가요?": (
                lambda u, t, r, width, s: _shrink(_same_group(t // width), r, s),
                LOOP.format("t // seconds", MEAN),
            ),
            "어제의 기분과 오늘의 기분이 섞였습니다. times는 어디에 썼나요?": (
                lambda u, t, r, width, s: _shrink(_same_group(u), r, s),
                LOOP.format("u", MEAN),
            ),
            "평점 하나뿐인 시간대도 그 하나를 그대로 믿고 있습니다. strength는요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, 0),
                LOOP.format(PAIR, "total[key] / count[key]"),
                "frame = pd.DataFrame({'u': users, 't': times // seconds, 'r': rest})\n"
                "return frame.groupby(['u', 't']).r.transform('mean')",
            ),
            "strength의 부호를 보세요. 세게 당길수록 0에 가까워지고 있나요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, -s),
                LOOP.format(PAIR, "total[key] / (count[key] - strength)"),
            ),
            "strength를 나눗셈이 끝난 뒤에 더하지 않았나요? 괄호를 보세요.": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, 0) + s,
                LOOP.format(PAIR, "total[key] / count[key] + strength"),
            ),
            "시각의 차이를 쟀나요? 시간대의 경계를 사이에 둔 두 평점은 같은 시간대인가요?": (
                lambda u, t, r, width, s: _shrink(
                    _same_group(u) & ((t[:, None] - t).abs() < width), r, s
                ),
                "out = []\nfor u, t in zip(users, times):\n"
                "    mine = rest[(users == u) & (abs(times - t) < seconds)]\n"
                "    out.append(mine.sum() / (len(mine) + strength))\nreturn torch.stack(out)",
            ),
            "나머지로 묶었나요? 9시 5분과 10시 5분이 같은 시간대일까요?": (
                lambda u, t, r, width, s: session_bias(u, t % width, r, 1, s),
                LOOP.format("(u, t % seconds)", MEAN),
            ),
            "똑같은 초에 매긴 것만 묶였습니다. 나눗셈의 소수점 아래는 어떻게 했나요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, 1, s),
                LOOP.format("(u, t / seconds)", MEAN),
            ),
            "서로 다른 짝이 같은 번호를 받았습니다. 1 + 2와 2 + 1을 어떻게 가를까요?": (
                lambda u, t, r, width, s: _shrink(_same_group(u + t // width), r, s),
                "group = times // seconds + users\ncount = torch.bincount(group)\n"
                "total = torch.bincount(group, weights=rest)\n"
                "return (total / (count + strength))[group]",
            ),
            "자기 잔차를 뺐나요? 문제를 다시 읽어 보세요. 빼라는 말이 있나요?": (
                lambda u, t, r, width, s: _shrink(
                    _same_session(u, t, width) & ~torch.eye(len(r)).bool(), r, s
                ),
                LOOP.format(PAIR, "(total[key] - r) / (count[key] - 1 + strength)").replace(
                    "key in keys]", "key, r in zip(keys, rest.tolist())]"
                ),
            ),
            "시간대마다 하나씩 나왔습니다. 평점마다 하나씩이 되려면 무엇이 남았나요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, s)[
                    ~_same_session(u, t, width).tril(-1).any(1)
                ],
                LOOP.format(PAIR, MEAN).replace("in keys])", "in total])"),
            ),
            "모두 똑같은 수로 나누었나요? 시간대마다 평점의 수가 다르지 않나요?": (
                lambda u, t, r, width, s: _same_session(u, t, width).float() @ r / (len(r) + s),
                LOOP.format(PAIR, "total[key] / (len(rest) + strength)"),
            ),
            "더하기만 했습니다. 평균이 되려면 무엇이 남았나요?": (
                lambda u, t, r, width, s: _same_session(u, t, width).float() @ r,
                LOOP.format(PAIR, "total[key]"),
            ),
            "편향을 빼고 남은 것을 돌려주었습니다. 구할 것은 편향입니다.": (
                lambda u, t, r, width, s: r - session_bias(u, t, r, width, s),
                "frame = pd.DataFrame({'u': users, 't': times // seconds, 'r': rest})\n"
                "group = frame.groupby(['u', 't']).r\n"
                "return frame.r - group.transform('sum') / (group.transform('count') + strength)",
            ),
        },
    ),
    "expected_stars": Exercise(
        answer=expected_stars,
        cases=[(0.4, CUTS), (0.1, NARROW), (-1.5, CUTS), (2.0, CUTS)],
        inputs=_draw_expected_stars,
        mistakes={
            "딱 한 점이 모자랍니다. 문턱을 하나도 못 넘으면 별점은 몇 점인가요?": (
                lambda z, cuts: ndtr(z - cuts).sum(),
                CDF + "return (torch.arange(5) * chance).sum()",
            ),
            "가장 그럴듯한 별점을 골랐나요? 구할 것은 평균입니다.": (
                lambda z, cuts: 1 + _probabilities(z, cuts).argmax(),
                CDF + "return int(chance.argmax()) + 1",
            ),
            "넘은 문턱을 세었나요? 잡음 때문에 아슬아슬하게 못 넘는 일은 없을까요?": (
                lambda z, cuts: 1 + (cuts < z).sum(),
                "return 1 + sum(float(z > cut) for cut in cuts)",
                "return torch.searchsorted(cuts, z) + 1",
            ),
            "z가 커질수록 별점이 내려갑니다. 누적분포는 문턱의 어느 쪽 확률인가요?": (
                lambda z, cuts: 1 + ndtr(cuts - z).sum(),
                CDF + "return (torch.arange(5, 0, -1) * chance).sum()",
                "above = torch.special.ndtr(cuts - z)\n"
                "edges = torch.cat([torch.ones(1), above, torch.zeros(1)])\n"
                "return (torch.arange(1, 6) * (edges[:-1] - edges[1:])).sum()",
            ),
            "밀도의 높이를 더했나요? 문턱보다 위일 확률은 그림에서 높이인가요, 넓이인가요?": (
                lambda z, cuts: 1 + torch.distributions.Normal(z, 1.0).log_prob(cuts).exp().sum(),
                "x = cuts - z\nreturn 1 + (torch.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5).sum()",
            ),
            "문턱 사이는 셋뿐입니다. 확률을 더하면 1이 되나요?": (
                lambda z, cuts: _partial_mean(z, cuts, 2, 4),
                "between = torch.special.ndtr(cuts - z).diff()\n"
                "return between @ torch.tensor([2.0, 3.0, 4.0])",
            ),
            "확률을 모두 더해 보세요. 맨 위 문턱을 넘은 몫은 어디로 갔나요?": (
                lambda z, cuts: _partial_mean(z, cuts, 1, 4),
                "cdf = torch.special.ndtr(cuts - z)\nchance = torch.cat([cdf[:1], cdf.diff()])\n"
                "return (torch.arange(1, 5) * chance).sum()",
            ),
            "확률을 모두 더해 보세요. 맨 아래 문턱에도 못 미친 몫은 어디로 갔나요?": (
                lambda z, cuts: _partial_mean(z, cuts, 2, 5),
                "above = 1 - torch.special.ndtr(cuts - z)\n"
                "chance = above - F.pad(above[1:], (0, 1))\n"
                "return (torch.arange(2, 6) * chance).sum()",
            ),
            "확률 다섯 개까지 왔습니다. 이것으로 평균 별점을 내려면요?": (
                _probabilities,
                CDF + "return chance",
            ),
            "1점도 안 됩니다. 확률을 곱한 것을 또 5로 나누지 않았나요?": (
                lambda z, cuts: _partial_mean(z, cuts, 1, 5) / 5,
                CDF + "return (torch.arange(1, 6) * chance).mean()",
            ),
            "z가 얼마든 같은 값이 나옵니다. z는 어디에 썼나요?": (
                lambda z, cuts: expected_stars(0.0, cuts),
                CDF.replace("cuts - z", "cuts") + "return (torch.arange(1, 6) * chance).sum()",
            ),
            "시그모이드로 계산했나요? 여기서 잡음은 어떤 분포를 따르나요?": (
                lambda z, cuts: 1 + torch.sigmoid(z - cuts).sum(),
                CDF.replace("torch.special.ndtr", "torch.sigmoid")
                + "return (torch.arange(1, 6) * chance).sum()",
            ),
        },
    ),
}
