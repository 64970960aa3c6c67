"""Write what the search knows: the sections of all pages, each with its heading and its words.

Sphinx's own search has no Korean, leads to pages and wants every word of a query on one of them.
Ours runs in the reader's browser: `search_ko.js` cuts words, `search.js` ranks sections,
`search_page.js` shows them. A term of the glossary is a section, too; what else the words of the
book are called stands in the glossary.
"""

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, Comment, Tag
from sphinx.application import Sphinx

INDEX = "_static/search_index.js"
REPLACED = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")
UNSAID = (
    "script, style, button, svg, .katex-html, .katex-display, .figure-data, .provenance, summary"
)
REPEATED = ("요약", "다음 강의", "스스로 묻기")  # a search leads to where a thing is told
CODE = ".cell_input, .cell_output, div.highlight:not(.cell_input *, .cell_output *)"
ASKED = re.compile(r"\s*asked: (.+?)\s*", re.S)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}", re.ASCII)
ERROR = re.compile("Error|Warning")
CALLED = re.compile(rf"(?<=\.){NAME.pattern}|{NAME.pattern}(?=\()", re.ASCII)
NUMBERS = re.compile(r"[\d\s.,+−–±%~-]*")


def squeeze(tag: Tag) -> str:
    """Return the text of a tag, each white space as one."""
    return " ".join(tag.get_text().split())


def read_words(page: BeautifulSoup) -> dict[str, str]:
    """Read what the glossary's tables say: other word -> the book's; the first cells of a row."""
    rows = [row.select("td") for row in page.select("article tr:has(td)")]
    return {
        other: squeeze(row[0]) for row in rows for other in squeeze(row[1]).split(", ") if other
    }


def write_place(head: str, anchor: str) -> dict[str, str]:
    """Write where a section is; an anchor made of its heading is left for search.js to make."""
    slug = re.sub(r"[^\w-]", "", head.lower().replace(" ", "-"))
    return {"head": head} if slug == anchor else {"head": head, "id": anchor}


def read_glossary(article: Tag) -> list[dict[str, str]]:
    """Read the terms as sections, and take the tables out of the page.

    Other names of a term are left for search.js to add.
    """
    sections = []
    for row in article.select("tr[id]"):
        term, _, symbol, meaning = map(squeeze, row.select("td"))
        sections.append(write_place(term, row["id"]) | {"alias": symbol, "text": meaning})
    for table in article.select("table"):
        table.decompose()
    return sections


def read_names(code: Tag) -> list[str]:
    """Read the names of code that somebody may ask for: what it calls, and errors that it shows."""
    kind = code.get("class", [])
    if "cell_input" in kind:
        return CALLED.findall(code.get_text())
    lines = code.get_text(" ").splitlines()
    if "cell_output" in kind:
        lines = [line for line in lines if ERROR.search(line)]
    return NAME.findall(" ".join(lines))


def read_sections(page: BeautifulSoup, known: set[str]) -> list[dict[str, str]]:
    """Read the sections of a page, in its order.

    Of code and what it prints only names and English words count, where the book first has them:
    `known` holds those that came before, and gets those of this page. What readers ask of a section
    in other words than its own stands below its heading, in a comment `<!-- asked: ... -->`.
    """
    article = page.select_one("article")
    for part in article.select(UNSAID):
        part.decompose()
    for formula in article.select(".katex"):
        formula.replace_with(formula.annotation.text)
    for cell in article.select("td"):
        if NUMBERS.fullmatch(cell.text):
            cell.decompose()
    sections = []
    parts = [part.extract() for part in reversed(article.select("section"))]
    for part in reversed(parts):
        head = squeeze(part.find(re.compile("h[1-6]")).extract())
        if head in REPEATED:
            continue
        comments = part.find_all(string=lambda text: isinstance(text, Comment))
        asked = filter(None, map(ASKED.fullmatch, comments))
        names = [name for code in part.select(CODE) for name in read_names(code.extract())]
        text = squeeze(part)
        new = [name for name in dict.fromkeys(names) if name not in known and name not in text]
        known.update(names)
        if text or new:
            place = write_place(head, part["id"])
            more = {"asked": " ".join(found[1] for found in asked), "code": " ".join(new)}
            said = {name: words for name, words in more.items() if words}
            sections.append(place | {"text": text} | said)
    return sections


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the sections as a script: a page opened from a folder may not read files."""
    if exception or app.builder.format != "html":
        return
    site, pages, words, known = Path(app.outdir), [], {}, set()
    for name in sorted(app.env.found_docs):
        address, terms = app.builder.get_target_uri(name), []
        page = BeautifulSoup((site / address).read_text("utf-8"), "html.parser")
        for link in page.select(".headerlink"):
            link.decompose()
        title = squeeze(page.select_one("article h1") or page.title)
        if page.select("article tr[id]"):  # the glossary
            words = read_words(page)
            terms = read_glossary(page.article)
        sections = terms + read_sections(page, known)
        pages.append({"page": title, "url": address, "sections": sections})
    index = {"words": words, "pages": pages}
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    (site / INDEX).write_text(f"const SEARCH_INDEX = {text};\n", "utf-8")
    for name in REPLACED:
        (site / name).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Run when the site is written."""
    app.connect("build-finished", write_index)
