"""Reading the lectures: shared by the tests of hygiene, numbers, bootstrap and mutants."""

import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LECTURES = sorted((ROOT / "lectures").glob("*.ipynb"))

CLAIM = re.compile(r"<!-- holds: (.+?) -->")  # the name of the check that holds a sentence


@cache
def load(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def cells(path: Path, kind: str) -> list[dict]:
    """The "code" or "markdown" cells of a lecture."""
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == kind]


def prose(path: Path) -> str:
    """The text of a lecture or of a page of the book."""
    if path.suffix == ".md":
        return path.read_text("utf-8")
    return "\n\n".join(map(source, cells(path, "markdown")))


def printed(cell: dict) -> str:
    """What a code cell's committed output shows as text."""
    texts = []
    for output in cell["outputs"]:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        texts.append("".join(text))
    return "".join(texts)


def has_figure(cell: dict) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell["outputs"])
