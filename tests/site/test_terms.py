"""Every text uses the one Korean word that book/glossary.md has for a concept."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebooks import ROOT, source

GLOSSARY = ROOT / "book" / "glossary.md"


def read_table(*header: str) -> list[list[str]]:
    """Return the rows of the glossary's table that has exactly this header."""
    lines = [line.strip() for line in GLOSSARY.read_text(encoding="utf-8").splitlines()]
    start = lines.index(f"| {' | '.join(header)} |") + 2  # the header is followed by |---|---|
    rows = []
    for line in itertools.takewhile(lambda line: line.startswith("|"), lines[start:]):
        row = [cell.strip() for cell in line[1:-1].split("|")]
        assert len(row) == len(header), f"{len(row)} cells instead of {len(header)}: {line}"
        rows.append(row)
    return rows


TERMS = read_table("한국어", "English", "기호", "뜻")
VARIANTS = [  # a word that we do not use, the term that we do
    (variant.strip(), term)
    for term, variants in read_table("용어", "쓰지 않는 말")
    for variant in variants.split(",")
]


def find_forbidden(text: str) -> list[str]:
    """Describe each forbidden variant that starts a word of `text`, but for what readers ask."""
    text = re.sub(r"<!-- asked: .*? -->|\s+", " ", text)
    return [
        f"{variant!r}: use {term!r}: …{text[max(0, hit.start() - 15) : hit.end() + 15]}…"
        for variant, term in VARIANTS
        for hit in re.finditer(rf"(?<![가-힣]){re.escape(variant)}", text)
    ]


def read_texts(path: Path) -> Iterator[str]:
    """Yield what a reader meets: of a notebook every cell, comments and texts of pictures too."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield text.partition("## 쓰지 않는 말")[0] if path == GLOSSARY else text
        return
    for cell in json.loads(text)["cells"]:
        metadata = cell.get("metadata", {})
        yield source(cell)
        yield metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        yield metadata.get("summary", "")  # the index shows it


def check_file(path: Path) -> list[str]:
    """Describe the forbidden variants in a file."""
    return [hit for text in read_texts(path) for hit in find_forbidden(text)]


SOURCES = sorted(
    [
        *ROOT.glob("lectures/*.ipynb"),
        *ROOT.glob("book/*.md"),
        *ROOT.glob("lecture_utils/**/*.py"),
        *ROOT.glob("book/_ext/*.py"),
        *(ROOT / name for name in ("README.md", "_config.yml", "_toc.yml")),
    ]
)


def test_every_concept_has_one_word() -> None:
    assert len(TERMS) >= 40
    for column in (0, 1):
        words = [row[column].casefold() for row in TERMS]
        assert all(words)
        assert sorted(words) == sorted(set(words))
    assert all(row[3] for row in TERMS)


def test_forbidden_words_point_to_terms() -> None:
    terms, variants = {row[0] for row in TERMS}, dict(VARIANTS)
    assert set(variants.values()) <= terms
    assert not set(variants) & terms
    assert len(VARIANTS) == len(variants), "a variant is listed twice"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_forbidden_word(path: Path) -> None:
    assert check_file(path) == []


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("x.ipynb", json.dumps({"cells": [{"source": ["권장 시스템"]}]}), 1),
        ("x.ipynb", json.dumps({"cells": [{"source": ["print('유저')"]}]}), 1),
        ("x.md", "모델은 잠재\n인자를 찾습니다.", 1),
        ("x.py", "def f(n):\n    print(f'{n}번째 레이팅입니다')\n", 1),
        ("x.md", "추천 시스템, 훈련 데이터와 훈련 MSE, 플레이어", 0),
        ("x.md", "## 모델\n\n<!-- asked: 유저, 레이팅 -->\n\n유저입니다.", 1),
    ],
)
def test_forbidden_words_are_found(tmp_path: Path, name, content, found) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert len(check_file(path)) == found
