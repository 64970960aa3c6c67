"""The bootstrap cell where students run it: a bare clone, and a folder with the notebook alone.

Each runs in a Python that has the dependencies and no lecture_utils, up to the cell that loads
MovieLens. (Installed, it runs whenever nbval runs the lectures.)
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from lecture_utils import __version__, synthetic
from lecture_utils.data import GENRES
from lecture_utils.download import SPLITS
from tests.notebooks import LECTURES, ROOT, load, source

LECTURE = next(path for path in LECTURES if path.name.startswith("02"))
SOURCE = f'f"https://github.com/{{REPO}}/archive/refs/tags/v{__version__}.zip"'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python with everything that this one has installed, except for lecture_utils."""
    folder = tmp_path_factory.mktemp("bare")
    others = folder / "others"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "lecture_utils" not in path.name and path.suffix != ".pth":
            (others / path.name).symlink_to(path)
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", folder / "venv"])
    python = folder / "venv" / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", code], text=True).strip())
    (site / "others.pth").write_text(f"{others}\n")
    return python


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An unpacked ml-100k in the layout of the archive, with synthetic ratings in it."""
    folder = tmp_path_factory.mktemp("data") / "ml-100k"
    folder.mkdir()
    for split in SPLITS:
        train, test, movies, users = synthetic.make(split)
        for part, frame in (("base", train), ("test", test)):
            frame.to_csv(folder / f"{split}.{part}", sep="\t", header=False, index=False)
    train.to_csv(folder / "u.data", sep="\t", header=False, index=False)
    users.to_csv(folder / "u.user", sep="|", header=False, index=False)
    movies.insert(3, "video", "")
    movies.insert(4, "url", "")
    assert [*movies.columns[5:]] == [*GENRES]
    movies.to_csv(folder / "u.item", sep="|", header=False, index=False, encoding="latin-1")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package, built from the files that git tracks, as pip builds it from the tag."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder]
    subprocess.check_call([*command, folder / "source"])
    return next(folder.glob("*.whl"))


def opening(replace: dict[str, str]) -> dict:
    """The lecture up to the cell that loads MovieLens, with `replace` applied to its code."""
    cells = []
    for cell in load(LECTURE)["cells"]:
        cell = {**cell, "source": source(cell)}
        if cell["cell_type"] == "code":
            for old, new in replace.items():
                cell["source"] = cell["source"].replace(old, new)
        cells.append(cell)
        if "load_movielens(" in cell["source"] and cell["cell_type"] == "code":
            break
    text = "\n".join(cell["source"] for cell in cells)
    assert all(new in text for new in replace.values())
    return {**load(LECTURE), "cells": cells}


def run(python: Path, folder: Path, replace: dict | None = None, **environment: str) -> str:
    """Execute the opening in `folder`; return everything its code cells printed."""
    name = folder / "lecture.ipynb"
    name.write_text(json.dumps(opening(replace or {})), "utf-8")
    keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    pip = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}
    code = "from nbclient.cli import main; main()"
    done = subprocess.run(
        [python, "-c", code, name.name, "--inplace", "--allow-errors"],
        cwd=folder,
        env=keep | pip | environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    outputs = [
        o for c in json.loads(name.read_text("utf-8"))["cells"] for o in c.get("outputs", [])
    ]
    return "\n".join(
        "".join(output.get("text", "")) + "\n".join(output.get("traceback", ""))
        for output in outputs
    )


def test_bare_clone_opened_from_lectures(python, archive, tmp_path):
    (tmp_path / "lectures").mkdir()
    (tmp_path / "lecture_utils").symlink_to(ROOT / "lecture_utils")
    out = run(python, tmp_path / "lectures", LECTURE_DATA_DIR=str(archive))
    assert "데이터: ml-100k" in out and "Error" not in out


@pytest.mark.parametrize("use_drive", [False, True])
def test_colab_with_nothing_but_the_notebook(python, wheel, archive, tmp_path, use_drive):
    """The package comes from the tag's address (here: a wheel of this tree); torch stays."""
    fake = tmp_path / "fake" / "google" / "colab"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "drive.py").write_text("def mount(mountpoint): print('mounted', mountpoint)\n")
    drive = tmp_path / "gdrive"
    (drive / "My Drive").mkdir(parents=True)
    (drive / "My Drive" / "ml-100k").symlink_to(archive)
    folder = tmp_path / "content"
    folder.mkdir()
    replace = {SOURCE: repr(wheel.as_uri())}
    environment = {"PYTHONPATH": str(tmp_path / "fake")}
    if use_drive:
        replace["USE_DRIVE = False"] = "USE_DRIVE = True"
        replace['mount_drive("ml-100k")'] = f'mount_drive("ml-100k", "{drive}")'
    else:
        environment["LECTURE_DATA_DIR"] = str(archive)
    site = python.parent.parent / "lib"
    try:
        out = run(python, folder, replace, **environment)
        installed = {path.name for path in site.glob("python*/site-packages/*")}
    finally:  # the next test starts without it
        for path in site.glob("python*/site-packages/lecture_utils*"):
            shutil.rmtree(path)
    assert "데이터: ml-100k" in out and "Error" not in out
    assert ("mounted" in out) == use_drive
    assert {name.partition("-")[0] for name in installed} == {"lecture_utils", "others.pth"}


def test_no_network_says_what_to_do(python, tmp_path):
    """Where the address cannot be reached, the cell says so in Korean and stops there."""
    out = run(python, tmp_path, {SOURCE: repr("http://127.0.0.1:9/none.zip")}, PIP_RETRIES="0")
    assert "인터넷과 주소를 확인하고 다시 실행하세요" in out
