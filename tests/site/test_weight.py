"""What a page weighs and asks for, read to its end, gzipped as the web serves it."""

import pytest

from .site import EVERY_PAGE, LECTURES, SITE

KB, REQUESTS, SHIFT = 300, 30, 0.1

# Down to the end in steps of a screen; pictures that this was too fast for are called.
READ = """async () => {
  window.shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shift += entry.value;
  })).observe({ type: "layout-shift", buffered: true });
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
  const shown = [...document.images].filter((image) => image.checkVisibility());
  shown.forEach((image) => image.loading = "eager");
  await Promise.all(shown.map((image) => image.decode()));
  await new Promise((done) => setTimeout(done, 200));
  return window.shift;
}"""
SQUEEZED = """[...document.querySelectorAll("article img")]
  .filter((image) => image.checkVisibility() &&
  Math.abs(image.naturalWidth / image.naturalHeight / (image.width / image.height) - 1) > 0.03)
  .map((image) => image.src)"""
BYTES = """[...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].map((entry) => entry.transferSize)"""


def strangers(seen, home: str) -> list[str]:
    """What a page asked for elsewhere, or asked for and did not get."""
    outside = [url for url in seen.requests if not url.startswith((home, "data:"))]
    return outside + [error for error in seen.errors if error.startswith("failed")]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_is_light_and_stands_still(visit, site: str, page: str, width: int) -> None:
    seen = visit(f"{site}/{page}", width=width)
    shift = seen.page.evaluate(READ)
    sizes = seen.page.evaluate(BYTES)
    assert sum(sizes) <= KB * 1000
    assert len(sizes) == len(seen.requests) <= REQUESTS
    assert shift <= SHIFT
    assert seen.page.evaluate(SQUEEZED) == []
    assert strangers(seen, f"{site}/") == []


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_needs_no_server(visit, page: str) -> None:
    """Opened from a folder: a USB stick in a lecture hall."""
    home = f"{SITE.as_uri()}/"
    seen = visit(home + page)
    seen.page.evaluate(READ)
    assert strangers(seen, home) == []


@pytest.mark.parametrize("page", [f"{lecture}.html" for lecture in LECTURES])
def test_formulas_stand_in_the_page_with_their_fonts(visit, page: str) -> None:
    seen = visit(f"{SITE.as_uri()}/{page}")
    assert seen.page.locator(".katex-html").count() > 0
    assert seen.page.locator(".katex-mathml math").count() > 0
    loaded = seen.page.evaluate(
        "[...document.fonts].filter((f) => f.status == 'loaded').map((f) => f.family)"
    )
    assert {"KaTeX_Main", "KaTeX_Math"} <= {name.strip('"') for name in loaded}
    scripts = seen.page.evaluate("[...document.scripts].map((script) => script.src)")
    assert not [script for script in scripts if "mathjax" in script.casefold()]


def test_menus_open_with_the_first_click(visit, site: str) -> None:
    """Their script comes only then."""
    seen = visit(f"{site}/{LECTURES[0]}.html")
    assert not [url for url in seen.requests if "bootstrap" in url]
    button = seen.page.locator(".dropdown-download-buttons button").first
    button.dispatch_event("click")  # not even a pointer that came near
    seen.page.locator(".dropdown-download-buttons .dropdown-menu").wait_for(state="visible")


@pytest.mark.parametrize("home", ["http", "file"])
def test_search_finds_a_word_typed_on_another_page(visit, site: str, home: str) -> None:
    """Its index is loaded by the search page alone."""
    seen = visit(f"{site if home == 'http' else SITE.as_uri()}/{LECTURES[0]}.html")
    assert not [url for url in seen.requests if "searchindex" in url]
    seen.page.keyboard.press("Control+k")
    seen.page.keyboard.type("MSE")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/search.html?q=MSE*")
    seen.page.locator("#search-results li a").first.wait_for()
    assert seen.errors == []
