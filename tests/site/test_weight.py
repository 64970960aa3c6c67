"""What a page weighs and asks for, read to its end, gzipped as the web serves it."""

import pytest

from .site import EVERY_PAGE, LECTURES

KB, REQUESTS, SHIFT = 300, 30, 0.1

# Pictures that have not been in sight are called; a reader goes down in steps of a screen.
LOAD = """async () => {
  const shown = [...document.images].filter((image) => image.checkVisibility());
  shown.forEach((image) => image.loading = "eager");
  const late = new Promise((done) => setTimeout(done, 20000));  // a browser once never answered
  await Promise.race([late, Promise.all(shown.map((image) => image.decode()))]);
}"""
READ = f"""async () => {{
  window.shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {{
    if (!entry.hadRecentInput) window.shift += entry.value;
  }})).observe({{ type: "layout-shift", buffered: true }});
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {{
    scrollTo(0, y);
    await new Promise((done) => {{
      requestAnimationFrame(() => requestAnimationFrame(done));
      setTimeout(done, 2000);  // nor drew
    }});
  }}
  await ({LOAD})();
  await new Promise((done) => setTimeout(done, 200));
  return window.shift;
}}"""
SQUEEZED = """[...document.querySelectorAll("article img")]
  .filter((image) => image.checkVisibility() &&
  Math.abs(image.naturalWidth / image.naturalHeight / (image.width / image.height) - 1) > 0.03)
  .map((image) => image.src)"""
BYTES = """[...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].map((entry) => entry.transferSize)"""


def list_foreign(seen, home: str) -> list[str]:
    """What a page asked for elsewhere, or asked for and did not get."""
    outside = [url for url in seen.requests if not url.startswith((home, "data:"))]
    return outside + [error for error in seen.errors if error.startswith("failed")]


def assert_light(seen, home: str) -> None:
    """Read a page that has just come to its end: few bytes, few requests, and it stands still."""
    shift = seen.page.evaluate(READ)
    sizes = seen.page.evaluate(BYTES)
    assert sum(sizes) <= KB * 1000
    assert len(sizes) == len(seen.requests) <= REQUESTS
    assert shift <= SHIFT
    assert seen.page.evaluate(SQUEEZED) == []
    assert list_foreign(seen, home) == []


@pytest.mark.full
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_is_light_on_a_laptop(visit, site: str, page: str) -> None:
    """On a phone: test_every_page.py."""
    assert_light(visit(f"{site}/{page}"), f"{site}/")


@pytest.mark.parametrize(
    "plant",
    [
        f"await Promise.all({[f'{lecture}.html' for lecture in LECTURES]}.map("
        "(page) => fetch(page).then((answer) => answer.text())))",
        "for (let i = 0; i < 40; i++) await fetch('search.html?' + i)",
        "const wait = (ms) => new Promise((done) => setTimeout(done, ms)); await wait(50);"
        "document.body.prepend(Object.assign(document.createElement('p'),"
        " {style: 'height: 1300px'})); await wait(300)",
        "await fetch('http://127.0.0.1:9/').catch(() => {})",
    ],
    ids=["bytes", "requests", "shift", "stranger"],
)
def test_a_heavy_page_is_noticed(visit, site: str, plant: str) -> None:
    # High enough to need no scrolling: scrolled down, a browser holds what it shows in its place.
    seen = visit(f"{site}/search.html", height=1400)
    seen.page.evaluate(f"async () => {{ {plant} }}")
    with pytest.raises(AssertionError):
        assert_light(seen, f"{site}/")


def test_menus_open_with_the_first_click(visit, site: str) -> None:
    """Their script comes only then."""
    seen = visit(f"{site}/{LECTURES[0]}.html")
    assert not [url for url in seen.requests if "bootstrap" in url]
    button = seen.page.locator(".dropdown-download-buttons button").first
    button.dispatch_event("click")  # not even a pointer that came near
    seen.page.locator(".dropdown-download-buttons .dropdown-menu").wait_for(state="visible")
