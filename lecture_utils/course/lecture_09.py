"""Exercises of lecture 09: numbers of sessions, their biases, ordinal stars."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.special import ndtr

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def number_sessions(times: Tensor, pause: int) -> Tensor:
    """Number a person's sessions from 0 in the order of time, one number per rating: (n,)."""
    return _number(times, times.sort().values.diff() > pause)


def _number(times: Tensor, left: Tensor) -> Tensor:
    """Count `left` (n - 1,), whether the next session begins, up to each rating's own place."""
    number = torch.zeros_like(times)
    number[times.argsort(stable=True)[1:]] = left.cumsum(0)
    return number


def _number_by_length(times: Tensor, pause: int) -> Tensor:
    """Let a session end `pause` after its first rating."""
    first, number, found = None, -1, torch.zeros_like(times)
    for place in times.argsort(stable=True):
        if first is None or times[place] - first > pause:
            first, number = times[place], number + 1
        found[place] = number
    return found


def _mark(times: Tensor, pause: int) -> Tensor:
    """Say which ratings begin a session after the first one."""
    number = torch.zeros_like(times)
    number[times.argsort(stable=True)[1:]] = (times.sort().values.diff() > pause).long()
    return number


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


def _draw_number_sessions(seed: int) -> tuple[Tensor, int]:
    draw = Draw(seed)
    pause = draw.choice([30, 60, 300])
    steps = [draw.choice([0, 1, pause - 1, pause, pause + 1, 3 * pause]) for _ in range(6)]
    times = torch.tensor(steps[: draw.randint(1, 6)]).cumsum(0) + draw.randrange(1000)
    return times[draw.sample(range(len(times)), len(times))], pause


def _draw_session_bias(seed: int) -> tuple[Tensor, Tensor, Tensor, int, float]:
    draw = Draw(seed)
    n, seconds = draw.randint(1, 6), draw.choice([60, 300, 600])
    times = draw.ids(n, 3) * seconds + draw.ids(n, 2) * draw.randrange(seconds)
    return draw.ids(n, 3), times, draw.numbers(n), seconds, draw.number(0, 5)


def _draw_expected_stars(seed: int) -> tuple[float, Tensor]:
    draw = Draw(seed)
    return draw.number(), draw.numbers(4).sort().values


MIXED = torch.tensor([500, 0, 60, 430])
EVENING = torch.tensor([910, 0, 29, 610, 59, 90, 300, 61])
WHO, WHEN = torch.tensor([1, 1, 1, 2]), torch.tensor([10, 50, 130, 20])
MANY = torch.tensor([1, 1, 1, 2, 1, 2, 2])
NEAR = torch.tensor([50, 50, 400, 20, 10, 290, 310])
FAR = torch.tensor([50, 650, 1199, 10, 599, 900, 1900])
REST = torch.tensor([1.0, 3.0, -3.0, 6.0])
MOOD = torch.tensor([0.5, 1.0, -1.5, 2.0, 0.4, -2.0, -0.8])
CUTS, NARROW = torch.tensor([-1.6, -0.8, 0.1, 1.2]), torch.tensor([-1.0, 0.0, 0.2, 1.5])
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
    "number_sessions": Exercise(
        answer=number_sessions,
        cases=[(MIXED, 60), (EVENING, 30), (EVENING, 300)],
        inputs=_draw_number_sessions,
        mistakes={
            "꼭 pause초 쉰 것도 다른 자리가 되었습니다. '오래'는 크거나 같은 것인가요?": (
                lambda times, pause: number_sessions(times, pause - 1),
                "order = times.argsort(stable=True)\nnumber = torch.zeros_like(times)\n"
                "number[order[1:]] = (times[order].diff() >= pause).cumsum(0)\nreturn number",
            ),
            "시간 순으로 세우지 않았나요? 뒤섞인 채로 차이를 재면 음수도 나옵니다.": (
                lambda times, pause: F.pad((times.diff() > pause).cumsum(0), (1, 0)),
                "number, out = 0, [0]\nfor a, b in zip(times[:-1], times[1:]):\n"
                "    number += int(b - a > pause)\n    out.append(number)\n"
                "return torch.tensor(out)",
            ),
            "뒤섞인 채로 차이의 크기를 쟀나요? 먼저 시간 순으로 세워 볼까요?": (
                lambda times, pause: F.pad((times.diff().abs() > pause).cumsum(0), (1, 0)),
                "left = abs(times[1:] - times[:-1]) > pause\n"
                "return torch.cat([torch.zeros(1), left.cumsum(0)])",
            ),
            "번호는 맞는데 시간 순으로 늘어놓았습니다. 제자리로 돌려놓아 볼까요?": (
                lambda times, pause: number_sessions(times, pause).sort().values,
                "left = times.sort().values.diff() > pause\n"
                "return torch.cat([torch.zeros(1), left.cumsum(0)])",
            ),
            "제자리로 돌려놓다가 길을 거꾸로 갔습니다. order[k]는 k번째로 이른 것의 어디인가요?": (
                lambda times, pause: (
                    number_sessions(times, pause).sort().values[times.argsort(stable=True)]
                ),
                "order = times.argsort(stable=True)\nleft = times[order].diff() > pause\n"
                "return torch.cat([torch.zeros(1), left.cumsum(0)])[order]",
            ),
            "첫 자리의 번호가 0이 아닙니다. 어디서부터 세었나요?": (
                lambda times, pause: number_sessions(times, pause) + 1,
                "order = times.argsort(stable=True)\nnumber = torch.ones_like(times)\n"
                "number[order[1:]] += (times[order].diff() > pause).cumsum(0)\nreturn number",
            ),
            "시계의 눈금으로 잘랐나요? 자정을 사이에 둔 1초는 쉰 것인가요?": (
                lambda times, pause: times // pause,
                "return torch.div(times, pause, rounding_mode='floor')",
                "return (times / pause).long()",
            ),
            "자리의 첫 평점에서부터 쟀나요? 얼마나 쉬었는지는 바로 앞 평점에서 잽니다.": (
                _number_by_length,
                "out, start, number = torch.zeros_like(times), None, -1\n"
                "for k in times.argsort(stable=True).tolist():\n"
                "    if start is None or times[k] > start + pause:\n"
                "        start = times[k]\n        number += 1\n    out[k] = number\nreturn out",
            ),
            "쉬었는지 아닌지만 적었습니다. 셋째 자리의 번호가 2가 되려면 무엇이 남았나요?": (
                _mark,
                "order = times.argsort(stable=True)\nnumber = torch.zeros_like(times)\n"
                "number[order[1:]] = (times[order].diff() > pause).long()\nreturn number",
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
