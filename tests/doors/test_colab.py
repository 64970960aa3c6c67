"""Colab, as near as it comes without Colab: its versions, its folder, its Drive, no course.

Each test has a Python of its own with the versions of tests/colab.txt, an empty HOME, a folder that
holds the notebook alone, and a fake google.colab. The bootstrap cell finds the tag's archive on
this machine: the files that git tracks here, zipped as GitHub zips them.
"""

import subprocess
import zipfile
from pathlib import Path

import pytest

from lecture_utils import __version__
from lecture_utils.download import DownloadError, find_movielens
from tests.doors.kernel import edited, overlay, run, told
from tests.notebooks import LECTURES, ROOT, source
from tests.site.test_links import TRACKED

COLAB = ROOT / ".venv-colab" / "bin" / "python"
SOURCE = f'f"https://github.com/{{REPO}}/archive/refs/tags/v{__version__}.zip"'
DRIVE = """
from pathlib import Path

def mount(mountpoint):
    Path(mountpoint).symlink_to({drive!r})
    print("Mounted at", mountpoint)
"""

pytestmark = [
    pytest.mark.door,
    pytest.mark.skipif(not COLAB.exists(), reason="no .venv-colab: `make doors` builds it"),
]


@pytest.fixture(scope="module")
def tag(tmp_path_factory):
    """The address of the archive that GitHub would make of a tag on this tree."""
    path = tmp_path_factory.mktemp("tag") / "tag.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in filter(is_there, TRACKED):
            archive.write(ROOT / name, f"REPO-{__version__}/{name}")
    return path.as_uri()


def is_there(name: str) -> bool:
    """Tell whether a tracked file has not just been removed."""
    return (ROOT / name).is_file()


class Session:
    """A fresh Colab: /content with one notebook, and a Drive with nothing in it."""

    def __init__(self, folder: Path):
        self.content, self.drive = folder / "content", folder / "drive" / "My Drive"
        self.content.mkdir()
        self.drive.mkdir(parents=True)
        self.python = overlay(COLAB, folder)
        self.modules = folder / "modules"
        colab = self.modules / "google" / "colab"
        colab.mkdir(parents=True)
        (colab / "__init__.py").touch()
        (colab / "drive.py").write_text(DRIVE.format(drive=str(self.drive.parent)))

    def packages(self) -> set[str]:
        command = [self.python, "-m", "pip", "freeze", "--all"]
        return set(subprocess.check_output(command, text=True).splitlines())

    def run(
        self, lecture: Path, tag: str, drive="", until="", more="", **environment: str
    ) -> list[dict]:
        """Run a lecture up to `until`, then `more`; `drive` names what lies on the Drive."""
        replace = {SOURCE: repr(tag)}
        if drive:
            replace["USE_DRIVE = False"] = "USE_DRIVE = True"
            mount = f'"{drive}", "{self.content}/gdrive"'  # not the machine's own /content
            replace['mount_drive("ml-100k")'] = f"mount_drive({mount})"
        notebook = edited(lecture, replace, until)
        if more:
            code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
            notebook["cells"].append({"id": "more", **code, "source": more})
        environment["PYTHONPATH"] = str(self.modules)
        return run(self.python, notebook, self.content, **environment)


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def errors(cells: list[dict]) -> list[str]:
    return [
        f"{source(cell)}\n{told([cell])}"
        for cell in cells
        if any(output["output_type"] == "error" for output in cell["outputs"])
    ]


# One whole lecture here, the others in `make test-all`: the longest first, two processes share them
WHOLE = next(lecture for lecture in LECTURES if "USE_DRIVE" in lecture.read_text("utf-8"))
OTHERS = [
    pytest.param(lecture, marks=pytest.mark.full, id=lecture.stem)
    for lecture in sorted(LECTURES, key=lambda path: -path.stat().st_size)
    if lecture != WHOLE
]
EVERYTHING = """
import pkgutil, tomllib
from importlib import import_module, resources

import lecture_utils

for module in pkgutil.walk_packages(lecture_utils.__path__, "lecture_utils."):
    print(import_module(module.name).__name__)
for file in sorted(resources.files("lecture_utils.course").iterdir()):
    if file.name.endswith(".toml") and tomllib.loads(file.read_text("utf-8")):
        print(file.name)
"""


@pytest.fixture(scope="module")
def movielens() -> Path | None:
    """MovieLens's folder or zip, None where no copy can be had."""
    try:
        found = find_movielens()
    except DownloadError:
        return None
    return found if isinstance(found, Path) else Path(found.root.filename)


def run_whole(session: Session, lecture: Path, tag: str, data: Path | None, more: str = ""):
    """Run All in a fresh session; the cell installs the course and touches nothing else."""
    before = session.packages()
    environment = {"LECTURE_DATA_DIR": str(data)} if data else {}
    cells = session.run(lecture, tag, more=more, **environment)
    assert errors(cells) == []
    after = session.packages()
    assert before - after == set()
    assert {name.partition(" @ ")[0] for name in after - before} == {"lecture-utils"}
    return cells


def test_one_lecture_and_every_module(session, tag, movielens):
    """What the archive lacks, or cannot be imported from it, is missed here."""
    cells = run_whole(session, WHOLE, tag, movielens, more=EVERYTHING)
    paths = [Path(n) for n in filter(is_there, TRACKED) if n.startswith("lecture_utils/")]
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    inside = [path.with_suffix("") for path in paths if path.suffix == ".py"]
    inside = [path for path in inside if path.parent in packages and path.name != "__init__"]
    modules = {".".join(path.parts) for path in [*packages, *inside]} - {"lecture_utils"}
    tables = {path.name for path in paths if path.suffix == ".toml"}
    assert tables and {*told(cells[-1:]).split()} == modules | tables


@pytest.mark.parametrize("lecture", OTHERS)
def test_lecture_runs_to_the_end(lecture, session, tag, movielens):
    run_whole(session, lecture, tag, movielens)


def test_ratings_from_the_drive(session, tag, movielens):
    """To where they are read: the rest is that of the run without the Drive."""
    if movielens is None:
        pytest.skip("no MovieLens to put on the Drive")
    name = "ml-100k.zip" if movielens.is_file() else "ml-100k"
    (session.drive / name).symlink_to(movielens)
    cells = session.run(WHOLE, tag, drive=name, until="load_movielens(")
    assert errors(cells) == [] and "Mounted at" in told(cells)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/tag.zip", "{tag}.gone"])
def test_failure_says_what_to_do(address, session, tag):
    """No network, or no such tag: the last words are ours, in Korean."""
    url = address.format(tag=tag)
    cells = session.run(LECTURES[0], url, until="importlib.util", PIP_RETRIES="0")
    (error,) = errors(cells)
    assert "인터넷과 주소를 확인하고 다시 실행하세요" in error.splitlines()[-1]
    assert url in error.splitlines()[-1]
    assert error.count("Traceback") <= 1
