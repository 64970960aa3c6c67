"""Every address of this repository leads to a file that git tracks.

A file that git does not track exists here only: not in Colab, on GitHub or on the site.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

import pytest

from book.pages import CONFIG, PAGES
from tests.address import address, forms
from tests.notebooks import LECTURES, ROOT, cells, source

TRACKED = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT).decode().split("\0")[:-1]
TEXTS = [name for name in TRACKED if name.endswith((".md", ".ipynb", ".cff", "_config.yml"))]
REPOSITORY, SITE = map(re.escape, forms(address()))
BRANCH = CONFIG["repository"]["branch"]
REST = r"([^\s)\"'<>\]\\#]*)"
ON_GITHUB = re.compile(rf"github(?:\.com)?/{REPOSITORY}/(?:blob|tree|raw|edit)/{REST}", re.I)
ON_BINDER = re.compile(rf"mybinder\.org/v2/gh/{REPOSITORY}/{REST}", re.I)
ON_SITE = re.compile(rf"https://{SITE}/{REST}", re.I)
RELATIVE = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)")


def is_tracked(path: str) -> bool:
    """Tell whether `path` is a file or a folder in git."""
    return any(name == path or name.startswith(f"{path}/") for name in TRACKED)


def is_page(path: str) -> bool:
    """Tell whether the site has the page `path`."""
    return path in ("", "index.html") or path.removesuffix(".html") in PAGES


def find_dead(text: str, folder: str = ".") -> Iterator[str]:
    """Yield the addresses that lead nowhere, of a `text` that stands in `folder`."""
    for pattern, after_branch in [(ON_GITHUB, "/"), (ON_BINDER, "?urlpath=lab/tree/")]:
        for found in pattern.finditer(text):
            branch, _, path = unquote(found[1]).partition(after_branch)
            if branch != BRANCH or not is_tracked(path.rstrip("/")):
                yield found[0]
    for found in ON_SITE.finditer(text):
        if not is_page(unquote(found[1])):
            yield found[0]
    for found in RELATIVE.finditer(text):
        if not is_tracked(normpath(PurePosixPath(folder, unquote(found[1])))):
            yield found[0]


@pytest.mark.parametrize("name", TEXTS)
def test_no_address_is_dead(name):
    path = ROOT / name
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":  # code has brackets of its own
        text = "\n".join(map(source, cells(path, "markdown")))
    dead = list(find_dead(text, str(PurePosixPath(name).parent)))
    assert not dead, f"no page, or no file that git tracks (a new one: git add): {dead}"


def test_every_lecture_is_a_page_and_every_style_is_tracked():
    missing = {f"lectures/{path.stem}" for path in LECTURES} - {*PAGES}
    assert not missing, f"add to a part in _toc.yml: {missing}"
    settings = CONFIG["sphinx"]["config"]
    for name in settings["html_css_files"]:
        assert any(is_tracked(f"{folder}/{name}") for folder in settings["html_static_path"]), name


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("https://colab.research.google.com/github/{repo}/blob/{branch}/lectures/00.ipynb", 1),
        ("https://colab.research.google.com/github/{repo}/blob/gone/{lecture}", 1),
        ("https://github.com/{repo}/blob/{branch}/book/untracked.md", 1),
        ("https://github.com/{repo}/tree/{branch}/lecture", 1),
        ("https://mybinder.org/v2/gh/{repo}/{branch}?urlpath=lab/tree/gone", 1),
        ("https://mybinder.org/v2/gh/{repo}/gone?urlpath=lab/tree/lectures", 1),
        ("https://{site}/lectures/gone.html", 1),
        ("https://{site}/README.html", 1),
        ("[x](gone.md)", 1),
        ("![x](_static/gone.png)", 1),
        ("[x](../../README.md)", 1),
        ("[x](https://colab.research.google.com/github/{repo}/blob/{branch}/{lecture}#y)", 0),
        ("<https://github.com/{repo}/tree/{branch}/lectures>", 0),
        ("https://mybinder.org/v2/gh/{repo}/{branch}?urlpath=lab/tree/lectures", 0),
        ("[x](https://{site}/) [y](https://{site}/{page}.html#z)", 0),
        ("[x](../README.md#y) [y](#z) [z](https://example.org/gone.md)", 0),
    ],
)
def test_dead_addresses_are_found(text, dead):
    repo, site = forms(address())
    given = {"lecture": f"lectures/{LECTURES[0].name}", "page": PAGES[-1], "site": site}
    text = text.format(repo=repo, branch=BRANCH, **given)
    assert len([*find_dead(text, "book")]) == dead
