"""What of an interface is not Korean, what a screen reader says included.

A page's own text (prose, tables, code) is not the interface: English terms stand in it on purpose.
"""

import re
from collections.abc import Iterator

import pytest

from .site import LECTURES

# Names.
NAMES = {"GitHub"}

# Attributes that are read or shown, wherever they stand; text outside the article; and what a
# script or an extension puts into the article: buttons, folds, titles of icons, text for screen
# readers alone.
COLLECT = """() => {
  const found = [['TITLE', document.title]];
  const attributes = ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'alt',
    'aria-valuetext', 'placeholder', 'data-tooltip', 'data-bs-title', 'data-bs-original-title',
    'data-toggle-hint'];
  for (const element of document.body.querySelectorAll('*'))
    for (const name of attributes)
      if (element.hasAttribute(name)) found.push([name, element.getAttribute(name)]);
  const inside = 'button, summary, svg title, .sr-only, .visually-hidden';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest('script, style, template, code, kbd')) continue;
    // A table of contents repeats headings: they are the page's own text.
    if (parent.closest('article, .page-toc, #jb-print-toc') && !parent.closest(inside)) continue;
    found.push([parent.tagName, walker.currentNode.data]);
  }
  return found;
}"""


def foreign(collected: list[list[str]]) -> Iterator[str]:
    """What has Latin letters, no Korean, and is no name."""
    for where, text in collected:
        text = " ".join(text.split())
        if re.search("[A-Za-z]", text) and not re.search("[가-힣]", text) and text not in NAMES:
            yield f"{where}: {text}"


def test_answers_of_the_copy_button(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURES[0]}.html").page
    button = page.locator(".copybtn").first
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".copybtn.success, .copybtn[data-tooltip*='못']")
    assert list(foreign(page.evaluate(COLLECT))) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_every_button_of_the_page_has_a_name(visit, site: str, width: int) -> None:
    """Also where the script that copies `title` into `aria-label` is not there."""
    page = visit(f"{site}/{LECTURES[0]}.html", width=width).page
    buttons = page.get_by_role("button").all()
    assert len(buttons) > 5
    names = [
        re.search(r'button "(.*)"', button.aria_snapshot().split("\n")[0]) for button in buttons
    ]
    assert all(names)


@pytest.mark.parametrize(
    "fault",
    [
        '<button title="Copy">가</button>',
        '<button aria-label="Toggle primary sidebar">가</button>',
        "<article><svg><title>Copy to clipboard</title></svg></article>",
        "<article><details><summary>Click to show</summary></details></article>",
        '<span class="sr-only">Search</span>',
        '<article><img alt="loss"></article>',
        '<input placeholder="Search the docs ...">',
    ],
)
def test_english_is_found(visit, fault: str) -> None:
    page = visit("about:blank").page
    page.set_content(fault)
    assert len(list(foreign(page.evaluate(COLLECT)))) == 1


def test_names_and_prose_pass(visit) -> None:
    page = visit("about:blank").page
    page.set_content(
        '<a title="GitHub">GitHub</a><article><p>epoch</p><code title="가">lr</code></article>'
    )
    assert list(foreign(page.evaluate(COLLECT))) == []
