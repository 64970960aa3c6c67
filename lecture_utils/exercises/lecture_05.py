"""Exercises of lecture 05."""

import math

import pandas as pd

from lecture_utils.exercises import Exercise

SHOWN, LIKED = [7, 1, 3, 5, 9], {3, 7, 8}
MANY = {3, 5, 7, 8, 9, 10}


def precision_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Share of the first `k` of `shown` that are `liked`."""
    return sum(i in liked for i in shown[:k]) / k


def ndcg_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Discounted gain of the first `k` over the best possible (Järvelin & Kekäläinen 2002)."""
    return _dcg(shown[:k], liked) / _ideal(min(k, len(liked)))


def best_epoch(errors: list[float], patience: int) -> int:
    """The epoch of the lowest error before `patience` epochs without a better one."""
    best = 0
    for epoch, error in enumerate(errors):
        if error < errors[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best


def split_future(frame: pd.DataFrame, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows before the latest `n`, and those; both by time."""
    ordered = frame.sort_values("timestamp")
    return ordered.iloc[:-n], ordered.iloc[-n:]


def _dcg(shown: list[int], liked: set[int], shift: int = 1) -> float:
    return sum(
        (i in liked) / math.log2(rank + shift) for rank, i in enumerate(shown, start=1)
    )  # ZeroDivisionError for shift 0


def _ideal(n: int) -> float:
    return sum(1 / math.log2(rank + 1) for rank in range(1, n + 1))


def _stopped(errors: list[float], patience: int) -> int:
    best = best_epoch(errors, patience)
    return min(best + patience, len(errors) - 1)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("timestamp")


LOG = pd.DataFrame(
    {
        "user": [1, 1, 2, 2, 3],
        "movie": [10, 11, 10, 12, 13],
        "rating": [5, 3, 4, 1, 2],
        "timestamp": [30, 10, 50, 20, 40],
    }
)
CURVE, BUMPY = [5.0, 4.0, 3.0, 4.0, 4.0, 1.0], [5.0, 3.0, 3.5, 2.0, 2.5, 2.2, 2.1, 0.5]
EXERCISES = {
    "precision_at_k": Exercise(
        answer=precision_at_k,
        cases=[(SHOWN, LIKED, 2), (SHOWN, LIKED, 5), (SHOWN, MANY, 3)],
        mistakes={
            "지금 것은 재현율입니다. 무엇으로 나누어야 '보여 준 것 가운데'의 비율일까요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / len(liked)
            ),
            "k등까지만 보았나요? 목록 전체를 세고 있지는 않나요?": (
                lambda s, liked, k: sum(i in liked for i in s) / k
            ),
            "목록 전체의 길이로 나누었나요? 보여 준 것은 k개뿐입니다.": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / len(s)
            ),
            "맞은 개수까지는 좋습니다. 비율이 되려면 무엇이 더 필요할까요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k])
            ),
            "k와 상관없이 늘 같은 값이 나옵니다. k는 어디에 썼나요?": (
                lambda s, liked, k: sum(i in liked for i in s) / len(s)
            ),
        },
    ),
    "ndcg_at_k": Exercise(
        answer=ndcg_at_k,
        cases=[(SHOWN, LIKED, 5), (SHOWN, LIKED, 2), (SHOWN, MANY, 3)],
        mistakes={
            "아직 DCG입니다. 좋아할 것을 모두 맨 위에 놓았다면 몇 점이었을까요?": (
                lambda s, liked, k: _dcg(s[:k], liked)
            ),
            "이상적인 점수가 너무 큽니다. k개만 보여 줄 수 있다면 아무리 잘해도 몇 개가 맞나요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal(len(liked))
            ),
            "이상적인 점수가 좋아할 것의 수와 상관없군요. 좋아할 것이 k개보다 적으면요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal(k)
            ),
            "0으로 나누었습니다. 등수를 0부터 세고 있나요? 1등의 점수는 얼마여야 하지요?": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=0)
            ),
            "2등이 맞으나 5등이 맞으나 점수가 같습니다. 순위는 어디에 들어갔나요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / min(k, len(liked))
            ),
            "1등부터 점수가 깎이고 있습니다. r등의 점수는 1/log2(r + 1)입니다.": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=2) / _ideal(min(k, len(liked)))
            ),
        },
    ),
    "best_epoch": Exercise(
        answer=best_epoch,
        cases=[(CURVE, 2), (BUMPY, 3), ([3.0, 2.0, 1.0], 5)],
        mistakes={
            "멈춘 에폭을 돌려주었습니다. 쓰고 싶은 모델은 어느 에폭의 것인가요?": _stopped,
            "미래를 보았습니다. 멈춘 뒤의 오차를 어떻게 알 수 있을까요? patience는요?": (
                lambda e, patience: e.index(min(e))
            ),
            "처음 나빠지자마자 멈췄습니다. 잠깐 나빠졌다가 다시 나아질 수도 있지 않나요?": (
                lambda e, patience: best_epoch(e, 1)
            ),
            "에폭의 번호가 아니라 오차를 돌려주었습니다.": (
                lambda e, patience: e[best_epoch(e, patience)]
            ),
            "한 에폭씩 밀렸습니다. 번호를 몇부터 세나요?": lambda e, p: best_epoch(e, p) + 1,
        },
    ),
    "split_future": Exercise(
        answer=split_future,
        cases=[(LOG, 2), (LOG, 1)],
        mistakes={
            "표의 마지막 줄을 뗐습니다. 표의 줄이 시간 차례인가요?": (
                lambda f, n: (f.iloc[:-n], f.iloc[-n:])
            ),
            "가장 이른 것을 테스트로 뗐습니다. 미래로 과거를 맞히고 있지는 않나요?": (
                lambda f, n: (_sorted(f).iloc[n:], _sorted(f).iloc[:n])
            ),
            "순서가 뒤집혔습니다. (train, test)에서 먼저 오는 것은 어느 쪽인가요?": (
                lambda f, n: split_future(f, n)[::-1]
            ),
            "훈련 데이터에 테스트의 줄이 남아 있지 않나요? 줄 수를 세어 보세요.": (
                lambda f, n: (_sorted(f), split_future(f, n)[1])
            ),
            "최근 것부터 늘어놓았나요? 두 표 모두 시간 차례여야 합니다.": (
                lambda f, n: tuple(part.iloc[::-1] for part in split_future(f, n))
            ),
        },
    ),
}
