"""The index page and the way from lecture to lecture follow from _toc.yml and the notebooks."""

import json
import re
from pathlib import Path

import lecture_list
import pytest

from book.pages import ADDRESS, LECTURES, ROOT
from tests.notebooks import cells, load, source

from .site import soup

PATHS = lecture_list.read_toc(ROOT)
every_lecture = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code(text: str, *outputs: dict, tags: tuple[str, ...] = ()) -> dict:
    return {"cell_type": "code", "source": [text], "metadata": {"tags": tags}, "outputs": outputs}


def prose(text: str) -> dict:
    return {"cell_type": "markdown", "source": [text], "metadata": {}}


WORDS = {"summary": "요약", "teach": "꼭 할 것", "skip": "건너뛸 것"}
PRINTED = {"output_type": "stream", "text": ["1\n", "\n", "2\n"]}
FIGURE = {"data": {"image/png": "", "text/plain": ["<Figure>"]}}
FRAME = {"data": {"text/html": ["<table><tr></tr>", "<tr></tr></table>"], "text/plain": ["a\nb"]}}


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        (prose("세 어절, 입니다 - **.**"), 1.2),
        (prose("[한 강의](https://example.org/a b)<!-- ml-100k.reg.test_mse -->"), 0.8),
        (prose("둘 셋\n<details><summary>답</summary>\n\n길다 길어\n</details>"), 0.8),
        (code("a = 1\n\nb = 2"), 12),
        (code("print(1)", PRINTED), 6 + 4.8),
        (code("frame", FRAME), 6 + 4.8),
        (code("plot()", FIGURE), 6 + 30),
        (code("plot()", FIGURE, tags=("hide-input",)), 30),
        (code("check.within(1)", PRINTED, tags=("hide-output",)), 0),
    ],
)
def test_seconds_of_a_cell(cell, seconds):
    assert lecture_list.count_seconds(cell) == pytest.approx(seconds)


def test_minutes_leave_out_the_bootstrap_cell():
    bootstrap, figures = code("x\n" * 999), [code("plot()", FIGURE, tags=("hide-input",))] * 25
    assert lecture_list.count_minutes({"cells": [prose(""), bootstrap, *figures]}) == 10


@every_lecture
def test_a_lecture_says_its_minutes(path: Path):
    said = re.search(r"읽는 데 (\d+)분쯤", source(load(path)["cells"][0]))
    assert int(said[1]) == lecture_list.count_minutes(load(path)), "set the first cell's number"


def test_the_index_lists_every_lecture():
    lists = soup("book/index").select("article .rubric + ol")
    parts = lecture_list.read_parts(ROOT)
    assert [one.find_previous_sibling().get_text() for one in lists] == [*parts]
    firsts = [int(one.get("start", 1)) for one in lists]
    assert firsts == [int(paths[0].stem[:2]) for paths in parts.values()]
    shown = [item for one in lists for item in one.find_all("li", recursive=False)]
    assert [item.a["href"] for item in shown] == [f"../{lecture}.html" for lecture in LECTURES]
    for item, path in zip(shown, PATHS, strict=True):
        first, minutes = load(path)["cells"][0], lecture_list.count_minutes(load(path))
        title = source(first).splitlines()[0].partition(". ")[2]
        text = f"{title} (읽는 데 {minutes}분) {first['metadata']['summary']}"
        assert " ".join(item.get_text().split()) == text


def test_lectures_of_a_part_are_numbered_without_a_gap():
    """The items of a list count on from its first."""
    for paths in lecture_list.read_parts(ROOT).values():
        numbers = [int(path.stem[:2]) for path in paths]
        without_gap = [*range(numbers[0], numbers[0] + len(numbers))]
        assert numbers == without_gap, "a new number goes into the last part or a new one"


def test_a_new_lecture_needs_no_line_on_the_index():
    named = re.findall(r"lectures/(\w+)", (ROOT / "book" / "index.md").read_text("utf-8"))
    assert {*named} == {PATHS[0].stem}  # where to begin


@pytest.mark.parametrize(
    ("first", "lacking"),
    [
        (prose("# 제목") | {"metadata": WORDS}, "'# N강. title'"),
        *((prose("# 1강. 제목") | {"metadata": WORDS | {name: ""}}, name) for name in WORDS),
    ],
    ids=["title", *WORDS],
)
def test_a_lecture_without_its_words_is_refused(tmp_path: Path, first: dict, lacking: str):
    path = tmp_path / "01_a.ipynb"
    path.write_text(json.dumps({"cells": [first]}), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"01_a.ipynb: the first cell .* lacks {lacking}$"):
        lecture_list.read_lecture(path, tmp_path)


def test_the_plan_has_a_row_for_every_lecture():
    rows = soup("book/teaching").select("article table tr:has(td)")
    for row, path in zip(rows, PATHS, strict=True):
        first, (link, *said) = load(path)["cells"][0], row.select("td")
        assert link.a["href"] == f"../lectures/{path.stem}.html"
        assert link.get_text() == source(first).splitlines()[0].removeprefix("# ")
        words = [" ".join(cell.get_text().split()) for cell in said]
        assert words == [first["metadata"][name].replace("`", "") for name in ("teach", "skip")]


@pytest.mark.parametrize(("page", "following"), [*zip(LECTURES, [*LECTURES[1:], None])])
def test_a_lecture_ends_with_the_way_to_the_next(page: str, following: str | None):
    text = "\n".join(map(source, cells(ROOT / f"{page}.ipynb", "markdown")))
    section = text.partition("\n## 다음 강의")[2]
    assert section, "ends with ## 다음 강의"
    links = re.findall(rf"\]\({re.escape(ADDRESS)}(lectures/\w+)\.html", section)
    later = [link for link in links if link > page]
    assert later == ([following] if following else []), "## 다음 강의 links the next lecture"
    if following:
        first = source(load(ROOT / f"{following}.ipynb")["cells"][0])
        title = first.splitlines()[0].removeprefix("# ")
        assert f"[{title}](" in section or f"[{title.partition('.')[0]}](" in section
