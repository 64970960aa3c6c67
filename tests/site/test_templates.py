"""What rewrites other people's HTML stops where a string is gone, and says which, where and who."""

import re
from types import SimpleNamespace

import accessible
import korean
import pytest
import templates
from jinja2 import DictLoader, Environment
from sphinx.errors import ExtensionError
from templates import ANY


@pytest.mark.parametrize("text", ["", "<b>", "<i><i>"])
def test_a_string_that_is_not_there_once_is_named(text):
    with pytest.raises(ExtensionError, match="us: a page has '<i>' "):
        templates.replace_once(text, "<i>", "<u>", "us: a page")


@pytest.fixture
def render(monkeypatch):
    """render(changes, **pages): the pages after the changes, and what a build does at its end."""
    monkeypatch.setattr(templates.Rewritten, "changes", [])
    monkeypatch.setattr(templates.Rewritten, "done", set())

    def read(changes: dict, **pages: str) -> dict[str, str]:
        pages = {f"{name}.html": text for name, text in pages.items()}
        environment = Environment(loader=DictLoader(pages))
        builder = SimpleNamespace(format="html", templates=SimpleNamespace(environment=environment))
        app = SimpleNamespace(builder=builder, connect=lambda *event: None)
        templates.change(app, "us", changes)
        templates.begin(app)
        found = {name: environment.get_template(name).render() for name in pages}
        templates.finish(app, None)
        return found

    return read


def test_a_template_is_changed_and_others_are_left(render):
    changes = {"a.html": {"<i>": "<u>"}, ANY: {"<b>": "<p>"}}
    assert render(changes, a="<i><b>", b="<i><b><b>") == {"a.html": "<u><p>", "b.html": "<i><p><p>"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"a.html": {"<gone>": ""}}, "us: template a.html has '<gone>' 0 times"),
        ({"a.html": {"<i>": ""}, "gone.html": {"<i>": ""}}, "us: gone.html has no '<i>'"),
        ({"a.html": {"<i>": ""}, ANY: {"<gone>": ""}}, "us: any template has no '<gone>'"),
    ],
    ids=["string", "template", "anywhere"],
)
def test_a_change_without_a_place_stops_the_build(render, changes, said):
    with pytest.raises(ExtensionError, match=re.escape(said)):
        render(changes, a="<i>")


def test_a_build_that_reads_no_template_goes_on(render):
    assert render({"a.html": {"<i>": ""}}) == {}


FOLD = f'{accessible.FOLD}below-input">{accessible.NAMED}<p>접기</p></summary></details>'
TABLE = (
    '<div class="output text_html"><div>\n<style scoped></style>'
    f"{accessible.DATAFRAME}<thead><tr><th></th><th>a</th></tr></thead>"
    "<tbody><tr><th>0</th><td>1</td></tr></tbody></table></div></div>"
)
WRITTEN = '<div class="pst-scrollable-table-container"><table class="table"></table></div>'


def test_folds_and_tables_are_mended():
    body = accessible.mend(FOLD + TABLE + WRITTEN + TABLE + WRITTEN, "page")
    assert "Toggle" not in body and body.count("<summary>") == 1
    names = re.findall('role="region" aria-label="([^"]*)"', body)
    assert names == ["출력한 표 1", "표 1", "출력한 표 2", "표 2"]
    assert body.count('<th scope="col">') == body.count('<th scope="row">') == 2


@pytest.mark.parametrize(
    ("theirs", "other"),
    [
        (accessible.NAMED, "<summary>"),
        ("output text_html", "output html"),
        ("<style scoped>", "<link>"),
        ('border="1" ', ""),
        ('class="dataframe"', 'class="table dataframe"'),
        ("pst-scrollable-table-container", "table-container"),
    ],
)
def test_a_page_that_is_written_otherwise_stops_the_build(theirs, other):
    with pytest.raises(ExtensionError, match="accessible: page a/b has"):
        accessible.mend((FOLD + TABLE + WRITTEN).replace(theirs, other), "a/b")


def button(**given: str) -> dict:
    return {"header_buttons": [{"buttons": [given]}]}


ADDRESS = f"https://example.org/issues/new?title={''.join(korean.ISSUE)}"


@pytest.mark.parametrize(
    "given",
    [*({"url": ADDRESS.replace(words, "new")} for words in korean.ISSUE), {"text": ".docx"}],
    ids=[*korean.ISSUE, ".docx"],
)
def test_an_unknown_button_stops_the_build(given):
    with pytest.raises(ExtensionError, match="korean: page a"):
        korean.label_buttons(None, "a", "", button(**given), None)


@pytest.fixture
def copy_button(tmp_path):
    """The script in a built site, and the application that built it."""
    (tmp_path / "_static").mkdir()
    script = tmp_path / "_static" / "copybutton.js"
    script.write_text(" ".join(korean.COPYBUTTON), encoding="utf-8")
    return script, SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))


def test_the_copy_button_is_translated_once(copy_button):
    script, app = copy_button
    for _ in range(2):  # the second build does not copy the script again
        korean.translate_copy_button(app, None)
        assert script.read_text("utf-8") == " ".join(korean.COPYBUTTON.values())


@pytest.mark.parametrize("words", korean.COPYBUTTON)
def test_a_copy_button_with_other_words_stops_the_build(copy_button, words):
    script, app = copy_button
    script.write_text(" ".join(korean.COPYBUTTON).replace(words, "'New'"), encoding="utf-8")
    with pytest.raises(ExtensionError, match=re.escape(f"korean: copybutton.js has {words!r}")):
        korean.translate_copy_button(app, None)
