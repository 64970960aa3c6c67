"""The built book, served on this machine as GitHub Pages would: static files, gzipped."""

import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book.pages import LECTURES, PAGES, ROOT, SITE

__all__ = ["LECTURES", "ROOT"]  # taken from here by the tests
EVERY_PAGE = [f"{page}.html" for page in PAGES] + ["search.html"]
TEXT = (".html", ".css", ".js", ".json", ".svg", ".txt")


def missing(what: str) -> None:
    """Skip the test, visibly; fail where REQUIRE_BROWSER says that all must be there."""
    (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(what)


def require_book() -> None:
    if not SITE.is_dir():
        missing("the book is not built: run `make book` first")


@cache
def read(path: Path) -> BeautifulSoup:
    """A page, read once for all tests: they only look at it."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def soup(page: str) -> BeautifulSoup:
    """A page of the built book."""
    require_book()
    return read(SITE / f"{page}.html")


@cache
def pack(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


class Gzipped(SimpleHTTPRequestHandler):
    """Text files compressed, everything cacheable, nothing logged."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        body = (pack if path.suffix in TEXT else Path.read_bytes)(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in TEXT:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address of a server of `folder`, without the slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Gzipped, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
