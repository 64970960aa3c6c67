"""The animation of lecture 03 in the hands of a reader: mouse, keyboard, screen reader, paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.notebook.test_steps import CELL, DATA

LECTURE = "lectures/03_neural_recommender.html"
FOLD = ".cell:has(.steps) summary:text-is('그림의 숫자 보기')"
WALKS = [[tuple(map(float, at.split(","))) for at in path.split()] for path in DATA["paths"]]


@pytest.fixture
def page(visit, site: str) -> Page:
    return visit(f"{site}/{LECTURE}").page


def says(epoch: int) -> str:
    return f"에폭 {epoch}, 훈련 MSE {DATA['mse'][epoch]:.3f}"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def assert_shows(page: Page, epoch: int) -> None:
    """The words, the slider, and every point where the notebook has it."""
    expect(page.locator(".steps-now")).to_have_text(says(epoch))
    slider = page.get_by_role("slider", name="에폭")
    expect(slider).to_have_value(str(epoch))
    expect(slider).to_have_attribute("aria-valuetext", says(epoch))
    page.wait_for_function("document.getAnimations().length === 0")
    plane = "g => { const m = new DOMMatrix(getComputedStyle(g).transform); return [m.e, -m.f] }"
    points = page.locator(".steps-point").all()
    assert len(points) == len(WALKS)
    for point, walk in zip(points, WALKS):
        assert point.evaluate(plane) == pytest.approx([85 * at for at in walk[epoch]], abs=0.06)


def test_every_group_has_its_colour(page: Page) -> None:
    """The style has come, however the book packs its styles."""
    fill = "e => getComputedStyle(e).fill"
    marks = page.locator(".steps-point path").all()
    fills = dict(zip(DATA["groups"], [mark.evaluate(fill) for mark in marks]))
    assert len(set(fills.values())) == len(fills) == 5 and fills["IN"] == "rgb(0, 114, 178)"


def test_buttons(page: Page) -> None:
    assert_shows(page, 0)
    press(page, "이전")
    assert_shows(page, 0)
    for _ in range(3):
        press(page, "다음")
    assert_shows(page, 3)
    press(page, "이전")
    assert_shows(page, 2)
    press(page, "처음")
    assert_shows(page, 0)


def still(page: Page) -> None:
    """From here on time passes only when the test says so."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def test_film_runs_stops_and_ends(page: Page) -> None:
    still(page)
    spoken = page.locator(".steps [role=status]")
    press(page, "재생")
    page.clock.run_for(450)
    assert_shows(page, 4)
    expect(spoken).to_have_text("")  # not read out frame by frame
    press(page, "멈춤")
    expect(spoken).to_have_text(says(4))
    page.clock.run_for(1000)
    assert_shows(page, 4)

    page.get_by_role("slider").fill("97")
    press(page, "재생")
    page.clock.run_for(1000)
    assert_shows(page, 100)
    expect(spoken).to_have_text(says(100))
    press(page, "재생")  # once more, from the start
    page.clock.run_for(250)
    assert_shows(page, 2)


def test_keyboard(page: Page) -> None:
    page.locator(".steps button").first.focus()
    for name in ("이전", "재생", "다음"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert_shows(page, 2)
    expect(page.locator(".steps [role=status]")).to_have_text(says(2))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert_shows(page, 3)
    page.keyboard.press("End")
    assert_shows(page, 100)
    # The slider has said so itself.
    expect(page.locator(".steps [role=status]")).to_have_text(says(2))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".cell:has(.steps) details table")).to_be_visible()


def test_trails_lead_to_the_points(page: Page) -> None:
    page.get_by_role("slider").fill("20")
    for trail, walk in zip(page.locator(".steps polyline").all(), WALKS):
        pairs = [pair.split(",") for pair in trail.get_attribute("points").split()]
        assert len(pairs) == 11
        assert [float(pairs[-1][0]), -float(pairs[-1][1])] == pytest.approx(
            [85 * at for at in walk[20]], abs=0.06
        )


def test_screen_reader_hears_what_it_is(page: Page) -> None:
    group = page.get_by_role("group", name="학습 되돌아보기")
    picture = group.get_by_role("img", name="학습하는 동안 움직이는 잠재 요인")
    expect(picture).to_have_accessible_description(CELL["metadata"]["mystnb"]["image"]["alt"])
    assert group.get_by_role("slider").count() == 1 and group.get_by_role("button").count() == 4


@pytest.mark.parametrize("width", [360, 390])
def test_fits_a_phone(visit, site: str, width: int) -> None:
    page = visit(f"{site}/{LECTURE}", width=width).page
    page.locator(FOLD).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".steps svg").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    for target in page.locator(f".steps :is(button, input), {FOLD}").all():
        box = target.bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44
    size = "text => text.getBoundingClientRect().height"
    assert min(text.evaluate(size) for text in page.locator(".steps svg text").all()) >= 12


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_names_and_outlines_stand_out(visit, site: str, dark: bool) -> None:
    """Contrast with the page of at least 4.5: names, and the rims of the marks."""
    page = visit(f"{site}/{LECTURE}", dark=dark).page
    name = page.locator(".steps-point text").first
    style = "(e, what) => getComputedStyle(e)[what]"
    ground = luminance(page.locator("body").evaluate(style, "backgroundColor"))
    assert ground < 0.05 if dark else ground > 0.9
    for element, what in [(name, "fill"), (page.locator(".steps-point path").first, "stroke")]:
        low, high = sorted([luminance(element.evaluate(style, what)), ground])
        assert (high + 0.05) / (low + 0.05) >= 4.5
    assert luminance(name.evaluate(style, "stroke")) == pytest.approx(ground, abs=0.02)


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def test_calm_readers_get_few_still_frames(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    still(page)
    page.clock.run_for(5000)
    assert_shows(page, 0)  # nothing starts by itself
    press(page, "재생")
    page.clock.run_for(950)
    assert_shows(page, 0)
    page.clock.run_for(100)
    assert_shows(page, 10)
    point = page.locator(".steps-point").first
    assert point.evaluate("g => getComputedStyle(g).transitionDuration") == "0s"
    page.emulate_media(reduced_motion="no-preference")
    assert point.evaluate("g => getComputedStyle(g).transitionDuration") == "0.1s"


def test_without_script_the_last_epoch_stands(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURE}", scripts=False).page
    expect(page.locator(".steps svg")).to_be_visible()
    expect(page.locator(".steps-now")).to_have_text(says(100))
    expect(page.locator(".playground-table")).to_be_visible()
    for controls in page.locator(".steps-controls").all():
        assert controls.bounding_box() is None  # nor an empty place


def test_paper_shows_the_last_epoch(page: Page) -> None:
    page.get_by_role("slider").fill("7")
    page.evaluate(
        "addEventListener('beforeprint', () => {"
        " window.printed = document.querySelector('.steps-now').textContent })"
    )
    page.pdf()
    assert page.evaluate("window.printed") == says(100)
    assert_shows(page, 7)  # the screen is as it was
    page.emulate_media(media="print")
    expect(page.locator(".steps .steps-controls")).to_be_hidden()
    expect(page.locator(".steps svg")).to_be_visible()
    # A rim around the letters puts every name into a PDF twice.
    expect(page.locator(".steps-point text").first).to_have_css("stroke", "none")
