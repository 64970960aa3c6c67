"""book/_static/search.js: how sections are ranked, on a few of them and on the built book.

The queries of queries.toml were written before the search, each with the sections that answer it.
"""

import pytest

from .search import index

SECTIONS = [
    {"head": "행렬 분해", "alias": "matrix factorization, MF", "text": "평점표를 둘로 나눕니다."},
    {"head": "모델", "text": "행렬분해는 모델입니다. 행렬을 씁니다."},
    {"head": "벡터", "text": "벡터와 lr과 MSE.", "code": "optimizer.zero_grad test_mse"},
    {"head": "긴 절", "text": "행렬 " + "그리고 다른 이야기가 길게 이어집니다. " * 30},
]


def ask(query: str) -> tuple[str, list[list[str]], list[str]]:
    answer = index(SECTIONS)(query)
    heads = ", ".join(section["head"] for section in answer["sections"])
    return heads, answer["corrected"], answer["absent"]


@pytest.mark.parametrize(
    ("query", "heads"),
    [
        ("행렬", "행렬 분해, 모델, 긴 절"),
        ("행렬 분해", "행렬 분해, 모델, 긴 절"),
        ("행렬분해란", "행렬 분해, 모델, 긴 절"),  # a compound, as if typed with its space
        ("MF", "행렬 분해"),  # another name
        ("렬분", "모델"),  # a part of a word
        ("zero_grad()를", "벡터"),
        ("grad", "벡터"),
        ("mse", "벡터"),
        ("optim", "벡터"),  # the beginning of a word of four letters or more
        ("opt", ""),
        ("왜 벡터가 뭐예요", "벡터"),
        ("constructor", ""),  # a name that every JavaScript object has
        ("-_-", ""),
        ("", ""),
    ],
)
def test_sections_are_found_and_ranked(query: str, heads: str) -> None:
    assert ask(query)[0] == heads


def test_what_the_book_has_not_is_said() -> None:
    assert ask("쿠버네티스 벡터") == ("벡터", [], ["쿠버네티스"])
    assert ask("김치찌개") == ("", [], ["김치찌개"])


def test_a_slip_is_corrected_and_said() -> None:
    assert ask("벡타가")[:2] == ("벡터", [["벡타가", "벡터"]])
    assert ask("optimizr")[:2] == ("벡터", [["optimizr", "optimizer"]])


def test_a_section_with_more_of_the_words_comes_first() -> None:
    assert ask("행렬 모델")[0].startswith("모델")
    assert ask("평점표 행렬 모델")[0].startswith("행렬 분해")
