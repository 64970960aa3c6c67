"""Exercises of lecture 05: when to stop, what to hold out."""

from collections.abc import Callable

import pandas as pd

from lecture_utils.course.grader import Exercise


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


def _stopped(errors: list[float], patience: int) -> int:
    best = best_epoch(errors, patience)
    return min(best + patience, len(errors) - 1)


def _waited(errors: list, patience: int, better: Callable, reset=True, start=1) -> int:
    """Early stopping with a counter; `better` tells of the errors, this epoch and the best."""
    best = wait = 0
    for epoch in range(start, len(errors)):
        if better(errors, epoch, best):
            best, wait = epoch, 0 if reset else wait
        else:
            wait += 1
        if wait >= patience:
            break
    return best


def _lower(errors: list, epoch: int, best: int) -> bool:
    return errors[epoch] < errors[best]


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("timestamp")


CURVE, SLOW = [5.0, 4.0, 3.0, 4.0, 4.0, 1.0], [5.0, 6.0, 4.0, 3.0, 2.0]
BUMPY = [5.0, 3.0, 3.5, 2.0, 2.5, 1.8, 2.2, 2.1, 2.3, 2.4, 0.5]
LONG = [5.0, 4.0, 4.5, 3.0, 3.5, 2.0, 2.0, 2.2, 1.0, 1.5, 1.6, 1.7, 0.5]
LOG = pd.DataFrame(
    [[1, 10, 5, 30], [1, 11, 3, 10], [2, 10, 4, 50], [2, 12, 1, 20], [3, 13, 2, 40]],
    columns=["user", "movie", "rating", "timestamp"],
)
EXERCISES = {
    "best_epoch": Exercise(
        answer=best_epoch,
        cases=[(CURVE, 2), (BUMPY, 3), (SLOW, 2), (LONG, 2)],
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
            "한 에폭 더 기다렸습니다. patience가 2라면 몇 에폭을 보고 멈춰야 할까요?": (
                lambda e, patience: best_epoch(e, patience + 1)
            ),
            "한 에폭 먼저 멈췄습니다. 기다림을 어디부터 세고 있나요?": (
                lambda e, patience: best_epoch(e, patience - 1)
            ),
            "더 나은 에폭이 나온 뒤에도 기다림을 이어서 세고 있지 않나요?": (
                lambda e, patience: _waited(e, patience, _lower, reset=False)
            ),
            "기다림을 0으로 되돌리는 줄이 있나요? 더 나은 에폭이 나왔을 때는요?": (
                lambda e, patience: _waited(e, patience, _lower, reset=False, start=0)
            ),
            "첫 에폭도 나아지지 않은 것으로 셌나요? 그때는 견줄 에폭이 없습니다.": (
                lambda e, patience: _waited(e, patience, _lower, start=0)
            ),
            "같은 값이 나왔을 때는요? 그것도 나아진 것인가요?": (
                lambda e, patience: _waited(e, patience, lambda e, n, best: e[n] <= e[best])
            ),
            "바로 앞 에폭과 견주었나요? 나아졌는지는 무엇과 견주어야 할까요?": (
                lambda e, patience: _waited(e, patience, lambda e, n, _: e[n] <= e[n - 1])
            ),
            "맨 앞의 몇 에폭만 보았나요? 기다림은 가장 좋았던 에폭부터 셉니다.": (
                lambda e, patience: e.index(min(e[: patience + 1]))
            ),
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
            "테스트는 시간 차례인데, 훈련 데이터의 줄은 어떤 차례인가요?": (
                lambda f, n: (split_future(f, n)[0].sort_index(), split_future(f, n)[1])
            ),
            "줄은 알맞게 나누었습니다. 두 표의 줄은 어떤 차례로 놓여 있나요?": (
                lambda f, n: tuple(part.sort_index() for part in split_future(f, n))
            ),
            "테스트만 돌려주었습니다. 학습은 무엇으로 하지요?": lambda f, n: split_future(f, n)[1],
            "열이 하나 늘었습니다. reset_index()가 옛 줄 번호를 어디에 두었나요?": (
                lambda f, n: tuple(part.reset_index() for part in split_future(f, n))
            ),
        },
    ),
}
