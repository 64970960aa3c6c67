"""List the lectures on the index page, each read from its notebook.

The directive {lectures} writes the title, the minutes and the sentence in the first cell's metadata
(`summary`) of each lecture in _toc.yml, under the caption of its part and with the number of its
file: a number may be missing. A new lecture appears by itself.
"""

import json
import re
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# Seconds; as measured in words, lines and figures that a reader meets.
WORD, CODE_LINE, OUTPUT_LINE, FIGURE = 60 / 150, 6, 2.4, 30
UNREAD = re.compile(r"<details>.*?</details>|<!--.*?-->|(?<=\])\([^)]*\)", re.S)


def read_parts(root: Path) -> dict[str, list[Path]]:
    """Return caption -> notebooks of each part of the table of contents that has notebooks."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = {part["caption"]: [c["file"] for c in part["chapters"]] for part in toc["parts"]}
    parts = {
        caption: [root / f"{file}.ipynb" for file in names if file.startswith("lectures/")]
        for caption, names in files.items()
    }
    return {caption: paths for caption, paths in parts.items() if paths}


def read_toc(root: Path) -> list[Path]:
    """Return the notebooks of the table of contents, in its order."""
    return [path for paths in read_parts(root).values() for path in paths]


def count_seconds(cell: dict) -> float:
    """Return how long a reader stays at a cell; nothing at what the page folds away."""
    text, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
    if cell["cell_type"] == "markdown":
        return WORD * len(re.findall(r"\S*\w\S*", UNREAD.sub("", text)))
    if "hide-output" in tags:
        return 0
    code = 0 if "hide-input" in tags else CODE_LINE * count_lines(text)
    return code + sum(map(count_output, cell["outputs"]))


def count_output(output: dict) -> float:
    """Return the seconds for a figure, the rows of a table, or printed lines."""
    data = output.get("data", {})
    if "image/png" in data:
        return FIGURE
    if "text/html" in data:
        return OUTPUT_LINE * "".join(data["text/html"]).count("<tr")
    return OUTPUT_LINE * count_lines("".join(output.get("text", data.get("text/plain", ""))))


def count_lines(text: str) -> int:
    """Return the number of lines that are not blank."""
    return sum(bool(line.strip()) for line in text.splitlines())


def count_minutes(notebook: dict) -> int:
    """Return the minutes to read a lecture but for its first code cell, to the nearest five."""
    cells = notebook["cells"]
    bootstrap = next(cell for cell in cells if cell["cell_type"] == "code")
    return 5 * round(sum(count_seconds(cell) for cell in cells if cell is not bootstrap) / 300)


def write_entry(path: Path, root: Path) -> str:
    """Return a lecture's item of the list, in Markdown.

    Raises:
        ValueError: The first cell has no title or no summary.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    first = notebook["cells"][0]
    title = re.match(r"# (\d+)강\. (.+)", "".join(first["source"]))
    if not title or not (summary := first["metadata"].get("summary")):
        raise ValueError(f"{path.name}: the first cell needs '# N강. title' and metadata 'summary'")
    page = path.relative_to(root).as_posix()
    item = f"{title[1]}. [{title[2]}](/{page}) (읽는 데 {count_minutes(notebook)}분)"
    return f"{item}\\\n{' ' * len(f'{title[1]}. ')}{summary}\n"


class Lectures(SphinxDirective):
    """Write a list of lectures for each part."""

    def run(self) -> list[nodes.Node]:
        """Parse it as if it stood on the page, which depends on every notebook now."""
        root = Path(self.env.srcdir)
        for path in [root / "_toc.yml", *read_toc(root)]:
            self.env.note_dependency(str(path))
        found: list[nodes.Node] = []
        try:
            for caption, paths in read_parts(root).items():
                found.append(nodes.rubric("", caption))
                text = "".join(write_entry(path, root) for path in paths)
                found += self.parse_text_to_nodes(text)
        except ValueError as error:
            raise self.error(str(error)) from None
        return found


def setup(app: Sphinx) -> None:
    """Add the directive."""
    app.add_directive("lectures", Lectures)
