"""Titles as GroupLens publishes them, and what `prepare` keeps of them."""

import pytest

from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.titles import read_titles
from lecture_utils.synthetic import large as synthetic

PUBLISHED = {
    "u.item": ("1|Toy Story (1995)|01-Jan-1995||0\n543|Misérables, Les (1995)||\n", "latin-1"),
    "movies.dat": ("1::Toy Story (1995)::Comedy\n543::Misérables, Les (1995)::Drama\n", "utf-8"),
    "movies.csv": (
        'movieId,title,genres\n1,Toy Story (1995),Animation\n543,"Misérables, Les (1995)",Drama\n',
        "utf-8",
    ),
}  # fmt: skip
TITLES = {1: "Toy Story (1995)", 543: "Misérables, Les (1995)"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_as_published(name, tmp_path):
    text, encoding = PUBLISHED[name]
    (tmp_path / name).write_bytes(text.encode(encoding))
    assert read_titles(tmp_path) == TITLES


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_the_encoding_is_found_out(encoding, tmp_path):
    text, _ = PUBLISHED["movies.dat"]
    (tmp_path / "movies.dat").write_bytes(text.encode(encoding))
    assert read_titles(tmp_path) == TITLES


def test_no_titles(tmp_path):
    assert read_titles(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("u.item", "one|x"),
        ("movies.dat", "5"),
        ("movies.csv", "0,x,y"),
        ("u.item", "9" * 20 + "|x"),
    ],
)
def test_a_bad_line_is_named(name, line, tmp_path):
    text, _ = PUBLISHED[name]
    (tmp_path / name).write_text(text + line + "\n")
    number = len(text.splitlines()) + 1
    with pytest.raises(ValueError, match=rf"{name} {number}번째 줄: .*영화 번호와 제목이"):
        read_titles(tmp_path)


@pytest.mark.parametrize("rest", ["", '8,"Heat, (1995)",Action\n', "8,Heat (1995),Action\n"])
def test_a_quote_that_is_not_closed(rest, tmp_path):
    """It does not swallow the titles behind it, whatever these are."""
    text, _ = PUBLISHED["movies.csv"]
    (tmp_path / "movies.csv").write_text(text + '7,"Sabrina (1995),Comedy\n' + rest)
    with pytest.raises(ValueError, match=r"movies.csv 4번째 줄: .*영화 번호와 제목이.*Sabrina"):
        read_titles(tmp_path)


def test_lines_end_at_line_feeds_alone(tmp_path):
    text = "1,Wait\x85 What\u2028?,Drama\r\n2,Heat,Action\r\n"
    (tmp_path / "movies.csv").write_bytes(f"movieId,title,genres\r\n{text}".encode())
    assert read_titles(tmp_path) == {1: "Wait\x85 What\u2028?", 2: "Heat"}


def test_prepare_keeps_those_of_movies_with_ratings(tmp_path, small):
    ids = small.read_ids("movies").tolist()
    titles = {ids[0]: "첫 영화", ids[-1]: "마지막 영화", 999_999_999: "평점이 없는 영화"}
    found = prepare(lambda: synthetic.chunks(20_000), tmp_path / "titled", titles=titles)
    assert found.read_titles() == {ids[0]: "첫 영화", ids[-1]: "마지막 영화"}
    assert small.read_titles() == {}
    (tmp_path / "titled" / "titles.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="titles.parquet 파일이 손상되었습니다"):
        Blocks(tmp_path / "titled")


def test_titles_of_other_movies_alone(tmp_path):
    found = prepare(lambda: synthetic.chunks(20_000), tmp_path / "other", titles={999_999: "x"})
    assert found.read_titles() == {}
