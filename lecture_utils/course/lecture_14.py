"""Exercises of lecture 14: ratings in pieces, gradients in shares, memory of training."""

import weakref
from collections.abc import Iterator

import torch
from torch import Tensor

from lecture_utils.course import values
from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise

LIMIT = 3  # pieces that may be held at one time


class Pieces:
    """Iterate over tensors, as if from a file; MemoryError when more than LIMIT are held."""

    def __init__(self, *pieces: list[float]):
        """Take the numbers of each piece."""
        self.left = [torch.tensor(piece, dtype=torch.float32) for piece in pieces]
        self.given: list[weakref.ref] = []

    def __iter__(self) -> Iterator[Tensor]:
        """Go on where the last loop stopped."""
        return self

    def __next__(self) -> Tensor:
        """Give the next piece, unless too many are still held."""
        if not self.left:
            raise StopIteration
        piece = self.left.pop(0).clone()
        self.given.append(weakref.ref(piece))
        if sum(ref() is not None for ref in self.given) > LIMIT:
            raise MemoryError(f"조각이 {LIMIT}개를 넘었습니다")
        return piece

    def __repr__(self) -> str:
        """Show the pieces as a hint prints them."""
        return " / ".join(map(values.show, self.left))


def running_mean(chunks: Iterator[Tensor]) -> float:
    """Average ratings that come in tensors (n,) of any length, each only once."""
    total, count = _sum_and_count(chunks)
    return total / count


def whole_gradient(gradients: Tensor, counts: Tensor) -> Tensor:
    """Combine gradients (W, k) of means over `counts` (W,) ratings into that of all: (k,)."""
    return _weigh(gradients, counts) / counts.sum()


def bytes_of_training(num_users: int, num_items: int, rank: int) -> int:
    """Count bytes of parameters, gradients and Adam's two moments, biases included."""
    return 16 * _count_parameters(num_users, num_items, rank)


def _sum_and_count(chunks: Iterator[Tensor]) -> tuple[float, int]:
    total, count = 0.0, 0
    for chunk in chunks:
        total, count = total + chunk.sum().item(), count + len(chunk)
    return total, count


def _divide_by_pieces(chunks: Iterator[Tensor]) -> float:
    """Divide the sum of all ratings by the number of pieces."""
    sums = [chunk.sum().item() for chunk in chunks]
    return sum(sums) / len(sums)


def _average_means(chunks: Iterator[Tensor]) -> float:
    """Weight the means of pieces; that of an empty one is nan, and so is 0 times it."""
    parts = [(len(chunk), chunk.mean().item()) for chunk in chunks]
    return sum(n * mean for n, mean in parts) / sum(n for n, _ in parts)


def _iterate_twice(chunks: Iterator[Tensor], first: int) -> Tensor:
    """Sum in one round and count in another: the second (1 - `first`) finds nothing."""
    both = [_sum_and_count(chunks), _sum_and_count(chunks)]
    return torch.tensor(both[first][0]) / both[1 - first][1]


def _weigh(gradients: Tensor, counts: Tensor) -> Tensor:
    return (counts[:, None] * gradients).sum(0)


def _count_parameters(num_users: int, num_items: int, rank: int) -> int:
    return (num_users + num_items) * (rank + 1)


def _draw_running_mean(seed: int) -> tuple[Pieces]:
    """Draw more pieces than may be held, some of them empty, the first of them not always full."""
    draw = Draw(seed)
    sizes = [draw.randint(0, 3) for _ in range(draw.randint(1, 6))]
    sizes[draw.randrange(len(sizes))] = draw.randint(1, 3)  # one rating at least
    return (Pieces(*(draw.numbers(size, low=1, high=5).tolist() for size in sizes)),)


def _draw_whole_gradient(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    workers = draw.randint(1, 4)
    counts = draw.ids(workers, 5)
    counts[draw.randrange(workers)] = draw.randint(1, 5)  # one rating at least
    return draw.numbers(workers, draw.randint(1, 4)) * (counts > 0)[:, None], counts


def _draw_bytes_of_training(seed: int) -> tuple[int, int, int]:
    draw = Draw(seed)
    return draw.randint(1, 9), draw.randint(1, 9), draw.randint(1, 8)


FULL = Pieces([5, 4, 3], [2], [1, 3])
HOLES = Pieces([4], [5, 3, 1], [], [2, 4], [5, 4])
THREE = torch.tensor([[2.0, -1.0], [4.0, 3.0], [-6.0, 5.0]]), torch.tensor([5, 3, 2])
IDLE = (
    torch.tensor([[1.0, 2.0, -3.0, 0.0], [0.0, 0.0, 0.0, 0.0], [5.0, -2.0, 1.0, 4.0]]),
    torch.tensor([6, 0, 2]),
)
EXERCISES = {
    "running_mean": Exercise(
        answer=running_mean,
        cases=[(FULL,), (HOLES,)],
        inputs=_draw_running_mean,
        mistakes={
            "빈 조각의 평균은 무엇인가요? 그것을 피하고 나면, 조각마다 한 표씩이어도 될까요?": (
                lambda chunks: torch.stack([chunk.mean() for chunk in chunks]).mean(),
                "total = n = 0\nfor chunk in chunks:\n    total += torch.mean(chunk)\n    n += 1\n"
                "return total / n",
            ),
            "평점이 하나인 조각도 한 표, 셋인 조각도 한 표입니다. 모두 같은 무게여야 할까요?": (
                lambda chunks: torch.stack([c.mean() for c in chunks if len(c)]).mean(),
                "means = []\nfor chunk in chunks:\n    if chunk.numel() > 0:\n"
                "        means.append(chunk.mean().item())\nreturn np.mean(means)",
            ),
            "빈 조각의 평균에 0을 곱하면 0이 될까요? 평균 대신 더할 수 있는 것은 무엇인가요?": (
                _average_means,
                "total, n = 0, 0\nfor chunk in chunks:\n"
                "    total += torch.mean(chunk) * len(chunk)\n    n += len(chunk)\n"
                "return total / n",
            ),
            "합을 조각의 수로 나누었나요? 그 합에는 무엇이 몇 개 들어 있지요?": (
                _divide_by_pieces,
                "total = 0\nfor n, chunk in enumerate(chunks, start=1):\n"
                "    total = total + chunk.sum()\nreturn total / n",
            ),
            "마지막 조각의 평균입니다. 앞의 조각들은 어디에 남겨 두었나요?": (
                lambda chunks: [chunk.mean() for chunk in map(torch.clone, chunks)][-1],
                "for chunk in chunks:\n    total = chunk.sum()\n    count = chunk.numel()\n"
                "return total / count",
            ),
            "0으로 나누어 무한대가 되었습니다. 두 번째로 돌 때 조각이 남아 있었을까요?": (
                lambda chunks: _iterate_twice(chunks, 0),
                "total = sum(chunk.sum() for chunk in chunks)\n"
                "count = sum(chunk.numel() for chunk in chunks)\nreturn total / count",
            ),
            "0으로 나누려다 멈췄습니다. 평점을 세러 갔을 때 조각이 다시 나왔을까요?": (
                lambda chunks: _sum_and_count(chunks)[0] / _sum_and_count(chunks)[1],
                "total, count = 0, 0\nfor chunk in chunks:\n    total += float(chunk.sum())\n"
                "for chunk in chunks:\n    count += len(chunk)\nreturn total / count",
            ),
            "합이 0입니다. 평점을 다 세고 나서 더하러 갔나요? 조각은 그때 어디에 있었지요?": (
                lambda chunks: _iterate_twice(chunks, 1),
                "count = sum(map(len, chunks))\nreturn sum(map(torch.sum, chunks)) / count",
            ),
            "메모리가 찼습니다. 조각을 보내고도 꼭 기억해야 할 것은 무엇인가요?": (
                lambda chunks: torch.cat(list(chunks)).mean(),
                "stars = []\nfor chunk in chunks:\n    stars.extend(chunk)\n"
                "return torch.stack(stars).mean()",
            ),
        },
    ),
    "whole_gradient": Exercise(
        answer=whole_gradient,
        cases=[THREE, IDLE],
        inputs=_draw_whole_gradient,
        mistakes={
            "프로세스마다 한 표씩 주었습니다. 평점이 많은 몫과 적은 몫이 같은 무게여도 될까요?": (
                lambda gradients, counts: gradients.mean(0),
                "total = torch.zeros(gradients.shape[1])\nfor gradient in gradients:\n"
                "    total += gradient / len(gradients)\nreturn total",
            ),
            "경사를 그대로 더했습니다. 같은 데이터를 더 잘게 나누면 걸음이 커져야 할까요?": (
                lambda gradients, counts: gradients.sum(0),
                "return torch.ones(len(counts)) @ gradients",
            ),
            "제곱오차의 합의 경사까지 왔습니다. 평균의 경사가 되려면 무엇이 남았나요?": (
                _weigh,
                "return counts.float() @ gradients",
            ),
            "프로세스의 수로 나누었나요? 한데 더한 것은 무엇 몇 개의 몫이지요?": (
                lambda gradients, counts: _weigh(gradients, counts) / len(counts),
                "return torch.stack([n * g for n, g in zip(counts, gradients)]).mean(dim=0)",
            ),
            "평점이 많은 프로세스일수록 목소리가 작아졌습니다. 빈 몫은 또 어떻게 되었나요?": (
                lambda gradients, counts: (gradients / counts[:, None]).sum(0),
                "weights = 1 / counts\nreturn torch.einsum('w,wk->k', weights, gradients)",
            ),
            "가장 큰 몫의 무게를 1로 두었나요? 무게를 모두 더하면 얼마여야 할까요?": (
                lambda gradients, counts: _weigh(gradients, counts) / counts.max(),
                "share = counts / max(counts)\nreturn (gradients.T * share).sum(dim=1)",
            ),
            "받은 경사는 이미 평균입니다. 그대로 더해서 평점의 수로 나누면 몇 번 나눈 것인가요?": (
                lambda gradients, counts: gradients.sum(0) / counts.sum(),
                "return torch.sum(gradients, dim=0) / torch.sum(counts)",
            ),
            "곱하려는 둘의 모양과 자료형을 찍어 볼까요? 평점 수 하나가 어디에 곱해져야 하나요?": (
                lambda gradients, counts: (counts * gradients).sum(0) / counts.sum(),
                "return counts @ gradients / counts.sum()",
            ),
        },
    ),
    "bytes_of_training": Exercise(
        answer=bytes_of_training,
        cases=[(4, 3, 2), (943, 1682, 20)],
        inputs=_draw_bytes_of_training,
        mistakes={
            "파라미터의 수까지 왔습니다. 하나하나에 어떤 숫자들이 딸리고, 몇 바이트씩인가요?": (
                _count_parameters,
                "users = num_users * rank + num_users\nitems = num_items * rank + num_items\n"
                "return users + items",
            ),
            "4를 한 번만 곱했습니다. 파라미터만 셌나요, 바이트로 바꾸는 것을 잊었나요?": (
                lambda u, i, rank: 4 * _count_parameters(u, i, rank),
                "P = torch.zeros(num_items, rank + 1)\nQ = torch.zeros(num_users, rank + 1)\n"
                "return P.numel() * P.element_size() + Q.numel() * Q.element_size()",
            ),
            "절반이 나왔습니다. 학습하는 동안 파라미터 곁에 있는 것을 하나씩 꼽아 볼까요?": (
                lambda u, i, rank: 8 * _count_parameters(u, i, rank),
                "model = (num_users + num_items) * (1 + rank) * 4\ngradient = model\n"
                "return model + gradient",
            ),
            "파라미터마다 숫자를 셋 두었습니다. 경사를 잊었나요, Adam의 기억을 덜 셌나요?": (
                lambda u, i, rank: 12 * _count_parameters(u, i, rank),
                "model = (num_users + num_items) * (1 + rank) * 4\nadam = 2 * model\n"
                "return model + adam",
            ),
            "벡터만 셌습니다. 이 모델에서 학습하는 것이 벡터뿐이던가요?": (
                lambda u, i, rank: 16 * (u + i) * rank,
                "size = num_users * rank + num_items * rank\nreturn 4 * size * (1 + 1 + 2)",
            ),
            "편향을 한쪽에만 두었습니다. 편향은 누구에게 있나요?": (
                lambda u, i, rank: 16 * ((u + i) * rank + u),
                "n = num_users * (1 + rank) + num_items * rank\nreturn n * 4 * 4",
            ),
            "사용자와 아이템의 짝을 모두 세었나요? 행렬 분해는 그 큰 표를 무엇으로 대신했지요?": (
                lambda u, i, rank: 16 * u * i * (rank + 1),
                "cells = num_users * num_items\nreturn 4 * 4 * cells * (rank + 1)",
            ),
            "딱 두 배가 나왔습니다. 32비트 숫자 하나는 몇 바이트이지요?": (
                lambda u, i, rank: 32 * _count_parameters(u, i, rank),
                "each = 8  # float\nreturn each * 4 * (num_users + num_items) * (rank + 1)",
            ),
            "딱 여덟 배가 나왔습니다. 물어본 단위가 무엇이었지요?": (
                lambda u, i, rank: 128 * _count_parameters(u, i, rank),
                "n = (num_users + num_items) * (rank + 1)\nreturn 32 * (n + n + 2 * n)",
            ),
        },
    ),
}
