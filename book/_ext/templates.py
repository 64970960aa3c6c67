"""Changes to the themes' templates, made as a template is read: no copies of them to keep up."""

from typing import ClassVar

from jinja2.ext import Extension
from sphinx.application import Sphinx


class Changed(Extension):
    changes: ClassVar[dict[str, str]] = {}

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return replace_all(source, self.changes)


def replace_all(text: str, changes: dict[str, str]) -> str:
    for theirs, ours in changes.items():
        text = text.replace(theirs, ours)
    return text


def add(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.templates.environment.add_extension(Changed)


def change(app: Sphinx, changes: dict[str, str]) -> None:
    """Called by an extension's setup: in every template, ours for theirs."""
    Changed.changes |= changes
    app.connect("builder-inited", add)
