"""The built book: every page is there, every link lands, every picture has words.

`make book` builds it with warnings as errors; here we look at what came out.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from book.pages import ADDRESS, CONFIG, NAME, OWNER, TOC
from tests.notebooks import load, source

from .site import EVERY_PAGE, LECTURES, ROOT, SITE, read, require_book, soup

PUBLISHED = ADDRESS.casefold()
APART = {"_static", "slides"}
REPOSITORY, BRANCH = (CONFIG["repository"][key] for key in ("url", "branch"))


def read_pages(site: Path) -> dict[Path, BeautifulSoup]:
    """Every page; _static holds a template of the theme, slides are looked at by test_slides.py."""
    site = site.resolve()
    found = [path.relative_to(site) for path in site.rglob("*.html")]
    return {site / path: read(site / path) for path in found if path.parts[0] not in APART}


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


def find_broken(site: Path) -> Iterator[str]:
    """Links and sources that lead nowhere."""
    pages = read_pages(site)
    anchors = {
        path: {tag[key] for key in ("id", "name") for tag in page.select(f"[{key}]")}
        for path, page in pages.items()
    }
    for path, page in pages.items():
        for tag in page.select("[href], [src]"):
            target = tag.get("href", tag.get("src"))
            if (found := locate(site, path, target)) is None:
                continue
            file, anchor = found
            if not file.is_file():
                yield f"{path.name}: no file for {target!r}"
            elif anchor and anchor not in anchors.get(file, {anchor}):
                yield f"{path.name}: no anchor for {target!r}"


def find_wordless(site: Path) -> Iterator[str]:
    """Pictures without a text alternative; a file name (myst-nb's default) is none."""
    for path, page in read_pages(site).items():
        for image in page.select("img"):
            source, alt = image["src"], image.get("alt", "").strip()
            is_name = alt in source or re.search(r"\.(png|svg|jpe?g|webp|gif)$", alt, re.I)
            # Our own pictures lie in _images and speak Korean; the rest are the theme's icons.
            if is_name or ("_images/" in source and not re.search("[가-힣]", alt)):
                yield f"{path.name}: alt={alt!r} for {source!r}"


def test_every_page_is_there_in_korean_and_the_front_door_leads_in() -> None:
    require_book()
    pages = {path.relative_to(SITE).as_posix(): page for path, page in read_pages(SITE).items()}
    assert pages.keys() == {"index.html", *EVERY_PAGE}
    assert {page.html["lang"] for page in pages.values()} == {"ko"}
    assert pages["index.html"].a["href"] == f"{TOC['root']}.html"


@pytest.mark.parametrize("find", [find_broken, find_wordless])
def test_nothing_is_broken_or_wordless(find) -> None:
    require_book()
    assert list(find(SITE)) == []


def test_a_copy_of_the_book_leads_to_itself() -> None:
    """Also from a folder: the lectures spell out published addresses, their pages do not."""
    require_book()
    links = [link["href"] for page in read_pages(SITE).values() for link in page.select("a[href]")]
    assert [target for target in links if target.casefold().startswith(PUBLISHED)] == []
    assert soup(LECTURES[5]).select("#안내도 td a[href^='#']")


@pytest.mark.parametrize("lecture", LECTURES)
def test_lecture_offers_its_three_doors(lecture: str) -> None:
    targets = [link["href"] for link in soup(lecture).select("a[href]")]
    colab = f"{CONFIG['launch_buttons']['colab_url']}/github/{OWNER}/{NAME}/blob/{BRANCH}/"
    assert f"{colab}{lecture}.ipynb" in targets
    assert f"../_sources/{lecture}.ipynb" in targets  # that the file exists: find_broken
    assert REPOSITORY in targets
    assert all(t.startswith(colab) for t in targets if "colab.research.google.com/github/" in t)


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_fold_says_what_it_hides(lecture: str) -> None:
    cells = load(ROOT / f"{lecture}.ipynb")["cells"]
    tags = [{*cell["metadata"].get("tags", [])} for cell in cells]
    checks = ["check." in source(cell) for cell in cells]
    hidden = {
        "코드": sum("hide-input" in t for t in tags),
        "확인": sum("hide-output" in t and check for t, check in zip(tags, checks)),
        "결과": sum("hide-output" in t and not check for t, check in zip(tags, checks)),
    }
    folds = [p.get_text() for p in soup(lecture).select("details.hide > summary > .collapsed")]
    assert Counter(folds) == {f"{what} 펼쳐 보기": n for what, n in hidden.items() if n}
    for fold in soup(lecture).select("details.hide"):
        if fold.select_one(".collapsed").get_text().startswith("확인"):
            assert fold.select_one(".cell_input") and fold.select_one(".cell_output")


@pytest.mark.parametrize(
    ("body", "broken", "wordless"),
    [
        ('<a href="gone.html">x</a>', 1, 0),
        ('<a href="#gone">x</a>', 1, 0),
        ('<a href="other.html#gone">x</a>', 1, 0),
        ('<img src="gone.png" alt="그림">', 1, 0),
        (f'<a href="{PUBLISHED}lectures/gone.html">x</a>', 1, 0),
        ('<img src="_images/a.png">', 0, 1),
        ('<img src="_images/a.png" alt=" ">', 0, 1),
        ('<img src="_images/a.png" alt="_images/a.png">', 0, 1),
        ('<img src="_images/a.png" alt="a">', 0, 1),
        ('<img src="_images/a.png" alt="loss curve">', 0, 1),
        ('<img src="_images/a.png" alt="내려가는 곡선">', 0, 0),
        ('<p id="가"><a href="#가">x</a><a href="page.html?q=1#%EA%B0%80">y</a>', 0, 0),
        (f'<a href="{PUBLISHED}page.html">z</a><a href="https://example.org/">w</a>', 0, 0),
    ],
)
def test_faults_are_found(tmp_path: Path, body: str, broken: int, wordless: int) -> None:
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images/a.png").touch()
    (tmp_path / "other.html").write_text('<p id="here">', encoding="utf-8")
    (tmp_path / "page.html").write_text(body, encoding="utf-8")
    assert len(list(find_broken(tmp_path))) == broken
    assert len(list(find_wordless(tmp_path))) == wordless
