"""book/_ext/formulas.py: what KaTeX reads becomes HTML, what it cannot read stops the build."""

import re
from pathlib import Path

import formulas
import pytest

from tests.notebooks import ROOT

from .small import build

EXTENSIONS = ROOT / "book" / "_ext"

CONF = 'extensions = ["formulas"]\nhtml_math_renderer = "katex"\n'
PAGES = {
    "index": "Title\n=====\n\n.. toctree::\n\n   plain\n   sums\n",
    "plain": "Plain\n=====\n\nNo formula.\n",
    "sums": "Sums\n====\n\nA sum :math:`a < b`, and :eq:`one`.\n\n"
    ".. math:: a \\cdot \\text{평점} = b\n   :label: one\n",
}


def build_pages(folder: Path, **pages: str) -> tuple[bool, str]:
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    for name, text in (PAGES | pages).items():
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
    return build(folder)


def test_a_formula_has_both_a_picture_and_mathml():
    html = formulas.render(r"\frac{1}{n}\sum_i r_{xi}")
    assert "<math " in html and '<span class="katex-html" aria-hidden="true">' in html
    assert "katex-display" not in html
    assert "katex-display" in formulas.render("x", display=True)


def test_korean_words_stand_in_a_formula():
    assert formulas.render(r"\underbrace{x}_{\text{여자 쪽 값}}").count("여자") >= 2


@pytest.mark.parametrize("name", ["align", "equation", "gather"])
def test_katex_does_not_count_equations(name):
    """Sphinx does; KaTeX's own numbers would stand beside it."""
    html = formulas.render(rf"\begin{{{name}}} a = b \end{{{name}}}", display=True)
    assert "eqn-num" not in html
    assert html == formulas.render(rf"\begin{{{name}*}} a = b \end{{{name}*}}", display=True)


def test_a_page_with_formulas_has_the_style_and_no_script(tmp_path):
    content, said = build_pages(tmp_path)
    assert content, said
    html = {name: (tmp_path / f"html/{name}.html").read_text("utf-8") for name in PAGES}
    assert html["sums"].count('class="katex"') == 2 and 'id="equation-one"' in html["sums"]
    assert {name for name in PAGES if formulas.STYLE in html[name]} == {"sums"}
    assert "MathJax.js" not in html["sums"] and "cdn" not in html["sums"]
    static = tmp_path / "html/_static/katex"
    assert len(list(static.glob("fonts/*.woff2"))) == 20
    assert list(static.rglob("*.js")) == []


@pytest.mark.parametrize("line", [r":math:`\frac{1`", r".. math:: \nosuchthing"])
def test_an_unreadable_formula_fails_the_build_and_names_its_page(tmp_path, line):
    content, said = build_pages(tmp_path, plain=f"Plain\n=====\n\n{line}\n")
    assert not content
    assert "plain.rst:4" in said and "formula" in said


def test_script_style_and_docstring_are_of_one_release():
    version = re.search(r"KaTeX ([\d.]+),", formulas.__doc__)[1]
    assert formulas.load_katex().eval("katex.version") == version
    style = (EXTENSIONS / "katex" / "katex.min.css").read_text("utf-8")
    assert re.search(r'katex-version:+after\{content:"([\d.]+)"', style)[1] == version
