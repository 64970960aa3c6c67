"""book/_ext/formulas.py: what KaTeX reads becomes HTML, what it cannot read stops the build."""

import re

import formulas
import pytest

from .small import build

CONF = 'extensions = ["formulas"]\nhtml_math_renderer = "katex"\n'
PAGES = {
    "index": "Title\n=====\n\n.. toctree::\n\n   plain\n   sums\n   wrong\n",
    "plain": "Plain\n=====\n\nNo formula.\n",
    "sums": "Sums\n====\n\nA sum :math:`a < b`, and :eq:`one`.\n\n"
    ".. math:: a \\cdot \\text{평점} = b\n   :label: one\n",
    "wrong": "Wrong\n=====\n\n:math:`\\frac{1`\n\n.. math:: \\nosuchthing\n",
}


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


def test_a_build_has_styles_where_formulas_are_and_names_what_it_cannot_read(tmp_path):
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    for name, text in PAGES.items():
        (tmp_path / f"{name}.rst").write_text(text, encoding="utf-8")
    content, said = build(tmp_path)
    assert not content
    assert re.findall(r"(\w+.rst:\d+): WARNING: formula", said) == ["wrong.rst:4", "wrong.rst:6"]
    assert said.count("WARNING") == 2
    html = {name: (tmp_path / f"html/{name}.html").read_text("utf-8") for name in PAGES}
    assert html["sums"].count('class="katex"') == 2 and 'id="equation-one"' in html["sums"]
    assert not [name for name in ("index", "plain") if formulas.STYLE in html[name]]
    assert formulas.STYLE in html["sums"] and "MathJax.js" not in html["sums"]
    static = tmp_path / "html/_static/katex"
    assert len(list(static.glob("fonts/*.woff2"))) == 20
    assert list(static.rglob("*.js")) == []


def test_script_style_and_docstring_are_of_one_release():
    version = re.search(r"KaTeX ([\d.]+),", formulas.__doc__)[1]
    assert formulas.load_katex().eval("katex.version") == version
    style = (formulas.KATEX / "katex.min.css").read_text("utf-8")
    assert re.search(r'katex-version:+after\{content:"([\d.]+)"', style)[1] == version


@pytest.mark.parametrize(
    ("formula", "joined"),
    [
        ("a + b = c", 0),
        ("(a + b)^2 + c", 1),
        ("a + (b + c", 1),
        (r"\Big(a + b\Big) + f(x + y)", 2),
        (r"[a + b] + \big[c + d\big]", 2),
        (r"\left(a + b\right) + c", 0),  # KaTeX holds it together
    ],
)
def test_no_line_ends_inside_parentheses(formula: str, joined: int) -> None:
    html = formulas.render(formula, True)
    assert html.count("\u2060" + formulas.BASE) == html.count("\u2060") == joined
