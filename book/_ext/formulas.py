"""Render formulas while the book is built, by KaTeX run in V8 (mini-racer).

A page holds finished HTML, and MathML for screen readers: no script, nothing to wait for.
`katex/` is KaTeX 0.19.1, the folder dist/ of the npm package katex, unchanged but for the fonts in
older formats; to renew it, copy another. Its script stays here, its stylesheet and fonts go to the
pages that have formulas.
"""

import ctypes
import re
import shutil
from functools import cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html import HTML5Translator

KATEX = Path(__file__).parent / "katex"
STYLE = "katex/katex.min.css"
# Sphinx numbers the equations that are referred to; KaTeX would count once more.
NUMBERED = re.compile(r"(\\(?:begin|end)\{(?:align|alignat|equation|gather))\}")
OPENING, CLOSING = (re.compile(rf"(\\[bB]igg?)(?=[{signs}])") for signs in (r"(\[", r")\]"))
BASE = '<span class="katex-base">'  # a line may end between two of them
logger = logging.getLogger(__name__)


def start_v8() -> MiniRacer:
    """Start V8, never to be closed: one time in twenty the closing waits for ever."""
    engine = MiniRacer()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    return engine


@cache
def load_katex() -> MiniRacer:
    """Load KaTeX, once for all formulas."""
    engine = start_v8()
    engine.eval((KATEX / "katex.min.js").read_text(encoding="utf-8"))
    return engine


def keep_together(html: str) -> str:
    """Let no line end inside parentheses: a word joiner (U+2060) stands where one could."""
    before, *parts = html.split(BASE)
    depth = 0
    for part in parts:
        before += ("\u2060" if depth > 0 else "") + BASE + part
        depth += len(re.findall(r'class="[^"]*\bmopen\b', part))
        depth -= len(re.findall(r'class="[^"]*\bmclose\b', part))
    return before


@cache
def render(formula: str, display: bool = False) -> str:
    """Render a formula as HTML."""
    options = {"displayMode": display, "output": "htmlAndMathml", "strict": "ignore"}
    try:
        formula = NUMBERED.sub(r"\1*}", CLOSING.sub(r"\1r", OPENING.sub(r"\1l", formula)))
        html = load_katex().call("katex.renderToString", formula, options)
        return keep_together(html)
    except JSEvalException as error:
        message = re.search(r"KaTeX parse error: (.*)", str(error))
        raise ValueError(message[1] if message else str(error)) from None


def render_node(translator: HTML5Translator, node: nodes.Element) -> str:
    """Render a formula, or warn with the page and the formula itself."""
    formula = node.astext()
    try:
        return render(formula, isinstance(node, nodes.math_block))
    except ValueError as error:
        logger.warning("formula %r: %s", formula, error, location=node)
        return translator.encode(formula)


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(render_node(self, node) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number."""
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "이 수식의 주소")
        self.body.append("</span>")
    self.body.append(render_node(self, node) + "</div>\n")
    raise nodes.SkipNode


def copy_style(app: Sphinx) -> None:
    """Copy the stylesheet and the fonts into the site."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "katex"
        shutil.copytree(KATEX, target, ignore=shutil.ignore_patterns("*.js"), dirs_exist_ok=True)


def link_style(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Ask for the stylesheet where a page has formulas."""
    if 'class="katex' in context.get("body", ""):
        app.builder.add_css_file(STYLE)


def setup(app: Sphinx) -> None:
    """Add the renderer."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.connect("builder-inited", copy_style)
    app.connect("html-page-context", link_style)
