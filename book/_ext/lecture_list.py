"""List the lectures on the index page and in the plan for those who teach, each from its notebook.

The directive {lectures} writes the title, the minutes and the sentence in the first cell's metadata
(`summary`) of each lecture in _toc.yml, under the caption of its part and with the number of its
file: a number may be missing. progress.js, which interactive.py loads, adds how many of its
questions a reader has answered. The directive {plan} writes a table of what not to leave out in
class (`teach`) and what may be left out (`skip`). A new lecture appears by itself.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
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


@dataclass(frozen=True)
class Lecture:
    """What a notebook's first cell says of it, and the minutes to read it."""

    number: str
    title: str
    page: str
    minutes: int
    summary: str
    teach: str
    skip: str


def read_lecture(path: Path, root: Path) -> Lecture:
    """Read a lecture's title and the words in its first cell's metadata.

    Raises:
        ValueError: The first cell lacks one of them.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    first = notebook["cells"][0]
    title = re.match(r"# (\d+)강\. (.+)", "".join(first["source"]))
    said = {name: first["metadata"].get(name) for name in ("summary", "teach", "skip")}
    lacking = [name for name, words in {"'# N강. title'": title, **said}.items() if not words]
    if lacking:
        raise ValueError(f"{path.name}: the first cell or its metadata lacks {', '.join(lacking)}")
    page = path.relative_to(root).as_posix()
    return Lecture(*title.groups(), page, count_minutes(notebook), **said)


def write_entry(lecture: Lecture) -> str:
    """Return a lecture's item of the list, in Markdown."""
    number = f"{lecture.number}. "
    item = f"{number}[{lecture.title}](/{lecture.page}) (읽는 데 {lecture.minutes}분)"
    return f"{item}\\\n{' ' * len(number)}{lecture.summary}\n"


def write_plan(lectures: Iterable[Lecture]) -> str:
    """Return the table for those who teach, in Markdown."""
    rows = ["| 강의 | 수업에서 꼭 할 것 | 시간이 모자라면 건너뛸 것 |", "|---|---|---|"]
    for lecture in lectures:
        link = f"[{lecture.number}강. {lecture.title}](/{lecture.page})"
        rows.append(f"| {link} | {lecture.teach} | {lecture.skip} |")
    return "\n".join(rows)


def read_lectures(directive: SphinxDirective) -> dict[str, list[Lecture]]:
    """Read the lectures of each part; the page of the directive depends on every notebook now.

    Raises:
        DirectiveError: A lecture's first cell lacks something.
    """
    root = Path(directive.env.srcdir)
    for path in [root / "_toc.yml", *read_toc(root)]:
        directive.env.note_dependency(str(path))
    try:
        return {
            caption: [read_lecture(path, root) for path in paths]
            for caption, paths in read_parts(root).items()
        }
    except ValueError as error:
        raise directive.error(str(error)) from None


class Lectures(SphinxDirective):
    """Write a list of lectures for each part."""

    def run(self) -> list[nodes.Node]:
        """Parse it as if it stood on the page."""
        found: list[nodes.Node] = []
        for caption, lectures in read_lectures(self).items():
            [items] = self.parse_text_to_nodes("".join(map(write_entry, lectures)))
            items["classes"].append("lectures")
            found += [nodes.rubric("", caption), items]
        return [*found, nodes.raw("", "", format="html", script="progress")]


class Plan(SphinxDirective):
    """Write the plan of a semester."""

    def run(self) -> list[nodes.Node]:
        """Parse its table as if it stood on the page."""
        lectures = chain.from_iterable(read_lectures(self).values())
        return self.parse_text_to_nodes(write_plan(lectures))


def setup(app: Sphinx) -> None:
    """Add the directives."""
    app.add_directive("lectures", Lectures)
    app.add_directive("plan", Plan)
