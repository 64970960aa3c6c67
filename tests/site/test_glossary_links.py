"""The first use of a glossary term on a page is a link to its row, and nothing else is.

A small site is built with the extension alone; then the real book is looked at.
"""

import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from .test_book import PAGES, ROOT, SITE, needs_site
from .test_terms import GLOSSARY, TERMS_HEADER, read_table

PYTHON = ROOT / ".venv-book" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
TERMS = [row[0] for row in read_table(GLOSSARY.read_text(encoding="utf-8"), TERMS_HEADER)]
MOST = 50  # links on a page; lecture 07 is twice as long as the others

NO_PROSE = {"h1", "h2", "h3", "code", "pre", "a", "nav", "table", "figcaption"}


class Links(HTMLParser):
    """(words, address, title, enclosing tags) of each glossary link; the ids of all rows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str, str, set[str]]] = []
        self.rows: list[str] = []
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "a" and "glossary-term" in given.get("class", ""):
            self.links.append(("", unquote(given["href"]), given["title"], set(self.open)))
        if tag == "tr" and "id" in given:
            self.rows.append(given["id"])
        if tag not in ("br", "hr", "img", "input", "link", "meta"):
            self.open.append("glossary-term" if "glossary-term" in str(attrs) else tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "glossary-term":
            words, *rest = self.links[-1]
            self.links[-1] = (words + data, *rest)


# The glossary has no Latin terms yet: two that ask for borders and for escaping.
LATIN = "| MSE | mean | | 평균입니다. |\n| C++ | language | | 언어입니다. |\n"
CASES = {  # paragraph -> what is linked in it
    "행렬 분해를 배웁니다. 행렬 분해는 쉽습니다.": ["행렬 분해"],
    "**텐서**(tensor)와 손실입니다.": ["텐서", "손실"],
    "잠재 요인 벡터의 길이와 잠재 요인, 다시 잠재 요인 벡터": ["잠재 요인 벡터", "잠재 요인"],
    "경사하강법은 경사와 다릅니다.": ["경사하강법", "경사"],
    "평점표와 예측값, 재학습은 다른 낱말입니다.": [],
    "학습하고 갱신합니다.": [],
    "사용자들에게는, 에폭마다, 100에폭까지의": ["사용자", "에폭"],
    "(평점) '빈칸', 시드. 편향!": ["평점", "빈칸", "시드", "편향"],
    "텐서이고 편향인데 손실이라는 벌금이라서": ["텐서", "편향", "손실", "벌금"],
    "`텐서` $텐서$ [텐서](https://example.org/) ![텐서](텐서.png) 뒤의 텐서는": ["텐서"],
    "색과 모양은 그대로입니다.": [],
    "**모양**(shape)은 축마다 숫자가 몇 개인지입니다.": ["모양"],
    "RMSE는 다른 낱말입니다.": [],
    "MSELoss는 다른 낱말입니다.": [],
    "(MSE)는 용어입니다.": ["MSE"],
    "C++(언어)와 C": ["C++"],
    "## 텐서와 손실": [],
    "```\n텐서\n```": [],
    "    텐서": [],
    "| 텐서 |\n|---|\n| 손실 |": [],
    "<p>텐서</p>": [],
    "- 목록의 텐서도\n- 목록의 텐서도": ["텐서"],
    "> 인용의 텐서도": ["텐서"],
}


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page per case, and the real glossary."""
    if not PYTHON.exists():
        pytest.skip("Sphinx is not installed: run `make book` first")
    folder = tmp_path_factory.mktemp("site")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['myst_parser', 'sphinx_design', 'glossary_links']\n"
        "myst_enable_extensions = ['colon_fence', 'dollarmath']\n"
        "suppress_warnings = ['image.not_readable', 'myst.header']\n",
        encoding="utf-8",
    )
    (folder / "book").mkdir()
    text = GLOSSARY.read_text(encoding="utf-8")
    text = text.replace("|---|---|---|---|\n", "|---|---|---|---|\n" + LATIN, 1)
    (folder / "book" / "glossary.md").write_text(text, encoding="utf-8")
    toc = "# 제목\n\n```{toctree}\n:glob:\n\n*\nbook/*\n```\n"
    (folder / "index.md").write_text(toc, encoding="utf-8")
    for number, case in enumerate(CASES):
        (folder / f"{number}.md").write_text(f"# 텐서\n\n{case}\n", encoding="utf-8")
    subprocess.run(
        [PYTHON, "-m", "sphinx", "-qW", "--keep-going", folder, folder / "html"], check=True
    )
    return folder / "html"


@pytest.mark.parametrize(("number", "expected"), [*enumerate(CASES.values())])
def test_what_is_linked(small_site: Path, number: int, expected: list[str]) -> None:
    links = Links(small_site / f"{number}.html").links
    assert [words for words, *_ in links] == expected
    assert not any(inside & NO_PROSE for *_, inside in links)


def test_only_the_paragraph_changes_by_links(small_site: Path) -> None:
    html = (small_site / "0.html").read_text(encoding="utf-8")
    paragraph = re.search(r"<p>(행렬.*?|<a.*?)</p>", html)[1]
    assert re.sub("<[^>]*>", "", paragraph) == next(iter(CASES))
    assert paragraph.count("<a ") == 1 and "</a>를 배웁니다" in paragraph


def pages() -> dict[str, list]:
    return {page: Links(SITE / f"{page}.html").links for page in PAGES}


@needs_site
def test_every_term_has_a_row_of_its_own() -> None:
    rows = Links(SITE / "book" / "glossary.html").rows
    assert rows == ["term-" + term.replace(" ", "-") for term in TERMS]


@needs_site
def test_links_lead_to_the_rows_and_say_what_they_mean() -> None:
    seen = set()
    for links in pages().values():
        for term, address, title, _ in links:
            assert address.rpartition("/")[2] == f"glossary.html#term-{term.replace(' ', '-')}"
            assert len(title) > 5 and not set(title) & set("\\$`")
            seen.add(term)
    assert len(seen) > 0.8 * len(TERMS)  # the glossary is the course's own


@needs_site
def test_a_term_is_linked_once_and_only_in_prose() -> None:
    for page, links in pages().items():
        terms = [words for words, *_ in links]
        assert len(terms) == len(set(terms)), page
        for words, _, _, inside in links:
            assert not inside & NO_PROSE, (page, words)


@needs_site
def test_the_glossary_does_not_link_to_itself_and_no_page_drowns() -> None:
    count = {page: len(links) for page, links in pages().items()}
    assert count.pop("book/glossary") == 0
    assert max(count.values()) <= MOST
    assert all(count[page] >= 20 for page in count if page.startswith("lectures/0"))
