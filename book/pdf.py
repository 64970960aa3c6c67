"""`make pdf`: the whole book as one PDF, printed from the built pages by Chromium.

All pages go into one document, so that links between them, page numbers and the outline (made of
the headings) run through. Chromium cannot yet print the number of the page that a link leads to;
so it prints twice: the first PDF tells the numbers of the contents of the second.
"""

import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

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


def contents(chapters: list[Tag], numbers: dict[str, int]) -> str:
    """The table of contents: parts, pages and sections, each with the page it is on."""
    lines = []
    for heading in (h for c in chapters for h in c.select("h1, h2, h3")):
        target = heading.get("id") or heading.find_parent(id=True)["id"]
        lines.append(
            f'<a class="in-{heading.name}" href="#{escape(target)}"><span>{escape(heading.text)}'
            f"</span><i></i><b>{numbers.get(target, 0)}</b></a>"
        )
    return "\n".join(lines)


def document(numbers: dict[str, int]) -> str:
    chapters = [chapter(pages.TOC["root"], 0)]
    for caption, names in pages.PARTS:
        label = f'<h1 class="part" id="{anchor(names[0], "part")}">{escape(caption)}</h1>'
        chapters += [chapter(name, 1, "" if i else label) for i, name in enumerate(names)]
    sheets = dict.fromkeys(path for page in pages.PAGES for path in pages.stylesheets(page))
    links = "".join(
        f'<link rel="stylesheet" href="{path.resolve().as_uri()}">'
        for path in [*sheets, Path(__file__).with_suffix(".css")]
    )
    body = BeautifulSoup("".join(chapters), "html.parser")
    return f"""<!doctype html><html lang="ko" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{escape(TITLE)}</title>{links}</head><body>
<div class="cover"><p class="title">{escape(TITLE)}</p><p>{escape(AUTHOR)}</p>
<p>{escape(pages.CONFIG["copyright"])}</p><p>{pages.ADDRESS}</p></div>
<nav class="contents"><h1>차례</h1>{contents(body.select(".chapter"), numbers)}</nav>
{body}</body></html>"""


def print_pdf(html: str, target: Path, browser: str) -> PdfReader:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.html")
        source.write_text(html, encoding="utf-8")
        command = [browser, "--headless", *chromium.FLAGS, f"--user-data-dir={folder}/profile"]
        command += ["--no-pdf-header-footer", "--generate-pdf-document-outline"]
        subprocess.run(
            [*command, f"--print-to-pdf={target}", source.as_uri()],
            env=chromium.environment(Path(folder)), check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return PdfReader(target)


def make(target: Path = TARGET) -> PdfReader:
    if (browser := chromium.find()) is None:
        raise SystemExit(chromium.MISSING)
    draft = print_pdf(document({}), target, browser)
    numbers = {
        name.lstrip("/"): draft.get_destination_page_number(place) + 1
        for name, place in draft.named_destinations.items()
    }
    return print_pdf(document(numbers), target, browser)


if __name__ == "__main__":
    made = make()
    print(f"{TARGET.relative_to(pages.ROOT)}: {len(made.pages)} pages", file=sys.stderr)
