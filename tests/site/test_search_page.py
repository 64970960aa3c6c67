"""The search in a real browser, as a reader uses it."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from .site import LECTURES, SITE
from .test_axe import complaints
from .test_every_page import turn

RESULTS = "#search-results li"


def hits(page: Page) -> list[str]:
    """Return the headings that are found."""
    page.locator(".search-summary:not(:empty)").wait_for()
    return page.locator(f"{RESULTS} > a").all_inner_texts()


@pytest.mark.parametrize(
    ("home", "width", "button"),
    [
        ("http", 1280, ".search-button-field"),
        ("http", 390, ".search-button"),
        ("http", 1280, None),
        ("file", 1280, None),
    ],
)
def test_a_reader_types_into_the_box_of_a_lecture(
    visit, site: str, home: str, width: int, button: str | None
) -> None:
    seen = visit(f"{site if home == 'http' else SITE.as_uri()}/{LECTURES[0]}.html", width=width)
    assert not any("search_index" in request for request in seen.requests)
    if button:
        seen.page.locator(button).filter(visible=True).first.click()
    else:
        seen.page.keyboard.press("Control+k")
    seen.page.locator("input[name=q]").filter(visible=True).first.fill("임베딩을")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/search.html?q=*")
    assert hits(seen.page)[0] == "임베딩"
    assert seen.page.locator("main input[name=q]").input_value() == "임베딩을"
    seen.page.locator(f"{RESULTS} > a").first.click()
    seen.page.wait_for_url("**/glossary.html#term-*")
    expect(seen.page.locator("tr:target .highlighted").first).to_have_text("임베딩")
    expect(seen.page.locator("tr:target")).to_be_in_viewport()
    assert [error for error in seen.errors if not error.startswith("failed")] == []


def test_a_section_opens_with_the_words_marked(visit, site: str) -> None:
    page = visit(f"{site}/search.html?q={quote('조기 종료')}").page
    assert hits(page)
    link = page.locator(f"{RESULTS} > a[href^=lectures]").first
    heading = link.inner_text()
    link.click()
    expect(page.locator("section:target > :is(h2, h3)")).to_be_in_viewport()
    expect(page.locator("section:target > :is(h2, h3)")).to_contain_text(heading)
    marked = page.locator("article .highlighted")
    assert set(marked.all_inner_texts()) == {"조기", "종료"}
    page.get_by_role("link", name="찾은 말 표시 지우기").click()
    expect(marked).to_have_count(0)


def test_what_is_found_absent_or_corrected_is_said(visit, site: str) -> None:
    page = visit(f"{site}/search.html?q={quote('쿠버네티스 과적하 오버핏')}").page
    status = page.get_by_role("status")
    expect(status).to_contain_text("‘쿠버네티스’: 이 책에 없는 말입니다.")
    expect(status).to_contain_text("‘과적하’ 대신 ‘과적합’으로 찾았습니다.")
    expect(status).to_contain_text("‘오버핏’: 이 책의 말 ‘과적합’도 함께 찾았습니다.")
    expect(status).to_contain_text(f"{page.locator(RESULTS).count()}곳에서 찾았습니다.")
    page.goto(f"{site}/search.html?q={quote('김치찌개')}")
    expect(page.get_by_role("status")).to_have_text("‘김치찌개’: 이 책에 없는 말입니다.")
    assert hits(page) == []


def test_each_answer_names_its_page_and_shows_the_words(visit, site: str) -> None:
    page = visit(f"{site}/search.html?q={quote('행렬분해는')}").page
    assert len(hits(page)) > 3
    for item in page.locator(RESULTS).all():
        assert item.locator(".search-where").inner_text()
        assert {*item.locator(".highlighted").all_inner_texts()} <= {"행렬", "분해", "행렬분해"}
    assert page.locator(".context .highlighted").count() > 3


def test_nothing_moves_and_all_can_read_it(visit, site: str) -> None:
    seen = visit(f"{site}/search.html?q={quote('행렬 MSE')}", width=390)
    assert hits(seen.page)
    shift = """() => new Promise(done => new PerformanceObserver(list => done(
        list.getEntries().reduce((sum, entry) => sum + entry.value, 0))
    ).observe({ type: 'layout-shift', buffered: true }) || setTimeout(done, 300, 0))"""
    assert seen.page.evaluate(shift) < 0.02
    for width, theme in [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]:
        turn(seen.page, width, theme)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(seen.page) == []
    assert seen.errors == []


def test_a_query_is_text(visit, site: str) -> None:
    seen = visit(f"{site}/search.html?q={quote('<img src=x onerror=alert(1)> (행렬 [')}")
    assert hits(seen.page)
    assert seen.page.locator("#search-results img").count() == 0
    assert seen.errors == []
