"""The playground of lecture 03: its numbers are PyTorch's, and who comes with what can use it."""

import gzip
from collections.abc import Iterator

import playground_figure
import pytest
import torch
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from lecture_utils import EmbeddingFactorization
from tests.notebook.test_playground import DATA, SOLO, Playground

from .conftest import Visit, opening
from .site import SITE, missing, pack, require_book
from .test_axe import complaints
from .test_korean import COLLECT, foreign
from .test_slides import FOLDER

LECTURE = "lectures/03_neural_recommender"
FILES = ["playground.js", "playground.css"]
FILES += [f"playground_{part}.js" for part in ("model", "views", "controls", "live")]
SEEDS = range(20)
EPOCHS = [0, 100, 1000]
NOTEBOOK = Playground(SOLO.table, SOLO.blanks, epochs=1)
KNOWN, BLANKS = NOTEBOOK.known, NOTEBOOK.blanks  # users, items, ratings
CELLS = torch.cartesian_prod(torch.arange(9), torch.arange(8)).T
BORAM = 7  # her row


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def open_playground(page: Page) -> None:
    press(page, "설정을 열고 학습해 보기")
    page.locator(".playground-open").wait_for()


# Every action takes its time on a page as long as this one: what stands around the playground goes.
# With the rest of the page: test_every_page.py.
ALONE = """() => {
  const figure = document.querySelector('.playground');
  for (const part of document.querySelectorAll('article :is(p, .cell, details, ul)'))
    if (!part.contains(figure) && !figure.contains(part)) part.remove();
}"""


@pytest.fixture(scope="module")
def shut(browser: Browser, site: str) -> Iterator[Visit]:
    """A page whose playground nobody has opened, for who wants no motion: see `opened`."""
    with opening(browser) as open_page:
        seen = open_page(f"{site}/{LECTURE}.html")
        seen.page.emulate_media(reduced_motion="reduce")
        seen.page.evaluate(ALONE)
        yield seen


@pytest.fixture(scope="module")
def opened(shut: Visit) -> Iterator[Visit]:
    """The same, opened. A training shows its end at once."""
    if not shut.page.locator(".playground-open").count():
        open_playground(shut.page)
    yield shut
    assert shut.errors == []


@pytest.fixture(scope="module")
def folder(browser: Browser) -> Iterator[Visit]:
    """A page from a USB stick, whose playground nobody has opened."""
    require_book()
    with opening(browser) as open_page:
        seen = open_page(f"{SITE.as_uri()}/{LECTURE}.html")
        seen.page.evaluate(ALONE)
        yield seen


def list_files(seen: Visit) -> list[str]:
    """What of the playground a page has asked for."""
    names = [url.partition("?")[0].rpartition("/")[2] for url in seen.requests]
    return [name for name in names if name.startswith("playground")]


# In one go, as a test would click and type for a second.
CHOOSE = """([settings, pressed]) => {
  for (const [name, value] of Object.entries(settings)) {
    const scale = playground.SCALES[name];
    const which = name === "rank" ? `[name=rank][value="${value}"]` : `[name=${name}]`;
    const input = document.querySelector(which);
    if (name === "rank") input.checked = true;
    else input.value = scale ? scale.indexOf(value) : value;
    for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  for (const name of pressed) document.querySelector(`[data-do=${name}]`).click();
}"""
SETTINGS = {"lr": 0.1, "l2": 0, "epochs": 100, "rank": 2, "seed": 43052}


@pytest.fixture
def page(opened: Visit) -> Page:
    """The playground as it was when it was opened."""
    opened.page.evaluate(CHOOSE, [SETTINGS, ["restore", "restart"]])
    return opened.page


def control(page: Page, name: str, exact: bool = False):
    return page.locator(".playground").get_by_label(name, exact=exact)


def train(page: Page) -> None:
    press(page, "학습")
    expect(status(page)).to_contain_text("멈췄습니다")


def status(page: Page):
    return page.locator(".playground [role=status]")


def errors(page: Page) -> list[str]:
    """What is written as the errors: on the known cells, on the blanks, the mean predictor's."""
    return page.locator(".playground-errors dd").all_text_contents()[:3]


def cell(page: Page, row: int, column: int):
    return page.locator(".playground-table tbody tr").nth(row).locator("td").nth(column)


def predictions(page: Page) -> list[str]:
    script = "of => of.map((cell) => cell.firstChild.data)"
    return page.locator(".playground-table tbody td").evaluate_all(script)


# What is fetched


def test_nothing_comes_before_the_first_use(shut: Visit) -> None:
    assert list_files(shut) == FILES[:1]


def test_what_did_not_come_is_asked_for_again(shut: Visit) -> None:
    shut.page.route("**/playground_live.js", lambda route: route.abort())
    press(shut.page, "설정을 열고 학습해 보기")
    again = shut.page.get_by_role("button", name="불러오지 못했습니다. 다시 눌러 보세요")
    expect(again).to_be_focused()
    shut.page.unroute("**/playground_live.js")
    assert shut.errors != []
    shut.errors.clear()
    again.click()
    shut.page.locator(".playground-open").wait_for()


def test_little_comes_then(opened: Visit) -> None:
    assert {*list_files(opened)} == {*FILES}
    part = playground_figure.draw_figure(DATA, "playground-118", "그림").encode()
    files = [pack(SITE / "_static" / name) for name in FILES]
    assert sum(map(len, files)) + len(gzip.compress(part)) <= 15_000


# The numbers


def start(seed: int, rank: int = 2) -> EmbeddingFactorization:
    torch.manual_seed(seed)
    return EmbeddingFactorization(9, 8, rank)


def list_parameters(net: EmbeddingFactorization) -> list[float]:
    return torch.cat([part.detach().flatten() for part in net.parameters()]).tolist()


def learn_together(nets, epochs, lr=0.1, l2=0.0) -> dict[int, torch.Tensor]:
    """Train as lecture 03 does, side by side; the 72 predictions of each after some epochs."""
    parameters, _ = torch.func.stack_module_state(nets)

    def predict(inputs):
        one = lambda weights: torch.func.functional_call(nets[0], weights, inputs)  # noqa: E731
        return torch.func.vmap(one)(parameters)

    optimizer = torch.optim.Adam(parameters.values(), lr=lr)
    found = {}
    for epoch in range(max(epochs) + 1):
        if epoch in epochs:
            found[epoch] = predict(tuple(CELLS)).detach()
        loss = (predict(KNOWN[:2]) - KNOWN.ratings).square().mean(dim=1).sum()
        factors = [part for name, part in parameters.items() if "features" in name]
        loss = loss + l2 * sum(part.square().sum() for part in factors)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return found


def score(predicted: torch.Tensor, cells) -> torch.Tensor:
    """The RMSE on some cells of each table of 72 predictions."""
    return (predicted[:, cells.users * 8 + cells.items] - cells.ratings).square().mean(1).sqrt()


@pytest.fixture(scope="module")
def theirs(opened: Visit) -> dict[str, list]:
    """The page's predictions for each seed after some epochs, and its errors."""
    cells = [list(zip(*(column.tolist() for column in part))) for part in (KNOWN, BLANKS)]
    return opened.page.evaluate(
        """([seeds, epochs, known, blanks]) => seeds.map((seed) => {
          const model = new playground.Factorization(9, 8, 2, seed);
          return epochs.map((epoch) => {
            while (model.epoch < epoch) model.step(known, 0.1, 0);
            const table = Array.from({ length: 72 }, (_, i) => model.predict(i >> 3, i % 8));
            return [...table, model.rmse(known), model.rmse(blanks)];
          });
        })""",
        [[*SEEDS], EPOCHS, *cells],
    )


def test_the_random_numbers_are_pytorchs(opened: Visit) -> None:
    """Up to the last bits of single precision, in which processors differ, too."""
    asked = [(seed, rank) for seed in (*SEEDS, 43052, 2**32 - 1) for rank in (1, 2, 3)]
    found = opened.page.evaluate(
        """asked => asked.map(([seed, rank]) =>
          [...new playground.Factorization(9, 8, rank, seed).parameters])""",
        asked,
    )
    for (seed, rank), parameters in zip(asked, found, strict=True):
        assert parameters == pytest.approx(list_parameters(start(seed, rank)), rel=0, abs=1e-6)


def test_the_predictions_are_pytorchs(theirs: list) -> None:
    """In double precision: the rounding of single precision alone is 1e-5 after 100 epochs."""
    ours = learn_together([start(seed).double() for seed in SEEDS], EPOCHS)
    found = torch.tensor(theirs, dtype=torch.float64)[:, :, :72]
    for at, (epoch, far) in enumerate(zip(EPOCHS, [1e-5, 1e-5, 1e-4])):
        assert (found[:, at] - ours[epoch]).abs().max() <= far, epoch


def test_the_errors_are_those_of_the_lecture(theirs: list) -> None:
    """The lecture trains in single precision."""
    ours = learn_together([start(seed) for seed in SEEDS], EPOCHS)
    found = torch.tensor(theirs)
    for at, (epoch, far) in enumerate(zip(EPOCHS, [1e-5, 1e-5, 1e-4])):
        for part, cells in enumerate([KNOWN, BLANKS]):
            expected = score(ours[epoch], cells)
            assert (found[:, at, 72 + part] - expected).abs().max() <= far, epoch


@pytest.mark.parametrize(
    "settings",
    [{"rank": 1, "seed": 5}, {"rank": 3, "lr": 0.03}, {"l2": 0.01, "seed": 0}, {"lr": 0.3}],
    ids=str,
)
def test_the_settings_reach_the_model(page: Page, settings: dict) -> None:
    page.evaluate(CHOOSE, [settings, []])
    train(page)
    net = start(settings.pop("seed", 43052), settings.pop("rank", 2)).double()
    expected = learn_together([net], [100], **settings)[100]
    assert predictions(page) == [f"{x:.2f}" for x in expected[0].tolist()]
    assert errors(page)[:2] == [f"{score(expected, c).item():.3f}" for c in (KNOWN, BLANKS)]
    expect(page.locator(".playground-now")).to_contain_text("에폭 100, 아는 칸 63개와 빈칸 7개")


# What a reader does


def test_the_beginning_is_the_notebooks_training(page: Page) -> None:
    """The settings are those of the notebook's cell: they lead where the still says."""
    train(page)
    assert predictions(page) == [f"{x:.2f}" for row in DATA["predictions"] for x in row]
    assert errors(page) == [f"{x:.3f}" for x in (*DATA["errors"][-1], DATA["mean"])]


def test_a_learning_rate_of_zero_changes_nothing(page: Page) -> None:
    page.evaluate(CHOOSE, [{"lr": 0}, []])
    before = predictions(page), errors(page)
    train(page)
    expect(page.locator(".playground-now")).to_contain_text("에폭 100")
    assert (predictions(page), errors(page)) == before


def test_the_beginning_comes_back(page: Page) -> None:
    before = predictions(page), errors(page)
    press(page, "한 에폭")
    assert predictions(page) != before[0]
    press(page, "한 에폭")
    expect(page.locator(".playground-now")).to_contain_text("에폭 2,")
    press(page, "처음으로")
    expect(page.locator(".playground-now")).to_contain_text("에폭 0,")
    assert (predictions(page), errors(page)) == before


def test_an_edited_cell_changes_the_error(page: Page) -> None:
    """Not the predictions: only training does that."""
    before, predicted = errors(page), predictions(page)
    cell(page, 0, 1).click()
    expect(control(page, "평점", exact=True)).to_be_focused()
    expect(control(page, "평점", exact=True)).to_have_value("4.02")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.5")
    assert errors(page)[0] != before[0] and errors(page)[1] == before[1]
    expect(cell(page, 0, 1).locator("small")).to_have_text("0.50*")
    assert predictions(page) == predicted
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(page.locator(".playground-now")).to_contain_text("아는 칸 62개와 빈칸 7개")
    expect(cell(page, 0, 1).locator("small")).to_have_text("?*")
    press(page, "표 되돌리기")
    assert errors(page) == before
    expect(cell(page, 0, 1).locator("small")).to_have_text("4.02")


def test_a_blank_that_is_filled_is_no_longer_scored(page: Page) -> None:
    before = errors(page)
    control(page, "여자").select_option("옥순(IN)")
    control(page, "남자").select_option("영식(IN)")
    control(page, "평점", exact=True).fill("3.93")
    expect(page.locator(".playground-now")).to_contain_text("아는 칸 64개와 빈칸 6개")
    assert errors(page)[1] != before[1] and errors(page)[2] != before[2]
    control(page, "평점", exact=True).fill("7")
    expect(status(page)).to_have_text("평점은 0에서 5까지, 소수 둘째 자리까지입니다.")
    expect(cell(page, 0, 0).locator("small")).to_have_text("3.93*")


def test_where_no_blank_is_left_there_is_no_error(page: Page) -> None:
    page.evaluate(
        """blanks => blanks.forEach((values) => ["row", "column", "rating"].forEach((name, i) => {
          const input = document.querySelector(`.playground [name=${name}]`);
          input.value = values[i];
          for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind));
        }))""",
        DATA["blanks"],
    )
    assert errors(page)[1:] == ["없음", "없음"]
    expect(page.locator("polyline.playground-mean")).to_have_attribute("points", "")
    train(page)
    expect(status(page)).to_contain_text("빈칸 없음, 평균 예측 없음입니다.")


def test_the_row_of_boram_is_repaired(page: Page) -> None:
    press(page, "보람의 줄 고치기")
    assert cell(page, BORAM, 4).inner_text().split() == [predictions(page)[60], "3.65*"]
    train(page)
    repaired = SOLO.table.copy()
    repaired.iloc[BORAM, 4:7] = [3.65, 3.52, 4.0]
    expected = Playground(repaired, SOLO.blanks)
    assert errors(page)[:2] == [f"{error:.3f}" for error in expected.errors[-1]]


def test_a_guess_is_drawn_and_compared(page: Page) -> None:
    control(page, "먼저 짐작해 보세요").fill("0.5")
    train(page)
    expect(status(page)).to_contain_text("짐작과는 0.28점 차이입니다.")
    line = page.locator("polyline.playground-guess")
    expect(line).to_have_attribute("points", "0,-0.5 100,-0.5")


def test_the_curves_and_points_are_those_of_the_model(page: Page) -> None:
    train(page)
    for name, part in {"known": 0, "blanks": 1}.items():
        drawn = page.locator(f"polyline.playground-{name}").get_attribute("points").split()
        found = [-float(point.split(",")[1]) for point in drawn]
        assert found == pytest.approx([both[part] for both in DATA["errors"]], abs=2e-3)
    at = "of => of.map((p) => { const m = new DOMMatrix(p.style.transform); return [m.e, -m.f] })"
    points = page.locator(".playground-plane .steps-point").evaluate_all(at)[-17:]
    net = start(43052).double()
    [(women, _, men, _)] = [train_alone(net)]
    both = [*women.tolist(), *men.tolist()]
    edge = float(page.locator(".playground-plane > text").nth(2).text_content())
    for point, place in zip(points, both, strict=True):
        assert point == pytest.approx([160 * x / edge for x in place], abs=2)


def train_alone(net) -> list[torch.Tensor]:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        (net(*KNOWN[:2]) - KNOWN.ratings).square().mean().backward()
        optimizer.step()
    return [part.detach() for part in net.parameters()]


# With what they come


def test_keys_are_enough(page: Page) -> None:
    control(page, "먼저 짐작해 보세요").focus()
    names = []
    for _ in range(13):
        names.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )
        page.keyboard.press("Tab")
    assert names == [
        *("guess", "lr", "l2", "epochs", "rank", "seed", "학습", "한 에폭", "처음으로"),
        *("row", "column", "rating", "보람의 줄 고치기"),
    ]
    control(page, "에폭 수").focus()
    page.keyboard.press("Home")
    expect(control(page, "에폭 수")).to_have_attribute("aria-valuetext", "1")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(control(page, "3", exact=True)).to_be_checked()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(status(page)).to_contain_text("멈췄습니다. 에폭 1.")


def test_it_is_spoken_of_when_it_stops_and_not_before(folder: Visit) -> None:
    """From a folder, as from a server."""
    page = folder.page
    open_playground(page)
    page.evaluate(CHOOSE, [{"epochs": 10}, []])
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    press(page, "학습")
    before = status(page).text_content()
    page.clock.run_for(200)
    expect(page.locator(".playground-now")).to_contain_text("에폭 5,")
    assert status(page).text_content() == before
    press(page, "멈춤")
    expect(status(page)).to_contain_text("멈췄습니다. 에폭 5. RMSE는 아는 칸 1.")
    page.clock.run_for(100)
    expect(page.locator(".playground-now")).to_contain_text("에폭 5,")
    press(page, "학습")
    page.clock.run_for(450)
    expect(status(page)).to_contain_text("멈췄습니다. 에폭 15.")
    expect(page.get_by_role("button", name="학습", exact=True)).to_be_visible()
    assert folder.errors == []
    assert all(url.startswith(("file:", "data:")) for url in folder.requests)


@pytest.mark.parametrize("width", [360, 390])
def test_it_fits_a_phone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    train(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tall = "of => of.map((part) => part.getBoundingClientRect().height)"
    targets = page.locator(".playground :is(button, select, label:has(input), tbody td)")
    heights = targets.evaluate_all(tall)
    assert len(heights) > 80 and min(heights[:10]) >= 44 and min(heights) >= 32
    wide = "of => of.filter((part) => part.scrollWidth > part.clientWidth).map((p) => p.innerText)"
    assert page.locator(".playground-table :is(td, th)").evaluate_all(wide) == []
    letters = page.locator(".playground svg text").evaluate_all(tall)
    assert min(letter for letter in letters if letter) >= 9
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_still_stands_where_nothing_can_be_pressed(page: Page) -> None:
    """On paper and on a slide; without scripts: test_steps.py."""
    page.emulate_media(media="print")
    seen = "of => of.map((part) => part.checkVisibility())"
    controls = page.locator(".playground :is(button, input, select, [role=status])")
    assert not any(controls.evaluate_all(seen))
    expect(page.locator(".playground-table")).to_be_visible()
    expect(page.locator(".playground-plane")).to_be_visible()
    expect(cell(page, 0, 0)).to_have_css("print-color-adjust", "exact")
    page.emulate_media(media="screen")
    deck = FOLDER / "03_neural_recommender.html"
    if not deck.is_file():
        missing("the decks are not built: run `make slides` first")
    _, figure, rest = deck.read_text("utf-8").partition('<div aria-label="행렬 분해를 직접')
    figure = BeautifulSoup(figure + rest.partition("</section>")[0], "html.parser")
    assert len(figure.select("tbody td")) == 72 and figure.select_one("polyline")["points"]
    assert figure.select("button, script, input") == []


def test_axe_finds_nothing_and_a_screen_reader_hears_korean(page: Page) -> None:
    control(page, "먼저 짐작해 보세요").fill("2")
    train(page)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert complaints(page) == []
    assert sorted(set(foreign(page.evaluate(COLLECT)))) == []
