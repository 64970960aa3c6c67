"""What axe-core says of a page: no violation of any level.

The pages as they come and what their buttons open are looked at here, each page with its folds
open in `test_every_page.py`.
"""

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from .site import LECTURES

AXE = str(files("axe_playwright_python") / "axe.min.js")
# Every rule, the experimental ones too, but for the AAA contrast of 7:1 (the theme keeps AA) and
# the rule that only lists what is hidden. Left out of the page: what KaTeX draws (a screen reader
# has the MathML beside it, which is not seen; the colour is the text's). Of what axe leaves
# undecided we take the contrast, but for code that is an arrow (its neighbours have the same
# colour) and words in an SVG (the text's colour, on shapes that axe cannot look through).
UNASKED = ["color-contrast-enhanced", "hidden-content"]
COSTLY = ["color-contrast", "link-in-text-block", "target-size"]  # what lies where, in which colour
RUN = """async () => {
  // A button half under the header that stays on top is small for axe; a reader scrolls on.
  window.scrollTo({ top: 0, behavior: 'instant' });
  document.body.offsetHeight;  // a fold that opened has formulas, and they want their fonts
  await document.fonts.ready;
  const rules = {};
  for (const rule of axe.getRules()) rules[rule.ruleId] = {enabled: true};
  for (const ruleId of UNASKED) rules[ruleId] = {enabled: false};
  const options = {rules, elementRef: true, resultTypes: ['violations', 'incomplete']};
  const result = await axe.run({exclude: LEFT_OUT}, options);
  const lines = found => found.flatMap(rule => rule.nodes.map(
    node => `${rule.id} (${rule.impact}): ${node.html.slice(0, 200)} ${node.failureSummary}`));
  const undecided = result.incomplete.filter(rule => rule.id == 'color-contrast');
  for (const rule of undecided) rule.nodes = rule.nodes.filter(node => !node.element.closest('svg')
    && !node.failureSummary.includes('only non-text characters'));
  return [...lines(result.violations), ...lines(undecided)];
}"""
# Contrast takes axe most of its time, and what has the same tags, classes and styles all the way up
# (and, in a table, the same stripe) has the same colours: one of each kind is enough. A cell's own
# tags (`tag_bayes`) have no style, and a formula's MathML is not seen.
ONE_OF_EACH = """() => {
  const stripe = (part) => part.tagName == 'TR' ? part.rowIndex % 2 : '';
  const name = (part) => (part.tagName + stripe(part)
    + ['class', 'style', 'fill', 'open'].map(key => part.getAttribute(key)).join())
    .replace(/tag_[a-z]+(?!-)\\b/g, '');
  const kind = (part) => part ? `${kind(part.parentElement)}/${name(part)}` : '';
  const written = (part) => [...part.childNodes].some(node => node.data?.trim());
  const seen = new Set();
  for (const part of document.querySelectorAll('body *')) {
    if (part.closest('.katex') || !part.checkVisibility()) continue;
    if (!(written(part) || part.placeholder)) continue;
    if (!seen.has(kind(part))) part.setAttribute('data-contrast', '');
    seen.add(kind(part));
  }
  axe.configure({rules: [{id: 'color-contrast', selector: '[data-contrast]'}]});
}"""
UNFOLD = """() => {
  document.querySelectorAll('details').forEach(fold => fold.open = true);
  // As after scrolling up, but at its place in the page: where it floats it may lie on a button.
  const up = document.querySelector('#pst-back-to-top');
  Object.assign(up.style, { display: 'block', position: 'static' });
}"""
COMBINATIONS = [(390, False), (390, True), (1280, False), (1280, True)]  # width, dark
KINDS = [  # what differs in its parts: cards, prose, cells and figures, tables and pictures, a list
    "book/index.html",
    "book/troubleshooting.html",
    f"{LECTURES[0]}.html",
    "book/benchmark.html",
    "book/glossary.html",
    "search.html",
]
FOLDED = [f"{LECTURES[0]}.html", "book/benchmark.html"]
# Left out where only what stands around the text is new; axe is quick if it is not there.
FRAME = "['.katex-html', 'article']"
OPENED = ".dropdown-menu.show, dialog[open]"
EMPTY = "document.querySelectorAll('article :is(p, .cell, details)').forEach(part => part.remove())"


def complaints(page, left_out: str = "['.katex-html']", unasked: list[str] = UNASKED) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
        # What fades in has no contrast of its own while it does.
        page.add_style_tag(content="* { animation: none !important; transition: none !important }")
        # Nor can axe tell the contrast of what is scrolled out of the sidebar: show all of it.
        page.add_style_tag(content="#pst-primary-sidebar { max-height: none !important }")
    page.evaluate(ONE_OF_EACH)
    return page.evaluate(RUN.replace("LEFT_OUT", left_out).replace("UNASKED", str(unasked)))


@pytest.mark.parametrize(("width", "dark"), COMBINATIONS[1:3])
@pytest.mark.parametrize("path", FOLDED)
def test_page_as_it_comes(visit, site: str, path: str, width: int, dark: bool) -> None:
    page = visit(f"{site}/{path}", width=width, dark=dark).page
    assert complaints(page) == []


def test_what_lies_half_under_the_header_is_no_small_button(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html", width=390).page
    button = page.locator(".wrap-code").filter(visible=True).first
    for offset in (28, 32, 36):  # the header ends here
        move = "(part, y) => scrollBy({ top: part.getBoundingClientRect().top - y, "
        button.evaluate(move + "behavior: 'instant' })", offset)
        assert complaints(page) == [], offset


BUTTONS = {
    1280: [f".dropdown-{kind}-buttons > button" for kind in ("download", "source", "launch")]
    + [".search-button-field"],
    390: [".primary-toggle", ".secondary-toggle", ".search-button"],
}


@pytest.mark.parametrize(("width", "dark"), COMBINATIONS)
def test_what_a_button_opens(visit, site: str, width: int, dark: bool) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html", width=width, dark=dark).page
    page.evaluate(EMPTY)
    for button in BUTTONS[width]:
        before = page.locator(OPENED).filter(visible=True).count()
        page.locator(button).filter(visible=True).first.click()
        expect(page.locator(OPENED).filter(visible=True)).not_to_have_count(before)
        # What opens lies over links; axe wonders what shines through. Nothing does.
        over = ("partially overlaps", "overlapped by another element")
        found = complaints(page, FRAME)
        assert [line for line in found if not any(map(line.count, over))] == [], button
        page.keyboard.press("Escape")
        expect(page.locator(OPENED).filter(visible=True)).to_have_count(before)


def test_a_fault_in_the_frame_is_found(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html").page
    page.evaluate(EMPTY)
    button = page.locator(".dropdown-download-buttons > button")
    button.click()
    page.locator(".dropdown-menu.show").wait_for()  # the menus' script is loaded on first use
    page.evaluate("document.querySelector('.dropdown-menu.show').append(new Image())")
    assert any("image-alt" in line for line in complaints(page, FRAME))


@pytest.mark.parametrize(
    "fault",
    [
        '<p style="color: #ccc; background: #fff">흐릿한 글</p>',
        "<table><thead><tr><th></th><th>값</th></tr></thead><tr><th>가</th><td>1</td></tr></table>",
        '<pre><span class="n">가</span> <span class="n"><b>나</b></span> '
        '<span class="n" style="color: #888; background: #999">다</span></pre>',
        '<p style="background: linear-gradient(#fff, #000); color: #888">알 수 없는 바탕</p>',
    ],
)
def test_a_fault_is_found(visit, site: str, fault: str) -> None:
    page = visit(f"{site}/search.html").page
    page.evaluate(
        "fault => document.querySelector('main').insertAdjacentHTML('afterbegin', fault)", fault
    )
    assert complaints(page) != []
