"""Link the first use of each glossary term on a page to its row in the glossary.

The lectures stay plain Markdown: nobody writes these links, and a new row of the glossary is linked
at the next build. What a term means stands in the link's title, so that hovering is enough.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

GLOSSARY = "book/glossary"
HEADER = "| 한국어 | English | 기호 | 뜻 |"
SYMBOLS = {"\\mu": "μ", "\\cdot": "·", "$": "", "`": ""}  # a title shows no formulas
# An everyday word, or of two meanings (that of a list, and 1 / variance): a term only in bold.
EVERYDAY = {"모양", "정밀도", "순간", "창", "가림", "필드", "후보", "문턱"}
# What may follow a noun, besides nothing. Not 하다: "학습하고" is a verb.
CASES = "에게|에서|에|으로서|으로써|으로|로서|로써|로|와|과|까지|부터|보다|처럼|만큼|마다|만|뿐|들"
TAILS = "은|는|도|을|를|이|가|의"
ENDINGS = (
    "입니다|이었습니다|였습니다|예요|이에요|이다|인|인데|인지|임|이고|이며|이면|이나|나|이란|란"
)
QUOTES = "이라|라|이라서|라서|이라는|라는|이라고|라고"
AFTER = rf"(?=(?:(?:{CASES})*(?:{TAILS})?|{ENDINGS}|{QUOTES})(?![가-힣]))"
ELSEWHERE = "reference literal math table"


def read_glossary(app: Sphinx, config: Config) -> None:
    """Read the glossary. glossary_terms: term -> (id of its row, what it means)."""
    source = Path(app.srcdir, f"{GLOSSARY}.md").read_text(encoding="utf-8")
    table, _, _ = source.partition(HEADER)[2].strip().partition("\n\n")
    for line in table.splitlines()[1:]:  # the first is |---|
        term, _, _, meaning = (cell.strip() for cell in line[1:-1].split("|"))
        for symbol, plain in SYMBOLS.items():
            meaning = meaning.replace(symbol, plain)
        config.glossary_terms[term] = "term-" + term.replace(" ", "-"), meaning


def is_prose(text: nodes.Text) -> bool:
    """Say whether this is running text: in a paragraph, and nothing with a purpose of its own."""
    above = [text]
    while parent := above[-1].parent:
        above.append(parent)
    kinds = {kind.__name__ for node in above for kind in type(node).__mro__}
    return "paragraph" in kinds and kinds.isdisjoint(ELSEWHERE.split())


def link_terms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Name the rows of the glossary; on any other page link each term once."""
    terms, seen = app.config.glossary_terms, set()
    if page == GLOSSARY:
        for row in doctree.findall(nodes.row):
            if len(row) == HEADER.count("|") - 1 and row[0].astext() in terms:
                row["ids"].append(terms[row[0].astext()][0])
        return
    glossary = app.builder.get_relative_uri(page, GLOSSARY)
    longest_first = "|".join(map(re.escape, sorted(terms, key=len, reverse=True)))
    for text in filter(is_prose, list(doctree.findall(nodes.Text))):
        bold, pieces, end = isinstance(text.parent, nodes.strong), [], 0
        for hit in re.finditer(f"(?<![가-힣A-Za-z_])(?:{longest_first})(?![A-Za-z_]){AFTER}", text):
            if (term := hit[0]) in seen or (term in EVERYDAY and not bold):
                continue
            seen.add(term)
            where = {"refuri": f"{glossary}#{terms[term][0]}", "reftitle": terms[term][1]}
            word = nodes.reference("", term, internal=True, classes=["glossary-term"], **where)
            pieces += [nodes.Text(text[end : hit.start()]), word]
            end = hit.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


def setup(app: Sphinx) -> None:
    """Connect the links."""
    app.add_config_value("glossary_terms", {}, "html")  # a change renders every page again
    app.connect("config-inited", read_glossary)
    app.connect("doctree-resolved", link_terms)
