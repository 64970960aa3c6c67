"""Read the built pages as `make pdf` and `make slides` take them, and link what these make.

They come in the order of the contents, without what only a screen needs, every link a full address.
"""

from copy import copy
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PARTS = [(part["caption"], [c["file"] for c in part["chapters"]]) for part in TOC["parts"]]
PAGES = [TOC["root"], *(page for _, pages in PARTS for page in pages)]
LECTURES = [page for page in PAGES if page.startswith("lectures/")]
OWNER, NAME = urlsplit(CONFIG["repository"]["url"]).path.strip("/").split("/")
ADDRESS = f"https://{OWNER}.github.io/{NAME}/"
# Buttons, scripts and badges do nothing on paper and on a slide; those of an animation stay.
SCREEN_ONLY = (
    ".headerlink, style, :is(script, button):not(.steps *), a[href*='colab.research.google.com']"
)


def soup(page: str) -> BeautifulSoup:
    """Read a built page."""
    path = SITE / f"{page}.html"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: run `make book` first")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def stylesheets(page: str) -> list[Path]:
    """Return the files that the page takes its looks from, in its order."""
    links = soup(page).select("link[rel=stylesheet][href]")
    return [SITE.joinpath(page).parent / unquote(urlsplit(a["href"]).path) for a in links]


def article(page: str) -> Tag:
    """Return what there is to read; pictures are named by file, links by address."""
    found = soup(page).select_one("article.bd-article")
    for tag in found.select(SCREEN_ONLY):
        tag.decompose()
    for empty in found.select("p:empty"):
        empty.decompose()
    for image in found.select("img"):
        image["src"] = (SITE.joinpath(page).parent / unquote(image["src"])).resolve().as_uri()
        del image["loading"]
    for link in found.select("a[href]"):
        link["href"] = urljoin(f"{ADDRESS}{page}.html", link["href"])
    return found


def offer(page: str, file: Path, label: str, title: str) -> None:
    """Add a file of the site to the download menu of a page, once.

    Whoever makes the file calls this: a book that is built without it has no dead link.
    """
    path, whole = SITE / f"{page}.html", soup(page)
    menu = whole.select_one(".dropdown-download-buttons .dropdown-menu")
    address = Path(relpath(file, path.parent)).as_posix()
    if not (link := menu.find("a", href=address)):
        menu.append(entry := copy(menu.li))  # looks like the notebook's
        link = entry.a
    link["href"], link["title"] = address, title
    link.select_one(".btn__text-container").string = label
    path.write_text(str(whole), encoding="utf-8")
