"""book/_static/search.js: how sections are ranked, on a few of them and on the built book.

The queries of queries.toml were written before the search, each with the sections that answer it.
"""

import gzip
import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from .search import call, index
from .site import LECTURES, SITE, read, require_book

SECTIONS = [
    {"head": "행렬 분해", "alias": "matrix factorization, MF", "text": "평점표를 둘로 나눕니다."},
    {"head": "모델", "text": "행렬분해는 모델입니다. 행렬을 씁니다."},
    {"head": "벡터", "text": "벡터와 lr과 MSE.", "code": "optimizer.zero_grad test_mse"},
    {"head": "긴 절", "text": "행렬 " + "그리고 다른 이야기가 길게 이어집니다. " * 30},
]


def ask(query: str) -> tuple[str, list[list[str]], list[str]]:
    answer = index(SECTIONS, {"평가표": "평점표", "집단 지성": "행렬 분해"})(query)
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
    assert ask("평점표 모델 나눕니다")[0].startswith("행렬 분해")


@cache
def build() -> Callable[[str], dict]:
    """Index the built book, as the search page does."""
    require_book()
    script = (SITE / "_static" / "search_index.js").read_text(encoding="utf-8")
    content = json.loads(script.removeprefix("const SEARCH_INDEX = ").removesuffix(";\n"))
    return index(call("SectionSearch.sections", content), content["words"])


def place(section: dict[str, str]) -> tuple[str, str]:
    return section["url"].partition(".html")[0], section["head"]


QUERIES, LATER = (
    tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))["query"]
    for name in ("queries", "queries_after")
)


def find_lost(queries: list[dict]) -> list[str]:
    """List the queries whose section is not among the first three, with what came instead."""
    lost = []
    for query in queries:
        found = [place(section) for section in build()(query["ask"])["sections"][:3]]
        if not {*map(tuple, query["find"])} & {*found}:
            lost.append(f"{query['ask']}: {found}")
    return lost


def test_a_query_finds_its_section_among_the_first_three() -> None:
    queries = [query for query in QUERIES if query["find"]]
    assert len(queries) >= 120
    lost = find_lost(queries)
    assert len(lost) <= 0.05 * len(queries), "\n".join(lost)


def test_strangers_find_their_section_too() -> None:
    """Their queries came later; queries_after.toml says what was found before they were seen."""
    queries = [query for query in LATER if query["find"]]
    lost = find_lost(queries)
    assert len(lost) <= 0.1 * len(queries), "\n".join(lost)


@pytest.mark.parametrize("ask", [q["ask"] for q in [*QUERIES, *LATER] if not q["find"]])
def test_what_is_absent_is_named(ask: str) -> None:
    answer = build()(ask)
    assert answer["absent"] or not answer["sections"]


def test_a_query_names_sections_that_are_there() -> None:
    build()
    there = set(map(place, call("() => engine.sections")))
    named = {tuple(section) for query in [*QUERIES, *LATER] for section in query["find"]}
    assert named <= there, named - there


def test_a_result_leads_to_a_place_that_is_there() -> None:
    build()
    found: dict[str, set[str]] = {}
    for section in call("() => engine.sections"):
        page, _, anchor = section["url"].partition("#")
        if page not in found:
            found[page] = {tag["id"] for tag in read(SITE / page).select("article [id]")}
        assert anchor in found[page], section["url"]


def test_the_index_is_light() -> None:
    require_book()
    size = len(gzip.compress((SITE / "_static" / "search_index.js").read_bytes(), 6))
    assert size <= 12_500 * len(LECTURES)
