"""docs/decisions: every page is listed and whole, and the files that it names are there."""

import re

import pytest

from tests.notebooks import ROOT
from tests.site.test_links import is_tracked

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Question", "Choice", "What was tried", "What follows"]
# A path in backticks. One with NN or NAME in it stands for many.
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|js|css|md|toml|json|sha256|ttf|yml|txt)))`")
PLACEHOLDER = re.compile(r"NN|NAME")


def test_index_lists_every_page_by_its_title():
    index = (FOLDER / "README.md").read_text("utf-8")
    titles = {path.name: path.read_text("utf-8").splitlines()[0].lstrip("# ") for path in PAGES}
    listed = re.findall(r"^- \[(\d{4}) (.+?)\]\((\d{4}-[\w-]+\.md)\): \S", index, re.M)
    assert {name: title for _, title, name in listed} == titles
    assert [number for number, _, _ in listed] == [name[:4] for name in titles]
    assert [*map(int, (name[:4] for name in titles))] == [*range(1, len(titles) + 1)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_has_its_four_parts(path):
    _, *parts = re.split(r"^## (.+)$", path.read_text("utf-8"), flags=re.M)
    assert parts[::2] == PARTS
    assert all(text.strip() for text in parts[1::2])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_files_that_a_page_names_are_there(path):
    named = {name.rstrip("/") for name in PATH.findall(path.read_text("utf-8")) if "/" in name}
    dead = [name for name in named if not (PLACEHOLDER.search(name) or is_tracked(name))]
    assert dead == []
