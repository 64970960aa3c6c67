"""book/_ext/lean.py and purge.py: what a page needs stays, the rest goes, nothing is asked for
outside the site."""

import base64
import re
import shutil
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import lean
import numpy as np
import purge
import pytest
import sphinx
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from formulas import start_v8
from matplotlib import colormaps
from PIL import Image
from sphinx.errors import ExtensionError

from tests.notebooks import ROOT

from .test_book import LECTURES, PAGES, SITE, needs_site

FONTS = ROOT / "book" / "_ext" / "katex" / "fonts"
DOCTOOLS = Path(sphinx.__file__).parent / "themes/basic/static/doctools.js"


def purged(folder: Path, css: str, *names: str, text: str = "") -> str:
    file = folder / "a.css"
    file.write_text(css, encoding="utf-8")
    sheet = purge.join_stylesheets([file], set(names), set(text))
    return sheet.removeprefix('@charset "utf-8";').replace(" ", "")


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".here{color:red}", ".here{color:red;}"),
        (".gone{color:red}", ""),
        (".here .gone{color:red}", ""),
        (".here,.gone{color:red}", ".here{color:red;}"),
        ("#here > p{color:red}", "#here>p{color:red;}"),
        ("#gone{color:red}", ""),
        ("p:not(.gone){color:red}", "p:not(.gone){color:red;}"),
        ("p{}", ""),
        ("p{color:red!important}", "p{color:red!important;}"),
        ("/* a */ p { /* b */ color:red }", "p{color:red;}"),
        ("@media print{.here{color:red}.gone{color:red}}", "@mediaprint{.here{color:red;}}"),
        ("@media print{.gone{color:red}}", ""),
        ("p{&.here{color:red}&.gone{color:red}}", "p{&.here{color:red;}}"),
        ("@keyframes turn{to{rotate:1turn}}", "@keyframesturn{to{rotate:1turn}}"),
        ("p{--a:1;color:var(--a)}", "p{--a:1;color:var(--a);}"),
        ("p{--a:1;--ab:2;color:var(--ab)}", "p{--ab:2;color:var(--ab);}"),
        ("p{--a:1;--b:var(--a);color:red}", "p{color:red;}"),  # --a goes with --b
        ('p{--a:"x;y";color:red}', "p{color:red;}"),
    ],
)
def test_a_rule_stays_if_its_names_are_there(tmp_path, css, kept):
    assert purged(tmp_path, css, "here") == kept


def test_an_imported_stylesheet_comes_along(tmp_path):
    (tmp_path / "basic.css").write_text(".here{color:red}.gone{color:red}", encoding="utf-8")
    assert purged(tmp_path, '@import "basic.css";p{color:blue}', "here").startswith(".here{")


def face(family: str, file: str, weight: int = 400, style: str = "normal") -> str:
    return (
        f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
        f'src:url({FONTS / file}) format("woff2"),url(fonts/other.ttf) format("truetype")}}'
    )


def letters(css: str) -> set[str]:
    content = base64.b64decode(re.search(r"base64,([^)]*)\)", css)[1])
    return set(map(chr, TTFont(BytesIO(content)).getBestCmap()))


def test_a_font_keeps_the_letters_that_occur(tmp_path):
    css = face("KaTeX_Main", "KaTeX_Main-Regular.woff2") + "p{font-family:KaTeX_Main}"
    sheet = purged(tmp_path, css, text="ab한")
    assert letters(sheet) == {"a", "b"}  # another font has the Korean ones
    assert len(sheet) < 3000 and "other.ttf" not in sheet


def test_icons_are_letters_too(tmp_path):
    css = face("KaTeX_Main", "KaTeX_Main-Regular.woff2")
    css += 'p:before{font-family:KaTeX_Main;content:"\\221e"}.gone:before{content:"\\222b"}'
    assert letters(purged(tmp_path, css)) == {"∞"}


@pytest.mark.parametrize(
    ("rules", "faces"),
    [
        ("p{color:red}", 0),
        ("p{font-family:KaTeX_Main}", 1),
        ("p{font-family:KaTeX_Main}.gone{font-weight:700}", 1),
        ("p{font-family:KaTeX_Main}b{font-weight:700}", 2),
        ("p{font-family:KaTeX_Main}b{font-weight:700;font-family:Other}", 1),
        ("p{font-family:KaTeX_Main}i{font-style:italic;font-family:KaTeX_Main}", 2),
    ],
)
def test_a_font_that_no_rule_asks_for_is_left_out(tmp_path, rules, faces):
    css = face("KaTeX_Main", "KaTeX_Main-Regular.woff2")
    css += face("KaTeX_Main", "KaTeX_Main-Bold.woff2", weight=700)
    css += face("KaTeX_Main", "KaTeX_Main-Italic.woff2", style="italic")
    assert purged(tmp_path, css + rules, text="a").count("@font-face") == faces


def test_a_figure_is_as_large_as_it_was_drawn(tmp_path):
    """Twice the dots for a dense screen, the same size on the page; no dot changes visibly."""
    picture = Image.new("RGBA", (640, 320), (0, 0, 0, 0))
    picture.paste((200, 30, 30, 255), (100, 100, 200, 200))
    picture.save(tmp_path / "a.png", dpi=(192, 192))
    file, *size = lean.convert_picture(tmp_path / "a.png")
    assert (file.name, size) == ("a.webp", ["320", "160"])
    with Image.open(file) as small:
        assert small.size == (640, 320)
        assert small.getpixel((150, 150)) == (200, 30, 30)
        assert small.getpixel((5, 5)) == (255, 255, 255)  # readable in the dark


@pytest.mark.parametrize(
    "attributes",
    [
        'width="460.8pt" height="230.4pt" viewBox="0 0 9 9"',
        'height="230" width="461"  viewBox="0 0 461 230"',
        'viewBox="0 0 460.8 230.4"',
    ],
)
def test_a_drawing_says_its_size_in_many_ways(tmp_path, attributes):
    file = tmp_path / "a.svg"
    file.write_text(f'<?xml version="1.0"?><svg {attributes}><rect width="1"/></svg>', "utf-8")
    assert lean.convert_picture(file) == (file, "461", "230")


def test_few_colours_are_close_to_the_many(tmp_path):
    """A colour map, the hardest for a picture of 64 colours: no eye sees the steps."""
    colours = (colormaps["viridis"](np.linspace(0, 1, 640))[:, :3] * 255).round()
    drawn = np.tile(colours.astype(np.uint8), (64, 1, 1))
    Image.fromarray(drawn).save(tmp_path / "a.png")
    file, *_ = lean.convert_picture(tmp_path / "a.png")
    with Image.open(file) as small:
        error = np.abs(np.asarray(small.convert("RGB"), dtype=int) - drawn)
    assert error.max() <= 8 and error.mean() <= 2


# A site in small: what Sphinx leaves, before it is made light.
PAGE = """<!DOCTYPE html><html><head><title>제목</title>
<link rel="stylesheet" href="_static/a.css"><link rel="stylesheet" href="_static/b.css">
{katex}<link rel="preload" as="script" href="_static/scripts/bootstrap.js">
<script src="_static/scripts/fontawesome.js"></script>
<script src="_static/copybutton.js"></script>
<script src="searchindex.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = "a";</script>
<script src="_static/scripts/bootstrap.js"></script></head>
<body><img src="_static/a.png"><article><p>짧다.</p><p>{said}</p>{body}</article></body></html>"""


@pytest.fixture
def site(tmp_path):
    """build(**bodies) -> {name: the page after}."""
    static = tmp_path / "_static"
    (static / "scripts").mkdir(parents=True)
    Image.new("RGB", (120, 60)).save(static / "a.png", dpi=(120, 120))
    for name, css in {
        "a.css": ".here{color:red}.gone{color:red}.by-script{color:red}",
        "b.css": ".tooltip-inner{color:red}.carousel{color:red}",
        "katex.css": ".katex{color:red}",
    }.items():
        (static / name).write_text(css, encoding="utf-8")
    for name in "menus.js", "scripts/fontawesome.js", "../searchindex.js":
        (static / name).touch()
    (static / "copybutton.js").write_text('add("by-script")', encoding="utf-8")
    (static / "scripts/bootstrap.js").write_text('"carousel" "tooltip-inner"', encoding="utf-8")
    shutil.copy(ROOT / "book/_static/colab-badge.svg", static)
    shutil.copy(DOCTOOLS, static)

    def build(**bodies: str) -> dict[str, BeautifulSoup]:
        for name, body in bodies.items():
            katex = '<link rel="stylesheet" href="_static/katex.css">' if "katex" in body else ""
            page = PAGE.format(katex=katex, body=body, said="말 " * 100)
            (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
        app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path))
        lean.lighten(app, None)
        return {
            name: BeautifulSoup((tmp_path / f"{name}.html").read_text("utf-8"), "html.parser")
            for name in bodies
        }

    build.folder = tmp_path
    return build


def test_stylesheets_become_one(site):
    code = '<div class="highlight"></div>'
    pages = site(a='<p class="here">', b=f'{code}<p class="katex">')
    hrefs = [[link["href"] for link in page.select("[rel=stylesheet]")] for page in pages.values()]
    assert [[re.sub(r"\?v=\w+", "", href) for href in page] for page in hrefs] == [
        ["_static/site.css"],
        ["_static/site.css", "_static/formulas.css"],
    ]
    css = (site.folder / "_static/site.css").read_text("utf-8")
    assert re.findall(r"\.([\w-]+)\{", css) == ["here", "by-script", "tooltip-inner"]


def test_scripts_wait_or_stay_away(site):
    code = '<div class="highlight"></div><script src="own.js"></script>'
    pages = site(a="", b=code, c='<div id="search-results"></div>')
    sources = {
        name: [script.get("src") for script in page.find_all("script")]
        for name, page in pages.items()
    }
    menus, inline = "_static/menus.js", None
    assert sources["a"] == [inline, menus]
    assert sources["b"] == ["_static/copybutton.js", inline, menus, "own.js"]
    assert sources["c"] == ["searchindex.js", inline, menus]
    for page in pages.values():
        for script in page.select("head script"):
            assert script.has_attr("defer") or script["type"] == "module"
        assert page.select_one("[data-bootstrap]")["data-bootstrap"].endswith("bootstrap.js")
        assert not page.select("[rel=preload]")


def test_scripts_that_wait_start_together(site):
    """Sphinx's "when the page is ready" is after the last script, not while others still come."""
    site(a="")
    ready = re.search(
        "const _ready = .*?};", (site.folder / "_static/doctools.js").read_text("utf-8"), re.S
    )
    engine = start_v8()
    engine.eval("document = { addEventListener: () => {} }; var started = '';" + ready[0])
    for state in "loading", "interactive", "complete":
        engine.eval(f"document.readyState = '{state}'; _ready(() => (started += '{state}'))")
    assert engine.eval("started") == "complete"


def test_another_doctools_stops_the_build(site):
    file = site.folder / "_static/doctools.js"
    file.write_text(file.read_text("utf-8").replace("State !== ", "State != "), "utf-8")
    with pytest.raises(ExtensionError, match="lean: doctools.js has 'State !== "):
        site(a="")


def test_a_page_without_the_menus_script_is_reported(site, caplog):
    page = site.folder / "b.html"
    page.write_text(
        '<html><head><title>b</title><script src="x.js"></script></head></html>', "utf-8"
    )
    site(a="")
    assert "b.html has no script bootstrap.js" in caplog.text and "a.html" not in caplog.text


def test_images_have_their_size_and_wait(site):
    remote = '<img src="https://colab.example/assets/colab-badge.svg">'
    page = site(a=f'{remote}<img src="_static/a.png">')["a"]
    icon, badge, figure = page.find_all("img")
    assert badge["src"] == "_static/colab-badge.svg" and badge["width"] == "128"
    assert not badge.has_attr("loading")
    assert figure["src"] == "_static/a.webp" and figure["loading"] == "lazy"
    assert (figure["width"], figure["height"]) == ("96", "48")
    assert icon["src"] == "_static/a.png" and icon["loading"] == "lazy"


def test_a_page_describes_itself(site):
    content = site(a="")["a"].find("meta", attrs={"name": "description"})["content"]
    assert content.startswith("말 말") and content.endswith("…") and len(content) <= 150


def test_what_is_light_stays_as_it_is(site):
    """Sphinx writes only the pages that changed; the others pass here again."""
    body = '<p class="here katex"><img src="_static/a.png"><img src="_static/a.png">'
    first = str(site(a=body)["a"])
    again = site()
    assert again == {} and (site.folder / "a.html").read_text("utf-8") == first


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://elsewhere.example/gone.png">',
        '<script src="//elsewhere.example/a.js"></script>',
        '<link rel="stylesheet" href="https://elsewhere.example/a.css">',
        '<iframe src="https://elsewhere.example/"></iframe>',
    ],
)
def test_a_request_to_another_site_is_reported(site, caplog, body):
    site(a=body)
    assert "a.html asks for" in caplog.text and "elsewhere.example" in caplog.text


def test_a_link_to_another_site_is_none(site, caplog):
    site(a='<a href="https://elsewhere.example/">x</a>')
    assert caplog.text == ""


def page(name: str) -> BeautifulSoup:
    return BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "html.parser")


@needs_site
@pytest.mark.parametrize("name", PAGES)
def test_the_built_pages_are_light(name):
    built = page(name)
    styles = [link["href"].split("?")[0][-12:] for link in built.select("link[rel=stylesheet]")]
    formulas = ["formulas.css"] if built.select(".katex") else []
    assert [style.rpartition("/")[2] for style in styles] == ["site.css", *formulas]
    assert built.select_one("link[rel=icon]")
    for image in built.select("article img"):
        assert image["src"].endswith((".webp", ".svg"))
        assert image["width"].isdigit() and image["height"].isdigit()
        if image["src"].endswith(".webp") and name in LECTURES:  # crisp on a dense screen
            with Image.open((SITE / f"{name}.html").parent / image["src"]) as figure:
                assert figure.width >= 2 * int(image["width"]), image["src"]
    assert "katex-error" not in str(built)


@needs_site
def test_no_page_carries_the_renderer():
    assert list(SITE.rglob("katex*.js")) == []


@needs_site
@pytest.mark.parametrize("name", LECTURES)
def test_a_downloaded_lecture_is_the_lecture(name):
    ours, theirs = ROOT / f"{name}.ipynb", SITE / "_sources" / f"{name}.ipynb"
    assert ours.read_bytes() == theirs.read_bytes()
