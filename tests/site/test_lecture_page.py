"""What a page adds to its lecture comes from the notebook, all of it and nothing else."""

from urllib.parse import quote

import lecture_html
import pytest
from bs4 import BeautifulSoup

from book.pages import CONFIG
from lecture_utils.notebook import figure_tables
from tests import stamp
from tests.notebooks import LECTURES, cells, load

from .site import soup

PYTHON = stamp.platform.python_version()
every_lecture = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


@every_lecture
def test_every_picture_has_its_numbers_below(path):
    page = soup(f"lectures/{path.stem}")
    outputs = [output.get("data", {}) for cell in cells(path, "code") for output in cell["outputs"]]
    drawn = [data[figure_tables.MIME] for data in outputs if "image/png" in data]
    order = page.select("article img[src*=_images], .steps, .playground, details.figure-data")
    assert [tag.name == "details" for tag in order] == [False, True] * len(drawn)
    written = [lecture_html.write_fold(*numbered) for numbered in enumerate(drawn, start=1)]
    assert [str(tag) for tag in order[1::2]] == [
        str(BeautifulSoup(fold, "html.parser")) for fold in written
    ]
    names = [box["aria-label"] for box in page.select("details.figure-data > [role=region]")]
    assert len(names) == len({*names})


@every_lecture
def test_page_says_when_on_what_and_how_long(path):
    line, last = soup(f"lectures/{path.stem}").select("p.provenance")
    assert str(line) == lecture_html.write_provenance(load(path))
    home = CONFIG["repository"]
    assert str(last) == lecture_html.write_help(path.name, home["url"], home["branch"])
    assert last.parent.find("h1", recursive=False)  # below the last section, no part of it


def test_help_names_the_lecture():
    line = lecture_html.write_help("07_x.ipynb", "https://github.com/a/b", "main")
    assert f"https://github.com/a/b/issues/new?title={quote('7강에서 틀린 곳: ')}" in line
    assert "https://github.com/a/b/commits/main/lectures/07_x.ipynb" in line


@pytest.fixture
def notebook() -> dict:
    execution = {
        "iopub.execute_input": "2026-11-22T15:00:59.7Z",
        "shell.execute_reply": "2026-11-22T15:02:12.1Z",
    }
    versions = {"torch": "2", "pandas": "3", "numpy": "2", "matplotlib": "3"}
    code = {
        "cell_type": "code",
        "source": ["data = load_movielens()"],
        "metadata": {"execution": execution},
        "outputs": [{"output_type": "stream", "text": ["데이터: ml-100k\n"]}],
    }
    return {
        "cells": [{"cell_type": "markdown", "source": ["# 제목"]}, code],
        "metadata": {
            "language_info": {"version": PYTHON},
            "executed": {"data": ["ml-100k"], "versions": versions},
        },
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [(["ml-100k", "solo"], "MovieLens 100K · 9×8 평점표로 "), ([], "")],
)
def test_the_line_is_korean_and_its_times_are_rounded(notebook, data, words):
    notebook["metadata"]["executed"]["data"] = data
    assert lecture_html.write_provenance(notebook) == (
        '<p class="provenance"><time datetime="2026-11-23T00:00:59+09:00">2026년 11월 23일</time>'
        f"에 {words}실행했고, 1분 12초 걸렸습니다. "
        f"Python {PYTHON} · PyTorch 2 · pandas 3 · NumPy 2 · Matplotlib 3</p>"
    )


def test_page_text_is_escaped():
    table = {"caption": "<b>", "columns": ["&"], "rows": [["<", 1234.5, None, '"']]}
    text = lecture_html.write_fold(1, [table])
    assert "&lt;b&gt;" in text and "<b>" not in text and '<th scope="col">&amp;</th>' in text
    assert '<th scope="row">&lt;</th><td>1,234.5</td><td>빈칸</td><td>&quot;</td>' in text


@pytest.mark.parametrize(
    "change",
    [
        lambda cell, metadata: metadata.pop("executed"),
        lambda cell, metadata: cell["metadata"].pop("execution"),
        # never committed, so it has no words
        lambda cell, metadata: metadata["executed"].update(data=["synthetic"]),
        lambda cell, metadata: metadata["executed"]["versions"].pop("torch"),
    ],
    ids=["executed", "execution", "synthetic", "torch"],
)
def test_a_notebook_without_its_mark_stops_the_build(notebook, change):
    change(notebook["cells"][1], notebook["metadata"])
    with pytest.raises(KeyError):  # which lecture.py turns into "run make lectures"
        lecture_html.write_provenance(notebook)


def test_a_mark_names_code_data_and_versions(notebook):
    mark = stamp.mark(notebook)
    assert mark["sha256"] == stamp.digest(notebook) and mark["data"] == ["ml-100k"]
    assert {*mark["versions"]} == {*lecture_html.NAMES}
    assert mark["versions"]["numpy"] == figure_tables.np.__version__
    notebook["cells"][1] |= {"source": ["table = load_solo().table"], "outputs": []}
    assert stamp.mark(notebook)["data"] == ["solo"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cell, language: cell["outputs"].clear(), "prints what it loads"),
        (lambda cell, language: language.update(version="3.99"), r"executed by Python 3\.99"),
        (lambda cell, language: cell["metadata"].clear(), "no times in the cells"),
    ],
)
def test_only_what_ran_here_is_marked(notebook, change, said):
    change(notebook["cells"][1], notebook["metadata"]["language_info"])
    with pytest.raises(ValueError, match=said):
        stamp.mark(notebook)


@every_lecture
def test_the_marked_torch_is_the_one_that_ran(path):
    """A lecture that prints its PyTorch prints the marked one."""
    texts = ["".join(o.get("text", "")) for c in cells(path, "code") for o in c["outputs"]]
    printed = [line for text in texts for line in text.splitlines() if line.startswith("PyTorch ")]
    assert {*printed} <= {f"PyTorch {load(path)['metadata']['executed']['versions']['torch']}"}
