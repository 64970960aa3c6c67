"""A bare clone, opened with any Python that has the dependencies: JupyterLab, VS Code.

Both start the kernel in the notebook's folder; VS Code can be told to start it in the clone's.
(Installed, the bootstrap cell runs whenever nbval runs the lectures.)
"""

import json
import os
import sys

import pytest

from tests.doors.kernel import edited, overlay, run, told
from tests.notebooks import LECTURES, ROOT

LECTURE = next(path for path in LECTURES if path.name.startswith("02"))


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("place", ["lectures", "."])
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


def test_vscode_recommends_what_opens_a_notebook():
    recommended = json.loads((ROOT / ".vscode" / "extensions.json").read_text("utf-8"))
    assert recommended == {"recommendations": ["ms-python.python", "ms-toolsai.jupyter"]}
