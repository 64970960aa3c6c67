"""What comes out on paper: every page as the browser prints it, and the PDF of the whole book."""

import re

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from book import chromium, pages, pdf

from .site import EVERY_PAGE, LECTURES, missing, require_book
from .test_slides import squeezed

A4_WIDTH = 672  # CSS pixels between the margins of print.css: 210 mm - 2 x 16 mm
# What sticks out of the sheet, or is cut off by a box.
CUT = """() => [...document.querySelectorAll("article.bd-article *")].filter((part) => {
  if (part.closest(".katex-mathml, svg, .headerlink, .visually-hidden")) return false;
  const style = getComputedStyle(part), box = part.getBoundingClientRect();
  if (!box.width || style.display === "inline") return false;
  const open = style.overflowX === "visible", edge = open ? innerWidth : box.left + box.width;
  return Math.max(box.right, box.left + part.scrollWidth) > edge + 1;
}).map((part) => `${part.tagName}.${part.className}: ${part.textContent.trim().slice(0, 50)}`)"""
FOLDED = """[...document.querySelectorAll(
  "article details:not(.figure-data) > :not(summary)")].map((part) => part.checkVisibility())"""
HIDDEN = ".bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-footer"


@pytest.mark.parametrize(
    "plant",
    [
        f'<pre style="white-space: pre">{"x" * 200}</pre>',
        '<div style="overflow: hidden; width: 300px"><p style="width: 600px">x</p></div>',
        f'<table style="white-space: nowrap"><tr>{"<td>넓은 표의 한 칸</td>" * 30}</tr></table>',
    ],
    ids=["code", "box", "table"],
)
def test_a_cut_is_noticed(visit, site: str, plant: str) -> None:
    sheet = visit(f"{site}/{EVERY_PAGE[0]}", width=A4_WIDTH).page
    sheet.emulate_media(media="print")
    sheet.evaluate(f"document.querySelector('article').insertAdjacentHTML('beforeend', `{plant}`)")
    assert sheet.evaluate(CUT) != []


def test_no_frame_stays_behind_when_its_code_goes_to_the_next_sheet(visit, site: str) -> None:
    """Else it ends a page, empty."""
    sheet = visit(f"{site}/{LECTURES[2]}.html", width=A4_WIDTH).page
    sheet.emulate_media(media="print")
    broken = """() => [...document.querySelectorAll(".cell pre")].flatMap((code) => {
      const frames = [];
      for (let part = code; !part.matches(".cell"); part = part.parentElement) {
        const { borderLeftWidth, backgroundColor, breakInside } = getComputedStyle(part);
        const framed = parseFloat(borderLeftWidth) || backgroundColor !== "rgba(0, 0, 0, 0)";
        if (framed && breakInside !== "avoid") frames.push(part.className);
      }
      return frames;
    })"""
    assert sheet.evaluate(broken) == []
    sheet.add_style_tag(content=".cell_input { break-inside: auto !important }")
    assert "cell_input docutils container" in sheet.evaluate(broken)


def test_a_dark_page_is_printed_dark_on_light(visit, site: str) -> None:
    sheet = visit(f"{site}/{LECTURES[0]}.html", width=A4_WIDTH, dark=True).page
    sheet.emulate_media(media="print")
    assert sheet.locator("html").get_attribute("data-theme") == "dark"
    colours = "(names) => [...document.querySelectorAll(names)].map(p => getComputedStyle(p).color)"
    assert set(sheet.evaluate(colours, "article :is(p, h2, code, pre span)")) == {"rgb(0, 0, 0)"}


def test_every_heading_is_found_in_the_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """On two pages; the whole book takes minutes."""
    if (browser := chromium.find()) is None:
        missing(chromium.MISSING)
    require_book()
    two = [pages.TOC["root"], pages.LECTURES[0]]
    monkeypatch.setattr(pages, "PAGES", two)
    body = BeautifulSoup("".join(pdf.chapter(page, 1) for page in two), "html.parser")
    names = [name for _, _, name in pdf.entries(body)]
    assert len(names) == len({*names}) > 5
    found = pdf.places(pdf.print_html(pdf.document(body, {}), browser))
    assert [name for name in names if name not in found] == []


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    if chromium.find() is None:
        missing(chromium.MISSING)
    require_book()
    return pdf.make(tmp_path_factory.mktemp("pdf") / "book.pdf")


@pytest.fixture(scope="module")
def texts(book: PdfReader) -> list[str]:
    """What can be selected on each page: to find out takes seconds."""
    return [page.extract_text() for page in book.pages]


def titles(outline: list, depth: int = 1) -> list[tuple[int, str]]:
    found = []
    for entry in outline:
        found += titles(entry, depth + 1) if isinstance(entry, list) else [(depth, entry.title)]
    return found


@pytest.mark.full
def test_the_outline_names_parts_pages_and_sections(book: PdfReader) -> None:
    expected = [(1, "차례"), (1, pages.article(pages.TOC["root"]).h1.text)]
    for caption, names in pages.PARTS:
        expected.append((1, caption))
        for page in names:
            headings = pages.article(page).select("h1, h2")
            expected += [(int(heading.name[1]) + 1, heading.text) for heading in headings]
    assert titles(book.outline) == expected


@pytest.mark.full
def test_the_contents_tell_the_right_pages(texts: list[str]) -> None:
    text = "\n".join(texts[:8])
    told = dict(re.findall(r"(?m)^(.+?)(\d+)$", "\n".join(map(squeezed, text.splitlines()))))
    for page in pages.PAGES:
        title = squeezed(pages.article(page).h1.text)
        assert title in squeezed(texts[int(told[title]) - 1])


@pytest.mark.full
def test_korean_can_be_selected_and_fonts_are_inside(book: PdfReader, texts: list[str]) -> None:
    text = squeezed("".join(texts))
    assert [w for w in ("추천", "행렬분해", "평점", "임베딩", "편향") if w not in text] == []
    fonts = [
        font.get_object()["/DescendantFonts"][0].get_object()
        for page in book.pages
        for font in page["/Resources"].get("/Font", {}).values()
        if "/DescendantFonts" in font.get_object()
    ]
    for font in fonts:
        assert any(key.startswith("/FontFile") for key in font["/FontDescriptor"].get_object())
    # Korean is written, not drawn as boxes.
    assert any("LectureGothic" in font["/BaseFont"] for font in fonts)


@pytest.mark.full
def test_formulas_are_printed(texts: list[str]) -> None:
    text = "".join(texts)
    formulas = [f for page in pages.LECTURES for f in pages.article(page).select(".katex-html")]
    unseen = {"\u200b", "\u2060"}  # where a line may break, and where not
    signs = {sign for formula in formulas for sign in formula.text if sign > "~"} - unseen
    assert signs > set("∂∑σ")
    assert signs - set(text) == set()
    assert "\\frac" not in text  # nor their source beside them


@pytest.mark.full
def test_links_stay_in_the_book(book: PdfReader) -> None:
    links = [
        link.get_object()
        for page in book.pages
        for link in page.get("/Annots", [])
        if link.get_object()["/Subtype"] == "/Link"
    ]
    outside = {link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})}
    addresses = {f"{pages.ADDRESS}{page}.html" for page in pages.PAGES}
    assert {uri for uri in outside if uri.split("#")[0] in addresses} == set()
    assert {uri for uri in outside if not uri.startswith(("http", "mailto"))} == set()
    inside = {str(link["/Dest"]) for link in links if "/Dest" in link}
    assert len(inside) > 50
    assert inside <= {name for name in book.named_destinations}


@pytest.mark.full
def test_pages_have_numbers(book: PdfReader, texts: list[str]) -> None:
    assert len(book.pages) > 40
    for number, page in enumerate(book.pages[1:], 2):
        assert texts[number - 1].split()[0] == str(number)
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]


def test_without_a_browser_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    with pytest.raises(SystemExit, match="CHROMIUM"):
        pdf.make()
