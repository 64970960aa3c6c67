"""What a page adds to its lecture comes from the notebook, all of it and nothing else."""

import copy
import re
from datetime import datetime

import lecture_html
import pytest
from bs4 import BeautifulSoup

from lecture_utils.notebook import figure_tables
from tests import stamp
from tests.notebooks import LECTURES, cells, load

from .test_book import SITE, needs_site

MIME = figure_tables.MIME
every_lecture = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


def page(path) -> BeautifulSoup:
    return BeautifulSoup(
        (SITE / "lectures" / f"{path.stem}.html").read_text("utf-8"), "html.parser"
    )


def texts(tag, selector: str) -> list[str]:
    return [found.get_text() for found in tag.select(selector)]


def shown(table: dict) -> dict:
    """A notebook's table as the page should write it."""

    def text(value):
        if value is None:
            return "빈칸"
        return value if isinstance(value, str) else f"{value:,}"

    return {**table, "rows": [[*map(text, row)] for row in table["rows"]]}


def figures(path) -> list[list[dict]]:
    """The tables of each picture."""
    outputs = [output.get("data", {}) for cell in cells(path, "code") for output in cell["outputs"]]
    pictures = [data for data in outputs if "image/png" in data]
    return [data[MIME] for data in pictures]


@needs_site
@every_lecture
def test_every_picture_has_its_numbers_below(path):
    found, drawn = page(path), figures(path)
    order = found.select("article img[src*=_images], .steps, details.figure-data")
    assert [tag.name == "details" for tag in order] == [False, True] * len(drawn)
    tables = [
        {
            "caption": table.caption.get_text(),
            "columns": texts(table, "thead th[scope=col]"),
            "rows": [texts(row, "th[scope=row], td") for row in table.select("tbody tr")],
        }
        for table in found.select("details.figure-data table")
    ]
    assert tables == [shown(table) for tables in drawn for table in tables]
    names = [box["aria-label"] for box in found.select("details.figure-data > [role=region]")]
    assert len(names) == len(tables) == len({*names})


@needs_site
@every_lecture
def test_page_says_when_on_what_and_how_long(path):
    (line,) = page(path).select("p.provenance")
    metadata, code = load(path)["metadata"], cells(path, "code")
    start, end = (
        datetime.fromisoformat(cell["metadata"]["execution"][key])
        for cell, key in [(code[0], "iopub.execute_input"), (code[-1], "shell.execute_reply")]
    )
    assert datetime.fromisoformat(line.time["datetime"]) == start.replace(microsecond=0)
    minutes, seconds = re.search(r"(?:, (\d+)분)?,? (?:(\d+)초 )?걸렸습니다", line.text).groups("0")
    assert abs(60 * int(minutes) + int(seconds) - (end - start).total_seconds()) <= 1
    said = {"ml-100k": "MovieLens 100K", "solo": "9×8 평점표"}
    words = " · ".join(said[name] for name in metadata["executed"]["data"])
    assert line.text.startswith(f"{line.time.text}에 {words}{'로 ' * bool(words)}실행했고, ")
    versions = metadata["executed"]["versions"]
    assert line.text.endswith(
        f"걸렸습니다. Python {metadata['language_info']['version']} · "
        f"PyTorch {versions['torch']} · pandas {versions['pandas']} · "
        f"NumPy {versions['numpy']} · Matplotlib {versions['matplotlib']}"
    )


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# 제목"]},
        {
            "cell_type": "code",
            "source": ["data = load_movielens()"],
            "metadata": {
                "execution": {
                    "iopub.execute_input": "2026-11-22T15:00:59.7Z",
                    "shell.execute_reply": "2026-11-22T15:02:12.1Z",
                }
            },
            "outputs": [
                {"output_type": "stream", "text": ["데이터: ml-100k\n"]},
            ],
        },
    ],
    "metadata": {
        "language_info": {"version": stamp.platform.python_version()},
        "executed": {
            "data": ["ml-100k"],
            "versions": {"torch": "2", "pandas": "3", "numpy": "2", "matplotlib": "3"},
        },
    },
}


@pytest.fixture
def notebook() -> dict:
    return copy.deepcopy(NOTEBOOK)


def test_times_are_korean_and_rounded(notebook):
    line = lecture_html.write_provenance(notebook)
    assert '<time datetime="2026-11-23T00:00:59+09:00">2026년 11월 23일</time>' in line
    assert "에 MovieLens 100K로 실행했고, 1분 12초 걸렸습니다." in line


def test_page_text_is_escaped():
    table = {"caption": "<b>", "columns": ["&"], "rows": [["<", 1234.5, None, '"']]}
    text = lecture_html.write_fold(1, [table])
    assert "&lt;b&gt;" in text and "<b>" not in text and '<th scope="col">&amp;</th>' in text
    assert '<th scope="row">&lt;</th><td>1,234.5</td><td>빈칸</td><td>&quot;</td>' in text


@pytest.mark.parametrize("missing", ["executed", "execution", "synthetic", "torch"])
def test_a_notebook_without_its_mark_stops_the_build(notebook, missing):
    metadata = notebook["metadata"]
    if missing == "executed":
        del metadata["executed"]
    elif missing == "execution":
        del notebook["cells"][1]["metadata"]["execution"]
    elif missing == "synthetic":
        metadata["executed"]["data"] = ["synthetic"]  # never committed, so it has no words
    else:
        del metadata["executed"]["versions"]["torch"]
    with pytest.raises(KeyError):  # which lecture.py turns into "run make lectures"
        lecture_html.write_provenance(notebook)


def test_a_mark_names_code_data_and_versions(notebook):
    mark = stamp.mark(notebook)
    assert mark["sha256"] == stamp.digest(notebook) and mark["data"] == ["ml-100k"]
    assert {*mark["versions"]} == {*lecture_html.NAMES}
    assert mark["versions"]["numpy"] == figure_tables.np.__version__
    notebook["cells"][1]["source"] = ["table = load_solo().table"]
    notebook["cells"][1]["outputs"] = []
    assert stamp.mark(notebook)["data"] == ["solo"]


def test_only_what_ran_here_is_marked(notebook):
    silent = copy.deepcopy(notebook)
    silent["cells"][1]["outputs"] = []
    with pytest.raises(ValueError, match="prints what it loads"):
        stamp.mark(silent)
    other = copy.deepcopy(notebook)
    other["metadata"]["language_info"]["version"] = "3.99"
    with pytest.raises(ValueError, match=r"executed by Python 3\.99"):
        stamp.mark(other)
    del notebook["cells"][1]["metadata"]["execution"]
    with pytest.raises(ValueError, match="no times in the cells"):
        stamp.mark(notebook)


@every_lecture
def test_the_marked_torch_is_the_one_that_ran(path):
    """A lecture that prints its PyTorch prints the marked one."""
    texts = ["".join(o.get("text", "")) for c in cells(path, "code") for o in c["outputs"]]
    printed = [line for text in texts for line in text.splitlines() if line.startswith("PyTorch ")]
    assert {*printed} <= {f"PyTorch {load(path)['metadata']['executed']['versions']['torch']}"}
