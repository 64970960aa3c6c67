"""What of an interface is not Korean, what a screen reader says included.

A page's own text (prose, tables, code) is not the interface: English terms stand in it on purpose.
"""

import re
from collections.abc import Iterator

import pytest

from .site import LECTURES, soup

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
    button = page.locator(".copybtn").filter(visible=True).first
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".copybtn.success, .copybtn[data-tooltip*='못']")
    assert list(foreign(page.evaluate(COLLECT))) == []


def test_words_are_ours_where_the_themes_korean_is_bad() -> None:
    page = soup(LECTURES[0])
    assert "지은이:" in page.select_one(".component-author").text
    [issue] = page.select("a.btn-source-issues-button")
    assert issue["href"].endswith(f"title=틀린%20곳:%20{LECTURES[0]}.html&body=")


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<button title="Copy">가</button>', 1),
        ('<button aria-label="Toggle primary sidebar">가</button>', 1),
        ("<article><svg><title>Copy to clipboard</title></svg></article>", 1),
        ("<article><details><summary>Click to show</summary></details></article>", 1),
        ('<span class="sr-only">Search</span>', 1),
        ('<article><img alt="loss"></article>', 1),
        ('<input placeholder="Search the docs ...">', 1),
        ('<a title="GitHub">GitHub</a><article><p>epoch</p></article>', 0),
        ('<article><code title="가">lr</code></article>', 0),
    ],
)
def test_english_of_the_interface_is_found(visit, html: str, found: int) -> None:
    page = visit("about:blank").page
    page.set_content(html)
    assert len(list(foreign(page.evaluate(COLLECT)))) == found
