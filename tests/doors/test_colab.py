"""Colab, as near as it comes without Colab: its versions, its folder, its Drive, no course.

Each test has a Python of its own with the versions of tests/colab.txt, an empty HOME, a folder that
holds the notebook alone, and a fake google.colab. The bootstrap cell finds the tag's archive at
127.0.0.1: the files that git tracks here, zipped as GitHub zips them.
"""

import http.server
import subprocess
import sys
import threading
import zipfile
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from lecture_utils import __version__
from lecture_utils.download import DownloadError, find_movielens
from tests.doors.kernel import edited, overlay, run, told
from tests.notebooks import LECTURES, ROOT, source

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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def tag(tmp_path_factory):
    """The address of the archive that GitHub would make of a tag on this tree."""
    folder = tmp_path_factory.mktemp("tag")
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    with zipfile.ZipFile(folder / "tag.zip", "w") as archive:
        for name in filter(None, names):
            if (ROOT / name).is_file():
                archive.write(ROOT / name, f"REPO-{__version__}/{name}")
    handler = partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tag.zip"
        server.shutdown()


class Session:
    """A fresh Colab: /content with one notebook, and a Drive with nothing in it."""

    def __init__(self, folder: Path):
        self.content, self.drive = folder / "content", folder / "drive" / "My Drive"
        self.content.mkdir()
        self.drive.mkdir(parents=True)
        self.python = overlay(COLAB, folder)
        self.modules = folder / "modules"
        (self.modules / "google" / "colab").mkdir(parents=True)
        (self.modules / "google" / "colab" / "__init__.py").touch()
        text = DRIVE.format(drive=str(self.drive.parent))
        (self.modules / "google" / "colab" / "drive.py").write_text(text)

    def packages(self) -> set[str]:
        command = [self.python, "-m", "pip", "freeze", "--all"]
        return set(subprocess.check_output(command, text=True).splitlines())

    def run(
        self, lecture: Path, tag: str, use_drive: bool = False, until: str = "", **environment: str
    ) -> list[dict]:
        replace = {SOURCE: repr(tag)}
        if use_drive:
            replace["USE_DRIVE = False"] = "USE_DRIVE = True"
            mount = f'"ml-100k", "{self.content}/gdrive"'  # not the machine's own /content
            replace['mount_drive("ml-100k")'] = f"mount_drive({mount})"
        notebook = edited(lecture, replace, until)
        environment["PYTHONPATH"] = str(self.modules)
        return run(self.python, notebook, self.content, **environment)


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def seconds(cell: dict) -> float:
    times = cell["metadata"]["execution"]
    begin, end = times["iopub.execute_input"], times["shell.execute_reply"]
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def errors(cells: list[dict]) -> list[str]:
    return [
        f"{source(cell)}\n{told([cell])}"
        for cell in cells
        if any(output["output_type"] == "error" for output in cell["outputs"])
    ]


def drives(lecture: Path) -> list[bool]:
    return [False, True] if "USE_DRIVE" in lecture.read_text("utf-8") else [False]


# The longest first: two processes share them.
RUNS = [(lecture, drive) for lecture in reversed(LECTURES) for drive in drives(lecture)]
RUNS.sort(key=lambda run: "load_movielens(" not in run[0].read_text("utf-8"))
NAMES = [f"{lecture.stem}{'-drive' * use_drive}" for lecture, use_drive in RUNS]


@pytest.mark.parametrize(("lecture", "use_drive"), RUNS, ids=NAMES)
def test_lecture_runs_to_the_end(lecture, use_drive, session, tag, capsys):
    """Run All in a fresh session; the cell installs the course and touches nothing else."""
    before = session.packages()
    environment = {}
    try:
        movielens = find_movielens()
    except DownloadError as error:
        if use_drive:
            pytest.skip(f"no MovieLens to put on the Drive: {error}")
    else:
        if use_drive:
            (session.drive / "ml-100k").symlink_to(movielens)
        else:
            environment["LECTURE_DATA_DIR"] = str(movielens)
    # With the Drive only to where the ratings are read: the rest is that of the run without.
    cells = session.run(lecture, tag, use_drive, "load_movielens(" * use_drive, **environment)
    assert errors(cells) == []
    assert ("Mounted at" in told(cells)) == use_drive
    after = session.packages()
    assert before - after == set()
    assert {name.partition(" @ ")[0] for name in after - before} == {"lecture-utils"}
    with capsys.disabled():
        print(f"\n{lecture.stem}: bootstrap in {seconds(cells[0]):.1f} s", file=sys.stderr)


def test_drive_without_the_folder(session, tag):
    """The cell says what to do, and does not quietly read something else."""
    lecture = next(lecture for lecture, use_drive in RUNS if use_drive)
    cells = session.run(lecture, tag, use_drive=True, until="mount_drive(")
    (error,) = errors(cells)
    assert "unzip ml-100k.zip into My Drive" in error


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/tag.zip", "{tag}.gone"])
def test_failure_says_what_to_do(address, session, tag):
    """No network, or no such tag: the last words are ours, in Korean."""
    url = address.format(tag=tag)
    cells = session.run(LECTURES[0], url, until="importlib.util", PIP_RETRIES="0")
    (error,) = errors(cells)
    assert "인터넷과 주소를 확인하고 다시 실행하세요" in error.splitlines()[-1]
    assert url in error.splitlines()[-1]
    assert error.count("Traceback") <= 1
