"""A phone: what does not fit says so, and one touch wraps it. The pages: test_every_page.py."""

import pytest
from playwright.sync_api import Page, expect

from .site import LECTURES

WIDTH = 390
TEXT = 13.3  # pixels of a figure's 10 points where the figure has its own size
# Lines that are cut without a cue, columns that nobody sees, figures whose text is below 9 pixels,
# formulas that break inside parentheses.
LOST = f"""() => {{
  const seen = (names) =>
    [...document.querySelectorAll(names)].filter((part) => part.checkVisibility());
  const wide = (part) => part.scrollWidth > part.clientWidth + 1;
  const edge = (part) => part.getBoundingClientRect().right;
  const cut = seen("article pre").filter((code) =>
    wide(code) && (code.closest(".cell_output") || !code.hasAttribute("data-more")));
  const columns = seen("article .cell_output :not(.figure-data) > table thead th").filter((head) =>
    head.textContent.trim() && edge(head) > edge(head.closest(".output, .playground")) + 1);
  const small = seen("article .cell_output img").filter((image) =>
    image.getBoundingClientRect().width / image.getAttribute("width") * {TEXT} < 9);
  const broken = seen(".katex-html").filter((formula) => {{
    let depth = 0, before = -Infinity, found = false;
    for (const base of formula.querySelectorAll(".katex-base")) {{
      const left = base.getBoundingClientRect().left;
      found ||= depth > 0 && left < before;
      before = left;
      depth += base.querySelectorAll(".mopen").length - base.querySelectorAll(".mclose").length;
    }}
    return found;
  }});
  return [cut, columns, small, broken].map((parts) => parts.map((part) => part.textContent));
}}"""


@pytest.fixture
def phone(visit, site: str) -> Page:
    return visit(f"{site}/{LECTURES[0]}.html", width=WIDTH).page


@pytest.mark.parametrize(
    ("place", "plant"),
    [
        (0, "all('[data-more]', (code) => code.removeAttribute('data-more'))"),
        (0, "all('.cell_output pre', (code) => (code.style.whiteSpace = 'pre'))"),
        (1, "all('.cell_output table', (table) => (table.style.minWidth = '500px'))"),
        (2, "all('.cell_output img', (image) => (image.style.width = '300px'))"),
        (3, "document.querySelector('article p').append(formula)"),
    ],
    ids=["code", "output", "table", "figure", "formula"],
)
def test_what_is_lost_is_found(visit, site: str, place: int, plant: str) -> None:
    phone = visit(f"{site}/{LECTURES[1]}.html", width=WIDTH).page
    base = '<span class="katex-base" style="display: inline-block; width: 60%">'
    formula = f'{base}<span class="mopen">(</span></span>{base}<span class="mclose">)</span></span>'
    assert phone.evaluate(LOST) == [[], [], [], []]
    phone.evaluate(
        f"""html => {{
        const all = (names, change) => document.querySelectorAll(names).forEach(change);
        const formula = document.createElement('span');
        formula.className = 'katex-html'; formula.innerHTML = html; {plant} }}""",
        formula,
    )
    assert phone.evaluate(LOST)[place]


def test_one_touch_wraps_all_code_and_the_next_page_knows(phone: Page) -> None:
    wide = phone.locator(".cell_input pre[data-wide]")
    assert wide.count() > 3
    assert phone.locator(".cell_output .wrap-code, .cell_output .copybtn").count() == 0
    button = phone.locator(".wrap-code").filter(visible=True).first
    button.scroll_into_view_if_needed()
    before = button.bounding_box()["y"]
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(wide).to_have_count(0)
    assert abs(button.bounding_box()["y"] - before) < 2  # the place that was touched stays
    phone.reload()
    expect(phone.locator("html[data-wrap-code]")).to_have_count(1)
    phone.locator(".wrap-code").filter(visible=True).first.click()
    expect(wide).not_to_have_count(0)


def test_the_fade_ends_where_the_code_ends(phone: Page) -> None:
    code = phone.locator(".cell_input pre[data-more]").first
    code.evaluate("(code) => code.scrollTo(code.scrollWidth, 0)")
    expect(phone.locator(".cell_input pre[data-wide]:not([data-more])")).to_have_count(1)


def test_rows_keep_their_names_while_a_table_scrolls(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[2]}.html", width=240).page
    box = page.locator(".output.text_html[data-wide]").first
    name = box.locator("tbody th").first
    left = name.bounding_box()["x"]
    box.evaluate("(box) => box.scrollTo(100, 0)")
    assert name.bounding_box()["x"] == pytest.approx(left, abs=1)


def test_contents_open_at_the_section_that_is_read(phone: Page) -> None:
    phone.locator("article section section").last.evaluate("(part) => part.scrollIntoView()")
    expect(phone.locator(".bd-sidebar-secondary .nav-link.active")).not_to_have_count(0)
    phone.set_viewport_size({"width": WIDTH, "height": 400})
    phone.get_by_role("button", name="이 페이지의 차례", exact=True).click()
    expect(phone.locator("dialog[open] .nav-link.active").last).to_be_in_viewport()
