"""The committed notebooks were executed in one go on the real data; links and figures are sound."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

import lecture_utils
from lecture_utils.course.values import text_width
from lecture_utils.notebook import figure_tables
from tests import stamp
from tests.address import address
from tests.notebooks import LECTURES, ROOT, cells, has_figure, load, printed, source

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
every_lecture = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


@every_lecture
def test_executed_in_one_go(path):
    code = cells(path, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert path.stat().st_size < 1_500_000


@every_lecture
def test_outputs_are_of_this_code(path):
    """No code was edited after it ran; if it was: make lectures."""
    ran = load(path)["metadata"].get("executed", {}).get("sha256")
    assert ran == stamp.digest(load(path)), f"make lectures LECTURES=lectures/{path.name}"


@every_lecture
def test_on_the_real_data(path):
    assert {*stamp.data(load(path))} <= {"ml-100k", "solo"}


@pytest.mark.full
@every_lecture
def test_runs_without_movielens(path, tmp_path):
    """Where no copy can be had, a lecture reaches its end on the synthetic set, checks and all."""
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    empty = dict.fromkeys(("HOME", "XDG_CACHE_HOME"), str(tmp_path))
    environment = os.environ | dead | empty | {"NO_PROXY": ""}
    environment.pop("LECTURE_DATA_DIR", None)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout"]
    run = subprocess.run(
        [*command, path.name],
        cwd=path.parent, env=environment, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-5000:]
    assert {*stamp.data(json.loads(run.stdout))} <= {"synthetic", "solo"}


@every_lecture
def test_opening_and_closing(path):
    first, last = source(cells(path, "markdown")[0]), source(cells(path, "markdown")[-1])
    colab = f"https://colab.research.google.com/github/{address()}/blob/main/lectures/{path.name}"
    assert first.startswith(f"# {int(path.stem[:2])}강. ")
    assert f"]({colab})" in first
    for words in ("**무엇을 하나요", "**무엇을 배우나요", "**무엇이 필요한가요", "분"):
        assert words in first
    assert "다음 강의" in last and "요약" in last + source(cells(path, "markdown")[-2])


@every_lecture
def test_bootstrap_cell(path):
    """All lectures have the same cell, which installs the tag of their own version."""
    first = source(cells(path, "code")[0])
    assert first == source(cells(LECTURES[0], "code")[0])
    tag = f"archive/refs/tags/v{lecture_utils.__version__}.zip"
    assert f'REPO = "{address()}"\nSOURCE = f"https://github.com/{{REPO}}/{tag}"\n' in first
    newer = re.search(r"<(\d+)\.(\d+)", PROJECT["requires-python"])
    assert f"if sys.version_info >= ({newer[1]}, {newer[2]}):" in first


def test_one_version():
    assert PROJECT["version"] == lecture_utils.__version__
    assert f"version: {lecture_utils.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    references = (ROOT / "book" / "references.md").read_text("utf-8")
    assert f"version = {{{lecture_utils.__version__}}}" in references


def test_tag_holds_this_package():
    """Colab installs the tag: one that was left behind would open old code under new lectures."""
    tag = f"v{lecture_utils.__version__}"
    git = ["git", "-C", str(ROOT)]
    if subprocess.run([*git, "rev-parse", "-q", "--verify", f"refs/tags/{tag}"]).returncode:
        pytest.skip(f"no tag {tag} here")
    command = [*git, "diff", "--name-only", tag, "--", "lecture_utils"]
    changed = subprocess.check_output(command, text=True).split()
    assert not changed, f"raise the version: {tag} has other files"


@every_lecture
def test_plain_markdown(path):
    """No MyST role, directive or target, which Colab and GitHub would show raw."""
    for cell in cells(path, "markdown"):
        text = source(cell)
        assert not re.search(r"\{[a-z:-]+\}`|^:::|^```\{|^\([\w-]+\)=", text, re.MULTILINE), text
        tags = re.findall(
            r"</?([a-zA-Z]\w*)[ >]", re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.S)
        )
        assert set(tags) <= {"details", "summary"}, text
        assert "attachments" not in cell


@every_lecture
def test_links_between_lectures(path):
    """That they lead somewhere: tests/site/test_links.py."""
    targets = re.findall(r"\]\(([^)]+)\)", "\n".join(map(source, cells(path, "markdown"))))
    assert not [target for target in targets if not target.startswith("https://")], "dead in Colab"


@every_lecture
def test_figures_have_a_text_alternative(path):
    figures = [cell for cell in cells(path, "code") if has_figure(cell)]
    assert figures
    for cell in figures:
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        assert len(re.findall("[가-힣]", alt)) >= 20, f"no Korean text alternative: {source(cell)}"
        assert not re.search(r"\d\.\d", alt), f"an unbound number: {alt}"


@every_lecture
def test_figures_have_their_numbers(path):
    """Each picture has its tables; plot.describe gives them to a drawing without numbers."""
    outputs = [o.get("data", {}) for cell in cells(path, "code") for o in cell["outputs"]]
    for data in (data for data in outputs if "image/png" in data):
        assert data.get(figure_tables.MIME), "no numbers: import plot, make lectures"
        for table in data[figure_tables.MIME]:
            assert table["caption"] and table["rows"]
            assert {len(row) for row in table["rows"]} == {len(table["columns"])}


@every_lecture
def test_cells_fit_a_phone(path):
    for cell in cells(path, "code"):
        for line in source(cell).splitlines():
            assert len(line) <= 72, line
        for output in cell["outputs"]:
            for line in "".join(output.get("text", "")).splitlines():
                assert text_width(line) <= 66, line


@every_lecture
def test_checks_are_there(path):
    """Check cells have names of their own; the lecture asserts that MSE falls and is in range."""
    code = cells(path, "code")
    names = [cell["metadata"]["name"] for cell in code if "name" in cell["metadata"]]
    assert len(names) == len(set(names))
    for cell in code:
        if cell["metadata"].get("name", "").startswith("check-"):
            assert "check." in source(cell) and "✓" in printed(cell), source(cell)
    text = "\n".join(map(source, code))
    for needed in ("check.falls(", "check.within(", "check.close("):
        assert needed in text, f"{path.name} has no {needed}...)"


@every_lecture
def test_metadata_is_plain(path):
    metadata = load(path)["metadata"]
    assert set(metadata) == {"executed", "kernelspec", "language_info"}
    assert metadata["kernelspec"]["name"] == "python3"
