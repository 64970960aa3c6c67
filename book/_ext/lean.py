"""Make the built pages light: what a page does not use is not sent with it.

Runs when everything is written, over all pages at once: one stylesheet with only the rules that a
page or a script can need, fonts cut to the characters that occur and put inside it (so that they
load from a USB stick too), scripts that wait, images in WebP with their size. No page may ask for
anything outside the site.
"""

import re
import zlib
from os.path import relpath
from pathlib import Path
from textwrap import shorten
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Comment, Tag
from PIL import Image
from purge import cut_letters, join_stylesheets
from sphinx.application import Sphinx
from sphinx.util import logging
from templates import replace_once

# Scripts that act on something: a page without it does without them. None: so does every page.
NEEDED = {
    r"fontawesome|thebe|kernelName": None,  # icons come from a font; code runs in Colab
    r"searchtools|language_data|searchindex": None,  # the search is ours
    r"clipboard|copybutton": "div.highlight",
    r"toggle(button|Hint|OpenOnPrint)": ".toggle, .admonition.dropdown",
    r"design-tabs": ".sd-tab-set",
}
# What bootstrap's script makes when menus.js has fetched it. Its other words are not read.
BOOTSTRAP = re.compile(r"\b(?:(?:bs-)?tooltip[\w-]*|dropdown[\w-]*|show|fade)\b")
READY = 'State === "complete"'
OURS = ["site.css", "formulas.css"]
PICTURE = "book.png"
APART = {"_static", "slides"}  # a template of the theme; decks, made of finished pages
GOTHIC = Path(__file__).parents[2] / "lecture_utils" / "notebook" / "fonts" / "LectureGothic.ttf"
LOADING = "[src], link[rel=stylesheet], link[rel=preload], link[rel~=icon]"
logger = logging.getLogger(__name__)


def convert_picture(file: Path) -> tuple[Path, str, str]:
    """Convert a picture to WebP; return it and its size: more pixels make it crisp, not large."""
    if file.suffix == ".svg":
        root = ElementTree.parse(file).getroot()
        box = zip(("width", "height"), root.get("viewBox", "0 0 0 0").split()[2:])
        return file, *(str(round(float(root.get(side, size).rstrip("ptx")))) for side, size in box)
    with Image.open(file) as picture:
        scale = 96 / round(picture.info.get("dpi", (96, 96))[0])
        target = file.with_suffix(".webp") if file.suffix == ".png" else file
        if not target.exists():
            flat = Image.new("RGB", picture.size, "white")
            flat.paste(picture.convert("RGB"), mask=picture.convert("RGBA").getchannel("A"))
            # 56 colours are a third of it, and lines and letters stay sharp.
            few = flat.quantize(56, dither=Image.Dither.NONE).convert("RGB")
            few.save(target, lossless=True, quality=100, method=4)  # 100: the smallest file
        return target, *(str(int(pixels * scale)) for pixels in picture.size)


class Page:
    """Read and change a built page. What was changed before stays as it is."""

    def __init__(self, path: Path, static: Path) -> None:
        """Read the page."""
        self.path, self.static = path, static
        self.soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")

    def address(self, file: Path) -> str:
        """Return the address of a file as seen from the page."""
        return Path(relpath(file, self.path.parent)).as_posix()

    def file(self, address: str) -> Path | None:
        """Return the file of the site at an address; None if there is none."""
        parts = urlsplit(address)
        file = (self.path.parent / unquote(parts.path)).resolve()
        return file if not (parts.scheme or parts.netloc) and file.is_file() else None

    def sheets(self, katex: bool) -> list[Tag]:
        """Return the links to stylesheets, those of formulas or the others."""
        links = self.soup.select("link[rel=stylesheet]:not([media])")
        return [link for link in links if katex == bool(re.search("katex|formulas", link["href"]))]

    def trim_scripts(self) -> None:
        """Drop the scripts that the page does not need; let the others wait."""
        for link in self.soup.select("link[rel=preload][as=script]"):
            link.decompose()
        for script in self.soup.select("script:not(article script)"):
            source = script.get("src", "")
            needs = [of for name, of in NEEDED.items() if re.search(name, source + script.text)]
            if any(of is None or not self.soup.select_one(of) for of in needs):
                script.decompose()
            elif source:
                script["defer"] = ""
                if "bootstrap.js" in source:
                    script["data-bootstrap"] = source
                    script["src"] = self.address(self.static / "menus.js")
            elif script.text.startswith("DOCUMENTATION_OPTIONS"):
                script["type"] = "module"  # it waits, as the script does that it speaks to

    def trim_comments(self) -> None:
        """Drop comments: they bind numbers and say what readers ask, to whoever edits a page."""
        for comment in self.soup.find_all(string=lambda text: isinstance(text, Comment)):
            comment.extract()

    def trim_images(self) -> None:
        """Send pictures as WebP with their size, and only when they come into sight."""
        for image in self.soup.find_all("img"):
            file, parts = self.file(image["src"]), urlsplit(image["src"])
            if parts.netloc:  # Colab's badge lies on its server; its twin is here
                file = self.file(self.address(self.static / Path(parts.path).name))
            if file and image.find_parent("article") and file.suffix != ".webp":
                file, image["width"], image["height"] = convert_picture(file)
                image["src"] = self.address(file)
                del image["style"]  # myst-nb fixes a height that a phone has no room for
            if image is not self.soup.select_one("article img"):  # that one may be in sight
                image["loading"] = "lazy"

    def describe(self) -> None:
        """Say what a search engine shows: the first paragraph that says something."""
        if not self.soup.find("meta", attrs={"name": "description"}):
            said = (" ".join(p.text.split()) for p in self.soup.select("article p"))
            said = [*filter(lambda text: len(text) > 40, said), self.soup.title.text]
            meta = {"name": "description", "content": shorten(said[0], 150, placeholder="…")}
            self.soup.head.append(self.soup.new_tag("meta", attrs=meta))
            self.introduce(meta["content"])

    def introduce(self, description: str) -> None:
        """Say what a messenger shows where the page is shared: Open Graph wants full addresses."""
        if link := self.soup.select_one("link[rel=canonical]"):
            picture = urljoin(link["href"], self.address(self.static / PICTURE))
            for name, content in [
                ("type", "article"),
                ("title", self.soup.title.text),
                ("description", description),
                ("url", link["href"]),
                ("image", picture),
                ("image:alt", "2강의 페이지: 차례, 세 모델의 테스트 MSE 곡선과 평균 예측"),
                ("locale", "ko_KR"),
            ]:
                meta = {"property": f"og:{name}", "content": content}
                self.soup.head.append(self.soup.new_tag("meta", attrs=meta))

    def list_foreign(self) -> list[str]:
        """Return what the page would ask of other sites."""
        found = (tag.get("src") or tag.get("href", "") for tag in self.soup.select(LOADING))
        return [address for address in found if urlsplit(address).netloc]


def join_sheets(ours: Path, pages: list[Page], names: set[str], text: set[str]) -> list[str]:
    """Put `ours` in the place of the pages' stylesheets; the addresses in it that lead nowhere."""
    katex, problems = ours.name == OURS[1], []
    links = [(page, link) for page in pages for link in page.sheets(katex)]
    files = dict.fromkeys(page.file(link["href"]) for page, link in links)
    files = [file for file in files if file and file.name not in OURS]
    if files:
        css = join_stylesheets(files, names, text if katex else set())
        urls = re.findall(r"url\(\"?(?!data:)([^)\"]*)", css)
        problems = [f"{ours.name}: {url}" for url in urls if not (ours.parent / url).is_file()]
        ours.write_text(css, "utf-8")
    for page in pages:
        first, *others = page.sheets(katex) or [None]
        if first:
            first["href"] = f"{page.address(ours)}?v={zlib.crc32(ours.read_bytes()):x}"
        for link in others:
            link.decompose()
    return problems


def write_korean(file: Path, texts: list[str]) -> None:
    """Write our Korean font, cut to the syllables of the book; custom.css says who fetches it."""
    file.write_bytes(cut_letters(GOTHIC, set(re.findall("[ㄱ-ㆎ가-힣]", "".join(texts)))))


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Make every page of the finished site light."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir).resolve()
    static, names, text, problems = site / "_static", set(), set(), []
    files = [file.relative_to(site) for file in sorted(site.rglob("*.html"))]
    pages = [Page(site / file, static) for file in files if APART.isdisjoint(file.parts)]
    pages = [page for page in pages if page.soup.head]
    # Scripts that wait run one by one: what they do when ready must come after the last of them.
    code = (static / "doctools.js").read_text("utf-8")
    if READY not in code:  # done in an earlier build, which copied the script
        code = replace_once(code, 'State !== "loading"', READY, "lean: doctools.js")
    (static / "doctools.js").write_text(code, "utf-8")
    for page in pages:
        page.trim_scripts()
        page.trim_images()
        page.trim_comments()
        page.describe()
        problems += [f"{page.path.name} asks for {address}" for address in page.list_foreign()]
        if page.soup.select("[src]") and not page.soup.select("[data-bootstrap]"):
            problems.append(f"{page.path.name} has no script bootstrap.js")
        for tag in page.soup.find_all(True):
            names |= {*tag.get_attribute_list("class"), tag.get("id")}
        text |= set("".join(tag.text for tag in page.soup.select(".katex-html")))
    scripts = [(page, script) for page in pages for script in page.soup.find_all("script")]
    sources = {page.file(script.get("src", "")) for page, script in scripts}
    words = [file.read_text("utf-8") for file in sources - {None, static / "search_index.js"}]
    names |= set(re.findall(r"[\w-]+", " ".join(words + [script.text for _, script in scripts])))
    write_korean(static / "korean.woff2", words + [str(page.soup) for page in pages])
    names |= set(BOOTSTRAP.findall((static / "scripts" / "bootstrap.js").read_text("utf-8")))
    for name in OURS:
        problems += join_sheets(static / name, pages, names, text)
    for page in pages:
        page.path.write_text(str(page.soup), "utf-8")
    if problems:  # all at once: with -W Sphinx stops at the first
        logger.warning("lean: %s", "; ".join(sorted(set(problems))))


def setup(app: Sphinx) -> None:
    """Run when the site is written."""
    app.connect("build-finished", lighten, priority=900)  # after whoever else changes pages
