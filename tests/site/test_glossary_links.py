"""The first use of a glossary term on a page is a link to its row, and nothing else is.

A small site is built with the extension alone; then the real book is looked at.
"""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag

from .site import PAGES, ROOT, read, soup
from .test_terms import GLOSSARY, TERMS

PYTHON = ROOT / ".venv-book" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MOST = 50  # links on a page; lecture 07 is twice as long as the others

NO_PROSE = {"h1", "h2", "h3", "code", "pre", "a", "nav", "table", "figcaption"}


def find_links(page: BeautifulSoup) -> list[Tag]:
    """The links to the glossary; they stand in prose."""
    links = page.select("a.glossary-term")
    for link in links:
        assert not {above.name for above in link.parents} & NO_PROSE, link
    return links


# Two Latin terms that ask for borders and for escaping.
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
    assert [link.text for link in find_links(read(small_site / f"{number}.html"))] == expected


def test_only_the_paragraph_changes_by_links(small_site: Path) -> None:
    paragraph = read(small_site / "0.html").select_one("article p, .body p")
    assert paragraph.text == next(iter(CASES))
    assert len(paragraph.select("a")) == 1 and "</a>를 배웁니다" in str(paragraph)


def test_every_term_has_a_row_of_its_own() -> None:
    rows = [row["id"] for row in soup("book/glossary").select("tr[id]")]
    assert rows == ["term-" + term.replace(" ", "-") for term, *_ in TERMS]


def test_links_lead_to_the_rows_and_say_what_they_mean() -> None:
    seen = set()
    for link in (link for page in PAGES for link in find_links(soup(page))):
        at = unquote(link["href"]).rpartition("/")[2]
        assert at == f"glossary.html#term-{link.text.replace(' ', '-')}"
        assert len(link["title"]) > 5 and not set(link["title"]) & set("\\$`")
        seen.add(link.text)
    assert len(seen) > 0.8 * len(TERMS)  # the glossary is the course's own


@pytest.mark.parametrize("page", PAGES)
def test_a_term_is_linked_once_and_no_page_drowns(page: str) -> None:
    terms = [link.text for link in find_links(soup(page))]
    assert len(terms) == len(set(terms)) <= MOST * (page != "book/glossary")
    asked = 20 if page.startswith("lectures/") else 0
    assert len(terms) >= asked, f"{len(terms)} terms of the glossary, not {asked}: {terms}"
