"""The font that comes only to a reader who has no Korean one."""

import os
import sys
from collections.abc import Iterator

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser

from book import chromium

from .conftest import opening
from .site import EVERY_PAGE, LECTURES, SITE, require_book

FONT = "korean.woff2"
# Without a font, each syllable is the same box.
DRAW = """(sign) => {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  pen.font = `40px ${getComputedStyle(document.querySelector("article")).fontFamily}`;
  pen.fillText(sign, 10, 60);
  return canvas.toDataURL();
}"""
# What has Korean words of its own, and would be drawn without our font.
WITHOUT = """() => [...document.querySelectorAll("body *")].filter((part) => {
  const own = [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  return /[가-힣]/.test(own.map((node) => node.data).join("") + (part.placeholder ?? ""))
    && part.checkVisibility() && !part.closest(".katex-mathml, script, style")
    && !getComputedStyle(part).fontFamily.includes("Lecture Gothic Web");
}).map((part) => part.outerHTML.slice(0, 80))"""
NO_KOREAN = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include>/etc/fonts/fonts.conf</include><cachedir>{cache}</cachedir>
<selectfont><rejectfont><pattern><patelt name="lang"><string>ko</string></patelt></pattern>
</rejectfont></selectfont></fontconfig>"""


@pytest.fixture(scope="module")
def poor(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that finds no Korean font on its machine."""
    if sys.platform != "linux":
        pytest.skip("fontconfig chooses the fonts on Linux alone")
    folder = tmp_path_factory.mktemp("no-korean")
    config = folder / "fonts.conf"
    config.write_text(NO_KOREAN.format(cache=folder), encoding="utf-8")
    env = {**os.environ, "FONTCONFIG_FILE": str(config)}
    opened = browser.browser_type.launch(
        executable_path=chromium.find(), args=chromium.FLAGS, env=env
    )
    yield opened
    opened.close()


def test_a_reader_with_a_korean_font_fetches_none(visit, site: str) -> None:
    seen = visit(f"{site}/{LECTURES[0]}.html")
    seen.page.evaluate("document.fonts.ready")
    assert [url for url in seen.requests if FONT in url] == []
    assert seen.page.evaluate(DRAW, "가") != seen.page.evaluate(DRAW, "나")


def test_a_reader_without_one_fetches_ours_and_sees_korean(poor: Browser, site: str) -> None:
    with opening(poor) as open_page:
        seen = open_page(f"{site}/{LECTURES[0]}.html")
        seen.page.evaluate("document.fonts.ready")
        assert [url for url in seen.requests if FONT in url] == [f"{site}/_static/{FONT}"]
        assert seen.errors == []
        assert seen.page.evaluate(DRAW, "가") != seen.page.evaluate(DRAW, "나")
        seen.page.add_style_tag(content="html { --korean: sans-serif !important }")
        assert seen.page.evaluate(DRAW, "가") == seen.page.evaluate(DRAW, "나")


@pytest.mark.parametrize("path", ["book/index.html", f"{LECTURES[11]}.html", "search.html"])
def test_nothing_korean_is_drawn_without_it(visit, site: str, path: str) -> None:
    """Headings and formulas have stacks of their own: they were boxes beside text that was not."""
    assert visit(f"{site}/{path}").page.evaluate(WITHOUT) == []


def test_it_has_every_syllable_of_the_book_and_is_small() -> None:
    require_book()
    path = SITE / "_static" / FONT
    text = {sign for page in EVERY_PAGE for sign in (SITE / page).read_text("utf-8")}
    syllables = {sign for sign in text if "가" <= sign <= "힣"}
    assert len(syllables) > 500
    assert syllables - {*map(chr, TTFont(path).getBestCmap())} == set()
    assert path.stat().st_size < 60_000
