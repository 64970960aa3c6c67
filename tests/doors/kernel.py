"""Run a lecture as a student does: in another Python, in a folder of its own, with an empty HOME.

The client that drives the kernel is this environment's, so the other Python needs no more than
an ipykernel.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.notebooks import load, source

SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"
CLIENT = "from nbclient.cli import main; main()"


def site_packages(python: str | Path) -> Path:
    return Path(subprocess.check_output([python, "-c", SITE], text=True).strip())


def overlay(base: str | Path, folder: Path) -> Path:
    """A Python with all that `base` has installed, except for an editable lecture_utils.

    What is installed into it stays in `folder`, so each test has one and none spoils `base`.
    """
    others = site_packages(base)  # the .pth files in it, such as an editable one's, do nothing
    assert not (others / "lecture_utils").exists(), "it must be installed with -e"
    subprocess.check_call([base, "-m", "venv", "--without-pip", folder / "venv"])
    python = folder / "venv" / "bin" / "python"
    (site_packages(python) / "others.pth").write_text(f"{others}\n")
    return python


def edited(lecture: Path, replace: dict[str, str], until: str = "") -> dict:
    """The lecture with `replace` applied to its code, up to the code cell that says `until`."""
    cells = []
    for cell in load(lecture)["cells"]:
        cell = {**cell, "source": source(cell)}
        if cell["cell_type"] == "code":
            for old, new in replace.items():
                cell["source"] = cell["source"].replace(old, new)
        cells.append(cell)
        if until and until in cell["source"] and cell["cell_type"] == "code":
            break
    text = "\n".join(cell["source"] for cell in cells)
    assert all(new in text for new in replace.values()), "the lecture lacks what is replaced"
    return {**load(lecture), "cells": cells}


def run(python: Path, notebook: dict, folder: Path, **environment: str) -> list[dict]:
    """Execute `notebook` in `folder` and return its code cells, errors and all."""
    home = folder.parent / "home"
    spec = home / "jupyter" / "kernels" / "other" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
    path = folder / "lecture.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    kept = ("PATH", "LANG", "OMP_", "PIP_", "SSL_")
    subprocess.run(
        [sys.executable, "-c", CLIENT, path, "--inplace", "--allow-errors", "--kernel_name=other"],
        env={name: value for name, value in os.environ.items() if name.startswith(kept)}
        | {"HOME": str(home), "JUPYTER_PATH": str(home / "jupyter")}
        | environment,
        check=True,
    )
    return [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]


def told(cells: list[dict]) -> str:
    """Everything that the cells showed as text, tracebacks included."""
    return "\n".join(
        "".join(output.get("text", "")) + "\n".join(output.get("traceback", ""))
        for cell in cells
        for output in cell["outputs"]
    )
