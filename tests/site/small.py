"""A small site, built by Sphinx in this process: a new one would take seconds to import it."""

import logging
import warnings
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from sphinx.cmd.build import build_main


def build(folder: Path) -> tuple[bool, str]:
    """Build `folder` into its html, warnings as errors: is Sphinx content, and what did it say?"""
    log = logging.getLogger("sphinx")
    kept, said = (log.propagate, log.handlers[:]), StringIO()
    with warnings.catch_warnings(), redirect_stderr(said):
        warnings.simplefilter("ignore")  # Sphinx's own
        code = build_main(["-qW", "--keep-going", "-N", str(folder), str(folder / "html")])
    log.propagate, log.handlers[:] = kept
    return code == 0, said.getvalue()
