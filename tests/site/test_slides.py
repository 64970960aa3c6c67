"""How a page is taken apart for slides; and the decks, shown in a real browser at 1280 x 720."""

import re
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from book import pages
from book.slides import FOLDER, answer, blocks, topics

from .conftest import opening
from .site import LECTURES, SITE, missing, read

CODE = '<div class="cell_input"><div class="highlight"><pre>{}</pre></div></div>'
OUTPUT = '<div class="cell_output"><div class="output stream"><div class="highlight"><pre>2</pre>'
FIGURE = '<div class="cell_output"><img src="a.webp" alt="곡선"><details><table></table></details>'


def tag(html: str):
    return BeautifulSoup(html, "html.parser").find()


def cell(*parts: str):
    return tag(f'<div class="cell">{"".join(parts)}</div>')


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ([CODE.format("1 + 1"), OUTPUT], ["code", "output"]),
        ([CODE.format("plot()"), FIGURE], ["code", "figure"]),
        ([f"<details>{CODE.format('plot()')}</details>", FIGURE], ["figure"]),
        ([CODE.format("check()"), f'<details class="below-input">{OUTPUT}</details>'], []),
        ([CODE.format("# 준비: 설치"), OUTPUT], []),
    ],
    ids=["output", "figure", "folded code", "folded output", "bootstrap"],
)
def test_a_cell_shows_what_its_page_shows(parts: list[str], kinds: list[str]) -> None:
    assert [block["data-kind"] for block in blocks(cell(*parts))] == kinds


def test_an_answer_is_told_once() -> None:
    fold = tag(
        "<details><summary>답</summary><div><p>가</p><ul><li><p>나</p></li></ul>"
        '<div class="highlight"><pre>1</pre></div></div></details>'
    )
    label, *rest = answer(fold)
    assert label.text == "답" and "fragment" not in label["class"]
    assert [part.text for part in rest] == ["가", "나", "1"]
    assert all("fragment" in part["class"] for part in rest)


def test_a_topic_is_a_heading_and_what_follows_it() -> None:
    article = tag(
        "<article><section id='a'><span id='id1'></span><h1>강의</h1><p>가</p>"
        "<section id='b'><h2>절</h2><p>나</p><hr>"
        "<p class='provenance'>어제</p></section></section></article>"
    )
    found = [(heading["id"], [block.text for block in body]) for heading, body in topics(article)]
    assert found == [("a", ["가"]), ("b", ["나"])]


NAMES = [Path(page).name for page in LECTURES]
FEW = ("03", "08", "14")  # the longest, formulas, wide tables
DECKS = [pytest.param(n, marks=[] if n.startswith(FEW) else pytest.mark.full) for n in NAMES]
# Turns to every slide, answers uncovered, and names what sticks out of it or out of its box.
OVERFLOWING = """() => Reveal.getSlides().flatMap((slide, at) => {
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, 99);
  const frame = document.querySelector(".reveal").getBoundingClientRect();
  return [...slide.querySelectorAll("*")].filter((part) => {
    if (part.closest(".katex-mathml, svg *, .visually-hidden")) return false;
    const box = part.getBoundingClientRect();
    const boxed = getComputedStyle(part).display !== "inline" && !part.closest(".katex-html");
    return box.bottom > frame.bottom + 1 || box.right > frame.right + 1 || box.top < frame.top - 1
        || box.left < frame.left - 1 || (boxed && part.scrollWidth > part.clientWidth + 1);
  }).slice(0, 1).map((part) => `slide ${at + 1}: ${part.tagName} ${part.textContent.slice(0, 40)}`);
})"""
SHOWN = "[...document.querySelectorAll('.slide')].map((slide) => slide.textContent).join('')"


def open_deck(open_page, name: str):
    """Open a deck from the disk, as an instructor would, and wait for its slides."""
    path = FOLDER / f"{name}.html"
    if not path.is_file():
        missing("the decks are not built: run `make slides` first")
    seen = open_page(path.as_uri(), width=1280, height=720)
    seen.page.wait_for_function("window.Reveal && Reveal.isReady()")
    return seen


@pytest.fixture
def show(visit):
    """show(name): a deck that nobody has touched."""
    return partial(open_deck, visit)


@pytest.fixture(scope="module", params=DECKS)
def deck(request: pytest.FixtureRequest, browser: Browser):
    """A deck that the tests which only look share."""
    with opening(browser) as open_page:
        yield request.param, open_deck(open_page, request.param)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_nothing_overflows_and_nothing_is_fetched(deck) -> None:
    name, seen = deck
    assert seen.page.evaluate("Reveal.getTotalSlides()") > 20
    assert seen.page.evaluate(OVERFLOWING) == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [
        (FOLDER / f"{name}.html").as_uri()
    ]
    assert seen.errors == []


@pytest.mark.parametrize(
    "plant",
    [
        "body.append(...Array.from({length: 30}, () => document.createElement('p')))",
        "body.append(Object.assign(document.createElement('pre'), {textContent: 'x'.repeat(200)}))",
        "document.querySelector('.slide h2').textContent = '제목'.repeat(60)",
        "body.style.marginTop = '-300px'",
    ],
    ids=["tall", "wide", "title", "above"],
)
def test_an_overflowing_slide_is_counted(show, plant: str) -> None:
    page = show(NAMES[0]).page
    page.evaluate(f"(() => {{ const body = document.querySelector('.slide .body'); {plant} }})()")
    page.add_style_tag(content=".body > p { min-height: 1em }")
    assert len(page.evaluate(OVERFLOWING)) == 1


def test_no_word_and_no_figure_is_lost(deck) -> None:
    name, seen = deck
    article = pages.article(f"lectures/{name}")
    folded = "details.hide, .cell:has(details.below-input), .cell details, .provenance, .steps p"
    for tag in article.select(folded):
        tag.decompose()
    article.select_one(".cell:has(pre)").decompose()  # the bootstrap cell is not presented
    shown = squeezed(seen.page.evaluate(SHOWN))
    texts = [tag.text for tag in article.select("h1, h2, h3, p, li, td, th, summary, legend")]
    texts += [line for code in article.select("pre") for line in code.text.splitlines()]
    assert [text for text in texts if squeezed(text) not in shown] == []
    for kind in "img", ".katex":
        assert seen.page.locator(f".slide {kind}").count() == len(article.select(kind))


def test_the_last_row_can_read_it(deck) -> None:
    smallest = """(names) => Math.min(...[...document.querySelectorAll(names)]
        .map((part) => parseFloat(getComputedStyle(part).fontSize)))"""
    page = deck[1].page
    assert page.evaluate(smallest, ".body > :is(p, ul, ol)") >= 20
    assert page.evaluate(smallest, ".body pre") >= 14
    assert page.evaluate(smallest, ".body :is(td, th)") >= 14 if page.query_selector("td") else True


@pytest.mark.parametrize("name", NAMES)
def test_the_page_leads_to_its_deck_and_a_search_engine_back(name: str) -> None:
    path = FOLDER / f"{name}.html"
    if not path.is_file():
        missing("the decks are not built: run `make slides` first")
    lecture = SITE / "lectures" / path.name
    menu = read(lecture).select(".dropdown-download-buttons .dropdown-menu a[href]")
    assert [link.text.strip() for link in menu].count("슬라이드") == 1
    assert path.resolve() in [(lecture.parent / link["href"]).resolve() for link in menu]
    canonical = f'<link rel="canonical" href="{pages.ADDRESS}lectures/{path.name}">'
    assert canonical in path.read_text("utf-8")


def test_an_offer_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pages, "SITE", tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.html").write_text(
        '<div class="dropdown-download-buttons"><ul class="dropdown-menu"><li><a href="n.ipynb" '
        'title="원본"><span class="btn__text-container">노트북</span></a></li></ul></div>',
        encoding="utf-8",
    )
    for _ in range(2):
        pages.offer("a/b", tmp_path / "slides" / "b.html", "슬라이드", "보기")
    notebook, deck = pages.soup("a/b").select("li a")
    assert (notebook["href"], notebook["title"], notebook.text) == ("n.ipynb", "원본", "노트북")
    assert (deck["href"], deck["title"], deck.text) == ("../slides/b.html", "보기", "슬라이드")


def test_an_answer_waits_for_a_key(show) -> None:
    page = show("01_pytorch_basics").page
    page.evaluate(
        """(() => { const slide = document.querySelector('.answer').closest('.slide');
           const { h, v } = Reveal.getIndices(slide); Reveal.slide(h, v, -1); })()"""
    )
    answer = page.locator(".answer + .fragment").first
    assert answer.evaluate("(part) => getComputedStyle(part).visibility") == "hidden"
    page.keyboard.press("ArrowRight")
    page.wait_for_function("getComputedStyle(document.querySelector('.fragment')).opacity == 1")


def test_keys_lead_through_every_slide(show) -> None:
    """Left and right suffice: an instructor never has to know about columns."""
    page = show(NAMES[0]).page
    for _ in range(200):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.isLastSlide()")
    assert page.locator(".navigate-right").get_attribute("aria-label") == "다음 슬라이드"
