"""How a page is taken apart for slides. That the slides show it all: tests/site."""

import pytest
from bs4 import BeautifulSoup

from book.slides import answer, blocks, topics

CODE = '<div class="cell_input"><div class="highlight"><pre>{}</pre></div></div>'
OUTPUT = '<div class="cell_output"><div class="output stream"><div class="highlight"><pre>2</pre>'
FIGURE = '<div class="cell_output"><img src="a.webp" alt="곡선"><details><table></table></details>'


def tag(html: str):
    return BeautifulSoup(html, "html.parser").find()


def cell(*parts: str):
    return tag(f'<div class="cell">{"".join(parts)}</div>')


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ([CODE.format("1 + 1"), OUTPUT], ["code", "output"]),
        ([CODE.format("plot()"), FIGURE], ["code", "figure"]),
        ([f"<details>{CODE.format('plot()')}</details>", FIGURE], ["figure"]),
        ([CODE.format("check()"), f'<details class="below-input">{OUTPUT}</details>'], []),
        ([CODE.format("# 준비: 설치"), OUTPUT], []),
    ],
    ids=["output", "figure", "folded code", "folded output", "bootstrap"],
)
def test_a_cell_shows_what_its_page_shows(parts: list[str], kinds: list[str]) -> None:
    assert [block["data-kind"] for block in blocks(cell(*parts))] == kinds


def test_an_answer_is_told_once() -> None:
    fold = tag(
        "<details><summary>답</summary><div><p>가</p><ul><li><p>나</p></li></ul>"
        '<div class="highlight"><pre>1</pre></div></div></details>'
    )
    label, *rest = answer(fold)
    assert label.text == "답" and "fragment" not in label["class"]
    assert [part.text for part in rest] == ["가", "나", "1"]
    assert all("fragment" in part["class"] for part in rest)


def test_a_topic_is_a_heading_and_what_follows_it() -> None:
    article = tag(
        "<article><section id='a'><h1>강의</h1><p>가</p><section id='b'><h2>절</h2><p>나</p><hr>"
        "<p class='provenance'>어제</p></section></section></article>"
    )
    found = [(heading["id"], [block.text for block in body]) for heading, body in topics(article)]
    assert found == [("a", ["가"]), ("b", ["나"])]
