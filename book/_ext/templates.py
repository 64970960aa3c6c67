"""Change other people's HTML where it stands: no copies of the themes' templates to keep up.

What is to be replaced must be there. A theme that writes it otherwise stops the build, with the
string, the place and the extension that asked for it.
"""

from typing import ClassVar

from jinja2.ext import Extension
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ANY = "any template"


class Rewritten(Extension):
    """Rewrite each template as Jinja reads it."""

    changes: ClassVar[list[tuple[str, str, str, str]]] = []  # extension, template, old, new
    done: ClassVar[set[tuple[str, str, str, str]]] = set()

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Apply the changes that name this template, or any."""
        for change in self.changes:
            extension, template, old, new = change
            if template == name:
                source = replace_once(source, old, new, f"{extension}: template {name}")
            elif template == ANY and old in source:
                source = source.replace(old, new)
            else:
                continue
            self.done.add(change)
        return source


def replace_once(text: str, old: str, new: str, where: str) -> str:
    """Replace a string that must occur exactly once.

    Raises:
        ExtensionError: It does not; `where` names the extension and the place.
    """
    if (count := text.count(old)) != 1:
        raise ExtensionError(f"{where} has {old!r} {count} times, not once")
    return text.replace(old, new)


def change(app: Sphinx, extension: str, changes: dict[str, dict[str, str]]) -> None:
    """Change the themes' templates; called by an extension's setup.

    Args:
        app: The application.
        extension: Who asks.
        changes: Name of a template as Jinja loads it, or ANY -> what stands there -> ours.
    """
    for template, strings in changes.items():
        for old, new in strings.items():
            Rewritten.changes.append((extension, template, old, new))
    app.connect("builder-inited", begin)
    app.connect("build-finished", finish)


def begin(app: Sphinx) -> None:
    """Have Jinja rewrite what it reads."""
    Rewritten.done.clear()
    if app.builder.format == "html":
        app.builder.templates.environment.add_extension(Rewritten)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Stop where a change found no place. A build that wrote no page has read no template.

    Raises:
        ExtensionError: It names each such change.
    """
    lost = [change for change in Rewritten.changes if change not in Rewritten.done]
    if lost and Rewritten.done and not exception:
        lines = [f"{who}: {template} has no {old!r}" for who, template, old, _ in lost]
        raise ExtensionError("; ".join(lines))
