"""What holds for every page, looked at once over the web and once from a folder.

A page comes once for all tests that read it; those that change it come last. What each test looks
for, and that it finds faults, is in the file that it is imported from.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from .conftest import Visit, opening
from .site import EVERY_PAGE, SITE, require_book
from .test_axe import COMBINATIONS, COSTLY, KINDS, UNASKED, UNFOLD, complaints
from .test_korean import COLLECT, foreign
from .test_narrow import LOST, WIDTH
from .test_print import A4_WIDTH, CUT, FOLDED, HIDDEN
from .test_weight import LOAD, assert_light, list_foreign


@pytest.fixture(scope="module", params=EVERY_PAGE)
def web(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visit]:
    """A page on a phone."""
    with opening(browser) as open_page:
        yield open_page(f"{site}/{request.param}", width=WIDTH)


FEW = [pytest.param(p, marks=[] if p in KINDS else pytest.mark.full) for p in EVERY_PAGE]


@pytest.fixture(scope="module", params=FEW)
def folder(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """A page from a USB stick in a lecture hall."""
    require_book()
    with opening(browser) as open_page:
        yield open_page(f"{SITE.as_uri()}/{request.param}")


def test_it_is_light_and_stands_still(web: Visit, site: str) -> None:
    assert_light(web, f"{site}/")


def test_nothing_fails_is_complained_of_or_comes_in_vain(web: Visit) -> None:
    assert web.errors == []
    steps = [url for url in web.requests if "steps.js" in url]
    assert len(steps) == min(1, web.page.locator(".steps").count())


def test_its_interface_is_korean(web: Visit) -> None:
    if web.page.locator(".highlight pre").count():
        web.page.wait_for_selector(".copybtn", state="attached")
    assert sorted(set(foreign(web.page.evaluate(COLLECT)))) == []


def test_a_phone_hides_nothing_without_a_cue(web: Visit) -> None:
    assert web.page.evaluate(LOST) == [[], [], [], []]


def test_nothing_is_cut_off_on_paper_and_folds_lie_open(web: Visit) -> None:
    web.page.set_viewport_size({"width": A4_WIDTH, "height": 900})
    web.page.emulate_media(media="print")
    assert web.page.evaluate(CUT) == []
    assert all(web.page.evaluate(FOLDED))
    for part in web.page.locator(HIDDEN).all():
        assert not part.is_visible()
    web.page.emulate_media(media="screen")


def test_it_does_not_scroll_sideways(web: Visit) -> None:
    web.page.set_viewport_size({"width": 360, "height": 900})
    web.page.evaluate(UNFOLD)
    assert web.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.full)])
def test_axe_finds_nothing_when_folds_lie_open(web: Visit, whole: bool) -> None:
    """A kind of page in every combination, any other in one and without the costly rules.

    In the long form each page has all of it.
    """
    page, path = web.page, next(path for path in EVERY_PAGE if web.page.url.endswith(path))
    page.evaluate(UNFOLD)
    few = not (whole or path in KINDS)
    number = EVERY_PAGE.index(path) % len(COMBINATIONS)
    for width, dark in [COMBINATIONS[number]] if few else COMBINATIONS:
        turn(page, width, "dark" if dark else "light")
        found = complaints(page, unasked=UNASKED + COSTLY if few else UNASKED)
        assert found == [], (width, dark)


def turn(page: Page, width: int, theme: str) -> None:
    """Give a page another width and theme, and time to follow."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("theme => document.documentElement.dataset.theme == theme", arg=theme)
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)  # what scrolls now becomes a stop for the keyboard


def test_it_needs_no_server(folder: Visit) -> None:
    folder.page.evaluate(LOAD)
    assert list_foreign(folder, f"{SITE.as_uri()}/") == []
    assert folder.errors == []


def test_formulas_stand_in_the_page_with_their_fonts(folder: Visit) -> None:
    page = folder.page
    if "/lectures/" in page.url:
        assert page.locator(".katex-html").count() > 0
    if page.locator(".katex-html").count():
        assert page.locator(".katex-mathml math").count() > 0
        loaded = page.evaluate(
            "[...document.fonts].filter((f) => f.status == 'loaded').map((f) => f.family)"
        )
        assert {"KaTeX_Main", "KaTeX_Math"} <= {name.strip('"') for name in loaded}
