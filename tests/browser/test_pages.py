"""Every page of the book in a real browser."""

import pytest

from .site import EVERY_PAGE


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_page_scrolls_sideways(visit, site: str, page: str) -> None:
    seen = visit(f"{site}/{page}", width=360)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
