"""`make slides`: every lecture as a reveal.js deck in the site, one file that needs nothing else.

The deck is cut from the finished page: a topic for each heading, its text, code, outputs and
figures as blocks. slides.js lays the blocks onto slides when the deck is opened, because only the
browser that shows them knows how tall they are; so nothing overflows, whatever the font.
"""

import base64
import mimetypes
from html import escape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bs4 import Tag
from pygments.formatters import HtmlFormatter

from book import pages

FOLDER = pages.SITE / "slides"
HERE = Path(__file__).resolve()
BOOTSTRAP = "# 준비:"  # how the cell that installs the course begins
HEADINGS = ["h1", "h2", "h3"]
DRAWN = ("steps", "playground")  # what book/_ext/interactive.py draws; the playground stays still


def read(path: Path) -> str:
    """Read a text."""
    return path.read_text(encoding="utf-8")


def data_uri(path: Path) -> str:
    """Return a file as an address that holds it."""
    kind = mimetypes.guess_type(path.name, strict=False)[0]
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def reveal(name: str) -> str:
    """Read a file of reveal.js, which the wheel of sphinx-revealjs carries (it is not imported)."""
    if not (found := find_spec("sphinx_revealjs")):
        raise SystemExit(
            "sphinx-revealjs is missing: run with the Python of .venv-book, or "
            "pip install --group book"
        )
    return read(Path(*found.submodule_search_locations, "_static/revealjs/dist", name))


def blocks(cell: Tag) -> list[Tag]:
    """Return what a slide shows of a code cell: the code, what it prints, its figure.

    What the page folds away stays away: code that only draws, a check whose result is folded;
    and so does the cell that installs the course.
    """
    code = cell.select_one(".cell_input pre")
    if cell.select_one("details.below-input") or (code and code.text.startswith(BOOTSTRAP)):
        return []
    for fold in cell.select("details"):
        fold.decompose()
    drawn = ", ".join(["img", *(f".{name}" for name in DRAWN)])
    found = cell.select(f"div.highlight, .output.text_html:has(table), {drawn}")
    for tag in found:
        place = "code" if tag.find_parent(class_="cell_input") else "output"
        tag["data-kind"] = "figure" if tag.css.match(drawn) else place
    return found


def answer(fold: Tag) -> list[Tag]:
    """Return an exercise's answer: its label, and what appears at the next key."""
    outermost = "div.highlight, div.math, :is(p, ul, ol, table):not(li *, td *)"
    label, *rest = fold.select(f"summary, {outermost}")
    label.name, label["class"] = "p", "answer"
    for tag in rest:
        tag["class"], tag["data-fragment-index"] = [*tag.get("class", []), "fragment"], "1"
    return [label, *rest]


def question(form: Tag) -> list[Tag]:
    """Return a question's stem, its answers, and which is right at the next key."""
    for radio in form.select("input"):
        radio.decompose()
    stem, answers, fold = form.select("legend, fieldset > ul, details")
    stem.name = "p"
    return [stem, answers, *answer(fold)]


def topics(article: Tag) -> list[tuple[Tag, list[Tag]]]:
    """Return each heading with the blocks below it, in order."""
    found: list[tuple[Tag, list[Tag]]] = []
    for child in article.select("section > *"):
        if child.name in HEADINGS:
            child["id"] = child.parent.get("id", "")
            found.append((child, []))
        elif "cell" in child.get("class", []):
            found[-1][1].extend(blocks(child))
        elif child.name == "details":
            found[-1][1].extend(answer(child))
        elif child.name == "fieldset":
            found[-1][1].extend(question(child))
        elif child.name not in {"section", "hr", "span"} and "provenance" not in child.get(
            "class", []
        ):
            found[-1][1].append(child)
    return found


def deck(page: str) -> str:
    """Write a deck from a built page."""
    article = pages.article(page)
    own = f"{pages.ADDRESS}{page}.html"
    for link in article.select("a[href]"):
        link["href"] = link["href"].removeprefix(own)
    for image in article.select("img"):
        image["src"] = data_uri(Path(url2pathname(urlsplit(image["src"]).path)))
    title = article.h1.get_text()
    columns: list[list[str]] = []
    for heading, body in topics(article):
        if heading.name != "h3":
            part = heading.get_text()
            columns.append([])
        above = {"h1": "", "h2": title, "h3": part}[heading.name]
        columns[-1].append(
            f'<section class="topic {heading.name}" id="{heading["id"]}" '
            f'data-above="{escape(above)}">'
            f"<h2>{heading.decode_contents()}</h2>{''.join(map(str, body))}</section>"
        )
    static = HERE.with_name("_static")
    drawn = [name for name in DRAWN if article.select_one(f".{name}")]
    style = [reveal("reset.css"), reveal("reveal.css")]
    # The fonts of the formulas lie inside their stylesheet.
    style += [read(path) for path in pages.stylesheets(page) if path.name == "formulas.css"]
    style += [HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")]
    style += [read(static / f"{name}.css") for name in drawn]
    style += [read(HERE.with_suffix(".css"))]
    script = [reveal("reveal.js")] + [read(static / "steps.js")] * ("steps" in drawn)
    script += [read(HERE.with_suffix(".js"))]
    slides = "".join(f"<section>{''.join(column)}</section>" for column in columns)
    return (
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<link rel="canonical" href="{own}"><style>{"".join(style)}</style></head>'
        f'<body><div class="reveal"><div class="slides">{slides}</div></div>'
        f"{''.join(f'<script>{code}</script>' for code in script)}</body></html>"
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in pages.LECTURES:
        path = FOLDER / f"{Path(page).name}.html"
        path.write_text(deck(page), encoding="utf-8")
        pages.offer(page, path, "슬라이드", "발표용 슬라이드로 보기")
        print(f"{path.relative_to(pages.ROOT)}: {path.stat().st_size // 1000} kB")
