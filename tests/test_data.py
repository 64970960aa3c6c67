"""Reading MovieLens, the table of document 003, and every line that must be refused."""

import os
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from lecture_utils import data, download
from lecture_utils.data import as_tensors, load_movielens, load_solo
from lecture_utils.synthetic import small as synthetic

REAL = os.environ.get(download.ENVIRONMENT)
real = pytest.mark.skipif(not REAL, reason=f"{download.ENVIRONMENT} is not set")

RATINGS = ["1\t1\t5\t874965758", "943\t1682\t1\t0", "22\t377\t3\t878887116"]
OTHERS = ["2\t1\t5\t874965758", "942\t1682\t1\t0", "23\t377\t3\t878887116"]  # of the tests


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small folder in the form of the archive: whole catalogues, six ratings per split."""
    for name in download.FILES:
        rows = OTHERS if name.endswith(".test") else RATINGS
        (tmp_path / name).write_text("\n".join(rows) + "\n")
    flags = "|".join(["0"] * 18 + ["1"])
    titles = {1: "Toy Story (1995)", 2: "Misérables, Les (1995)"}
    movies = [f"{i}|{titles.get(i, 'unknown')}|01-Jan-1995||url|{flags}\n" for i in range(1, 1683)]
    (tmp_path / "u.item").write_text("".join(movies), "latin-1")
    users = [f"{i}|24|M|technician|0{i:04}\n" for i in range(1, 944)]
    (tmp_path / "u.user").write_text("".join(users))
    monkeypatch.setattr(data, "NUM_RATINGS", 6)
    return tmp_path


def refused(folder, file, line, *words, split="ua"):
    """Loading names the file, the line and what is wrong."""
    with pytest.raises(ValueError) as caught:
        load_movielens(split, root=folder)
    where = f"{folder / file}, line {line}:" if line else str(folder / file)
    assert str(caught.value).startswith(where)
    for word in words:
        assert word in str(caught.value)


def spoil(folder, file, line, text, encoding="latin-1"):
    """Replace one line (counted from 1) of a file."""
    lines = (folder / file).read_text(encoding).split("\n")
    lines[line - 1] = text
    (folder / file).write_text("\n".join(lines), encoding)


@pytest.mark.parametrize("split", ["ua", "ub", "u1", "u2", "u3", "u4", "u5"])
def test_every_split_by_name(split, folder):
    spoil(folder, f"{split}.base", 1, "7\t8\t4\t11")
    spoil(folder, f"{split}.test", 1, "9\t10\t2\t12")
    ratings = load_movielens(split, root=folder)
    assert ratings.name == "ml-100k"
    assert ratings.train.iloc[0].to_dict() == {"user": 7, "movie": 8, "rating": 4, "timestamp": 11}
    assert ratings.test.iloc[0].to_dict() == {"user": 9, "movie": 10, "rating": 2, "timestamp": 12}
    assert (ratings.train.dtypes == "int64").all() and len(ratings.train) == 3


def test_catalogues(folder):
    ratings = load_movielens(root=folder)
    assert (ratings.num_users, ratings.num_items) == (944, 1683)
    assert [*ratings.movies] == ["movie", "title", "release_date", *data.GENRES]
    assert ratings.movies["title"].tolist()[:2] == ["Toy Story (1995)", "Misérables, Les (1995)"]
    assert ratings.movies["Western"].sum() == 1682 and ratings.movies["Action"].sum() == 0
    assert [*ratings.users] == ["user", "age", "gender", "occupation", "zip"]
    assert ratings.users["zip"].iloc[0] == "00001" and ratings.users["age"].iloc[0] == 24


@pytest.mark.parametrize("file", ["ua.base", "u.item", "u.user"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.rstrip(b"\n"),
        lambda text: text + b"\n\n",
        *(lambda text, one=one: one + text[1:] for one in (b"1.0", b" 1", b"1e0")),
    ],
    ids=["windows", "mac", "no end", "blank lines", "float", "blank", "power"],
)
def test_written_otherwise(file, change, folder):
    """Fast, or line by line where something is strange: what comes is the same."""
    expected = load_movielens(root=folder)
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    found = load_movielens(root=folder)
    for name in ("train", "test", "movies", "users"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))


def test_published_form_is_read_fast(folder, monkeypatch):
    monkeypatch.setattr(pd, "to_numeric", None)  # what the slow way needs
    assert len(load_movielens(root=folder).train) == 3


def test_titles_keep_quotes_and_words_for_nothing(folder):
    flags = "|0" * 18 + "|1"
    spoil(folder, "u.item", 3, f'3|"NA" ,\xa0#\\\0|nan|||{flags[1:]}')
    movie = load_movielens(root=folder).movies.iloc[2]
    assert (movie["title"], movie["release_date"]) == ('"NA" ,\xa0#\\\0', "nan")
    text = (folder / "u.item").read_text("latin-1")
    (folder / "u.item").write_text(text, "utf-8")  # as an editor may save it
    assert load_movielens(root=folder).movies["title"].iloc[1] == "Misérables, Les (1995)"


@pytest.mark.parametrize("file", ["ua.base", "ua.test"])
def test_doubled_pairs_are_counted(file, folder):
    """Within a part, or on both sides of the split."""
    spoil(folder, file, 2, RATINGS[0].replace("\t5\t", "\t1\t"))
    told = r"ua\.base and ua\.test in .* hold 1 pairs of user and movie more than once: pass root="
    with pytest.raises(ValueError, match=told):
        load_movielens(root=folder)


@pytest.mark.parametrize(
    ("file", "line", "text", "word"),
    [
        ("ua.test", 2, "1\t1\t5", "4 fields separated by '\\t', found 3: ['1', '1', '5']"),
        ("ua.test", 2, "1\t1\t5\t7\t8", "4 fields separated by '\\t', found 5: ['1', "),
        ("ua.base", 2, "1 1 5 7", "found 1: ['1 1 5 7']"),
        ("ua.base", 2, "", "found 1: ['']"),
        ("u.item", 2, "3|Four Rooms (1995)", "expected 24 fields separated by '|', found 2"),
        ("u.item", 2, "3|Copycat|||" + "|0" * 18 + "|yes", "Western must be a whole number from 0"),
        ("u.user", 2, "3|old|F|other|94043", "age must be a whole number from 0 to 150, found 'ol"),
        # What a fast parser would swallow:
        ("ua.base", 1, "\xef\xbb\xbf1\t1\t5\t7", "found 'ï»¿1'"),
        ("ua.base", 1, "1\x00\t1\t5\t7", r"found '1\x00'"),
        ("ua.base", 1, '"1"\t1\t5\t7', "found '\"1\"'"),
        ("ua.base", 1, "1\t1\t5\t7\t8\n1\t2\t5", "expected 4 fields separated by"),
        ("ua.base", 1, bytes(range(256)).decode("latin-1"), "expected 4 fields"),
    ],
)
def test_wrong_fields(file, line, text, word, folder):
    spoil(folder, file, line, text)
    refused(folder, file, line, word)


LIMITS = {"user": (1, 943), "movie": (1, 1682), "rating": (1, 5), "timestamp": (0, 2**31 - 1)}
NO_NUMBERS = ["x1", "True", "", "NaN", "inf", "3.5", "9" * 20]


@pytest.mark.parametrize("file", ["ua.base", "ua.test"])
@pytest.mark.parametrize("column", LIMITS)
@pytest.mark.parametrize("wrong", ["too low", "too high", *NO_NUMBERS])
def test_wrong_numbers(file, column, wrong, folder):
    low, high = LIMITS[column]
    value = {"too low": low - 1, "too high": high + 1}.get(wrong, wrong)
    row = {"user": 1, "movie": 1, "rating": 5, "timestamp": 7, column: value}
    spoil(folder, file, 2, "\t".join(map(str, row.values())))
    wanted = f"{column} must be a whole number from {low} to {high}, found '{value}'"
    refused(folder, file, 2, wanted)


@pytest.mark.parametrize("file", ["ua.base", "ua.test", "u.item", "u.user"])
@pytest.mark.parametrize("text", ["", "\n"])
def test_empty_file(file, text, folder):
    (folder / file).write_text(text)
    refused(folder, file, None, "is empty", "root=")


@pytest.mark.parametrize(("file", "count"), [("u.item", 1682), ("u.user", 943)])
def test_catalogue_that_lost_a_line(file, count, folder):
    lines = (folder / file).read_text("latin-1").splitlines(True)
    (folder / file).write_text("".join(lines[:-1]), "latin-1")
    refused(folder, file, None, f"ids 1 to {count}")


def test_split_that_lost_a_line(folder):
    (folder / "ua.base").write_text("\n".join(RATINGS[:2]))
    with pytest.raises(ValueError, match=r"ua\.base and ua\.test.* hold 2 \+ 3 ratings, not 6"):
        load_movielens(root=folder)


@pytest.fixture
def dead(cache, monkeypatch):
    """Nothing is in the cache, and no server answers."""
    monkeypatch.setattr(download, "URLS", ("http://127.0.0.1:1/a.zip", "http://127.0.0.1:1/b.zip"))


def test_synthetic_set_comes_with_a_warning_and_the_columns_of_the_real_one(dead, folder):
    with pytest.warns(UserWarning) as caught:
        ratings = load_movielens("u2")
    message = str(caught[0].message)
    for word in ("합성", *download.URLS, "ConnectionRefusedError", "LECTURE_DATA_DIR", "root="):
        assert word in message
    assert caught[0].filename == __file__  # the warning points at the caller
    assert ratings.name == "synthetic"
    assert (ratings.num_users, ratings.num_items) == (944, 1683)
    like = load_movielens(root=folder)
    for part, expected in zip(("train", "test", "movies", "users"), synthetic.make("u2")):
        frame = getattr(ratings, part)
        pd.testing.assert_frame_equal(frame, expected)
        pd.testing.assert_series_equal(frame.dtypes, getattr(like, part).dtypes)  # the names, too
        assert frame.index.equals(pd.RangeIndex(len(frame)))


def test_bad_folder_is_never_replaced_by_the_synthetic_set(dead, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_movielens(root=tmp_path / "nowhere")


def test_unknown_split_is_refused_before_anything_is_fetched(dead):
    """Else a warning that nothing could be fetched would come first."""
    with pytest.raises(ValueError, match=r"unknown split 'UA'.*ua, ub, u1, u2, u3, u4, u5"):
        load_movielens("UA")


def test_ratings_are_frozen(folder):
    ratings = load_movielens(root=folder)
    with pytest.raises(AttributeError):
        ratings.train = ratings.test


FRAME = pd.DataFrame({"user": [1, 943], "movie": [1682, 2], "rating": [5, 1], "timestamp": [7, 8]})


@pytest.mark.parametrize(
    "convert",
    [
        *(lambda frame, to=to: frame.astype(to) for to in ("int64", "float64", "Int64", "object")),
        lambda frame: frame.astype({"rating": "int8"}),
        lambda frame: {name: frame[name].to_numpy() for name in frame},
        lambda frame: {name: [*frame[name]] for name in frame},
        lambda frame: {name: torch.tensor(frame[name].to_numpy()) for name in frame},
        lambda frame: frame.astype(str),
        lambda frame: frame.astype("category"),
        lambda frame: frame.astype(pd.Float64Dtype()),
        lambda frame: frame[[*reversed(frame.columns)]],
        as_tensors,
    ],
    ids=["int64", "float64", "Int64", "object", "int8", "arrays", "lists", "tensors", "text",
         "category", "nullable", "order", "twice"],
)  # fmt: skip
def test_as_tensors_converts_what_is_without_doubt(convert):
    frame = FRAME.set_axis([10, 20])
    tensors = as_tensors(convert(frame))
    assert [tensor.dtype for tensor in tensors] == [torch.int64, torch.int64, torch.float32]
    assert [tensor.tolist() for tensor in tensors] == [[1, 943], [1682, 2], [5.0, 1.0]]
    tensors.ratings[0] = 0  # a copy, the frame keeps its own
    assert frame["rating"].iloc[0] == 5


def test_as_tensors_keeps_fractions():
    tensors = as_tensors(FRAME.assign(rating=[4.02, -0.5]))
    assert tensors.ratings.tolist() == pytest.approx([4.02, -0.5])


def test_as_tensors_refuses_what_is_no_frame(folder):
    told = r"takes a frame like data\.train, not Ratings"
    with pytest.raises(TypeError, match=told):
        as_tensors(load_movielens(root=folder))
    with pytest.raises(TypeError, match="not ndarray"):
        as_tensors(FRAME.to_numpy())


def test_as_tensors_tells_of_doubled_pairs():
    frame = pd.concat([FRAME, FRAME.assign(rating=3), FRAME.assign(user=7)])
    with pytest.warns(UserWarning, match="같은 행이 2개") as caught:
        assert len(as_tensors(frame).users) == 6
    assert caught[0].filename == __file__


def test_as_tensors_refuses_a_frame_without_rows_or_a_column():
    with pytest.raises(ValueError, match="empty"):
        as_tensors(FRAME.iloc[:0])
    for column in data.COLUMNS:
        with pytest.raises(ValueError, match=f"lacks the column {column}"):
            as_tensors(FRAME.drop(columns=column))


NUMBERS = {"user": "a whole number from 1", "movie": "a whole number from 1"}
WRONG = [*product(data.COLUMNS, [np.nan, None, pd.NA, "x", np.inf]), ("rating", 1e39)]


@pytest.mark.parametrize(("column", "value"), [*WRONG, *product(NUMBERS, [1.5, 0, -1])])
def test_as_tensors_refuses_what_is_no_id_or_rating(column, value):
    frame = FRAME.set_axis(["a", "b"]).astype(object)
    frame.loc["b", column] = value
    wanted = NUMBERS.get(column, "a finite number")
    with pytest.raises(ValueError, match=f"row b: {column} must be {wanted}"):
        as_tensors(frame)


def test_as_tensors_refuses_nullable_na():
    frame = FRAME.astype("Int64")
    frame.loc[1, "movie"] = pd.NA
    with pytest.raises(ValueError, match="row 1: movie must be a whole number"):
        as_tensors(frame)


def test_solo_is_the_printed_table():
    """Its numbers, and those of the blanks, are held by lecture 03."""
    table, blanks = load_solo()
    assert table.shape == (9, 8)
    assert "".join(name[:2] for name in table.index) == "옥순영자정숙영숙순자현숙서연보람하니"
    assert "".join(name[:2] for name in table.columns) == "영식영철영호광수상철영수규빈다호"
    assert " ".join(name[3:-1] for name in table.index) == "IN IN IS IS EN EN ES ES I"
    assert " ".join(name[3:-1] for name in table.columns) == "IN IN IS IS EN EN ES ES"
    boram = table.loc["보람(ES)"]  # shifted, as printed
    assert boram.dropna().tolist() == [0.48, 0.51, 1.03, 3.52, 4.00, 3.82]
    blank = {(woman, man) for woman in table.index for man in table if np.isnan(table[man][woman])}
    known = {*zip(blanks["woman"], blanks["man"])}
    assert blank - known == {("보람(ES)", "광수(IS)"), ("보람(ES)", "다호(ES)")}
    assert known < blank and len(blank) == 9


@real
def test_real_catalogues():
    ratings = load_movielens()
    title = ratings.movies.set_index("movie")["title"]
    assert title[1] == "Toy Story (1995)" and title[543] == "Misérables, Les (1995)"
    toys = ratings.movies.iloc[0]
    assert [genre for genre in data.GENRES if toys[genre]] == ["Animation", "Children's", "Comedy"]
    with open(os.path.join(REAL, "u.genre")) as file:
        assert [line.split("|")[0] for line in file if line.strip()] == [*data.GENRES]
    assert ratings.users.iloc[0].tolist() == [1, 24, "M", "technician", "85711"]


@real
@pytest.mark.parametrize("split", download.SPLITS)
def test_real_data_as_pandas_reads_it(split):
    """What is in the files is held by their hashes: download.HASHES."""
    ratings, names = load_movielens(split), ["user", "movie", "rating", "timestamp"]
    for part, frame in (("base", ratings.train), ("test", ratings.test)):
        expected = pd.read_csv(os.path.join(REAL, f"{split}.{part}"), sep="\t", names=names)
        pd.testing.assert_frame_equal(frame, expected)
