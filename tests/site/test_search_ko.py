"""book/_ext/search_ko.py: what goes into the index, what a query asks for, and that they meet.

Sphinx's own searchtools.js runs in V8 here, without a browser; test_search.py of the browser tests
asks the built book.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from unicodedata import normalize

import pytest
import search_ko
import sphinx
from docutils.frontend import get_default_settings
from docutils.nodes import paragraph, section, title
from docutils.utils import new_document
from formulas import start_v8
from sphinx.search import IndexBuilder, languages

KOREAN = search_ko.SearchKorean({})
SEARCHTOOLS = Path(sphinx.__file__).parent / "themes/basic/static/searchtools.js"
# What searchtools.js expects of a page.
STUBS = """
const _ready = () => {};
const SPHINX_HIGHLIGHT_ENABLED = false;
const document = { getElementById: () => null };
"""
FIND = """(query) => {
  const [, terms, excluded] = Search._parseQuery(query);
  return Search.performTermsSearch(terms, excluded).map((result) => result[0]).sort();
}"""


def browser():
    engine = start_v8()
    tools = SEARCHTOOLS.read_text(encoding="utf-8")
    for code in STUBS, tools, "var stopwords = [];", KOREAN.js_stemmer_code:
        engine.eval(code)
    engine.eval(KOREAN.js_splitter_code)
    return engine


V8 = browser()


def call(function: str, *arguments: object) -> object:
    return json.loads(V8.eval(f"JSON.stringify(({function})(...{json.dumps(arguments)}))"))


def index_of(pages: dict[str, str]) -> dict:
    """Sphinx's index of pages given as text; the first line is the title."""
    names = ("titles", "filenames", "mapping", "title_mapping", "all_titles", "index_entries")
    stores = {f"_search_index_{name}": {} for name in (*names, "objtypes", "objnames")}
    env = SimpleNamespace(version="1", domains={}, **stores)
    languages["ko"] = search_ko.SearchKorean
    builder = IndexBuilder(env, "ko", {}, "")
    for name, text in pages.items():
        head, _, body = text.partition("\n")
        page = new_document(name, get_default_settings())
        page += section("", title("", head), paragraph("", body), ids=["id1"])
        builder.feed(name, f"{name}.html", head, page)
    return builder.freeze()


def find(query: str, **pages: str) -> list[str]:
    V8.eval("delete KoreanSearch._vocabulary")
    V8.eval(f"Search.setIndex({json.dumps(index_of(pages))})")
    return call(FIND, query)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("행렬분해는", "__행_렬_분_해_는_"),
        ("행렬 분해", "__행_렬_ __분_해_"),
        ("값", "__값_"),
        ("PyTorch로", "__pytorch_ __로_ __py_torch_"),
        ("MSE가 1.05입니다.", "__mse_ __가_ __1_05_ __입_니_다_"),
        ("embedding embeddings", "__embed_ __embed_"),
        ("optimizer.zero_grad()", "__optim_ __zero_grad_"),
        ("nn.MSELoss(rank=10)", "__nn_ __mseloss_ __rank_ __10_ __mse_loss_"),
        ("__init__ _ normal_", "__init_ __normal_"),
        (r"\lambda p_i λ 9×8 R²", "__lambda_ __p_i_ __lambda_ __9x8_ __r2_"),
        (normalize("NFD", "행렬"), "__행_렬_"),  # as macOS writes file names
        ("…, 。 !", ""),
    ],
)
def test_what_is_indexed(text: str, terms: str) -> None:
    assert " ".join(map(KOREAN.stem, KOREAN.split(text))) == terms


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("임베딩을", "임베딩"),
        ("사용자의 평점이라는", "사용자 평점"),
        ("모델에서는", "모델"),
        ("사용자들에게는", "사용자"),
        ("행렬로부터 행렬으로", "행렬 행렬"),
        ("정규화합니다", "정규화"),
        ("값을 값에서", "값 값"),
        ("사용자도", "사용자"),
        ("임베딩이므로 벡터므로", "임베딩 벡터"),
        ("행렬이며 행렬인데 벡터이다", "행렬 행렬 벡터"),
        ("과적합이면 모델이라면 벡터라면", "과적합 모델 벡터"),
        ("사용자별 사용자별로", "사용자 사용자"),
        # No particle, though it looks like one.
        ("평가 사과 차이 강의 길이 경로", "평가 사과 차이 강의 길이 경로"),
        ("특별 요인 잠재요인 화면 다이다", "특별 요인 잠재요인 화면 다이다"),
        ("정확도 유사도", "정확도 유사도"),
        ("마을 가을", "마을 가을"),
        # A particle alone is a word; behind another script it is none.
        ("의", "의"),
        ("MSE가 PyTorch로 λ는 zero_grad()를", "MSE PyTorch λ zero_grad"),
        ("3강", " 3 강"),
        ("rank=10, 003", "rank  10  003"),
        ("lr=0.05", "lr 0.05"),
        (normalize("NFD", "행렬"), "행렬"),
        ("", ""),
    ],
)
def test_what_a_query_asks_for(query: str, words: str) -> None:
    assert " ".join(call("splitQuery", query)) == words


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("행렬", "행렬", True),
        ("행렬을", "행렬", True),
        ("아이템행렬의", "행렬", True),
        ("행렬분해", "렬분", True),
        ("값이", "값", True),
        ("행렬", "행열", False),
        ("행 렬", "행렬", False),
        ("MSE가", "mse", True),
        ("test_mse", "MSE", True),
        ("MSELoss", "mse", True),
        ("MatrixFactorization", "matrixfactorization", True),
        ("MatrixFactorization", "factorization", True),
        ("RMSE", "MSE", False),
        ("embeddings", "Embedding", True),
        ("nn.Embedding", "embed", True),
        ("weight_decay", "weight_decay", True),
        ("weight_decay", "decay", True),
        ("weight decay", "weight_decay", False),
        ("lr=0.05", "lr", True),
        ("lr_scheduler", "lr", True),
        ("lrx", "lr", False),
        ("began", "gan", False),
        ("p_i", "p_i", True),
        (r"\lambda", "λ", True),
        ("Λ", "λ", True),
        ("9×8", "9x8", True),
        ("R²", "R2", True),
        ("rank=10", "10", True),
        ("100", "10", False),
        ("2.13.0", "2.13", True),
        ("constructor", "constructor", True),
        ("아무것도", "constructor", False),  # a name that every JavaScript object has
    ],
)
def test_text_and_query_meet(text: str, query: str, found: bool) -> None:
    """In a body, in a title, and also where some page has exactly the word of the query."""
    for page in (f"제목\n{text}", f"{text}\n본문"):
        assert find(query, page=page, other="제목\n본문") == ["page"] * found
        assert ("page" in find(query, page=page, exact=f"{query}\n{query}")) == found


PAGES = {
    "apart": "둘째\n행렬 분해를 배웁니다. 모델에서 행렬을 씁니다.",
    "joined": "셋째\n행렬분해는 모델입니다.",
    "one": "넷째\n행렬과 벡터, lr과 MSE.",
}


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("행렬", "apart joined one"),
        ("행렬 분해", "apart joined"),
        ("행렬분해", "apart joined"),
        ("행렬분해모델에서는", "apart joined"),
        ("행렬분석", ""),  # no word of these pages: not cut
        ("벡터분해", ""),
        ("행렬 임베딩", ""),
        # Sphinx counts only words of three letters and more: these stood for nothing.
        ("임베딩 행렬", ""),
        ("lr MSE", "one"),
        ("lr PyTorch", ""),
        ("lr 분해", ""),
        ("-_-", ""),
    ],
)
def test_all_words_of_a_query_count(query: str, pages: str) -> None:
    assert " ".join(find(query, **PAGES)) == pages


def test_a_summary_begins_at_the_word_as_typed() -> None:
    V8.eval("Search.htmlToText = (text) => text; const made = Search.makeSearchSummary;")
    V8.eval("document.createElement = () => ({ classList: { add: () => {} } })")
    text = "앞" * 500 + "여기 행렬이 있습니다" + "뒤" * 500
    summary = "(q, text) => Search.makeSearchSummary(text, Search._parseQuery(q)[1]).textContent"
    assert "여기 행렬이" in call(summary, "행렬을", text)
    assert "여기 행렬이" not in call(summary, "임베딩", text)
