"""Show figures that a reader acts on: a training that is stepped through, a table that is trained.

Where the output of a cell carries the numbers of one (a type in FIGURES, written by
lecture_utils/notebook), the page shows it in place of the picture. Its script comes along.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import playground_figure
import steps_figure
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

FIGURES = {  # what draws it, and the name of its script and its style
    "application/vnd.lecture.steps+json": (steps_figure.draw_figure, "steps"),
    "application/vnd.lecture.playground+json": (playground_figure.draw_figure, "playground"),
}


def read_notebook(app: Sphinx) -> tuple[Path, dict | None]:
    """Return the file of the page that is read, and its notebook if it is one."""
    path = Path(app.env.doc2path(app.env.docname))
    is_notebook = path.suffix == ".ipynb"
    return path, json.loads(path.read_text(encoding="utf-8")) if is_notebook else None


def find_marked(doctree: nodes.Node, name: str) -> list[nodes.container]:
    """Return the containers that myst-nb marks as `name`."""
    return [node for node in doctree.findall(nodes.container) if node.get("nb_element") == name]


def read_outputs(
    app: Sphinx, doctree: nodes.document
) -> Iterator[tuple[dict, nodes.container, dict]]:
    """Yield what each cell shows: the cell, myst-nb's bundle of the formats, the data."""
    _, notebook = read_notebook(app)
    if notebook is None:
        return
    cells = notebook["cells"]
    for cell in find_marked(doctree, "cell_code"):
        shown = cells[cell["cell_index"]]["outputs"]
        shown = [output["data"] for output in shown if "data" in output]
        # As far as they can be shown, myst-nb keeps every output's formats in a bundle.
        for bundle, data in zip(find_marked(cell, "mime_bundle"), shown, strict=True):
            yield cell, bundle, data


def place_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Put the figure where the picture of an output with its numbers would stand."""
    for cell, bundle, data in read_outputs(app, doctree):
        for kind in FIGURES.keys() & data.keys():
            draw, script = FIGURES[kind]
            [picture] = bundle.findall(nodes.image)
            html = draw(data[kind], f"{script}-{cell['cell_index']}", picture["alt"])
            drawn = nodes.container(mime_type="text/html")
            drawn += nodes.raw("", html, format="html", script=script)
            bundle.children = []
            bundle += drawn


def load_scripts(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Ask for the scripts of the figures that a page has."""
    drawn = doctree.findall(nodes.raw) if doctree else []
    for script in sorted({node["script"] for node in drawn if "script" in node}):
        app.add_js_file(f"{script}.js", loading_method="defer")


def allow_mime(app: Sphinx, config: Config) -> None:
    """Keep myst-nb from warning of formats that it need not know: ours, and lecture.py's."""
    config.suppress_warnings = [*config.suppress_warnings, "mystnb.unknown_mime_type"]


def setup(app: Sphinx) -> None:
    """Connect the figures."""
    app.connect("config-inited", allow_mime)
    app.connect("doctree-read", place_figures, priority=400)  # before Sphinx collects the pictures
    app.connect("html-page-context", load_scripts)
    for _, name in FIGURES.values():
        app.add_css_file(f"{name}.css", priority=600)  # after the book's own; lean.py packs them
