"""A bare clone, opened with any Python that has the dependencies: JupyterLab, VS Code.

Both start the kernel in the notebook's folder; VS Code can be told to start it in the clone's.
(Installed, the bootstrap cell runs whenever nbval runs the lectures.)
"""

import json
import os
import subprocess
import sys

import pytest

from tests.doors.kernel import edited, overlay, run, told
from tests.notebooks import LECTURES, ROOT, cells, source

LECTURE = next(path for path in LECTURES if path.name.startswith("02"))


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("place", ["lectures", pytest.param(".", marks=pytest.mark.full)])
def test_bare_clone(place, archive, tmp_path):
    clone = tmp_path / "clone"
    (clone / "lectures").mkdir(parents=True)
    (clone / "lecture_utils").symlink_to(ROOT / "lecture_utils")
    folder = clone / place
    cells = run(
        overlay(sys.executable, tmp_path),
        edited(LECTURE, {}, until="load_movielens("),
        folder,
        LECTURE_DATA_DIR=str(archive),
    )
    assert "데이터: ml-100k" in told(cells) and "Error" not in told(cells)


BOOTSTRAP = source(cells(LECTURE, "code")[0])


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A Python with nothing installed, not even pip, as uv makes it."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def last_words(python, code, folder):
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONUTF8": "1"}
    done = subprocess.run(
        [python, "-c", code], cwd=folder, env=env, capture_output=True, encoding="utf-8"
    )
    return done.stderr.strip()


def test_bare_clone_names_what_lacks(empty):
    told = last_words(empty, BOOTSTRAP, ROOT / "lectures").splitlines()
    names = "'torch', 'numpy', 'pandas', 'matplotlib', 'pooch'"
    assert told[-2].startswith(f"ModuleNotFoundError: No module named {names}. 이 파이썬에는")
    assert told[-1].startswith("터미널에서 설치하고") and '-m pip install "torch>=2.6"' in told[-1]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("", "실행하세요: uv pip install -p {python} pip"),  # not the internet's fault
        ("import sys; sys.version_info = (3, 15)", "이 파이썬은 너무 새것입니다. 3.13을 쓰세요."),
        ("open('pip.py', 'w').write('exit(1)')", "인터넷과 주소를 확인하고 다시 실행하세요."),
    ],
    ids=["no pip", "too new", "pip fails"],
)
def test_why_nothing_is_installed(before, why, empty, tmp_path):
    told = last_words(empty, f"{before}\n{BOOTSTRAP}", tmp_path)
    assert told.endswith(why.format(python=empty)) and told.count("인터넷") == why.count("인터넷")


def test_vscode_recommends_what_opens_a_notebook():
    recommended = json.loads((ROOT / ".vscode" / "extensions.json").read_text("utf-8"))
    assert recommended == {"recommendations": ["ms-python.python", "ms-toolsai.jupyter"]}
