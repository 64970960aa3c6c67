"""Exercises of lecture 12: what follows what, votes that fade, attention that looks back."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def follow_counts(users: Tensor, items: Tensor, num_items: int) -> Tensor:
    """Count how often item j comes right after item i: (num_items, num_items).

    `users` and `items` (n,) stand in the order of users, and of time within a user.
    """
    return _count(items[:-1], items[1:], users[1:] == users[:-1], num_items)


def recent_scores(items: Tensor, C: Tensor, half_life: float) -> Tensor:
    """Score every item, (m,), by what someone watched, `items` (n,), the oldest first.

    The table of pairs `C` is (m, m); a vote halves with every `half_life` items watched since.
    """
    return 0.5 ** (_ages(items) / half_life) @ C[items]


def look_back(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """Let each place attend to itself and to what is before it: (n, d), as `Q`, `K` and `V`."""
    return _shares(Q, K, _past(Q)) @ V


def _count(before: Tensor, after: Tensor, kept: Tensor, num_items: int) -> Tensor:
    pairs = before[kept] * num_items + after[kept]
    return torch.bincount(pairs, minlength=num_items**2).view(num_items, num_items).float()


def _divide(counts: Tensor) -> Tensor:
    return counts / counts.sum(1, keepdim=True).clamp(min=1)


def _ages(items: Tensor) -> Tensor:
    return torch.arange(len(items) - 1, -1, -1)


def _past(Q: Tensor) -> Tensor:
    return torch.ones(len(Q), len(Q), dtype=torch.bool).tril()


def _shares(Q: Tensor, K: Tensor, allowed: Tensor, scale: float = 0.5) -> Tensor:
    match = Q @ K.T / Q.shape[1] ** scale
    return match.masked_fill(~allowed, -torch.inf).softmax(1)


def _draw_follow_counts(seed: int) -> tuple[Tensor, Tensor, int]:
    draw = Draw(seed)
    lengths = [draw.randint(1, 4) for _ in range(draw.randint(1, 4))]
    num_items = draw.randint(2, 4)
    users = torch.tensor([user for user, n in enumerate(lengths) for _ in range(n)])
    items = torch.tensor([draw.randint(0, num_items - 1) for _ in users])
    return users, items, num_items


def _draw_recent_scores(seed: int) -> tuple[Tensor, Tensor, float]:
    draw = Draw(seed)
    m = draw.randint(1, 4)
    items = torch.tensor([draw.randint(0, m - 1) for _ in range(draw.randint(1, 5))])
    return items, draw.numbers(m, m), draw.number(0.5, 4)


def _draw_look_back(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    n, d = draw.randint(1, 4), draw.randint(1, 3)
    return draw.numbers(n, d), draw.numbers(n, d), draw.numbers(n, d)


USERS = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2])
ITEMS = torch.tensor([0, 1, 0, 1, 2, 0, 0, 1, 1])
SEEN = torch.tensor([2, 0, 1, 0])
PAIRS = torch.tensor([[0.0, 4.0, 1.0], [2.0, 0.5, 3.0], [1.0, 0.25, 0.0]])
QUESTIONS = torch.tensor([[1.0, 0.5], [0.0, 2.0], [-1.0, 1.0], [2.0, 0.25]])
KEYS = torch.tensor([[0.5, 1.0], [2.0, -1.0], [1.0, 1.0], [0.0, 0.5]])
VALUES = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [-1.0, 0.5]])
COUNT = """counts = torch.bincount({}, minlength=num_items**2)
return counts.view(num_items, num_items).float()"""
SAME = "same = users[1:] == users[:-1]\n"
LOOK = "match = Q @ {}\npast = torch.ones_like(match).{} > 0\n"
CLOSED = "return match.masked_fill(~past, -torch.inf).softmax({}) @ V"
EXERCISES = {
    "follow_counts": Exercise(
        answer=follow_counts,
        cases=[(USERS, ITEMS, 3), (USERS[4:], ITEMS[4:], 4)],
        inputs=_draw_follow_counts,
        mistakes={
            "사람이 바뀌는 곳에서도 짝을 세었습니다.": (
                lambda users, items, num_items: _count(
                    items[:-1], items[1:], users[1:] > -1, num_items
                ),
                COUNT.format("items[:-1] * num_items + items[1:]"),
            ),
            "줄과 칸이 바뀌었습니다. 줄은 먼저 본 것입니다.": (
                lambda users, items, num_items: follow_counts(users, items, num_items).T,
                SAME + COUNT.format("items[1:][same] * num_items + items[:-1][same]"),
            ),
            "같은 짝이 여러 번 나와도 한 번만 더해졌습니다. bincount나 index_put_은 모두 셉니다.": (
                lambda users, items, num_items: follow_counts(users, items, num_items).clamp(max=1),
                SAME + "T = torch.zeros(num_items, num_items)\n"
                "T[items[:-1][same], items[1:][same]] += 1\nreturn T",
            ),
            "확률로 나누었습니다. 물은 것은 횟수입니다.": (
                lambda users, items, num_items: _divide(follow_counts(users, items, num_items)),
                SAME + "pairs = items[:-1][same] * num_items + items[1:][same]\n"
                "T = torch.bincount(pairs, minlength=num_items**2).float()\n"
                "T = T.view(num_items, num_items)\n"
                "return T / T.sum(1, keepdim=True).clamp(min=1)",
            ),
        },
    ),
    "recent_scores": Exercise(
        answer=recent_scores,
        cases=[(SEEN, PAIRS, 2.0), (SEEN[:3], PAIRS, 1.0)],
        inputs=_draw_recent_scores,
        mistakes={
            "나이가 거꾸로입니다. 마지막에 본 것의 나이가 0입니다.": (
                lambda items, C, half_life: 0.5 ** (_ages(items).flip(0) / half_life) @ C[items],
                "ages = torch.arange(len(items))\nreturn 0.5 ** (ages / half_life) @ C[items]",
            ),
            "나이를 1부터 세었습니다. 마지막에 본 것은 온전한 한 표입니다.": (
                lambda items, C, half_life: 0.5 ** ((_ages(items) + 1) / half_life) @ C[items],
                "ages = torch.arange(len(items), 0, -1)\n"
                "return 0.5 ** (ages / half_life) @ C[items]",
            ),
            "모두가 같은 크기로 투표했습니다.": (
                lambda items, C, half_life: C[items].sum(0),
                "return C[items].sum(0)",
            ),
            "절반이 아니라 e로 나누었습니다. 반감기는 절반이 되는 때입니다.": (
                lambda items, C, half_life: (-_ages(items) / half_life).exp() @ C[items],
                "ages = torch.arange(len(items) - 1, -1, -1)\n"
                "return torch.exp(-ages / half_life) @ C[items]",
            ),
            "칸을 읽었습니다. 본 것의 줄이 다음 것에 투표합니다.": (
                lambda items, C, half_life: C[:, items] @ 0.5 ** (_ages(items) / half_life),
                "ages = torch.arange(len(items) - 1, -1, -1)\n"
                "return C[:, items] @ 0.5 ** (ages / half_life)",
            ),
        },
    ),
    "look_back": Exercise(
        answer=look_back,
        cases=[(QUESTIONS, KEYS, VALUES), (QUESTIONS[1:], KEYS[1:], VALUES[:3])],
        inputs=_draw_look_back,
        mistakes={
            "앞날을 가리지 않았습니다.": (
                lambda Q, K, V: _shares(Q, K, _past(Q) | True) @ V,
                "return (Q @ K.T / Q.shape[1] ** 0.5).softmax(1) @ V",
            ),
            "앞날만 보았습니다. tril과 triu를 확인하세요.": (
                lambda Q, K, V: _shares(Q, K, _past(Q).T) @ V,
                LOOK.format("K.T / Q.shape[1] ** 0.5", "triu()") + CLOSED.format(1),
            ),
            "소프트맥스를 하고 나서 가렸습니다. 몫을 더해도 1이 되지 않습니다.": (
                lambda Q, K, V: (_shares(Q, K, _past(Q) | True) * _past(Q)) @ V,
                "share = (Q @ K.T / Q.shape[1] ** 0.5).softmax(1)\nreturn share.tril() @ V",
            ),
            "가리는 대신 점수를 0으로 두었습니다. 0점도 한몫을 받습니다.": (
                lambda Q, K, V: (Q @ K.T / Q.shape[1] ** 0.5).tril().softmax(1) @ V,
                "return (Q @ K.T / Q.shape[1] ** 0.5).tril().softmax(1) @ V",
            ),
            "내적을 나누지 않았습니다.": (
                lambda Q, K, V: _shares(Q, K, _past(Q), scale=0) @ V,
                LOOK.format("K.T", "tril()") + CLOSED.format(1),
            ),
            "길이의 제곱근이 아니라 길이로 나누었습니다.": (
                lambda Q, K, V: _shares(Q, K, _past(Q), scale=1) @ V,
                LOOK.format("K.T / Q.shape[1]", "tril()") + CLOSED.format(1),
            ),
            "물음마다가 아니라 열쇠마다 더해서 1이 되게 했습니다. 어느 차원의 소프트맥스인가요?": (
                lambda Q, K, V: (
                    (Q @ K.T / Q.shape[1] ** 0.5).masked_fill(~_past(Q), -torch.inf).softmax(0) @ V
                ),
                LOOK.format("K.T / Q.shape[1] ** 0.5", "tril()") + CLOSED.format(0),
            ),
        },
    ),
}
