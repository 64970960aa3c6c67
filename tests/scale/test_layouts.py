"""The three layouts of MovieLens, told apart by their content, and every line to be refused."""

import os
import re
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from lecture_utils import download
from lecture_utils.scale import layouts

REAL = os.environ.get(download.ENVIRONMENT)
HEADER = "userId,movieId,rating,timestamp"
# The first lines as they are published: of 100K, 10M (with half stars) and 25M.
TAB = ["196\t242\t3\t881250949", "186\t302\t3\t891717742", "22\t377\t1\t878887116"]
COLON = ["1::122::5::838985046", "1::185::5::838983525", "4::21::3.5::844416980"]
COMMA = [HEADER, "1,296,5.0,1147880044", "1,306,3.5,1147868817", "1,307,0.5,1147868828"]
PUBLISHED = {"\t": ("u.data", TAB), "::": ("ratings.dat", COLON), ",": ("ratings.csv", COMMA)}
PARSED = {
    "\t": ([196, 186, 22], [242, 302, 377], [3, 3, 1]),
    "::": ([1, 1, 4], [122, 185, 21], [5, 5, 3.5]),
    ",": ([1, 1, 1], [296, 306, 307], [5, 3.5, 0.5]),
}
each = pytest.mark.parametrize("separator", PUBLISHED)


def write(folder, separator, *, more=(), end="\n", last="\n", before=""):
    """The published lines and `more`, whose fields are separated by "|"."""
    name, lines = PUBLISHED[separator]
    lines = [*lines, *(line.replace("|", separator) for line in more)]
    path = folder / name
    path.write_bytes((before + end.join(lines) + last).encode())
    return path


def read(folder, size=2**20):
    parts = [*layouts.read_chunks(layouts.find_ratings(folder), size)]
    assert all(0 < len(column) <= size for part in parts for column in part)
    return [np.concatenate(columns) for columns in zip(*parts)]


def same(read, expected):
    return all(np.array_equal(found, column) for found, column in zip(read, expected, strict=True))


def refused(path, line, *words):
    """Reading names the file, the line, what is wrong and the remedy."""
    with pytest.raises(ValueError) as caught:
        read(path.parent)
    assert str(caught.value).startswith(f"{path} {line}번째 줄: ")
    for word in (*words, "압축을 다시 푸세요.", '.to_csv("ratings.csv"'):
        assert word in str(caught.value)


@each
def test_as_published(separator, tmp_path):
    """Whatever other files the archive has."""
    path = write(tmp_path, separator)
    for name in ("ua.base", "u.item", "movies.dat", "tags.csv"):
        (tmp_path / name).write_text("1\t1\t1\t1\n")
    layout = layouts.find_ratings(tmp_path)
    assert layout == (path, separator, separator == ",")
    (chunk,) = layouts.read_chunks(layout)
    assert same(chunk, PARSED[separator])
    assert [column.dtype for column in chunk] == [np.int32, np.int32, np.float32]
    assert all(column.flags.writeable for column in chunk)


@each
@pytest.mark.parametrize(
    "form", [{"end": "\r\n", "last": "\r\n"}, {"last": ""}, {"before": "\ufeff"}], ids=str
)
def test_other_line_ends_and_a_byte_order_mark(form, separator, tmp_path):
    path = write(tmp_path, separator, **form)
    assert same(read(tmp_path), PARSED[separator])
    path.write_bytes(path.read_bytes().replace(b"3", b"x"))
    first = next(n for n, line in enumerate(PUBLISHED[separator][1], start=1) if "3" in line)
    refused(path, first, "x")


@each
def test_content_counts_and_not_the_name(separator, tmp_path):
    path = write(tmp_path, separator)
    for name in layouts.FILES:
        path = path.rename(tmp_path / name)
        assert layouts.find_ratings(tmp_path).separator == separator
        assert same(read(str(tmp_path)), PARSED[separator])


@each
@pytest.mark.parametrize("block", [48, 64, 100, 2**22])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_chunks_lose_nothing(size, block, separator, tmp_path, monkeypatch):
    """Rows of 8 to 35 characters, whatever Arrow parses at once and we give at once."""
    monkeypatch.setattr(layouts, "BLOCK", block)
    rng = np.random.default_rng(0)
    ids = (10 ** rng.uniform(0, 9, (2, 50))).astype(int)
    halves = rng.integers(1, 11, 50)
    write(tmp_path, separator, more=[f"{u}|{m}|{h / 2}|7" for u, m, h in zip(*ids, halves)])
    more = (*ids, halves / 2)
    assert same(read(tmp_path, size), map(np.concatenate, zip(PARSED[separator], more)))


@each
def test_a_chunk_is_as_large_as_it_may_be(separator, tmp_path):
    write(tmp_path, separator, more=["1|2|3|4"] * 7)
    chunks = layouts.read_chunks(layouts.find_ratings(tmp_path), 4)
    assert [len(chunk[0]) for chunk in chunks] == [4, 4, 2]


@each
def test_extremes(separator, tmp_path):
    more = ["2147483647|2147483647|0.5|0", "1|1|5|9999999999", "1|2|5.0|7"]
    write(tmp_path, separator, more=more)
    users, _, ratings = read(tmp_path)
    assert [*users[3:]] == [2147483647, 1, 1] and [*ratings[3:]] == [0.5, 5, 5]


WRONG = {
    "1|2|3": "3칸입니다: ",
    "1|2|3|4|5": "5칸입니다: ",
    "": "로 나뉜 네 칸이어야 하는데 1칸입니다: ''",
    "1;2;3;4": "1칸입니다: '1;2;3;4'",
    "1|2|3|" + 500 * "4": "",
    # Arrow reads "::" as ":" with nothing between.
    **dict.fromkeys(["1::2::3:4", "1::2:3::4:", "1:x:2::3::4", "1::2::3::4:", ":1::2::3::4"], ""),
}
IDS, ARABIC, LARGE = "칸은 1에서 2147483647까지의 정수", "\u0661", 20 * "9"
STARS = "rating 칸은 0.5에서 5까지 0.5점 단위의 별점"
FIELDS = {  # 3e38: twice that is too much for float32
    f"userId {IDS}": ["", "x", "0", "-1", "2147483648", "1.5", "1_0", ARABIC, '"1"', "\x00"],
    f"movieId {IDS}": ["", "two", "0", LARGE, "2.0"],
    STARS: ["", "five", "NaN", "NA", "inf", "-inf", "0", "0.0", "5.5", "-3", "3e38", "3.7", "4.25"],
    "timestamp 칸은 초를 세는 정수": ["", "late", "4.5", LARGE, "4\x00"],
}
for column, (wanted, texts) in enumerate(FIELDS.items()):
    for text in texts:
        line = "|".join([*"1234"[:column], text, *"1234"[column + 1 :]])
        WRONG[line] = f"{wanted}이어야 합니다. 읽은 것: {text!r}"


@each
@pytest.mark.parametrize(("line", "words"), WRONG.items())
@pytest.mark.parametrize("later", ["7|7|3|7", "7|7|6|7", "7||3|7", "7|7|x|7", "7|7|7"])
def test_wrong_line(later, line, words, separator, tmp_path):
    """The first one is named, whatever else is wrong behind it."""
    path = write(tmp_path, separator, more=["7|7|3|7", line, "7|7|3|7", later])
    refused(path, len(PUBLISHED[separator][1]) + 2, words)


@each
@pytest.mark.parametrize("line", ["1|2|x|4", "1|2|6|4", "1|2|3", "1|2||4", ""])
def test_wrong_line_far_behind(line, separator, tmp_path, monkeypatch):
    """In a later block, which comes after chunks that were handed out."""
    monkeypatch.setattr(layouts, "BLOCK", 128)
    path = write(tmp_path, separator, more=[*["7|7|3|7"] * 1000, line, "1|2|3|4"])
    number = len(PUBLISHED[separator][1]) + 1001
    reader, seen = layouts.read_chunks(layouts.find_ratings(tmp_path)), 0
    with pytest.raises(ValueError, match=f"{number}번째 줄: "):
        for chunk in reader:
            seen += len(chunk[0])
    assert 900 < seen <= 1003
    refused(path, number)


@each
@pytest.mark.parametrize("line", ["1|2|3|", "1|2|3", "1|2|", "1|2", "1|", "1"])
def test_truncated(line, separator, tmp_path):
    path = write(tmp_path, separator, more=[line], last="")
    refused(path, len(PUBLISHED[separator][1]) + 1)


@pytest.mark.parametrize("name", layouts.FILES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "1,296,5.0,1147880044\n",  # no header
        "movieId,userId,rating,timestamp\n296,1,5.0,1147880044\n",
        f"{HEADER},tag\n1,296,5.0,1147880044,funny\n",
        '"userId","movieId","rating","timestamp"\n1,296,5.0,1147880044\n',
        HEADER.replace(",", "\t") + "\n1\t296\t5.0\t1147880044\n",
        "1::122::5\n1::185::5::838983525\n",
        "<!DOCTYPE html>\n<title>404 Not Found</title>\n",
        "PK\x03\x04\xff\xfe",  # a zip
    ],
)
def test_wrong_first_line(text, name, tmp_path):
    (tmp_path / name).write_text(text, "latin-1")
    refused(tmp_path / name, 1, repr(re.split("[\n\t\xff]", text)[0])[1:-1])


@pytest.mark.parametrize("last", ["", "\n", "\r\n"])
def test_header_only(last, tmp_path):
    (tmp_path / "ratings.csv").write_bytes(HEADER.encode() + last.encode())
    refused(tmp_path / "ratings.csv", 2, "평점이 있어야 하는데 파일이 끝났습니다")


@each
def test_binary_behind_the_first_lines(separator, tmp_path):
    """Longer than a block, and without a line end."""
    path = write(tmp_path, separator)
    path.write_bytes(path.read_bytes() + b"\x00\xff\x01" * layouts.BLOCK)
    refused(path, len(PUBLISHED[separator][1]) + 1, "1칸입니다: ")


@each
def test_what_only_arrow_refuses(separator, tmp_path, monkeypatch):
    """Then there is no line number, but still the file and the reason."""
    path = write(tmp_path, separator, more=["1|2|x|4"])
    monkeypatch.setattr(layouts, "find_fault", lambda line, separator: "")
    with pytest.raises(ValueError, match="invalid value 'x'") as caught:
        read(tmp_path)
    assert str(caught.value).startswith(f"{path} 파일을 읽지 못했습니다 (")


def test_no_file(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(FileNotFoundError) as caught:
            layouts.find_ratings(folder)
        wanted = f"{folder} 폴더에 u.data, ratings.dat, ratings.csv 가운데 아무것도 없습니다.\n"
        assert str(caught.value).startswith(wanted) and "이렇게 바꾸세요" in str(caught.value)


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = write(tmp_path, "::")
    assert layouts.find_ratings("~").path == path


def test_the_parent_of_the_folder(tmp_path):
    for name, separator in (("ml-25m", ","), ("ml-100k", "\t")):
        (tmp_path / name).mkdir()
        write(tmp_path / name, separator)
    with pytest.raises(FileNotFoundError) as caught:
        layouts.find_ratings(tmp_path)
    wanted = f"혹시 {tmp_path / 'ml-100k'} 또는 {tmp_path / 'ml-25m'}인가요?"
    assert str(caught.value).endswith(wanted)


def test_more_than_one_file(tmp_path):
    write(tmp_path, "\t")
    write(tmp_path, ",")
    with pytest.raises(ValueError, match="u.data, ratings.csv가 함께 있습니다. 하나만") as caught:
        layouts.find_ratings(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_the_recipe_for_data_of_ones_own(tmp_path, monkeypatch):
    """Names for ids, stars up to ten: the code that a refusal prints makes a file that is read."""
    own = "사용자,작품,별점\n민지,기생충,9\n준호,올드보이,3\n민지,올드보이,10\n"
    (tmp_path / "내 파일.csv").write_text(own, encoding="utf-8")
    with pytest.raises(FileNotFoundError) as caught:
        layouts.find_ratings(tmp_path)
    recipe = dedent("\n".join(str(caught.value).split("\n")[3:]))
    monkeypatch.chdir(tmp_path)
    exec(recipe.replace("].mul(2)", "].div(2).mul(2)"), {"pd": pd})
    assert same(read(tmp_path), ([1, 2, 1], [1, 2, 2], [4.5, 1.5, 5]))


@pytest.mark.skipif(not REAL, reason=f"{download.ENVIRONMENT} is not set")
def test_movielens_100k():
    """The numbers of its README, and the mean that the lectures give."""
    users, movies, ratings = read(REAL, size=2**14)
    assert (len(ratings), len(np.unique(users)), len(np.unique(movies))) == (100_000, 943, 1682)
    assert ratings.astype(float).mean() == pytest.approx(3.52986, abs=1e-9)
