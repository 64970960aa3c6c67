"""Exercises of lecture 05: how good a list is."""

import math

from lecture_utils.course.grader import Exercise


def precision_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Share of the first `k` of `shown` that are `liked`."""
    return sum(i in liked for i in shown[:k]) / k


def ndcg_at_k(shown: list[int], liked: set[int], k: int) -> float:
    """Discounted gain of the first `k` over the best possible (Järvelin & Kekäläinen 2002)."""
    return _dcg(shown[:k], liked) / _ideal(min(k, len(liked)))


def _dcg(shown: list[int], liked: set[int], shift: int = 1) -> float:
    return sum(
        (i in liked) / math.log2(rank + shift) for rank, i in enumerate(shown, start=1)
    )  # ZeroDivisionError for shift 0


def _ideal(n: int) -> float:
    return sum(1 / math.log2(rank + 1) for rank in range(1, n + 1))


SHOWN, LIKED = [7, 1, 3, 5, 9], {3, 7, 8}
MANY = {3, 5, 7, 8, 9, 10}
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
            "가장 잘했을 때의 점수가 너무 큽니다. k개만 보여 주면 아무리 잘해도 몇 개가 맞나요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal(len(liked))
            ),
            "가장 잘했을 때의 점수가 좋아할 것의 수와 상관없군요. 좋아할 것이 k개보다 적으면요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal(k)
            ),
            "0으로 나누었습니다. 등수를 0부터 세고 있나요? 1등의 점수는 얼마여야 하지요?": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=0)
            ),
            "nan이 나왔습니다. 0으로 나누지 않았나요? 1등의 log2에는 얼마가 들어갔나요?": (
                lambda s, liked, k: math.nan
            ),
            "k등 아래에서 맞은 것도 더했나요? 보여 준 것은 k개뿐입니다.": (
                lambda s, liked, k: _dcg(s, liked) / _ideal(min(k, len(liked)))
            ),
            "맞힌 것만 위로 올려 보았나요? 놓친 것까지 모두 맞혔다면 몇 점이었을까요?": (
                lambda s, liked, k: _dcg(s[:k], liked) / _ideal(sum(i in liked for i in s[:k]))
            ),
            "2등이 맞으나 5등이 맞으나 점수가 같습니다. 순위는 어디에 들어갔나요?": (
                lambda s, liked, k: sum(i in liked for i in s[:k]) / min(k, len(liked))
            ),
            "1등부터 점수가 깎이고 있습니다. r등의 점수는 1/log2(r + 1)입니다.": (
                lambda s, liked, k: _dcg(s[:k], liked, shift=2) / _ideal(min(k, len(liked)))
            ),
        },
    ),
}
