"""Exercises of lecture 05: how good a list is, when to stop, what to hold out."""

import math
from collections.abc import Callable

import pandas as pd

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


def precision_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Return the share of the first `k` of `shown` that are `liked`."""
    return sum(i in liked for i in shown[:k]) / k


def ndcg_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Divide the DCG of the first `k` by the best possible (Järvelin & Kekäläinen 2002)."""
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


def _draw_precision_at_k(seed: int) -> tuple[list[int], set[int], int]:
    draw = Draw(seed)
    shown = draw.sample(range(10), draw.randint(1, 6))
    return shown, set(draw.sample(range(10), draw.randint(0, 6))), draw.randint(1, len(shown))


def _draw_ndcg_at_k(seed: int) -> tuple[list[int], set[int], int]:
    draw = Draw(seed)
    shown = draw.sample(range(10), draw.randint(1, 6))
    return shown, set(draw.sample(range(10), draw.randint(1, 6))), draw.randint(1, len(shown))


CURVE, SLOW = [5.0, 4.0, 3.0, 4.0, 4.0, 1.0], [5.0, 6.0, 4.0, 3.0, 2.0]
SHORT = [3.0, 2.0, 1.0, 2.0]  # ends before anything stops
BUMPY = [5.0, 3.0, 3.5, 2.0, 2.5, 1.8, 2.2, 2.1, 2.3, 2.4, 0.5]
LONG = [5.0, 4.0, 4.5, 3.0, 3.5, 2.0, 2.0, 2.2, 1.0, 1.5, 1.6, 1.7, 0.5]
LOG = pd.DataFrame(
    [[1, 10, 5, 30], [1, 11, 3, 10], [2, 10, 4, 50], [2, 12, 1, 20], [3, 13, 2, 40]],
    columns=["user", "movie", "rating", "timestamp"],
)
SHOWN, LIKED = [7, 1, 3, 5, 9], {3, 7, 8}
MANY = {3, 5, 7, 8, 9, 10}
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
    "precision_at_k": Exercise(
        answer=precision_at_k,
        cases=[(SHOWN, LIKED, 2), (SHOWN, LIKED, 5), (SHOWN, MANY, 3)],
        inputs=_draw_precision_at_k,
        mistakes={
            "지금 것은 재현율입니다. 무엇으로 나누어야 '보여 준 것 가운데'의 비율일까요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / len(liked),
                "return len(set(shown[:k]) & liked) / len(liked)",
            ),
            "k등까지만 보았나요? 목록 전체를 세고 있지는 않나요?": (
                lambda s, liked, k: sum(i in liked for i in s) / k,
                "hits = 0\nfor i in shown:\n    if i in liked:\n        hits += 1\nreturn hits / k",
            ),
            "목록 전체의 길이로 나누었나요? 보여 준 것은 k개뿐입니다.": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / len(s),
                "return len(set(shown[:k]) & liked) / len(shown)",
            ),
            "맞은 개수까지는 좋습니다. 비율이 되려면 무엇이 더 필요할까요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]),
                "return len(liked.intersection(shown[:k]))",
            ),
            "k와 상관없이 늘 같은 값이 나옵니다. k는 어디에 썼나요?": (
                lambda s, liked, k: sum(i in liked for i in s) / len(s),
                "return np.mean([i in liked for i in shown])",
            ),
        },
    ),
    "ndcg_at_k": Exercise(
        answer=ndcg_at_k,
        cases=[(SHOWN, LIKED, 5), (SHOWN, LIKED, 2), (SHOWN, MANY, 3), (SHOWN, {1, 3, 7}, 5)],
        inputs=_draw_ndcg_at_k,
        mistakes={
            "아직 DCG입니다. 좋아할 것을 모두 맨 위에 놓았다면 몇 점이었을까요?": (
                lambda s, liked, k: _dcg(s[:k], liked),
                "total = 0\nfor r, i in enumerate(shown[:k]):\n    if i in liked:\n"
                "        total += 1 / np.log2(r + 2)\nreturn total",
            ),
            "가장 잘했을 때의 점수가 너무 큽니다. k개만 보여 주면 아무리 잘해도 몇 개가 맞나요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal_dcg(len(liked)),
                "gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k]) if i in liked)\n"
                "return gain / sum(1 / np.log2(r + 2) for r in range(len(liked)))",
            ),
            "가장 잘했을 때의 점수가 좋아할 것의 수와 상관없군요. 좋아할 것이 k개보다 적으면요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal_dcg(k),
                "gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k]) if i in liked)\n"
                "return gain / sum(1 / np.log2(r + 2) for r in range(k))",
            ),
            "0으로 나누었습니다. 등수를 0부터 세고 있나요? 1등의 점수는 얼마여야 하지요?": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=0),
                "import math\n"
                "return sum(1 / math.log2(r + 1) for r in range(k) if shown[r] in liked)",
            ),
            "nan이 나왔습니다. 0으로 나누지 않았나요? 1등의 log2에는 얼마가 들어갔나요?": (
                lambda s, liked, k: math.nan,
                "point = 1 / torch.arange(1, k + 1).log2()\n"
                "hit = torch.tensor([float(i in liked) for i in shown[:k]])\n"
                "return hit @ point / point[:len(liked)].sum()",
            ),
            "k등 아래에서 맞은 것도 더했나요? 보여 준 것은 k개뿐입니다.": (
                lambda s, liked, k: _dcg(s, liked) / _ideal_dcg(min(k, len(liked))),
                "point = 1 / np.log2(np.arange(2, len(shown) + 2))\n"
                "return point[[i in liked for i in shown]].sum() "
                "/ point[:min(k, len(liked))].sum()",
            ),
            "맞힌 것만 위로 올려 보았나요? 놓친 것까지 모두 맞혔다면 몇 점이었을까요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal_dcg(sum(i in liked for i in s[:k])),
                "point = 1 / np.log2(np.arange(2, k + 2))\nhit = [i in liked for i in shown[:k]]\n"
                "return point @ hit / (point @ sorted(hit, reverse=True))",
            ),
            "가장 잘했을 때의 점수가 작습니다. 마지막 등수의 점수까지 더했나요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal_dcg(min(k, len(liked)) - 1),
                "gain = sum(1 / np.log2(r + 1) for r, i in enumerate(shown[:k], 1) if i in liked)\n"
                "return gain / sum(1 / np.log2(r + 1) for r in range(1, min(k, len(liked))))",
            ),
            "가장 잘했을 때의 점수가 조금 큽니다. 거기에 몇 등까지 더했는지 세어 볼까요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal_dcg(min(k, len(liked)) + 1),
                "point = 1 / np.log2(np.arange(2, len(shown) + 9))\n"
                "gain = sum(point[r] for r, i in enumerate(shown[:k]) if i in liked)\n"
                "return gain / point[:min(k, len(liked)) + 1].sum()",
            ),
            "2등이 맞으나 5등이 맞으나 점수가 같습니다. 순위는 어디에 들어갔나요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / min(k, len(liked)),
                "return len(set(shown[:k]) & liked) / min(k, len(liked))",
            ),
            "1등부터 점수가 깎이고 있습니다. r등의 점수는 1/log2(r + 1)입니다.": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=2) / _ideal_dcg(min(k, len(liked))),
                "best = (1 / np.log2(np.arange(2, k + 2)))[:len(liked)].sum()\n"
                "gain = sum(1 / np.log2(r + 2) for r, i in enumerate(shown[:k], 1) if i in liked)\n"
                "return gain / best",
            ),
        },
    ),
}
