"""Exercises of lecture 07: the mood of a session, and what a star means."""

import torch
from torch import Tensor
from torch.special import ndtr

from lecture_utils.course.grader import Exercise


def session_bias(
    users: Tensor, times: Tensor, rest: Tensor, seconds: int, strength: float
) -> Tensor:
    """For each rating the shrunken mean of `rest` of its user and time bin: all (n,)."""
    return _shrunk(_together(users, times, seconds), rest, strength)


def expected_stars(z: float, cuts: Tensor) -> Tensor:
    """Mean star of an ordered probit with noise of deviation 1 and four `cuts`."""
    return 1 + ndtr(z - cuts).sum()


def _same(group: Tensor) -> Tensor:
    """Which ratings share a group, (n, n)."""
    return group[:, None] == group


def _shrunk(same: Tensor, rest: Tensor, strength: float) -> Tensor:
    return same.float() @ rest / (same.sum(1) + strength)


def _together(users: Tensor, times: Tensor, seconds: int) -> Tensor:
    return _same(users) & _same(times // seconds)


def _per_bin(users: Tensor, times: Tensor, rest: Tensor, seconds: int, strength: float) -> Tensor:
    """One value per pair of user and bin, in their order."""
    pair = torch.stack([users, times // seconds], dim=1)
    bins, group = pair.unique(dim=0, return_inverse=True)
    first = [group.tolist().index(g) for g in range(len(bins))]
    return session_bias(users, times, rest, seconds, strength)[first]


def _chances(z: float, cuts: Tensor) -> Tensor:
    """Of the stars 1 to 5."""
    above = ndtr(z - cuts)
    return torch.cat([torch.ones(1), above]) - torch.cat([above, torch.zeros(1)])


def _stars(z: float, cuts: Tensor, first: int, last: int) -> Tensor:
    """What the stars from `first` to `last` give to the mean."""
    return (torch.arange(1.0, 6.0) * _chances(z, cuts))[first - 1 : last].sum()


WHO, WHEN = torch.tensor([1, 1, 1, 2]), torch.tensor([10, 50, 130, 20])
MANY = torch.tensor([1, 1, 1, 2, 1, 2, 2])
NEAR = torch.tensor([50, 50, 400, 20, 10, 290, 310])
FAR = torch.tensor([50, 650, 1199, 10, 599, 900, 1900])
REST = torch.tensor([1.0, 3.0, -3.0, 6.0])
MOOD = torch.tensor([0.5, 1.0, -1.5, 2.0, 0.4, -2.0, -0.8])
CUTS, NARROW = torch.tensor([-1.6, -0.8, 0.1, 1.2]), torch.tensor([-1.0, 0.0, 0.2, 1.5])
EXERCISES = {
    "session_bias": Exercise(
        answer=session_bias,
        cases=[
            (WHO, WHEN, REST, 60, 3.0),
            (MANY, NEAR, MOOD, 300, 5.0),
            (MANY, FAR, MOOD, 600, 0.5),
        ],
        mistakes={
            "남의 기분까지 섞였습니다. 같은 시간대면 모두 같은 사람인가요?": (
                lambda u, t, r, width, s: _shrunk(_same(t // width), r, s)
            ),
            "어제의 기분과 오늘의 기분이 섞였습니다. times는 어디에 썼나요?": (
                lambda u, t, r, width, s: _shrunk(_same(u), r, s)
            ),
            "평점 하나뿐인 시간대도 그 하나를 그대로 믿고 있습니다. strength는요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, 0)
            ),
            "strength의 부호를 보세요. 세게 당길수록 0에 가까워지고 있나요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, -s)
            ),
            "strength를 나눗셈이 끝난 뒤에 더하지 않았나요? 괄호를 보세요.": (
                lambda u, t, r, width, s: session_bias(u, t, r, width, 0) + s
            ),
            "시각의 차이를 쟀나요? 시간대의 경계를 사이에 둔 두 평점은 같은 시간대인가요?": (
                lambda u, t, r, width, s: _shrunk(_same(u) & ((t[:, None] - t).abs() < width), r, s)
            ),
            "나머지로 묶었나요? 9시 5분과 10시 5분이 같은 시간대일까요?": (
                lambda u, t, r, width, s: session_bias(u, t % width, r, 1, s)
            ),
            "똑같은 초에 매긴 것만 묶였습니다. 나눗셈의 소수점 아래는 어떻게 했나요?": (
                lambda u, t, r, width, s: session_bias(u, t, r, 1, s)
            ),
            "서로 다른 짝이 같은 번호를 받았습니다. 1 + 2와 2 + 1을 어떻게 가를까요?": (
                lambda u, t, r, width, s: _shrunk(_same(u + t // width), r, s)
            ),
            "자기 잔차를 뺐나요? 문제를 다시 읽어 보세요. 빼라는 말이 있나요?": (
                lambda u, t, r, width, s: _shrunk(
                    _together(u, t, width) & ~torch.eye(len(r)).bool(), r, s
                )
            ),
            "시간대마다 하나씩 나왔습니다. 평점마다 하나씩이 되려면 무엇이 남았나요?": _per_bin,
            "모두 똑같은 수로 나누었나요? 시간대마다 평점의 수가 다르지 않나요?": (
                lambda u, t, r, width, s: _together(u, t, width).float() @ r / (len(r) + s)
            ),
            "더하기만 했습니다. 평균이 되려면 무엇이 남았나요?": (
                lambda u, t, r, width, s: _together(u, t, width).float() @ r
            ),
            "편향을 빼고 남은 것을 돌려주었습니다. 구할 것은 편향입니다.": (
                lambda u, t, r, width, s: r - session_bias(u, t, r, width, s)
            ),
        },
    ),
    "expected_stars": Exercise(
        answer=expected_stars,
        cases=[(0.4, CUTS), (0.1, NARROW), (-1.5, CUTS), (2.0, CUTS)],
        mistakes={
            "딱 한 점이 모자랍니다. 문턱을 하나도 못 넘으면 별점은 몇 점인가요?": (
                lambda z, cuts: ndtr(z - cuts).sum()
            ),
            "가장 그럴듯한 별점을 골랐나요? 구할 것은 평균입니다.": (
                lambda z, cuts: 1 + _chances(z, cuts).argmax()
            ),
            "넘은 문턱을 세었나요? 잡음 때문에 아슬아슬하게 못 넘는 일은 없을까요?": (
                lambda z, cuts: 1 + (cuts < z).sum()
            ),
            "z가 커질수록 별점이 내려갑니다. 누적분포는 문턱의 어느 쪽 확률인가요?": (
                lambda z, cuts: 1 + ndtr(cuts - z).sum()
            ),
            "밀도의 높이를 더했나요? 문턱보다 위일 확률은 그림에서 높이인가요, 넓이인가요?": (
                lambda z, cuts: 1 + torch.distributions.Normal(z, 1.0).log_prob(cuts).exp().sum()
            ),
            "문턱 사이는 셋뿐입니다. 확률을 더하면 1이 되나요?": (
                lambda z, cuts: _stars(z, cuts, 2, 4)
            ),
            "확률을 모두 더해 보세요. 맨 위 문턱을 넘은 몫은 어디로 갔나요?": (
                lambda z, cuts: _stars(z, cuts, 1, 4)
            ),
            "확률을 모두 더해 보세요. 맨 아래 문턱에도 못 미친 몫은 어디로 갔나요?": (
                lambda z, cuts: _stars(z, cuts, 2, 5)
            ),
            "확률 다섯 개까지 왔습니다. 이것으로 평균 별점을 내려면요?": _chances,
            "1점도 안 됩니다. 확률을 곱한 것을 또 5로 나누지 않았나요?": (
                lambda z, cuts: _stars(z, cuts, 1, 5) / 5
            ),
            "z가 얼마든 같은 값이 나옵니다. z는 어디에 썼나요?": (
                lambda z, cuts: expected_stars(0.0, cuts)
            ),
            "시그모이드로 계산했나요? 여기서 잡음은 어떤 분포를 따르나요?": (
                lambda z, cuts: 1 + torch.sigmoid(z - cuts).sum()
            ),
        },
    ),
}
