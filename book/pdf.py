"""`make pdf`: the whole book as one PDF, printed from the built pages by Chromium.

All pages go into one document, so that the links between them and the page numbers run through.
Chromium cannot yet print the number of the page that a link leads to; so it prints twice, and the
first PDF tells the numbers for the contents of the second. The outline is made of the contents:
Chromium's own drops some headings and names others twice.
"""

import logging
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

from book import chromium, pages

TARGET = pages.ROOT / "_build" / "book.pdf"
TITLE, AUTHOR = pages.CONFIG["title"], pages.CONFIG["author"]


def anchor(page: str, fragment: str = "") -> str:
    """A page's name inside the one document, or that of a place on it."""
    return f"{page}/{fragment}".rstrip("/").replace("/", "-")


def chapter(page: str, level: int, label: str = "") -> str:
    """A page as a chapter: its headings `level` lower, its names and links those of the whole."""
    article = pages.article(page)
    for heading in article.select("h1, h2, h3, h4"):
        heading.name = f"h{int(heading.name[1]) + level}"
    for tag in article.select("[id]"):
        if not tag.find_parent("svg"):
            tag["id"] = anchor(page, tag["id"])
    for link in article.select("a[href]"):
        address, _, fragment = link["href"].removeprefix(pages.ADDRESS).partition("#")
        if address.removesuffix(".html") in pages.PAGES:
            link["href"] = "#" + anchor(address.removesuffix(".html"), fragment)
    for fold in article.select("details"):
        fold["open"] = ""
    return f'<div class="chapter" id="{anchor(page)}">{label}{article}</div>'


def whole() -> BeautifulSoup:
    """Every page as a chapter, each part's name above its first."""
    chapters = [chapter(pages.TOC["root"], 0)]
    for caption, names in pages.PARTS:
        label = f'<h1 class="part" id="{anchor(names[0], "part")}">{escape(caption)}</h1>'
        chapters += [chapter(name, 1, "" if i else label) for i, name in enumerate(names)]
    return BeautifulSoup("".join(chapters), "html.parser")


def entries(body: BeautifulSoup) -> list[tuple[int, str, str]]:
    """The contents: level, title and name of every part, page and section; of the preface its
    title alone."""
    preface = anchor(pages.TOC["root"])
    return [
        (int(heading.name[1]), heading.text, heading.get("id") or heading.parent["id"])
        for heading in body.select(f"h1, .chapter:not(#{preface}) :is(h2, h3)")
    ]


def document(body: BeautifulSoup, numbers: dict[str, int]) -> str:
    """The book as one page of HTML, with the looks of its pages."""
    sheets = dict.fromkeys(path for page in pages.PAGES for path in pages.stylesheets(page))
    links = "".join(
        f'<link rel="stylesheet" href="{path.resolve().as_uri()}">'
        for path in [*sheets, Path(__file__).with_suffix(".css")]
    )
    contents = "\n".join(
        f'<a class="level-{level}" href="#{escape(name)}"><span>{escape(title)}</span><i></i>'
        f"<b>{numbers.get(name, 0)}</b></a>"
        for level, title, name in entries(body)
    )
    return f"""<!doctype html><html lang="ko" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{escape(TITLE)}</title>{links}</head><body>
<div class="cover"><p class="title">{escape(TITLE)}</p><p>{escape(AUTHOR)}</p>
<p>{escape(pages.CONFIG["copyright"])}</p><p>{pages.ADDRESS}</p></div>
<div class="contents" id="contents"><h1>차례</h1>{contents}</div>
{body}</body></html>"""


def print_pdf(html: str, target: Path, browser: str) -> PdfReader:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.html")
        source.write_text(html, encoding="utf-8")
        command = [browser, "--headless", *chromium.FLAGS, f"--user-data-dir={folder}/profile"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]
        env = chromium.environment(Path(folder))
        subprocess.run(command, env=env, check=True, capture_output=True, timeout=300)
    return PdfReader(target)


def places(printed: PdfReader) -> dict[str, tuple[int, float]]:
    """Where each name is: the page, counted from 0, and the height on it."""
    return {
        name.lstrip("/"): (printed.get_destination_page_number(place), place.top)
        for name, place in printed.named_destinations.items()
    }


def make(target: Path = TARGET) -> PdfReader:
    if (browser := chromium.find()) is None:
        raise SystemExit(chromium.MISSING)
    body = whole()
    draft = places(print_pdf(document(body, {}), target, browser))
    numbers = {name: page + 1 for name, (page, _) in draft.items()}
    printed = print_pdf(document(body, numbers), target, browser)
    found = places(printed)
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts Chromium's objects otherwise
    writer = PdfWriter(clone_from=printed)
    writer.add_metadata({"/Author": AUTHOR})
    above = {0: None, 1: writer.add_outline_item(title="차례", page_number=1)}
    for level, title, name in entries(body):
        page, top = found[name]
        above[level] = writer.add_outline_item(
            title=title, page_number=page, parent=above[level - 1], fit=Fit.xyz(top=top)
        )
    writer.write(target)
    return PdfReader(target)


if __name__ == "__main__":
    made = make()
    print(f"{TARGET.relative_to(pages.ROOT)}: {len(made.pages)} pages", file=sys.stderr)
