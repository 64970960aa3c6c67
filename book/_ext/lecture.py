"""Add to the page of a lecture when it ran, under each figure its numbers, last where help is.

When and numbers are in the notebook: the marks of `make lectures`, and the tables that
lecture_utils/notebook/figure_tables.py puts out beside a picture. lecture_html.py writes them.
"""

from docutils import nodes
from interactive import find_marked, read_notebook, read_outputs
from lecture_html import write_fold, write_help, write_provenance
from sphinx.application import Sphinx

MIME = "application/vnd.lecture.figure+json"


def complete_page(app: Sphinx, doctree: nodes.document) -> None:
    """Add the line on the execution, the folds with numbers, and the line on help."""
    path, notebook = read_notebook(app)
    if notebook is None:
        return
    try:
        line = write_provenance(notebook)
    except KeyError as missing:
        raise ValueError(f"{path.name} has no {missing}: run make lectures") from None
    first = find_marked(doctree, "cell_code")[0]
    first.parent.insert(first.parent.index(first), nodes.raw("", line, format="html"))
    drawn = [(bundle, data[MIME]) for _, bundle, data in read_outputs(app, doctree) if MIME in data]
    for number, (bundle, tables) in enumerate(drawn, start=1):
        numbers = nodes.raw("", write_fold(number, tables), format="html")
        bundle.parent.insert(bundle.parent.index(bundle) + 1, numbers)
    theme = app.config.html_theme_options
    words = write_help(path.name, theme["repository_url"], theme["repository_branch"])
    doctree[0].append(nodes.raw("", words, format="html"))


def setup(app: Sphinx) -> None:
    """Connect the additions."""
    app.connect("doctree-read", complete_page)
