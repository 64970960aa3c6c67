"""The questions of every lecture: their form, and how a reader's browser answers a choice."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import questions
from playwright.sync_api import Page, expect
from sphinx.errors import ExtensionError

from book.pages import PAGES
from tests.notebooks import LECTURES as PATHS
from tests.notebooks import load

from .site import LECTURES, SITE, require_book
from .test_axe import complaints

every_lecture = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
LECTURE = LECTURES[0]
ASKED = questions.read_questions(load(PATHS[0]))


@every_lecture
def test_a_lecture_asks_and_says_why(path: Path) -> None:
    asked = questions.read_questions(load(path))
    assert asked, f"{path.name} has no ## {questions.TITLE}"
    for question in asked:
        for reason in question.reasons:
            assert len(re.findall("[가-힣]", reason)) >= 10, f"{question.stem}: {reason}"
    assert len({question.right for question in asked}) > 1, "the right answer has always one place"


def test_no_two_questions_are_alike() -> None:
    stems = [question.stem for path in PATHS for question in questions.read_questions(load(path))]
    assert sorted(stems) == sorted({*stems})


GOOD = """**어느 것일까요?**

- ㄱ. 하나
- ㄴ. 둘
- ㄷ. 셋

<details><summary>답과 까닭</summary>

- ㄱ. 모자랍니다.
- **ㄴ이 맞습니다.** 둘이니까요.
- ㄷ. 남습니다.

</details>"""


def ask(*texts: str) -> dict:
    """A notebook that asks; its question cells are called 0, 1, 2."""
    cells = [{"id": f"{at}", "source": [text]} for at, text in enumerate(texts)]
    head = {"id": "head", "source": [f"## {questions.TITLE}"]}
    return {"cells": [head, *cells, {"id": "end", "source": ["## 연습\n\n말."]}]}


def test_a_question_is_read() -> None:
    question = questions.Question(
        "어느 것일까요?",
        ("하나", "둘", "셋"),
        ("모자랍니다.", "둘이니까요.", "남습니다."),
        1,
    )
    assert questions.read_questions(ask(GOOD, GOOD, GOOD)) == [question] * 3
    assert questions.read_questions({"cells": [{"id": "a", "source": ["## 연습"]}]}) == []


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        ("**어느 것일까요?**", "어느 것일까요?", "a question is"),
        ("일까요?", "입니다.", "a question is"),
        ("답과 까닭", "답", "a question is"),
        ("</details>", "", "a question is"),
        ("- ㄷ. 셋\n", "- 셋\n", "an answer is"),
        ("- ㄷ. 남습니다.", "- ㄷ.", "an answer is"),
        ("- ㄷ. 셋\n", "", "three or four"),
        ("- ㄴ. 둘\n", "- ㄹ. 둘\n", "three or four"),
        ("- ㄷ. 남습니다.\n", "", "the fold gives a reason"),
        ("- ㄱ. 모자랍니다.", "- ㄷ. 모자랍니다.", "the fold gives a reason"),
        ("**ㄴ이 맞습니다.**", "ㄴ.", "one answer is right, not 0"),
        ("- ㄱ. 모자랍니다.", "- **ㄱ이 맞습니다.** 네.", "one answer is right, not 2"),
        ("- ㄷ. 셋", "- ㄷ. 둘", "two answers are alike"),
    ],
)
def test_a_broken_question_is_refused_by_its_cell(there: str, instead: str, said: str) -> None:
    assert there in GOOD
    with pytest.raises(ValueError, match=f"cell 1: {said}"):
        questions.read_questions(ask(GOOD, GOOD.replace(there, instead, 1), GOOD))


@pytest.mark.parametrize("notebook", [ask(GOOD, GOOD), ask(*[GOOD] * 6)], ids=["few", "many"])
def test_three_to_five_are_asked(notebook: dict) -> None:
    with pytest.raises(ValueError, match="cell head: a heading, then 3 to 5"):
        questions.read_questions(notebook)


def test_words_below_the_heading_are_refused() -> None:
    notebook = ask(GOOD, GOOD, GOOD)
    notebook["cells"][0]["source"].append("\n\n말.")
    with pytest.raises(ValueError, match="cell head"):
        questions.read_questions(notebook)


def test_a_broken_question_stops_the_build(tmp_path: Path) -> None:
    path = tmp_path / "01_a.ipynb"
    path.write_text(json.dumps(ask(GOOD, "말.", GOOD)), encoding="utf-8")
    env = SimpleNamespace(docname="a", doc2path=lambda name: path)
    with pytest.raises(ExtensionError, match=r"01_a\.ipynb, cell 1: a question is"):
        questions.make_forms(SimpleNamespace(env=env), None)


def test_the_script_comes_only_where_something_is_asked() -> None:
    require_book()
    asked = {f"lectures/{path.stem}": len(questions.read_questions(load(path))) for path in PATHS}
    for name in PAGES:
        text = (SITE / f"{name}.html").read_text("utf-8")
        assert text.count('<fieldset class="question"') == asked.get(name, 0), name
        assert text.count("questions.js") == min(1, asked.get(name, 0)), name


def test_a_search_leads_to_no_question() -> None:
    """Else it would come before the section that tells what it asks."""
    require_book()
    index = (SITE / "_static" / "search_index.js").read_text("utf-8")
    assert ASKED[4].stem in PATHS[0].read_text("utf-8")
    assert ASKED[4].stem not in index and f'"head":"{questions.TITLE}"' not in index


@pytest.fixture
def page(visit, site: str) -> Page:
    return visit(f"{site}/{LECTURE}.html").page


def form(page: Page, number: int = 0):
    return page.locator(".question").nth(number)


def choose(page: Page, number: int, right: bool) -> None:
    places = range(len(ASKED[number].answers))
    place = next(at for at in places if (at == ASKED[number].right) is right)
    form(page, number).locator("label").nth(place).click()


def count(page: Page):
    return page.locator(".question-marks [role=status]")


def test_a_choice_is_answered_with_its_reason(page: Page) -> None:
    reply = form(page).get_by_role("status")
    expect(reply).to_have_text("")
    expect(count(page)).to_have_text("답을 고르면 바로 까닭을 알려 드립니다.")
    choose(page, 0, right=False)
    expect(reply).to_have_text(re.compile(r"^✗ 아닙니다\. ㄱ\. dim=1로 더했을 때"))
    expect(count(page)).to_contain_text("가운데 0개")
    choose(page, 0, right=True)
    expect(reply).to_have_text(re.compile(r"^✓ ㄴ이 맞습니다\. P\[items\]는"))
    expect(count(page)).to_contain_text("가운데 1개")
    choose(page, 1, right=True)
    expect(count(page)).to_contain_text("가운데 2개")
    # Told apart without colour, too.
    choose(page, 0, right=False)
    borders = [form(page, at).locator("[data-mark]") for at in (0, 1)]
    expect(borders[0]).to_have_css("border-style", "dashed")
    expect(borders[1]).to_have_css("border-style", "solid")


def test_marks_stay_in_this_browser_until_they_are_forgotten(page: Page, site: str) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.resource_type))
    choose(page, 0, right=True)
    choose(page, 2, right=False)
    page.wait_for_load_state("networkidle")
    assert not {*asked} & {"fetch", "xhr", "ping", "websocket", "eventsource", "document"}
    page.reload()
    expect(count(page)).to_contain_text("가운데 1개")
    expect(form(page).get_by_role("status")).to_contain_text("✓")
    expect(form(page, 2).get_by_role("status")).to_contain_text("✗")
    expect(form(page, 1).get_by_role("status")).to_have_text("")
    page.get_by_role("button", name="표시 지우기").click()
    expect(form(page).get_by_role("radio").first).to_be_focused()
    page.reload()
    expect(count(page)).to_contain_text("답을 고르면")
    expect(page.locator(".question :checked")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => /questions/.test(key))") == []
    expect(page.locator(".question-marks button")).to_be_hidden()


def test_the_front_page_says_how_many_were_answered(page: Page, visit, site: str) -> None:
    choose(page, 0, right=True)
    choose(page, 1, right=False)
    page.goto(f"{site}/book/index.html")
    said = page.locator("ol.lectures .answered")
    expect(said).to_have_text([f"스스로 묻기 {len(ASKED)}개 가운데 1개"])
    link = said.locator("xpath=ancestor::li").locator("a").first
    assert LECTURE.split("/")[1] in link.get_attribute("href")
    assert complaints(page) == []
    page.goto(f"{site}/{LECTURE}.html")
    page.get_by_role("button", name="표시 지우기").click()
    page.goto(f"{site}/book/index.html")
    expect(page.locator("ol.lectures")).not_to_have_count(0)
    expect(said).to_have_count(0)


def test_a_browser_that_keeps_nothing_answers_all_the_same(visit, site: str) -> None:
    seen = visit(f"{site}/search.html")
    seen.page.add_init_script("""{
      const refuse = (key) => { if (/questions/.test(key)) throw new Error("no"); return null; };
      const value = { getItem: refuse, setItem: refuse, removeItem: refuse };
      Object.defineProperty(window, "localStorage", { value });
    }""")
    seen.page.goto(f"{site}/{LECTURE}.html")
    choose(seen.page, 0, right=True)
    expect(count(seen.page)).to_contain_text("가운데 1개")
    assert [error for error in seen.errors if not error.startswith("failed")] == []


def test_arrows_lead_to_an_answer_and_space_chooses_it(page: Page) -> None:
    radios = form(page).get_by_role("radio")
    radios.first.focus()
    page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_focused()
    expect(form(page).get_by_role("status")).to_have_text("")
    page.keyboard.press("Space")
    expect(form(page).get_by_role("status")).to_contain_text("✓")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(radios.last).to_be_focused()
    expect(radios.nth(1)).to_be_checked()
    expect(page.get_by_role("group", name=re.compile("의 모양은"))).to_have_count(1)


def test_without_script_it_is_a_question_with_a_fold(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURE}.html", scripts=False).page
    expect(page.locator(".question-marks")).to_have_count(0)
    expect(form(page).locator("label").first).to_be_visible()
    expect(form(page).locator("details li").first).to_be_hidden()
    form(page).locator("summary").click()
    expect(form(page).locator("details li").first).to_be_visible()


def test_paper_has_answers_but_no_marks(page: Page) -> None:
    choose(page, 0, right=False)
    page.emulate_media(media="print")
    expect(form(page).locator("label").first).to_be_visible()
    expect(form(page).locator(".question-reply")).to_be_hidden()
    expect(page.locator(".question-marks")).to_be_hidden()
    expect(form(page).locator("[data-mark]")).to_have_css("border-top-width", "0px")


def test_what_was_answered_can_be_read(visit, site: str) -> None:
    page = visit(f"{site}/{LECTURE}.html", width=390, dark=True).page
    choose(page, 0, right=True)
    choose(page, 1, right=False)
    for target in page.locator(".question label, .question-marks button").all():
        assert target.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("""document.querySelectorAll("article section section").forEach(
      (part) => part.querySelector(".question") || part.remove())""")
    assert complaints(page) == []
