"""Show a training that a reader steps through: points that a notebook's numbers move.

Where the output of a cell carries MIME (lecture_utils/steps.py writes it), the page shows an
animation in place of the picture. steps_figure.py draws it, _static/steps.js moves it.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from steps_figure import draw_figure

MIME = "application/vnd.lecture.steps+json"


def find_marked(doctree: nodes.Node, name: str) -> list[nodes.container]:
    """Return the containers that myst-nb marks as `name`."""
    return [node for node in doctree.findall(nodes.container) if node.get("nb_element") == name]


def read_outputs(
    app: Sphinx, doctree: nodes.document
) -> Iterator[tuple[dict, nodes.container, dict]]:
    """Yield what each cell shows: the cell, myst-nb's bundle of the formats, the data."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in find_marked(doctree, "cell_code"):
        shown = cells[cell["cell_index"]]["outputs"]
        shown = [output["data"] for output in shown if "data" in output]
        # As far as they can be shown, myst-nb keeps every output's formats in a bundle.
        for bundle, data in zip(find_marked(cell, "mime_bundle"), shown, strict=True):
            yield cell, bundle, data


def animate(app: Sphinx, doctree: nodes.document) -> None:
    """Put the animation where the picture of an output with MIME would stand."""
    for cell, bundle, data in read_outputs(app, doctree):
        if MIME in data:
            [picture] = bundle.findall(nodes.image)
            html = draw_figure(data[MIME], f"steps-{cell['cell_index']}", picture["alt"])
            drawn = nodes.container(mime_type="text/html")
            drawn += nodes.raw("", html, format="html", steps=True)
            bundle.children = []
            bundle += drawn


def load_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Ask for the script only where a page has an animation."""
    if doctree and any("steps" in node for node in doctree.findall(nodes.raw)):
        app.add_js_file("steps.js", loading_method="defer")


def allow_mime(app: Sphinx, config: Config) -> None:
    """Keep myst-nb from warning of formats that it need not know: ours, and lecture.py's."""
    config.suppress_warnings = [*config.suppress_warnings, "mystnb.unknown_mime_type"]


def setup(app: Sphinx) -> None:
    """Connect the animation."""
    app.connect("config-inited", allow_mime)
    app.connect("doctree-read", animate, priority=400)  # before Sphinx collects the pictures
    app.connect("html-page-context", load_script)
    app.add_css_file("steps.css", priority=600)  # after the book's own; lean.py packs them all
