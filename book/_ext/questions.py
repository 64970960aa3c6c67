"""Turn the questions of a lecture, plain Markdown under `## 스스로 묻기`, into forms.

A question is a cell of its own: a stem in bold, a list of three or four answers, and a fold that
says of each answer why it is right or wrong. Without JavaScript it stays a question with a fold;
questions.js, which interactive.py loads, answers a choice. A broken form stops the build.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import takewhile

from docutils import nodes
from interactive import read_notebook
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

TITLE = "스스로 묻기"
LETTERS = "ㄱㄴㄷㄹ"
FORM = re.compile(
    r"\*\*(?P<stem>\S.*\?)\*\*\n\n(?P<answers>(?:- .+\n)+)\n"
    r"<details><summary>답과 까닭</summary>\n\n(?P<reasons>(?:- .+\n)+)\n</details>"
)
ANSWER = re.compile(r"- (.)\. (\S.*)")
REASON = re.compile(r"- (?:(?P<wrong>.)\.|\*\*(?P<right>.)이 맞습니다\.\*\*) (?P<reason>\S.*)")


@dataclass(frozen=True)
class Question:
    """A stem, its answers with a reason for each, and the place of the right one."""

    stem: str
    answers: tuple[str, ...]
    reasons: tuple[str, ...]
    right: int


def read_question(text: str) -> Question:
    """Read a question from the source of its cell.

    Raises:
        ValueError: It has another form, not one right answer, or an answer without its reason.
    """
    if not (form := FORM.fullmatch(text)):
        raise ValueError("a question is '**stem?**', a list, and a fold with a list")
    answers = [ANSWER.fullmatch(line) for line in form["answers"].splitlines()]
    reasons = [REASON.fullmatch(line) for line in form["reasons"].splitlines()]
    if not all(answers) or not all(reasons):
        raise ValueError("an answer is '- ㄱ. …', its reason '- ㄱ. …' or '- **ㄱ이 맞습니다.** …'")
    letters = "".join(answer[1] for answer in answers)
    if letters not in (LETTERS[:3], LETTERS):
        raise ValueError(f"three or four answers are called {LETTERS}, not {letters}")
    if "".join(reason["wrong"] or reason["right"] for reason in reasons) != letters:
        raise ValueError("the fold gives a reason for each answer, in their order")
    right = [place for place, reason in enumerate(reasons) if reason["right"]]
    if len(right) != 1:
        raise ValueError(f"one answer is right, not {len(right)}")
    if len({answer[2] for answer in answers}) < len(answers):
        raise ValueError("two answers are alike")
    said = (tuple(found[2] for found in answers), tuple(found["reason"] for found in reasons))
    return Question(form["stem"], *said, right[0])


def read_questions(notebook: dict) -> list[Question]:
    """Read the questions of a lecture, from their heading to the next; none if it has no heading.

    Raises:
        ValueError: A cell is no question; there are fewer than three, or more than five.
    """
    sources = [("".join(cell["source"]), cell.get("id")) for cell in notebook["cells"]]
    heads = [at for at, (text, _) in enumerate(sources) if text.startswith(f"## {TITLE}")]
    questions = []
    for head in heads:
        for text, name in takewhile(lambda cell: not cell[0].startswith("#"), sources[head + 1 :]):
            try:
                questions.append(read_question(text))
            except ValueError as error:
                raise ValueError(f"cell {name}: {error}") from None
        if sources[head][0] != f"## {TITLE}" or not 3 <= len(questions) <= 5:
            raise ValueError(f"cell {sources[head][1]}: a heading, then 3 to 5 questions")
    return questions


def write(html: str, **attributes: str) -> nodes.raw:
    """Return HTML as a node."""
    return nodes.raw("", html, format="html", **attributes)


def make_form(stem: nodes.paragraph, question: Question, number: int) -> None:
    """Wrap a question that starts with the paragraph `stem` into a fieldset."""
    section = stem.parent
    at = section.index(stem)
    _, answers, _, _, closing = section[at : at + 5]
    for item, answer in zip(answers, question.answers, strict=True):
        mark = zlib.crc32(f"{question.stem} {answer}".encode())  # another text, another mark
        radio = f'<label><input type="radio" name="question-{number}" value="{mark:x}">'
        item.children = [write(radio), nodes.inline("", "", *item[0].children), write("</label>")]
        item.children[1].parent = item
    bold = next(stem.findall(nodes.strong))
    start = f'<fieldset class="question" data-right="{question.right}"><legend>'
    section.insert(section.index(closing) + 1, write("</fieldset>"))
    section[at : at + 1] = [write(start, script="questions"), bold, write("</legend>")]


def make_forms(app: Sphinx, doctree: nodes.document) -> None:
    """Make the forms of a page.

    Raises:
        ExtensionError: A question is broken; says which cell.
    """
    path, notebook = read_notebook(app)
    if notebook is None:
        return
    try:
        questions = read_questions(notebook)
    except ValueError as error:
        raise ExtensionError(f"questions: {path.name}, {error}") from None
    sections = [part for part in doctree.findall(nodes.section) if part[0].astext() == TITLE]
    stems = [part for section in sections for part in section if isinstance(part, nodes.paragraph)]
    for number, (stem, question) in enumerate(zip(stems, questions, strict=True), start=1):
        make_form(stem, question, number)


def setup(app: Sphinx) -> None:
    """Connect the forms."""
    app.connect("doctree-read", make_forms)
    app.add_css_file("questions.css", priority=600)  # after the book's own; lean.py packs them
