"""The book's search, asked in a real browser as a reader asks.

Which pages a query must find follows from the text of the built pages, so that the table stays
true when a page changes; what nobody may break is said by hand below it.
"""

import re
from collections.abc import Iterator
from copy import copy
from functools import cache
from unicodedata import normalize
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from .site import LECTURES, PAGES, SITE, soup
from .test_axe import complaints
from .test_terms import VARIANTS

SHORT = {str(int(page.removeprefix("lectures/")[:2])): page for page in LECTURES}
SHORT |= {"용어": "book/glossary", "문헌": "book/references"}
NOUNS = (
    "행렬 평점 편향 분해 경사 벡터 학습 손실 예측 요인 계층 벌금 텐서 모양 시드 곡선 기준 추천 "
    "평균 내적 "  # two syllables
    "값 표 "  # one
    "사용자 아이템 임베딩 옵티마이저 경사하강법 시그모이드 브로드캐스팅"
)
# Query -> what a page that is found has in its text, all of it; a word in Latin letters begins
# there, and one of fewer than four letters ends there, too.
QUERIES = {noun: noun for noun in NOUNS.split()} | {
    # with particles and endings; what else a query may be: test_search_ko.py, and below
    "행렬분해는": "행렬 분해",
    "벡터로": "벡터",
    "벡터와 행렬": "벡터 행렬",
    "정규화하면": "정규화",
    "과적합이란": "과적합",
    "텐서까지도": "텐서",
    # with and without spaces
    "분해 행렬": "행렬 분해",
    "잠재요인": "잠재 요인",
    "추천시스템": "추천 시스템",
    "훈련데이터의 평균": "훈련 데이터 평균",
    # English, in whatever form
    "MSE": "mse",
    "Adam": "adam",
    "embed": r"emb\w+",
    "optimizer": "optim",
    "epoch": "epoch",
    "gradient descent": "gradient descent",
    # mixed
    "Adam으로 학습": "adam 학습",
    "Colab에서": "colab",
    "003": "003",
    "lr 학습률": "lr 학습률",
    # symbols
    "p_i": "p_i",
    "0.1": "0_1",
    "`requires_grad`": "requires_grad",
    "loss.backward()": "loss backward",
    "(행렬)": "행렬",
    # nowhere now; a later lecture may change that
    "BERT": "bert",
    "GAN": "gan",
    "트랜스포머": "트랜스포머",
    "강화학습을": "강화학습",
}
ABSENT = """
쿠버네티스, 블록체인을, 김치찌개, 광합성, 양자역학은, 자율주행차, 뷁, 행렬쿠버네티스,
양자역학 쿠버네티스, kubernetes, photosynthesis, zymurgy, 88881, constructor
"""
# Query -> which of its words some page has, though none has them all.
APART = {
    "과적합이 뭐야": ["과적합"],
    "행렬 쿠버네티스": ["행렬"],
    "lr zymurgy": ["lr"],
    "쿠버네티스의 행렬과 MSE": ["행렬", "mse"],
}
# Query -> pages that it finds, pages that it does not.
KNOWN = {
    "경사하강법이란": ("1 용어", "문헌"),
    "브로드캐스팅은": ("1 용어", "문헌"),
    "행렬분해": ("2 3 용어", ""),
    "편향을": ("2 3 용어", ""),
    "MovieLens": ("2", "3 용어"),
    "nn.Embedding": ("3", "1 문헌"),
    "원-핫 인코딩": ("3 용어", "1 문헌"),
    "weight_decay": ("2", "1 문헌"),
    "zero_grad()를": ("1 2 3 6", "문헌"),
    "보람": ("3 6", "1 2 4 5 문헌"),
    "콜드 스타트는": ("4 용어", "1 2 3 문헌"),
    "폴드인으로": ("4 용어", "1 2 3 문헌"),
    "프로크루스테스": ("4", "1 2 3 5 6"),
    "조기 종료를": ("5 용어", "1 2 3 4 문헌"),
    "NDCG": ("5 용어", "1 2 3 4"),
    "전시물": ("6", "1 2 3 4 용어"),
    "λ": ("2 용어", "1 문헌"),
    "3강": ("3", ""),
    "Koren": ("문헌", "1 3 용어"),
}


@cache
def text_of(page: str) -> str:
    """What a page says, as far as it is searched; words of a name stand apart (py_torch)."""
    article = copy(soup(page).article)
    for formula in article.select(".katex"):
        formula.replace_with(f" {formula.annotation.text} ")
    for part in article.select("button, script, style, .headerlink"):
        part.decompose()
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", article.get_text())
    text = normalize("NFKC", text).lower().replace("λ", "lambda").replace("×", "x")
    return re.sub(r"(?<=\d)\.(?=\d)", "_", text)


def says(text: str, word: str) -> bool:
    if re.match("[가-힣]", word):
        return word in text
    return bool(re.search(rf"(?<![a-z0-9])(?:{word}){'(?![a-z0-9])' * (len(word) < 4)}", text))


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    """The search page; the summaries, which take most of the time, are not looked at."""
    page = browser.new_page()
    page.goto(f"{site}/search.html")
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


def search(page: Page, query: str) -> set[str]:
    """The pages that are found, without .html."""
    page.locator("#search-results").evaluate("element => element.replaceChildren()")
    page.evaluate("query => Search.performSearch(query)", query)
    return answers(page)


def answers(page: Page) -> set[str]:
    page.wait_for_function("document.querySelector('.search-summary')?.textContent")
    links = page.locator("ul.search > li > a").evaluate_all("all => all.map(a => a.pathname)")
    return {link.rsplit("/html/", 1)[-1].strip("/").split(".html")[0] for link in links}


def complained(seen) -> list[str]:
    """Errors, but for downloads that were cut off because the reader went to the next page."""
    return [error for error in seen.errors if not error.startswith("failed")]


@pytest.mark.parametrize("query", QUERIES)
def test_exactly_the_pages_with_the_words_are_found(page: Page, query: str) -> None:
    words = QUERIES[query].split()
    expected = {name for name in PAGES if all(says(text_of(name), word) for word in words)}
    assert search(page, query) == expected


@pytest.mark.parametrize("query", ABSENT.strip().replace("\n", " ").split(", "))
def test_no_page_for_an_absent_word(page: Page, query: str) -> None:
    assert search(page, query) == set()
    assert "없는 말입니다" in page.locator(".search-summary").inner_text()


@pytest.mark.parametrize("query", APART)
def test_words_that_no_page_has_together_are_offered_apart(visit, site: str, query: str) -> None:
    page = visit(f"{site}/search.html?q={quote(query)}").page
    assert answers(page) == set()
    status = page.get_by_role("status")
    expect(status).to_contain_text("이 말이 모두 있는 페이지는 없습니다")
    assert status.get_by_role("link").all_inner_texts() == APART[query]
    assert complaints(page) == []
    status.get_by_role("link").first.click()
    page.locator("ul.search > li").first.wait_for()
    assert page.locator("input[name=q]").first.input_value() in APART[query]


@pytest.mark.parametrize("query", KNOWN)
def test_what_a_reader_may_count_on(page: Page, query: str) -> None:
    found, never = ({SHORT[name] for name in names.split()} for names in KNOWN[query])
    answer = search(page, query)
    assert answer >= found
    assert not answer & never


def test_words_that_we_do_not_use_lead_to_the_glossary(page: Page) -> None:
    lost = [word for word, _ in VARIANTS if "book/glossary" not in search(page, word)]
    assert lost == []


@pytest.mark.parametrize(
    ("home", "width", "button"),
    [
        ("http", 1280, ".search-button-field"),
        ("http", 390, ".search-button"),
        ("http", 1280, None),
        ("file", 1280, None),  # a page may not read others: titles without summaries
    ],
)
def test_a_reader_types_into_the_box_of_a_lecture(
    visit, site: str, home: str, width: int, button: str | None
) -> None:
    seen = visit(f"{site if home == 'http' else SITE.as_uri()}/{LECTURES[0]}.html", width=width)
    assert not any("searchindex" in request for request in seen.requests)
    if button:
        seen.page.locator(button).filter(visible=True).first.click()
    else:
        seen.page.keyboard.press("Control+k")
    seen.page.locator("input[name=q]").filter(visible=True).first.fill("임베딩을")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/search.html?q=*")
    assert LECTURES[2] in answers(seen.page)
    assert seen.page.locator("ul.search > li > a").first.inner_text()
    assert complained(seen) == []


def test_the_answer_is_korean_and_shows_the_words(visit, site: str) -> None:
    page = visit(f"{site}/search.html?q={quote('행렬분해는')}").page
    found = len(answers(page))
    assert page.locator("#search-results h2").inner_text() == "검색 결과"
    assert page.get_by_role("status").inner_text() == f"{found}곳에서 찾았습니다."
    assert page.title().startswith("검색")
    for item in page.locator("ul.search > li").all():
        marked = item.locator("p.context .highlighted")
        marked.first.wait_for()
        assert set(marked.all_inner_texts()) <= {"행렬", "분해"}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_that_is_opened_marks_the_words(visit, site: str, dark: bool) -> None:
    seen = visit(f"{site}/search.html?q={quote('정규화를')}", dark=dark)
    seen.page.locator(f"ul.search a[href^='{SHORT['문헌']}']").first.click()
    marked = seen.page.locator("article .highlighted")
    marked.first.wait_for()
    assert set(marked.all_inner_texts()) == {"정규화"}
    assert complaints(seen.page) == []
    seen.page.get_by_role("link", name="찾은 말 표시 지우기").click()
    expect(marked).to_have_count(0)
    assert complained(seen) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_answers_are_readable(visit, site: str, width: int, dark: bool) -> None:
    seen = visit(f"{site}/search.html?q={quote('행렬 MSE')}", width=width, dark=dark)
    answers(seen.page)
    seen.page.locator("p.context .highlighted").last.wait_for()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints(seen.page) == []
    assert seen.errors == []
