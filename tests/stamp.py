"""Mark executed lectures: `make lectures` calls this last, and a test compares.

    python tests/stamp.py lectures/*.ipynb

The mark is the sha256 of a notebook's code. Code that was edited and not executed again, with the
outputs of the old code below it, no longer fits its mark.
"""

import hashlib
import json
import sys
from pathlib import Path


def digest(notebook: dict) -> str:
    """sha256 of the code cells' sources, in order. The repository's address does not count."""
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    text = json.dumps(["".join(source) for source in code[1:]], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        notebook = json.loads(path.read_text("utf-8"))
        notebook["metadata"]["executed_sha256"] = digest(notebook)
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
