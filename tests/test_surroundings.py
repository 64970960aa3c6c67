"""The files around the course agree with one another and keep the README's promises."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests import address
from tests.notebooks import ROOT, source
from tests.site.test_links import TRACKED

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REQUIREMENT = re.compile(r"([A-Za-z0-9-]+)(.*)")


def split_requirements(requirements: list[str]) -> dict[str, str]:
    """Map each package to its range."""
    return dict(REQUIREMENT.match(line.replace(" ", "")).groups() for line in requirements)


def read_pins() -> dict[str, str]:
    """Map each package to the version in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    return dict(line.lower().split("==") for line in lines)


def test_environment_is_pyprojects():
    """conda's ranges are pip's."""
    text = (ROOT / "environment.yml").read_text("utf-8").replace("pytorch-cpu", "torch")
    *names, pip = yaml.safe_load(text)["dependencies"]
    conda = split_requirements(names)
    expected = split_requirements(
        PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["lab"]
    )
    scale = split_requirements(PROJECT["project"]["optional-dependencies"]["scale"])
    assert scale.items() <= expected.items()  # a student who runs them here has all lectures
    python = conda.pop("python")
    assert conda == {**expected, "pip": ""} and pip == {"pip": ["-e ."]}
    promised = [f"3.{minor}.1" for minor in range(20) if f"3.{minor}.1" in SpecifierSet(python)]
    assert promised == ["3.11.1", "3.12.1", "3.13.1"]
    installs = SpecifierSet(PROJECT["project"]["requires-python"])
    assert all(version in installs for version in promised) and "3.10.9" not in installs
    for page, words in [
        ("README.md", "Python 3.11 to 3.13"),
        ("book/getting_started.md", "파이썬 `3.11`, `3.12`, `3.13`"),
    ]:
        assert words in (ROOT / page).read_text("utf-8")


def test_binder_reads_environment_yml():
    """No file is there that Binder would read instead of it or run after it."""
    names = {*TRACKED}
    assert "environment.yml" in names
    assert not {"Dockerfile", "postBuild", "runtime.txt", "apt.txt", "start"} & names
    assert not [name for name in names if name.startswith(("binder/", ".binder/"))]


def test_constraints_pin_what_is_asked_for():
    project = PROJECT["project"]
    groups = [*PROJECT["dependency-groups"].values(), *project["optional-dependencies"].values()]
    groups.append(project["dependencies"])
    wanted = [entry for group in groups for entry in group if isinstance(entry, str)]
    for name, versions in split_requirements(wanted).items():
        pin = read_pins().get(name.lower())
        assert pin in SpecifierSet(versions), f"constraints.txt pins {name} to {pin}: make pins"
    assert read_pins()["torch"] == "2.13.0"


def test_no_data_file_is_tracked():
    bad = re.compile(r"(^|/)(u[1-5ab]\.(base|test)|u\.(data|item|user)|ml-100k(/|\.zip))")
    assert not [name for name in TRACKED if bad.search(name)]


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "book/getting_started.md"])
def test_make_targets_named_in_text_exist(file):
    makefile, text = ((ROOT / name).read_text("utf-8") for name in ("Makefile", file))
    named = re.findall(r"`?\bmake ([a-z-]+)(?:`| +REPO=|\s+#|$)", text, re.MULTILINE)
    assert {*named} <= {*re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)}


# The note of document 003, where the mistakes of lecture 06 were made in the wild, and whose table
# the benchmark rebuilds.
OTHERS = {
    "RUCAIBox/RecBole",
    "benfred.github.io/implicit",
    "d2l-ai/d2l-en",
    "enningxie/Neural-Collaborative-Filtering",
    "fastai/fastbook",
    "guebin/DL2024",
    "pandas-dev/pandas",
    "pytorch/pytorch",
    "recommenders-team/recommenders",
    "xiangwang1223/neural_graph_collaborative_filtering",
}


def test_links_name_no_other_copy_of_this_course():
    """Every GitHub address is this repository's, or one of those the course refers to."""
    known = {*address.forms(address.address()), *OTHERS}
    pages = [*ROOT.glob("*.md"), *ROOT.glob("book/*.md"), *ROOT.glob("lectures/*.ipynb")]
    for path in [*pages, ROOT / "CITATION.cff"]:
        text = path.read_text("utf-8")
        found = re.findall(r"github\.com/([\w-]+/[\w.-]*[\w-])", text)
        found += re.findall(r"([\w-]+\.github\.io/[\w-]+)", text)
        assert set(found) <= known | {"git-guides/install-git"}, path


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_lectures_are_saved_on_real_data_only():
    """make lectures first asks for MovieLens and last marks the code that ran."""
    recipe = subprocess.check_output(["make", "-n", "lectures"], cwd=ROOT, text=True)
    steps = ["--need-movielens", "--execute", "--coalesce-streams", "tests/stamp.py"]
    places = [recipe.index(step) for step in steps]
    assert places == sorted(places)


@pytest.fixture
def clone(tmp_path):
    """A copy of the tracked files in a repository of its own."""
    for name in TRACKED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.check_call(["git", "init", "-q"], cwd=tmp_path)
    subprocess.check_call(["git", "add", "-A"], cwd=tmp_path)
    return tmp_path


def test_address_spreads(clone):
    old = address.forms(address.address())
    new = "/".join(["an-organisation-with-a-long-name", "recommender-course-in-korean"])
    changed = address.spread(new, clone)
    assert address.address(clone) == new
    assert "README.md" in changed and "_config.yml" in changed
    assert sum(name.endswith(".ipynb") for name in changed) >= 3
    for notebook in clone.glob("lectures/*.ipynb"):
        code = [source(c) for c in json.loads(notebook.read_text("utf-8"))["cells"]]
        assert f'REPO = "{new}"' in code[1]
        assert all(len(line) <= 72 for line in code[1].splitlines())
    for name in TRACKED:
        assert not any(form in address.read(clone / name) for form in old), name
    address.spread(old[0], clone)
    status = subprocess.check_output(["git", "diff", "--stat"], cwd=clone, text=True)
    assert status == "", "spreading back must restore every file"


@pytest.mark.parametrize("bad", ["", "alice", "alice/", "a b/c", "https://github.com/a/b"])
def test_bad_address_is_refused(bad, tmp_path):
    with pytest.raises(SystemExit, match="owner/name"):
        address.spread(bad, tmp_path)
