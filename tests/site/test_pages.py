"""A page in the hands of a reader: keys suffice, a finger fits, the dark is dark."""

import pytest

from .site import LECTURES

LECTURE = f"{LECTURES[0]}.html"
WIDTHS = [1024, *(pytest.param(width, marks=pytest.mark.full) for width in (1280, 1440))]


def test_first_key_skips_to_the_text(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURE}").page
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.inner_text() == "본문으로 건너뛰기"
    assert link.is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**#main-content")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


@pytest.mark.parametrize("name", ["책의 차례", "이 페이지의 차례"])
def test_sidebars_of_a_phone_open_and_close_by_keyboard(visit, site: str, name: str) -> None:
    page = visit(f"{site}/{LECTURE}", width=390).page
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")
    sidebar = page.locator("dialog[open]")
    sidebar.wait_for()
    assert sidebar.locator("a").first.is_visible()
    page.keyboard.press("Escape")
    sidebar.wait_for(state="detached")


def test_focus_is_seen_on_every_stop(visit, site: str) -> None:
    """The first sixty stops of the Tab key: an outline, or a style that the focus changes."""
    page = visit(f"{site}/{LECTURE}").page
    shown = """() => {
      const look = element => {
        const style = getComputedStyle(element);
        return [style.outlineStyle == 'none' ? 0 : style.outlineWidth, style.outlineColor,
          style.boxShadow, style.backgroundColor, style.opacity].join();
      };
      const element = document.activeElement, focused = look(element);
      const seen = getComputedStyle(element).opacity > 0;
      element.blur();
      const differs = look(element) != focused;
      element.focus({focusVisible: true});
      return seen && differs ? null : element.outerHTML.slice(0, 200);
    }"""
    page.add_style_tag(content="* { transition: none !important; animation: none !important }")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        unseen.append(page.evaluate(shown))
    assert list(filter(None, unseen)) == []


def test_buttons_of_a_phone_fit_a_finger(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURE}", width=390).page
    buttons = page.locator(".bd-header-article button").filter(visible=True).all()
    sizes = [button.bounding_box() for button in buttons]
    assert len(sizes) >= 6
    assert min(min(size["width"], size["height"]) for size in sizes) >= 36


def test_dark_from_the_first_paint_and_light_without_scripts(visit, site: str) -> None:
    """The theme's own script comes late; a page must not flash white until then."""
    page = visit("about:blank", dark=True).page
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(f"{site}/{LECTURE}")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page = visit(f"{site}/{LECTURE}", dark=True, scripts=False).page
    assert page.locator("html").get_attribute("data-theme") == "light"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_laptop_shows_tables_whole_and_headings_without_empty_lines(
    visit, site: str, width: int
) -> None:
    cut = """() => [...document.querySelectorAll("article .output:has(table)")]
      .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.innerText)"""
    empty = """() => [...document.querySelectorAll("article :is(h1, h2, h3)")].filter((heading) => {
      const before = heading.clientHeight;
      heading.querySelector(".headerlink").style.display = "none";
      return before > heading.clientHeight;
    }).map((heading) => heading.innerText)"""
    for lecture in LECTURES[1], LECTURES[2], LECTURES[-1]:
        page = visit(f"{site}/{lecture}.html", width=width).page
        assert page.evaluate(cut) == []
        assert page.evaluate(empty) == []
