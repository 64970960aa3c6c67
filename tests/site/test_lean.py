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
from fontTools.ttLib import TTFont
from formulas import start_v8
from matplotlib import colormaps
from PIL import Image
from sphinx.errors import ExtensionError

from tests.notebooks import ROOT

from .site import EVERY_PAGE, LECTURES, SITE, soup

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


def face(style: str, weight: int = 400, slope: str = "normal") -> str:
    return (
        f"@font-face{{font-family:KaTeX_Main;font-weight:{weight};font-style:{slope};"
        f'src:url({FONTS}/KaTeX_Main-{style}.woff2) format("woff2"),url(other.ttf)}}'
    )


@pytest.mark.parametrize(
    ("rule", "text", "kept"),
    [
        ("p{font-family:KaTeX_Main}", "ab한", "ab"),  # another font has the Korean ones
        ('p:before{font-family:KaTeX_Main;content:"\\221e"}', "", "∞"),  # icons are letters
        ('.gone:before{content:"\\222b"}p:before{font-family:KaTeX_Main}', "a", "a"),
    ],
)
def test_a_font_keeps_the_letters_that_occur(tmp_path, rule, text, kept):
    sheet = purged(tmp_path, face("Regular") + rule, text=text)
    font = TTFont(BytesIO(base64.b64decode(re.search(r"base64,([^)]*)\)", sheet)[1])))
    assert set(map(chr, font.getBestCmap())) == set(kept)
    assert len(sheet) < 3000 and "other.ttf" not in sheet


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
    css = face("Regular") + face("Bold", weight=700) + face("Italic", slope="italic")
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
PAGE = """<html><head><title>제목</title>
<link rel="stylesheet" href="_static/a.css"><link rel="stylesheet" href="_static/katex.css">
<script src="_static/own.js"></script><script src="_static/scripts/bootstrap.js"></script></head>
<body><article>{}</article></body></html>"""


@pytest.fixture
def site(tmp_path):
    """site(body): make a site of one page light; the page after."""
    static = tmp_path / "_static"
    (static / "scripts").mkdir(parents=True)
    for name, text in {
        "a.css": ".here{color:red}.gone{color:red}.by-script{color:red}.tooltip-inner{color:red}",
        "katex.css": ".katex{color:red}.carousel{color:red}",
        "own.js": 'add("by-script")',
        "menus.js": "",
        "scripts/bootstrap.js": '"carousel" "tooltip-inner"',
    }.items():
        (static / name).write_text(text, encoding="utf-8")
    shutil.copy(DOCTOOLS, static)

    def lighten(page: str) -> str:
        (tmp_path / "a.html").write_text(page, encoding="utf-8")
        app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path))
        lean.lighten(app, None)
        return (tmp_path / "a.html").read_text("utf-8")

    lighten.static = static
    return lighten


def test_what_a_page_or_a_script_names_keeps_its_rules(site):
    site(PAGE.format('<p class="here katex">'))
    sheets = [(site.static / name).read_text("utf-8") for name in ("site.css", "formulas.css")]
    assert [re.findall(r"\.([\w-]+)\{", css) for css in sheets] == [
        ["here", "by-script", "tooltip-inner"],
        ["katex"],
    ]


def test_scripts_that_wait_start_together(site):
    """Sphinx's "when the page is ready" is after the last script, not while others still come."""
    site(PAGE)
    code = (site.static / "doctools.js").read_text("utf-8")
    engine = start_v8()
    engine.eval("document = { addEventListener: () => {} }; var started = '';")
    engine.eval(re.search("const _ready = .*?};", code, re.S)[0])
    for state in "loading", "interactive", "complete":
        engine.eval(f"document.readyState = '{state}'; _ready(() => (started += '{state}'))")
    assert engine.eval("started") == "complete"


def test_another_doctools_stops_the_build(site):
    file = site.static / "doctools.js"
    file.write_text(file.read_text("utf-8").replace("State !== ", "State != "), "utf-8")
    with pytest.raises(ExtensionError, match="lean: doctools.js has 'State !== "):
        site(PAGE)


def test_what_is_light_stays_as_it_is(site):
    """Sphinx writes only the pages that changed; the others pass here again."""
    Image.new("RGB", (9, 9)).save(site.static / "a.png")
    once = site(PAGE.format('<p class="here katex"><img src="_static/a.png">' * 2))
    assert site(once) == once


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (PAGE.format('<img src="https://else.example/gone.png">'), "a.html asks for"),
        (PAGE.format('<script src="//else.example/a.js"></script>'), "a.html asks for"),
        (PAGE.format('<link rel="stylesheet" href="https://else.example/">'), "a.html asks for"),
        (PAGE.format('<iframe src="https://else.example/"></iframe>'), "a.html asks for"),
        (PAGE.replace("bootstrap", "other"), "a.html has no script bootstrap.js"),
        (PAGE.format('<a href="https://else.example/">x</a>'), ""),
    ],
)
def test_what_a_page_should_not_ask_for_or_lacks_is_reported(site, caplog, page, said):
    site(page)
    assert said in caplog.text if said else not caplog.text


@pytest.mark.parametrize("name", [path.removesuffix(".html") for path in EVERY_PAGE])
def test_the_built_pages_are_light(name):
    page = soup(name)
    styles = [link["href"].split("?")[0] for link in page.select("link[rel=stylesheet]")]
    formulas = ["formulas.css"] if page.select(".katex") else []
    assert [style.rpartition("/")[2] for style in styles] == ["site.css", *formulas]
    scripts = [script for script in page.select("head script") if script.get("src")]
    assert all(script.has_attr("defer") or script.get("type") == "module" for script in scripts)
    assert page.find("script", string=re.compile("^DOCUMENTATION_"))["type"] == "module"
    assert page.select_one("[data-bootstrap]")["src"].endswith("menus.js")
    sources = " ".join(script["src"] for script in scripts)
    assert not re.search("fontawesome|thebe", sources)
    assert ("copybutton" in sources) == bool(page.select("div.highlight"))
    assert ("search_index" in sources) == bool(page.select("#search-results"))
    assert page.select_one("link[rel=icon]") and not page.select("[rel=preload]")
    assert 20 < len(page.select_one("meta[name=description]")["content"]) <= 150
    for place, image in enumerate(page.select("article img")):
        assert image["src"].endswith((".webp", ".svg"))
        assert image["width"].isdigit() and image["height"].isdigit()
        assert (image.get("loading") == "lazy") == (place > 0)  # the first may be in sight
        if image["src"].endswith(".webp") and name in LECTURES:  # crisp on a dense screen
            with Image.open((SITE / f"{name}.html").parent / image["src"]) as figure:
                assert figure.width >= 2 * int(image["width"]), image["src"]
