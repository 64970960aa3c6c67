"""The built book: every page is there, every link lands, every picture has words.

`make book` builds it with warnings as errors; here we look at what came out.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from book.pages import CONFIG, LECTURES, PAGES, ROOT, SITE, TOC
from tests.notebooks import load

from .site import EVERY_PAGE

REPOSITORY = CONFIG["repository"]["url"]
BRANCH = CONFIG["repository"]["branch"]
OWNER, NAME = REPOSITORY.removeprefix("https://github.com/").split("/")
PUBLISHED = f"https://{OWNER}.github.io/{NAME}/".casefold()

needs_site = pytest.mark.skipif(
    not SITE.is_dir(), reason="the book is not built: run `make book` first"
)


class Page(HTMLParser):
    """What a page offers (ids) and what it asks for (links, sources, pictures)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.lang: str | None = None
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.pictures: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "html":
            self.lang = given.get("lang")
        self.ids |= {given[key] for key in ("id", "name") if given.get(key)}
        self.targets += [given[key] for key in ("href", "src") if key in given]
        if tag == "img":
            self.pictures.append((given.get("src", ""), given.get("alt", "").strip()))


def pages_of(site: Path) -> list[Path]:
    """Every page; _static holds a template of the theme."""
    return [path for path in site.resolve().rglob("*.html") if "_static" not in path.parts]


def locate(site: Path, page: Path, target: str) -> tuple[Path, str] | None:
    """The file and anchor that a target names inside the site; None if it leads outside.

    The lectures link to each other by published address (relative links die in Colab).
    """
    if target.casefold().startswith(PUBLISHED):
        target, page = target[len(PUBLISHED) :] or "index.html", site / "index.html"
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = page.parent / unquote(parts.path) if parts.path else page
    return (path / "index.html" if path.is_dir() else path).resolve(), unquote(parts.fragment)


def broken_links(site: Path) -> Iterator[str]:
    pages = {path: Page(path) for path in pages_of(site)}
    for path, page in pages.items():
        for target in page.targets:
            if (found := locate(site, path, target)) is None:
                continue
            file, anchor = found
            if not file.is_file():
                yield f"{path.name}: no file for {target!r}"
            elif anchor and file in pages and anchor not in pages[file].ids:
                yield f"{path.name}: no anchor for {target!r}"


def wordless_pictures(site: Path) -> Iterator[str]:
    """Pictures without a text alternative; a file name (myst-nb's default) is none."""
    for path in pages_of(site):
        for source, alt in Page(path).pictures:
            is_name = alt in source or re.search(r"\.(png|svg|jpe?g|webp|gif)$", alt, re.I)
            # Our own pictures lie in _images and speak Korean; the rest are the theme's icons.
            if is_name or ("_images/" in source and not re.search("[가-힣]", alt)):
                yield f"{path.name}: alt={alt!r} for {source!r}"


@needs_site
@pytest.mark.parametrize("page", PAGES)
def test_page_exists_in_korean(page: str) -> None:
    assert Page(SITE / f"{page}.html").lang == "ko"


@needs_site
def test_front_door_leads_to_the_index() -> None:
    assert f"{TOC['root']}.html" in (SITE / "index.html").read_text(encoding="utf-8")


@needs_site
def test_the_browser_tests_know_every_page() -> None:
    built = {path.relative_to(SITE).as_posix() for path in pages_of(SITE)}
    assert built == {"index.html", *EVERY_PAGE}


@needs_site
def test_every_header_of_a_dataframe_says_what_it_heads() -> None:
    pages = "".join((SITE / f"{lecture}.html").read_text(encoding="utf-8") for lecture in LECTURES)
    tables = re.findall(r'<table[^>]*class="dataframe".*?</table>', pages, flags=re.S)
    assert tables
    for table in tables:
        head, body = table.split("</thead>")
        assert set(re.findall(r"<th\b.*?>", head)) == {'<th scope="col">'}
        assert set(re.findall(r"<th\b.*?>", body)) == {'<th scope="row">'}


@needs_site
def test_no_broken_link() -> None:
    assert list(broken_links(SITE)) == []


@needs_site
def test_every_picture_has_words() -> None:
    assert list(wordless_pictures(SITE)) == []


@needs_site
@pytest.mark.parametrize("lecture", LECTURES)
def test_lecture_offers_its_three_doors(lecture: str) -> None:
    targets = Page(SITE / f"{lecture}.html").targets
    colab = f"{CONFIG['launch_buttons']['colab_url']}/github/{OWNER}/{NAME}/blob/{BRANCH}/"
    assert f"{colab}{lecture}.ipynb" in targets
    assert f"../_sources/{lecture}.ipynb" in targets  # that the file exists: test_no_broken_link
    assert REPOSITORY in targets
    assert all(t.startswith(colab) for t in targets if "colab.research.google.com/github/" in t)


@needs_site
@pytest.mark.parametrize("lecture", LECTURES)
def test_a_fold_says_what_it_hides(lecture: str) -> None:
    page = (SITE / f"{lecture}.html").read_text(encoding="utf-8")
    cells = load(ROOT / f"{lecture}.ipynb")["cells"]
    for tag, label in {"hide-input": "코드", "hide-output": "확인 결과"}.items():
        tagged = [cell for cell in cells if tag in cell["metadata"].get("tags", [])]
        assert page.count(f"{label} 펼쳐 보기") == len(tagged)


@pytest.mark.parametrize(
    "body",
    [
        '<a href="gone.html">x</a>',
        '<a href="#gone">x</a>',
        '<a href="other.html#gone">x</a>',
        '<img src="gone.png" alt="그림">',
        f'<a href="{PUBLISHED}lectures/gone.html">x</a>',
    ],
)
def test_a_broken_link_is_found(tmp_path: Path, body: str) -> None:
    (tmp_path / "other.html").write_text('<p id="here">', encoding="utf-8")
    (tmp_path / "page.html").write_text(body, encoding="utf-8")
    assert len(list(broken_links(tmp_path))) == 1


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="_images/a.png">',
        '<img src="_images/a.png" alt=" ">',
        '<img src="_images/0f3a.png" alt="_images/0f3a.png">',
        '<img src="_images/0f3a.png" alt="0f3a">',
        '<img src="_images/a.png" alt="loss curve">',
    ],
)
def test_a_wordless_picture_is_found(tmp_path: Path, picture: str) -> None:
    (tmp_path / "page.html").write_text(picture, encoding="utf-8")
    assert len(list(wordless_pictures(tmp_path))) == 1


def test_a_sound_site_passes(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "page.html").write_text(
        '<p id="가"><a href="#가">x</a><a href="page.html?q=1#%EA%B0%80">y</a>'
        f'<a href="{PUBLISHED}page.html">z</a><a href="https://example.org/">w</a>'
        '<img src="a.png" alt="내려가는 곡선">',
        encoding="utf-8",
    )
    assert list(broken_links(tmp_path)) == []
    assert list(wordless_pictures(tmp_path)) == []
