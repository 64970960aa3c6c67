"""Name each section after its heading, so that a link to it outlives a new heading before it.

docutils keeps only Latin letters of a heading: most of ours became #id7, counted through the page.
Those go on to work, as second names. MyST has made the slug (`myst_heading_anchors`).
"""

from docutils import nodes
from sphinx.application import Sphinx


def name_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Put the slug of a heading before the other ids of its section."""
    for section in doctree.findall(nodes.section):
        slug = section.get("slug")
        if slug and section["ids"][0] != slug:
            section["ids"] = [slug, *(name for name in section["ids"] if name != slug)]


def setup(app: Sphinx) -> None:
    """Rename before Sphinx reads the contents of a page."""
    app.connect("doctree-read", name_sections, priority=100)
