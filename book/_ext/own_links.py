"""Make links to the book's own pages relative: a copy of the book leads to itself.

The lectures link each other by published address, because relative links die in Colab. In the book
they would lead from a USB stick into the web, and a printed page would spell them out.
"""

from docutils import nodes
from sphinx.application import Sphinx


def relate_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write each published address of a page as seen from this one."""
    base = app.config.html_baseurl
    for link in doctree.findall(nodes.reference):
        address, mark, section = link.get("refuri", "").partition("#")
        target = address.removeprefix(base).removesuffix(".html") or app.config.root_doc
        if address.startswith(base) and target in app.env.found_docs:
            link["refuri"] = app.builder.get_relative_uri(page, target) + mark + section or "#"
            link["internal"] = True


def setup(app: Sphinx) -> None:
    """Connect the change."""
    app.connect("doctree-resolved", relate_links)
