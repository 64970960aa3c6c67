"""Mark executed lectures: `make lectures` calls this last, and tests compare.

    python tests/stamp.py lectures/*.ipynb

The mark says what ran: the sha256 of the notebook's code (code that was edited and not executed
again, with the outputs of the old code below it, no longer fits), on which data, with which
versions. It runs in the environment that executed. When and how long is in the cells themselves.
"""

import hashlib
import json
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "pandas", "numpy", "matplotlib")


def digest(notebook: dict) -> str:
    """sha256 of the code cells' sources, in order. The repository's address does not count."""
    text = json.dumps(sources(notebook)[1:], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sources(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in code(notebook)]


def code(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def data(notebook: dict) -> list[str]:
    """The MovieLens that a lecture printed it has loaded; the 9x8 table, which is always itself."""
    texts = [output.get("text", "") for cell in code(notebook) for output in cell["outputs"]]
    printed = "\n".join(map("".join, texts))
    named = re.findall(r"^데이터: (\S+)$", printed, re.MULTILINE)
    calls = "\n".join(sources(notebook))
    if ("load_movielens(" in calls) != bool(named):
        raise ValueError("a lecture prints what it loads, once: 데이터: {data.name}")
    return [*dict.fromkeys(named), *(["solo"] if "load_solo(" in calls else [])]


def mark(notebook: dict) -> dict:
    """The metadata entry "executed"."""
    if any("execution" not in cell["metadata"] for cell in code(notebook)):
        raise ValueError("no times in the cells: execute with make lectures (jupyter nbconvert)")
    kernel = notebook["metadata"]["language_info"]["version"]
    if kernel != platform.python_version():
        raise ValueError(f"executed by Python {kernel}: run {Path(__file__).name} with that")
    versions = {name: version(name).partition("+")[0] for name in PACKAGES}
    return {"sha256": digest(notebook), "data": data(notebook), "versions": versions}


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        notebook = json.loads(path.read_text("utf-8"))
        notebook["metadata"]["executed"] = mark(notebook)
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
