"""Exercises of lecture 05: how good lists are, when to stop, what to hold out."""

import math
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def best_epoch(errors: list[float], patience: int) -> int:
    """Return the best epoch before `patience` epochs without a better one."""
    best = 0
    for epoch, error in enumerate(errors):
        if error < errors[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best


def split_future(frame: pd.DataFrame, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split off the latest `n` rows; order both parts by time."""
    ordered = frame.sort_values("timestamp")
    return ordered.iloc[:-n], ordered.iloc[-n:]


def _stop_by_counter(errors: list, patience: int, better: Callable, reset=True, start=1) -> int:
    """Stop early by a counter; `better` compares this epoch with the best of `errors`."""
    best = wait = 0
    for epoch in range(start, len(errors)):
        if better(errors, epoch, best):
            best, wait = epoch, 0 if reset else wait
        else:
            wait += 1
        if wait >= patience:
            break
    return best


def _return_last(errors: list, patience: int) -> int:
    """Return the last epoch where nothing stops."""
    best = best_epoch(errors, patience)
    return best if best + patience < len(errors) else len(errors) - 1


def _is_lower(errors: list, epoch: int, best: int) -> bool:
    return errors[epoch] < errors[best]


def _sort_by_time(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("timestamp")


def expected_hits(scores: Tensor, liked: Tensor, k: int) -> Tensor:
    """Return how many liked items stand among the first `k`, on average over orders of equals."""
    return (_chance(scores, k) * liked).sum()


def mean_ndcg(lists: list[list[int]], likes: list[set[int]], k: int) -> float:
    """Average NDCG at `k` (Järvelin & Kekäläinen 2002) over those who like something."""
    return _average(lists, likes, lambda shown, liked: _ndcg(shown, liked, k))


def _chance(scores: Tensor, k: int) -> Tensor:
    """Return each item's chance to be among the first `k`, (n,)."""
    above, ties = _count(scores)
    return ((k - above) / ties).clamp(0, 1)


def _count(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Count for each item those above it, and those that are its equals, itself included."""
    return (scores > scores[:, None]).sum(1), (scores == scores[:, None]).sum(1)


def _take_first(scores: Tensor, liked: Tensor, k: int) -> Tensor:
    """Let the item that stands first in the table win a tie."""
    return liked[scores.sort(descending=True, stable=True).indices[:k]].sum()


def _average(lists: list, likes: list, score: Callable, empty: float | None = None) -> float:
    """Average `score` over users; who likes nothing counts as `empty`, or not at all."""
    found = [
        score(shown, liked) if liked else empty
        for shown, liked in zip(lists, likes)
        if liked or empty is not None
    ]
    return sum(found) / len(found)


def _ndcg(shown: list[int], liked: set[int], k: int) -> float:
    return _dcg(shown[:k], liked) / _ideal_dcg(min(k, len(liked)))


def _dcg(shown: list[int], liked: set[int], shift: int = 1) -> float:
    return sum(
        (i in liked) / math.log2(rank + shift) for rank, i in enumerate(shown, start=1)
    )  # ZeroDivisionError for shift 0


def _ideal_dcg(n: int) -> float:
    return sum(1 / math.log2(rank + 1) for rank in range(1, n + 1))


def _draw_best_epoch(seed: int) -> tuple[list[float], int]:
    draw = Draw(seed)
    errors = draw.numbers(draw.randint(1, 9), low=1, high=3)
    return errors.tolist(), draw.randint(1, 4)


def _draw_split_future(seed: int) -> tuple[pd.DataFrame, int]:
    """Draw rows of unlike times: the order among equals is not asked for."""
    draw = Draw(seed)
    size = draw.randint(2, 6)
    times = draw.sample(range(10, 100), size)
    rows = [(draw.randint(0, 3), draw.randint(0, 9), draw.number(1, 5), time) for time in times]
    return pd.DataFrame(rows, columns=LOG.columns), draw.randint(1, size - 1)


def _draw_expected_hits(seed: int) -> tuple[Tensor, Tensor, int]:
    draw = Draw(seed)
    n = draw.randint(1, 7)
    scores = draw.numbers(n, low=0, high=draw.choice([0, 0.5, 1, 3]))
    return scores, torch.tensor([draw.randint(0, 1) for _ in range(n)]), draw.randint(1, n)


def _draw_mean_ndcg(seed: int) -> tuple[list[list[int]], list[set[int]], int]:
    """Draw users, one of whom at least likes something."""
    draw = Draw(seed)
    n = draw.randint(1, 4)
    lists = [draw.sample(range(10), draw.randint(1, 6)) for _ in range(n)]
    likes = [set(draw.sample(range(10), draw.randint(0, 6))) for _ in range(n)]
    likes[draw.randrange(n)] |= {draw.randint(0, 9)}
    return lists, likes, draw.randint(1, 6)


CURVE, SLOW = [5.0, 4.0, 3.0, 4.0, 4.0, 1.0], [5.0, 6.0, 4.0, 3.0, 2.0]
SHORT = [3.0, 2.0, 1.0, 2.0]  # ends before anything stops
BUMPY = [5.0, 3.0, 3.5, 2.0, 2.5, 1.8, 2.2, 2.1, 2.3, 2.4, 0.5]
LONG = [5.0, 4.0, 4.5, 3.0, 3.5, 2.0, 2.0, 2.2, 1.0, 1.5, 1.6, 1.7, 0.5]
LOG = pd.DataFrame(
    [[1, 10, 5, 30], [1, 11, 3, 10], [2, 10, 4, 50], [2, 12, 1, 20], [3, 13, 2, 40]],
    columns=["user", "movie", "rating", "timestamp"],
)
TIED, GOOD = torch.tensor([3.0, 2.0, 2.0, 2.0]), torch.tensor([1, 1, 0, 0])
PAIRS, FEW = torch.tensor([1.0, 2.0, 2.0, 1.0, 1.0, 3.0]), torch.tensor([0, 0, 1, 1, 0, 0])
LEVEL, LAST = torch.zeros(4), torch.tensor([0, 0, 0, 1])
SHOWN = [[7, 1, 3, 5, 9], [2, 4], [6, 8, 1]]
LIKED = [{3, 7, 8}, {4, 5, 6, 2}, set()]
MANY = [{3, 5, 7, 8, 9, 10}, {1}, {8}]
EXERCISES = {
    "best_epoch": Exercise(
        answer=best_epoch,
        cases=[(CURVE, 2), (BUMPY, 3), (SLOW, 2), (LONG, 2), (SHORT, 5)],
        inputs=_draw_best_epoch,
        mistakes={
            "멈춘 에폭을 돌려주었습니다. 쓰고 싶은 모델은 어느 에폭의 것인가요?": (
                lambda e, patience: min(best_epoch(e, patience) + patience, len(e) - 1),
                "best, wait = 0, 0\nfor e in range(len(errors)):\n"
                "    if errors[e] < errors[best]:\n        best, wait = e, 0\n    elif e:\n"
                "        wait += 1\n    if wait == patience:\n        return e\nreturn e",
            ),
            "미래를 보았습니다. 멈춘 뒤의 오차를 어떻게 알 수 있을까요? patience는요?": (
                lambda e, patience: e.index(min(e)),
                "return int(np.argmin(errors))",
            ),
            "처음 나빠지자마자 멈췄습니다. 잠깐 나빠졌다가 다시 나아질 수도 있지 않나요?": (
                lambda e, patience: best_epoch(e, 1),
                "for e in range(1, len(errors)):\n    if errors[e] > errors[e - 1]:\n"
                "        return e - 1\nreturn len(errors) - 1",
            ),
            "끝까지 멈추지 않은 다섯째 경우를 보세요. 마지막 에폭이 가장 좋았나요?": (
                _return_last,
                "best = 0\nfor e, error in enumerate(errors):\n"
                "    if error < errors[best]:\n        best = e\n"
                "    if e - best == patience:\n        return best\nreturn e",
            ),
            "에폭의 번호가 아니라 오차를 돌려주었습니다.": (
                lambda e, patience: e[best_epoch(e, patience)],
                "best, wait = errors[0], 0\nfor error in errors[1:]:\n    if error < best:\n"
                "        best, wait = error, 0\n    else:\n        wait += 1\n"
                "    if wait >= patience:\n        break\nreturn best",
            ),
            "한 에폭씩 밀렸습니다. 번호를 몇부터 세나요?": (
                lambda e, p: best_epoch(e, p) + 1,
                "best = 1\nfor e, error in enumerate(errors, start=1):\n"
                "    if error < errors[best - 1]:\n        best = e\n"
                "    if e - best >= patience:\n        break\nreturn best",
            ),
            "한 에폭 더 기다렸습니다. patience가 2라면 몇 에폭을 보고 멈춰야 할까요?": (
                lambda e, patience: best_epoch(e, patience + 1),
                "best = 0\nfor e in range(len(errors)):\n    if errors[e] < errors[best]:\n"
                "        best = e\n    if e - best > patience:\n        break\nreturn best",
            ),
            "한 에폭 먼저 멈췄습니다. 기다림을 어디부터 세고 있나요?": (
                lambda e, patience: best_epoch(e, patience - 1),
                "best, wait = 0, 1\nfor e, error in enumerate(errors[1:], 1):\n"
                "    if error < errors[best]:\n        best, wait = e, 1\n    else:\n"
                "        wait += 1\n    if wait >= patience:\n        break\nreturn best",
            ),
            "더 나은 에폭이 나온 뒤에도 기다림을 이어서 세고 있지 않나요?": (
                lambda e, patience: _stop_by_counter(e, patience, _is_lower, reset=False),
                "best, wait = 0, 0\nfor e, error in enumerate(errors):\n"
                "    if error < errors[best]:\n        best = e\n    elif e:\n        wait += 1\n"
                "    if wait == patience:\n        break\nreturn best",
            ),
            "기다림을 0으로 되돌리는 줄이 있나요? 더 나은 에폭이 나왔을 때는요?": (
                lambda e, patience: _stop_by_counter(e, patience, _is_lower, reset=False, start=0),
                "best, wait = 0, 0\nfor e, error in enumerate(errors):\n"
                "    if error < errors[best]:\n        best = e\n    else:\n        wait += 1\n"
                "    if wait == patience:\n        break\nreturn best",
            ),
            "첫 에폭도 나아지지 않은 것으로 셌나요? 그때는 견줄 에폭이 없습니다.": (
                lambda e, patience: _stop_by_counter(e, patience, _is_lower, start=0),
                "best, wait = 0, 0\nfor e, error in enumerate(errors):\n"
                "    if error < errors[best]:\n        best, wait = e, 0\n    else:\n"
                "        wait += 1\n    if wait == patience:\n        break\nreturn best",
            ),
            "같은 값이 나왔을 때는요? 그것도 나아진 것인가요?": (
                lambda e, p: _stop_by_counter(e, p, lambda e, n, best: e[n] <= e[best]),
                "best = 0\nfor e in range(len(errors)):\n    if errors[e] <= errors[best]:\n"
                "        best = e\n    if e - best >= patience:\n        break\nreturn best",
            ),
            "바로 앞 에폭과 견주었나요? 나아졌는지는 무엇과 견주어야 할까요?": (
                lambda e, patience: _stop_by_counter(e, patience, lambda e, n, _: e[n] <= e[n - 1]),
                "best, wait = 0, 0\nfor e in range(1, len(errors)):\n"
                "    if errors[e] > errors[e - 1]:\n"
                "        wait += 1\n        if wait == patience:\n            return best\n"
                "    else:\n        best, wait = e, 0\nreturn best",
            ),
            "맨 앞의 몇 에폭만 보았나요? 기다림은 가장 좋았던 에폭부터 셉니다.": (
                lambda e, patience: e.index(min(e[: patience + 1])),
                "return int(np.argmin(errors[: 1 + patience]))",
            ),
        },
    ),
    "split_future": Exercise(
        answer=split_future,
        cases=[(LOG, 2), (LOG, 1)],
        inputs=_draw_split_future,
        mistakes={
            "표의 마지막 줄을 뗐습니다. 표의 줄이 시간 차례인가요?": (
                lambda f, n: (f.iloc[:-n], f.iloc[-n:]),
                "return frame.head(len(frame) - n), frame.tail(n)",
            ),
            "가장 이른 것을 테스트로 뗐습니다. 미래로 과거를 맞히고 있지는 않나요?": (
                lambda f, n: (_sort_by_time(f).iloc[n:], _sort_by_time(f).iloc[:n]),
                "f = frame.sort_values('timestamp')\nreturn f[n:], f[:n]",
            ),
            "순서가 뒤집혔습니다. (train, test)에서 먼저 오는 것은 어느 쪽인가요?": (
                lambda f, n: split_future(f, n)[::-1],
                "f = frame.sort_values('timestamp')\nreturn f.tail(n), f.head(len(f) - n)",
            ),
            "훈련 데이터에 테스트의 줄이 남아 있지 않나요? 줄 수를 세어 보세요.": (
                lambda f, n: (_sort_by_time(f), split_future(f, n)[1]),
                "test = frame.nlargest(n, 'timestamp').sort_values('timestamp')\n"
                "return frame.sort_values('timestamp'), test",
            ),
            "최근 것부터 늘어놓았나요? 두 표 모두 시간 차례여야 합니다.": (
                lambda f, n: tuple(part.iloc[::-1] for part in split_future(f, n)),
                "test = frame.nlargest(n, 'timestamp')\ntrain = frame.drop(test.index)\n"
                "return train.sort_values('timestamp', ascending=False), test",
            ),
            "테스트는 시간 차례인데, 훈련 데이터의 줄은 어떤 차례인가요?": (
                lambda f, n: (split_future(f, n)[0].sort_index(), split_future(f, n)[1]),
                "test = frame.sort_values('timestamp').tail(n)\n"
                "return frame.drop(test.index), test",
            ),
            "줄은 알맞게 나누었습니다. 두 표의 줄은 어떤 차례로 놓여 있나요?": (
                lambda f, n: tuple(part.sort_index() for part in split_future(f, n)),
                "late = frame.timestamp.rank() > len(frame) - n\nreturn frame[~late], frame[late]",
            ),
            "테스트만 돌려주었습니다. 학습은 무엇으로 하지요?": (
                lambda f, n: split_future(f, n)[1],
                "f = frame.sort_values('timestamp')\nreturn f.iloc[len(f) - n:]",
            ),
            "열이 하나 늘었습니다. reset_index()가 옛 줄 번호를 어디에 두었나요?": (
                lambda f, n: tuple(part.reset_index() for part in split_future(f, n)),
                "f = frame.sort_values('timestamp').reset_index()\nreturn f[:-n], f[-n:]",
            ),
        },
        others={
            "나온 값: 줄 user movie rating timestamp": (
                "f = frame.sort_values(['user', 'timestamp'])\nreturn f[:-n], f[-n:]"
            ),
        },
    ),
    "expected_hits": Exercise(
        answer=expected_hits,
        cases=[(TIED, GOOD, 2), (PAIRS, FEW, 2), (PAIRS, FEW, 4), (LEVEL, LAST, 3)],
        inputs=_draw_expected_hits,
        mistakes={
            "동점일 때 표에서 앞에 있는 영화를 먼저 보여 주었나요? 제비를 뽑으면요?": (
                _take_first,
                "order = np.argsort(-scores.numpy(), kind='stable')\n"
                "return liked[torch.tensor(order)][:k].sum()",
            ),
            "동점이면 언제나 맞은 것으로 쳤나요? 자리가 모자랄 때는요?": (
                lambda s, liked, k: ((_count(s)[0] < k) * liked).sum(),
                "hits = 0\nfor s, like in zip(scores, liked):\n"
                "    if like and (scores > s).sum() < k:\n        hits += 1\nreturn hits",
            ),
            "동점이면 언제나 틀린 것으로 쳤나요? 뽑힐 때도 있지 않을까요?": (
                lambda s, liked, k: ((sum(_count(s)) <= k) * liked).sum(),
                "hits = 0\nfor s, like in zip(scores, liked):\n"
                "    if like and (scores >= s).sum() <= k:\n        hits += 1\nreturn hits",
            ),
            "확률이 0보다 작거나 1보다 큰 영화가 있습니다. 자리가 없거나 남으면요?": (
                lambda s, liked, k: ((k - _count(s)[0]) / _count(s)[1] * liked).sum(),
                "total = 0\nfor s, like in zip(scores, liked):\n"
                "    room = k - (scores > s).sum()\n"
                "    total = total + like * room / (scores == s).sum()\nreturn total",
            ),
            "동점끼리 나누는 자리가 늘 하나뿐인가요? 남은 자리를 세어 보세요.": (
                lambda s, liked, k: ((_count(s)[0] < k) / _count(s)[1] * liked).sum(),
                "total = 0\nfor s, like in zip(scores, liked):\n"
                "    if like and (scores > s).sum() < k:\n"
                "        total += 1 / (scores == s).sum()\nreturn total",
            ),
            "동점을 셀 때 자신도 세었나요? 셋이 동점이면 셋이 자리를 나눕니다.": (
                lambda s, liked, k: (
                    ((k - _count(s)[0]) / (_count(s)[1] + 1)).clamp(0, 1) * liked
                ).sum(),
                "above = (scores > scores[:, None]).sum(1)\n"
                "ties = (scores == scores[:, None]).sum(1)\n"
                "return (((k - above) / (ties + 1)).clamp(0, 1) * liked).sum()",
            ),
            "편수가 아니라 비율이 나왔습니다. k로 나누었나요?": (
                lambda s, liked, k: expected_hits(s, liked, k) / k,
                "above = (scores > scores[:, None]).sum(1)\n"
                "ties = (scores == scores[:, None]).sum(1)\n"
                "return (((k - above) / ties).clamp(0, 1) * liked).sum() / k",
            ),
            "좋아할 영화의 확률만 더했나요? 나올 확률을 모두 더하면 늘 k입니다.": (
                lambda s, liked, k: _chance(s, k).sum(),
                "above = (scores > scores[:, None]).sum(1)\n"
                "ties = (scores == scores[:, None]).sum(1)\n"
                "return ((k - above) / ties).clamp(0, 1).sum()",
            ),
            "점수가 낮은 영화부터 보여 주었나요?": (
                lambda s, liked, k: expected_hits(-s, liked, k),
                "above = (scores < scores[:, None]).sum(1)\n"
                "ties = (scores == scores[:, None]).sum(1)\n"
                "return (((k - above) / ties).clamp(0, 1) * liked).sum()",
            ),
        },
    ),
    "mean_ndcg": Exercise(
        answer=mean_ndcg,
        cases=[(SHOWN, LIKED, 5), (SHOWN, LIKED, 2), (SHOWN, MANY, 3), (SHOWN, MANY, 1)],
        inputs=_draw_mean_ndcg,
        mistakes={
            "좋아할 것이 없는 사람을 0점으로 쳤나요? 그 사람에게는 맞힐 것이 없었습니다.": (
                lambda lists, likes, k: _average(
                    lists, likes, lambda s, w: _ndcg(s, w, k), empty=0.0
                ),
                "total = 0\nfor shown, liked in zip(lists, likes):\n"
                "    best = sum(1 / np.log2(r + 2) for r in range(min(k, len(liked))))\n"
                "    for r, i in enumerate(shown[:k]):\n        if i in liked:\n"
                "            total += 1 / np.log2(r + 2) / best\nreturn total / len(lists)",
            ),
            "좋아할 것이 없는 사람을 만점으로 쳤나요? 맞힌 것도 없습니다.": (
                lambda lists, likes, k: _average(
                    lists, likes, lambda s, w: _ndcg(s, w, k), empty=1.0
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n"
                "    best = sum(1 / np.log2(r + 2) for r in range(min(k, len(liked))))\n"
                "    gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k])"
                " if i in liked)\n"
                "    scores.append(gain / best if best else 1)\nreturn np.mean(scores)",
            ),
            "0으로 나누었습니다. 좋아할 것이 없는 사람은 어떻게 하기로 했지요?": (
                lambda lists, likes, k: (
                    sum(_ndcg(s, w, k) for s, w in zip(lists, likes)) / len(lists)
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n"
                "    best = sum(1 / float(np.log2(r + 2)) for r in range(min(k, len(liked))))\n"
                "    gain = sum(1 / float(np.log2(r + 2)) for r, i in enumerate(shown[:k])"
                " if i in liked)\n"
                "    scores.append(gain / best)\nreturn sum(scores) / len(scores)",
            ),
            "짧은 목록을 봐주었나요? 빈자리는 틀린 것과 같다고 했습니다.": (
                lambda lists, likes, k: _average(
                    lists,
                    likes,
                    lambda s, liked: _dcg(s[:k], liked) / _ideal_dcg(min(k, len(s), len(liked))),
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n    if liked:\n"
                "        top = shown[:k]\n"
                "        point = 1 / np.log2(np.arange(2, len(top) + 2))\n"
                "        gain = point[[i in liked for i in top]].sum()\n"
                "        scores.append(gain / point[:len(liked)].sum())\n"
                "return sum(scores) / len(scores)",
            ),
            "가장 잘했을 때의 점수가 너무 큽니다. k편만 보여 주면 몇 편까지 맞을 수 있나요?": (
                lambda lists, likes, k: _average(
                    lists, likes, lambda s, liked: _dcg(s[:k], liked) / _ideal_dcg(len(liked))
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n    if liked:\n"
                "        point = 1 / np.log2(np.arange(2, 99))\n"
                "        gain = sum(point[r] for r, i in enumerate(shown[:k]) if i in liked)\n"
                "        scores.append(gain / point[:len(liked)].sum())\n"
                "return np.mean(scores)",
            ),
            "가장 잘했을 때의 점수가 누구에게나 같군요. 좋아할 것이 k편보다 적으면요?": (
                lambda lists, likes, k: _average(
                    lists, likes, lambda s, liked: _dcg(s[:k], liked) / _ideal_dcg(k)
                ),
                "point = 1 / np.log2(np.arange(2, k + 2))\n"
                "scores = [sum(point[r] for r, i in enumerate(shown[:k]) if i in liked)\n"
                "          for shown, liked in zip(lists, likes) if liked]\n"
                "return np.mean(scores) / point.sum()",
            ),
            "모두의 점수를 더해 놓고 한 번에 나누었나요? 사람마다 먼저 나눕니다.": (
                lambda lists, likes, k: (
                    sum(_dcg(s[:k], liked) for s, liked in zip(lists, likes))
                    / sum(_ideal_dcg(min(k, len(liked))) for liked in likes)
                ),
                "gain = best = 0\nfor shown, liked in zip(lists, likes):\n"
                "    gain += sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k])"
                " if i in liked)\n"
                "    best += sum(1 / np.log2(r + 2) for r in range(min(k, len(liked))))\n"
                "return gain / best",
            ),
            "k등 아래에서 맞은 것도 더했나요? 보여 준 것은 k편까지입니다.": (
                lambda lists, likes, k: _average(
                    lists,
                    likes,
                    lambda s, liked: _dcg(s, liked) / _ideal_dcg(min(k, len(liked))),
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n    if liked:\n"
                "        point = 1 / np.log2(np.arange(2, 99))\n"
                "        gain = sum(point[r] for r, i in enumerate(shown) if i in liked)\n"
                "        scores.append(gain / point[:min(k, len(liked))].sum())\n"
                "return np.mean(scores)",
            ),
            "2등이 맞으나 5등이 맞으나 점수가 같습니다. 순위는 어디에 들어갔나요?": (
                lambda lists, likes, k: _average(
                    lists,
                    likes,
                    lambda s, liked: sum(i in liked for i in s[:k]) / min(k, len(liked)),
                ),
                "return np.mean([len(set(s[:k]) & w) / min(k, len(w))\n"
                "                for s, w in zip(lists, likes) if w])",
            ),
            "아직 DCG입니다. 사람마다 가장 잘했을 때의 점수로 나누어야 합니다.": (
                lambda lists, likes, k: _average(lists, likes, lambda s, w: _dcg(s[:k], w)),
                "return np.mean([sum(1 / np.log2(r + 2) for r, i in enumerate(s[:k]) if i in w)\n"
                "                for s, w in zip(lists, likes) if w])",
            ),
            "1등부터 점수가 깎이고 있습니다. r등의 점수는 1/log2(r + 1)입니다.": (
                lambda lists, likes, k: _average(
                    lists,
                    likes,
                    lambda s, w: _dcg(s[:k], w, shift=2) / _ideal_dcg(min(k, len(w))),
                ),
                "scores = []\nfor shown, liked in zip(lists, likes):\n    if liked:\n"
                "        best = sum(1 / np.log2(r + 2) for r in range(min(k, len(liked))))\n"
                "        gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k], 1)"
                " if i in liked)\n"
                "        scores.append(gain / best)\nreturn np.mean(scores)",
            ),
        },
    ),
}
