"""Korean for the parts of the interface that the themes leave in English or translate badly.

pydata-sphinx-theme 0.17 has no Korean catalogue; sphinx-book-theme 1.3 has one that turns "By"
into "으로". The words below win over both; what they lack falls through to the themes' own.
What no catalogue reaches, because a template or a script spells it out, is replaced where it
stands. tests/site/test_korean.py looks for English that is left, on every page.
"""

from gettext import NullTranslations
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import translators
from templates import change, replace_all

SPHINX = {
    "Back to top": "맨 위로",
    "Color mode": "화면 밝기",
    "Dark": "어둡게",
    "Light": "밝게",
    "System Settings": "시스템 설정",
    "Error": "오류",
    "Link to this heading": "이 제목의 주소",
    "On this page": "이 페이지에서",
    "Please activate JavaScript to enable the search functionality.":
        "검색하려면 자바스크립트를 켜 주세요.",
    "Search": "검색",
    "Section Navigation": "목차",
    "Site navigation": "사이트 메뉴",
    "Skip to main content": "본문으로 건너뛰기",
    "Version warning": "알림",
    "next": "다음",
    "next page": "다음 페이지",
    "previous": "이전",
    "previous page": "이전 페이지",
    "Copyright": "저작권",
    "Copyright %(copyright)s": "%(copyright)s",
    "© Copyright %(copyright)s.": "© %(copyright)s",
}  # fmt: skip

BOOK_THEME = {
    "By": "지은이:",
    "Contents": "이 페이지에서",
    "Download notebook file": "노트북(.ipynb) 내려받기",
    "Download source file": "원본 파일 내려받기",
    "Download this page": "이 페이지 내려받기",
    "Fullscreen mode": "전체 화면",
    "Launch interactive content": "실행해 보기",
    "Launch on": "여기서 열기:",
    "Open an issue": "틀린 곳 알리기",
    "Open issue": "틀린 곳 알리기",
    "Print to PDF": "인쇄하거나 PDF로 저장",
    "Repository": "GitHub 저장소",
    "Search": "검색",
    "Source repositories": "GitHub",
    "Source repository": "GitHub 저장소",
    "logo": "로고",
}

TOGGLE = {"Click to hide": "접기", "Click to show": "펼치기"}

# Spelled out in the themes' templates.
TEMPLATES = {
    'aria-label="Main"': 'aria-label="책의 차례"',
    'aria-label="Page"': 'aria-label="이 페이지의 차례"',
    'title="Toggle primary sidebar"': 'title="책의 차례" aria-label="책의 차례"',
    'title="Toggle secondary sidebar"': 'title="이 페이지의 차례" aria-label="이 페이지의 차례"',
}

# sphinx-copybutton speaks six languages, not this one: it takes 'en' for a page in Korean.
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


class Korean(NullTranslations):
    """A catalogue held in a dictionary."""

    def __init__(self, words: dict[str, str], fallback: NullTranslations | None) -> None:
        super().__init__()
        self.words = words
        if fallback:
            self.add_fallback(fallback)

    def gettext(self, message: str) -> str:
        return self.words.get(message) or super().gettext(message)


def speak_korean(app: Sphinx, config: Config) -> None:
    """Put our words in front of the catalogues that the themes have loaded."""
    for name, words in {"sphinx": SPHINX, "booktheme": BOOK_THEME, "togglebutton": TOGGLE}.items():
        key = ("general", name)
        translators[key] = Korean(words, translators.get(key))
    app.translator = translators["general", "sphinx"]  # the one that the templates use


def translate_copy_button(app: Sphinx, exception: Exception | None) -> None:
    script = Path(app.outdir, "_static", "copybutton.js")
    if not exception and script.exists():
        text = script.read_text(encoding="utf-8")
        script.write_text(replace_all(text, COPYBUTTON), encoding="utf-8")


def label_buttons(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if "url" in button:
                button["url"] = replace_all(button["url"], ISSUE)
            button["text"] = MENUS.get(button.get("text"), button.get("text"))


def name_folds(app: Sphinx, doctree: nodes.document) -> None:
    """myst-nb has one prompt for all folds, made for code: a folded result says what it is."""
    for cell in doctree.findall(nodes.container):
        if cell.get("hide_mode") == "output":
            cell["prompt_show"], cell["prompt_hide"] = "확인 결과 펼쳐 보기", "확인 결과 접기"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", speak_korean)
    change(app, TEMPLATES)
    app.connect("doctree-read", name_folds)
    app.connect("html-page-context", label_buttons, priority=900)
    app.connect("build-finished", translate_copy_button, priority=400)  # before scripts are packed
    return {"parallel_read_safe": True, "parallel_write_safe": True}
