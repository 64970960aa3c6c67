"""What a term means, shown where no mouse hovers over it."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from .site import LECTURES
from .test_axe import COSTLY, UNASKED, complaints


@pytest.fixture
def touched(browser: Browser, site: str) -> Iterator[Page]:
    """The first lecture on a phone that is touched."""
    width = {"width": 390, "height": 844}
    with browser.new_context(viewport=width, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{site}/{LECTURES[0]}.html")
        yield page


def test_a_tap_shows_it_and_another_hides_it(touched: Page) -> None:
    term, box = touched.locator("a.glossary-term").nth(2), touched.locator(".term-box")
    before = touched.url
    term.tap()
    expect(box).to_be_in_viewport()
    expect(box).to_contain_text(term.text_content())
    expect(box).to_contain_text(term.get_attribute("title"))
    assert touched.url == before
    assert complaints(touched, unasked=UNASKED + COSTLY) == []  # colours: those of the page
    touched.locator("article h1").tap()
    expect(box).to_be_hidden()


def test_it_leads_on_to_the_glossary(touched: Page) -> None:
    term = touched.locator("a.glossary-term").nth(2)
    term.tap()
    row = f"#term-{term.text_content().replace(' ', '-')}"
    touched.locator(".term-box a").tap()
    touched.wait_for_url("**/book/glossary.html#*")
    assert unquote(touched.url).endswith(row)


def test_the_keyboard_shows_it_and_goes_on(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html").page
    terms, box = page.locator("a.glossary-term"), page.locator(".term-box")
    page.keyboard.press("Tab")  # from now on the focus is seen
    terms.first.focus()
    expect(box).to_contain_text(terms.first.get_attribute("title"))
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    terms.nth(1).focus()
    expect(box).to_be_visible()
    terms.nth(1).blur()
    expect(box).to_be_hidden()
    terms.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/glossary.html#*")


def test_a_mouse_hovers_and_follows(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html").page
    page.locator("a.glossary-term").first.click()
    page.wait_for_url("**/book/glossary.html#*")
