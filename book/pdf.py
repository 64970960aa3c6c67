"""`make pdf`: the whole book as one PDF, printed from the built pages by Chromium.

All pages go into one document, so that the links between them and the page numbers run through.
Chromium cannot yet print the number of the page that a link leads to; so it prints twice, and the
first PDF tells the numbers for the contents of the second. The outline is made of the contents:
Chromium's own drops some headings and names others twice.
"""

import logging
import subprocess
import tempfile
import zlib
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

from book import chromium, pages

TARGET = pages.SITE / "book.pdf"
TITLE, AUTHOR = pages.CONFIG["title"], pages.CONFIG["author"]


def anchor(page: str, fragment: str = "") -> str:
    """Return a page's name inside the one document, or that of a place on it.

    A name in a PDF is short and ASCII: Korean would come back as three signs per byte.
    """
    number = f"/{zlib.crc32(unquote(fragment).encode()):x}" if fragment else ""
    return f"{page}{number}".replace("/", "-")


def chapter(page: str, level: int, label: str = "") -> str:
    """Return a page as a chapter: headings `level` lower, names and links those of the whole."""
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
    return f'<div class="chapter" id="{anchor(page)}">{label}{article}</div>'


def whole() -> BeautifulSoup:
    """Return every page as a chapter, each part's name above its first."""
    chapters = [chapter(pages.TOC["root"], 0)]
    for caption, names in pages.PARTS:
        label = f'<h1 class="part" id="{anchor(names[0], "part")}">{escape(caption)}</h1>'
        chapters += [chapter(name, 1, "" if i else label) for i, name in enumerate(names)]
    return BeautifulSoup("".join(chapters), "html.parser")


def entries(body: BeautifulSoup) -> list[tuple[int, str, str]]:
    """Return the contents: level, title and name of preface, parts, pages and sections."""
    preface = anchor(pages.TOC["root"])
    return [
        (int(heading.name[1]), heading.text, heading.get("id") or heading.parent["id"])
        for heading in body.select(f"h1, .chapter:not(#{preface}) :is(h2, h3)")
    ]


def document(body: BeautifulSoup, numbers: dict[str, int]) -> str:
    """Write the book as one page of HTML, with the looks of its pages."""
    sheets = dict.fromkeys(path for page in pages.PAGES for path in pages.stylesheets(page))
    paths = [*sheets, Path(__file__).with_suffix(".css")]
    links = "".join(f'<link rel="stylesheet" href="{path.resolve().as_uri()}">' for path in paths)
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


def print_html(html: str, browser: str) -> PdfReader:
    """Print a page with Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "book.html"), Path(folder, "book.pdf")
        source.write_text(html, encoding="utf-8")
        command = [browser, "--headless", *chromium.FLAGS, f"--user-data-dir={folder}/profile"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", source.as_uri()]
        env = chromium.environment(Path(folder))
        subprocess.run(command, env=env, check=True, capture_output=True, timeout=300)
        return PdfReader(BytesIO(made.read_bytes()))


def places(pdf: PdfReader) -> dict[str, tuple[int, float]]:
    """Return where each name is: the page, counted from 0, and the height on it."""
    found = pdf.named_destinations.items()
    return {k.lstrip("/"): (pdf.get_destination_page_number(v), v.top) for k, v in found}


def make(target: Path = TARGET) -> PdfReader:
    """Print the whole book, twice for the page numbers in its contents; write it and return it."""
    if (browser := chromium.find()) is None:
        raise SystemExit(chromium.MISSING)
    body = whole()
    draft = places(print_html(document(body, {}), browser))
    final = print_html(
        document(body, {name: page + 1 for name, (page, _) in draft.items()}), browser
    )
    found = places(final)
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts Chromium's objects otherwise
    writer = PdfWriter(clone_from=final)
    writer.add_metadata({"/Author": AUTHOR})
    above = {0: None, 1: writer.add_outline_item(title="차례", page_number=1)}
    for level, title, name in entries(body):
        page, top = found[name]
        at = {"page_number": page, "fit": Fit.xyz(top=top), "parent": above[level - 1]}
        above[level] = writer.add_outline_item(title=title, **at)
    writer.write(target)
    return PdfReader(target)


if __name__ == "__main__":
    print(f"{TARGET.relative_to(pages.ROOT)}: {len(make().pages)} pages")
    size = f"{TARGET.stat().st_size / 1e6:.0f}MB"
    for page in pages.LECTURES:
        pages.offer(page, TARGET, f"책 전체 (.pdf, {size})", "책 전체 내려받기")
