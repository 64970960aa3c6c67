"""Mend what the themes, pandas and myst-nb write in a way that a screen reader stumbles over.

Each change says why. tests/site/test_axe.py looks for what is left, with axe-core.
"""

import re
from itertools import count
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from templates import ANY, change

TEMPLATES = {
    "pydata_sphinx_theme/layout.html": {
        # The book's title and the search button stood outside every landmark.
        '<div id="pst-primary-sidebar" ': (
            '<div id="pst-primary-sidebar" role="complementary" aria-label="책 메뉴" '
        ),
        # Dialogs without a name.
        '<dialog id="pst-search-dialog"': '<dialog id="pst-search-dialog" aria-label="검색"',
        '<dialog id="pst-primary-sidebar-modal"': (
            '<dialog id="pst-primary-sidebar-modal" aria-label="책 메뉴"'
        ),
        '<dialog id="pst-secondary-sidebar-modal"': (
            '<dialog id="pst-secondary-sidebar-modal" aria-label="이 페이지의 차례"'
        ),
        # Without scripts the theme "auto" has no colours at all; until the theme's script has
        # come, a reader in the dark is dazzled: begin with what the reader's system says.
        '{% if default_mode %}data-theme="{{ default_mode }}"{% endif %}': 'data-theme="light"',
        'localStorage.getItem("theme") || "{{ default_mode }}"': (
            'localStorage.getItem("theme") || '
            '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
        ),
    },
    # The button's tooltip names it; a second name on each of its icons only contradicts that.
    "theme-switcher.html": {
        """ title="{{ _('Light') }}\"""": "",
        """ title="{{ _('Dark') }}\"""": "",
        """ title="{{ _('System Settings') }}\"""": "",
    },
    # Icons are letters of a font: beside words that say the same they are not to be read.
    ANY: {
        '<i class="': '<i aria-hidden="true" class="',
        '<span class="fa-': '<span aria-hidden="true" class="fa-',
    },
}
FOLD = '<details class="admonition hide '
NAMED = '<summary aria-label="Toggle hidden content">'
DATAFRAME = '<table border="1" class="dataframe">'
PRINTED = r'<div class="output text_html"(?=>\s*<div>\s*<style)'
WRITTEN = '<div class="pst-scrollable-table-container"'


def name_headers(table: re.Match[str]) -> str:
    """Say what each header cell of a DataFrame heads; the empty corner heads nothing.

    Without the scopes, a reader that meets a data cell in the corner takes the first row for data.
    """
    head, body = table[0].split("</thead>", 1)
    head = head.replace("<th></th>", "<td></td>").replace("<th>", '<th scope="col">')
    if table[0].startswith(DATAFRAME):
        head = re.sub(r"(?<=[가-힣])\(", "<wbr>(", head)  # on a phone 다호 stands over (ES)
    body = body.replace("<th></th>", "<td></td>").replace("<th>", '<th scope="row">')
    return f"{head}</thead>{body}"


def name_boxes(body: str, box: str, kind: str) -> tuple[str, int]:
    """Number the boxes of tables, and count them.

    A wide table scrolls and so takes the focus: it needs a name of its own.
    """
    number = count(1)
    return re.subn(
        box, lambda found: f'{found[0]} role="region" aria-label="{kind} {next(number)}"', body
    )


def mend(body: str, page: str) -> str:
    """Mend the text of a page.

    Raises:
        ExtensionError: myst-nb, pandas or the theme writes otherwise than expected here.
    """
    # The words of the fold say it already, and they are Korean.
    mended = body.replace(NAMED, "<summary>")
    mended, printed = name_boxes(mended, PRINTED, "출력한 표")
    mended, written = name_boxes(mended, WRITTEN, "표")
    mended = re.sub(r'<table[^>]*class="dataframe".*?</table>', name_headers, mended, flags=re.S)
    for what, there, found in [
        (NAMED, body.count(FOLD), body.count(NAMED)),
        (PRINTED, body.count(DATAFRAME), printed),
        (WRITTEN, body.count('<table class="table'), written),
        ('class="dataframe" on each table with <th>', mended.count("<th>"), 0),
    ]:
        if there != found:
            raise ExtensionError(f"accessible: page {page} has {what!r} {found} times, not {there}")
    return mended


def mend_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Mend the text of a page before it is written."""
    if body := context.get("body"):
        context["body"] = mend(body, page)


def write_front_door(app: Sphinx, exception: Exception | None) -> None:
    """Write an index.html with a language, a title and a link; sphinx-external-toc's has none."""
    root, title = f"{app.config.root_doc}.html", app.config.html_title
    if app.builder.format == "html" and not exception:
        Path(app.outdir, "index.html").write_text(
            f'<!DOCTYPE html><html lang="{app.config.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="refresh" content="0; url={root}"><title>{title}</title></head>'
            f'<body><a href="{root}">{title}</a></body></html>\n',
            encoding="utf-8",
        )


def setup(app: Sphinx) -> None:
    """Connect the changes."""
    change(app, __name__, TEMPLATES)
    app.connect("html-page-context", mend_page)
    app.connect("build-finished", write_front_door, priority=400)  # before theirs
