"""Put Korean where the themes leave the interface in English or translate it badly.

Words that they pass through gettext stand in book/_locale/ko/LC_MESSAGES, in one catalog for each
of theirs. What a template or a script spells out is replaced where it stands, and the build stops
where it does not. tests/site/test_korean.py looks for English that is left, on every page.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.i18n import CatalogRepository
from templates import change, replace_once

# Spelled out in the themes' templates.
TEMPLATES = {
    "sbt-sidebar-nav.html": {'aria-label="Main"': 'aria-label="책의 차례"'},
    "layout.html": {'aria-label="Page"': 'aria-label="이 페이지의 차례"'},
    "toggle-primary-sidebar.html": {
        'title="Toggle primary sidebar"': 'title="책의 차례" aria-label="책의 차례"',
    },
    "toggle-secondary-sidebar.html": {
        'title="Toggle secondary sidebar"': (
            'title="이 페이지의 차례" aria-label="이 페이지의 차례"'
        ),
    },
}

# sphinx-copybutton speaks some languages, not this one: it takes 'en' for a page in Korean.
COPYBUTTON = {
    "'Copy to clipboard'": "'코드 복사하기'",
    "'Copy'": "'복사'",
    "'Copied!'": "'복사했어요'",
    "'Failed to copy'": "'복사하지 못했어요'",
}

# What the form for a new issue on GitHub starts with; the theme's code spells it out.
ISSUE = {
    "Issue%20on%20page%20%2F": "틀린%20곳:%20",
    "Your%20issue%20content%20here.": "",
}

# What a menu's entry does; the theme says it in a tooltip, which a phone does not show.
MENUS = {
    ".ipynb": "노트북 파일 (.ipynb)",
    ".md": "원본 파일 (.md)",
    ".pdf": "인쇄 · PDF로 저장",
    "Colab": "Colab에서 열기",
}


def load_catalogs(app: Sphinx, config: Config) -> None:
    """Compile our catalogs and put each in front of the one that a theme has loaded."""
    ours = CatalogRepository(
        app.srcdir, config.locale_dirs, config.language, config.source_encoding
    )
    for catalog in ours.catalogs:
        catalog.write_mo(config.language)
        theirs = locale.translators.pop(("general", catalog.domain), None)
        found, _ = locale.init(ours.locale_dirs, config.language, catalog.domain)
        if theirs:
            found.add_fallback(theirs)
    app.translator = locale.translators["general", "sphinx"]  # the one that the templates use


def translate_copy_button(app: Sphinx, exception: Exception | None) -> None:
    """Translate the words that sphinx-copybutton's script carries."""
    script = Path(app.outdir, "_static", "copybutton.js")
    if exception or app.builder.format != "html":
        return
    text = script.read_text(encoding="utf-8")
    for old, new in COPYBUTTON.items():
        if new not in text:  # done in an earlier build, which copied the script
            text = replace_once(text, old, new, f"korean: {script.name}")
    script.write_text(text, encoding="utf-8")


def label_buttons(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say in Korean what the buttons of the header do.

    Raises:
        ExtensionError: A button is new here and speaks English.
    """
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if "/issues/new" in button.get("url", ""):
                for old, new in ISSUE.items():
                    button["url"] = replace_once(
                        button["url"], old, new, f"korean: page {page}: the issue's address"
                    )
            button["text"] = text = MENUS.get(button.get("text"), button.get("text"))
            if re.search("[A-Za-z]", text or "") and not re.search("[가-힣]", text):
                raise ExtensionError(f"korean: page {page}: MENUS has no words for {text!r}")


def fold_guards(app: Sphinx, doctree: nodes.document) -> None:
    """Fold a check whose result is folded together with its code, and say what each fold is.

    myst-nb would leave the code of a check to be read without its result, and has one prompt for
    all folds, made for code.
    """
    for cell in doctree.findall(nodes.container):
        if cell.get("hide_mode") == "output":
            what = "결과"
            if "check." in cell[0].astext():
                cell["hide_mode"], what = "all", "확인"
            cell["prompt_show"], cell["prompt_hide"] = f"{what} 펼쳐 보기", f"{what} 접기"


def setup(app: Sphinx) -> None:
    """Connect the translations."""
    app.connect("config-inited", load_catalogs)
    change(app, __name__, TEMPLATES)
    app.connect("doctree-read", fold_guards)
    app.connect("html-page-context", label_buttons, priority=900)
    app.connect("build-finished", translate_copy_button, priority=400)  # before scripts are packed
