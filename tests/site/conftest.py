"""A real Chromium that looks at the built book.

Without a browser these tests are skipped, visibly; `.ci/run` sets REQUIRE_BROWSER, and then they
fail. CHROMIUM names a browser that is not on the PATH.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from book import chromium

from .site import SITE, missing, require_book, serve


# One per file: playwright keeps an event loop running, which the notebooks' tests cannot bear.
@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if (found := chromium.find()) is None:
        missing(chromium.MISSING)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=found,
            args=chromium.FLAGS,
            env=chromium.environment(tmp_path_factory.mktemp("fontconfig")),
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the built book."""
    require_book()
    with serve(SITE) as address:
        yield address


@dataclass
class Visit:
    """A page that was opened, what it asked for, and what it complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def opening(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Give a function that opens a page and waits until it has loaded; close all at the end."""

    def open_page(
        url: str, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale="ko-KR",
        )
        contexts.enter_context(context)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("requestfailed", lambda request: seen.errors.append(f"failed: {request.url}"))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda line: line.type == "error" and seen.errors.append(line.text))
        seen.page.goto(url, wait_until="load")
        return seen

    with ExitStack() as contexts:
        yield open_page


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """visit(url, width=1280, dark=False, scripts=True): a page that nobody has touched."""
    with opening(browser) as open_page:
        yield open_page
