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
    """Loading names the file, the line and what is wrong, and leaves the folder as it was."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError) as caught:
        load_movielens(split, root=folder)
    where = f"{folder / file}, line {line}:" if line else str(folder / file)
    assert str(caught.value).startswith(where)
    for word in words:
        assert word in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


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
    ("end", "last"),
    [(b"\r\n", b""), (b"\r", b""), (b"\n", b"\n\n"), (b"\n", b"\n")],
    ids=["windows", "mac", "blank lines", "as it is"],
)
def test_fast_and_slow_read_the_same(file, end, last, folder, monkeypatch):
    """The slow way is for what is strange; where it finds nothing wrong, that is what comes."""
    text = (folder / file).read_bytes().rstrip(b"\n")
    (folder / file).write_bytes(text.replace(b"\n", end) + last)
    fast = load_movielens(root=folder)
    assert fast.train["timestamp"].tolist() == [874965758, 0, 878887116]
    monkeypatch.setattr(data, "_read_fast", lambda *_: None)
    slow = load_movielens(root=folder)
    for name in ("train", "test", "movies", "users"):
        pd.testing.assert_frame_equal(getattr(fast, name), getattr(slow, name))


def test_published_form_is_read_fast(folder, monkeypatch):
    monkeypatch.setattr(data, "_convert_whole", None)  # what the slow way needs
    assert len(load_movielens(root=folder).train) == 3


@pytest.mark.parametrize(
    "column", [["1.0"] * 3, [" 1", "2", "3"], ["1e0", "2", "3"]], ids=["floats", "blank", "power"]
)
def test_numbers_written_otherwise(column, folder):
    rows = [f"{user}\t{row}\t5\t7" for row, user in enumerate(column, start=1)]
    (folder / "ua.base").write_text("\n".join(rows))
    assert load_movielens(root=folder).train["user"].iloc[0] == 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"True\t1\t5\t7\n" * 3, "user must be a whole number from 1 to 943, found 'True'"),
        (b"\xef\xbb\xbf1\t1\t5\t7\n" * 3, "found 'ï»¿1'"),
        (b"1\x00\t1\t5\t7\n" * 3, r"found '1\x00'"),
        (b'"1"\t1\t5\t7\n' * 3, "found '\"1\"'"),
        (b"1\t1\t5\t7\t8\n1\t2\t5\n1\t3\t5\t7\n", "expected 4 fields separated by"),
        (bytes(range(256)), "expected 4 fields"),
    ],
    ids=["truth", "mark", "nul", "quotes", "long and short", "rubbish"],
)
def test_what_a_fast_parser_would_swallow(content, found, folder):
    (folder / "ua.base").write_bytes(content)
    refused(folder, "ua.base", 1, found)


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
    ("file", "text", "word"),
    [
        ("ua.test", "1\t1\t5", "expected 4 fields separated by '\\t', found 3: ['1', '1', '5']"),
        ("ua.test", "1\t1\t5\t7\t8", "expected 4 fields separated by '\\t', found 5: ['1', "),
        ("ua.base", "1 1 5 7", "found 1: ['1 1 5 7']"),
        ("ua.base", "", "found 1: ['']"),
        ("u.item", "3|Four Rooms (1995)", "expected 24 fields separated by '|', found 2"),
        ("u.item", "3|Copycat|||" + "|0" * 18 + "|yes", "Western must be a whole number from 0 to"),
        ("u.user", "3|old|F|other|94043", "age must be a whole number from 0 to 150, found 'old'"),
        ("ua.base", "x1\t1\t5\t7", "user must be a whole number from 1 to 943, found 'x1'"),
        ("ua.base", "1\tTrue\t5\t7", "movie must be a whole number from 1 to 1682, found 'True'"),
        ("ua.test", "1\t1\tfive\t7", "rating must be a whole number from 1 to 5, found 'five'"),
        ("ua.base", "1\t1\t5\tlate", "timestamp must be a whole number from 0"),
        ("ua.base", "1\t1\t\t7", "rating must be a whole number from 1 to 5, found ''"),
        ("ua.test", "1\t1\tNaN\t7", "rating must be a whole number from 1 to 5, found 'NaN'"),
        ("ua.base", "1\t1\tinf\t7", "found 'inf'"),
        ("ua.base", "1\t1\t0\t7", "rating must be a whole number from 1 to 5, found '0'"),
        ("ua.test", "1\t1\t6\t7", "found '6'"),
        ("ua.base", "1\t1\t3.5\t7", "found '3.5'"),
        ("ua.test", "0\t1\t5\t7", "user must be a whole number from 1 to 943, found '0'"),
        ("ua.base", "944\t1\t5\t7", "found '944'"),
        ("ua.base", "-1\t1\t5\t7", "found '-1'"),
        ("ua.base", "1\t0\t5\t7", "movie must be a whole number from 1 to 1682, found '0'"),
        ("ua.test", "1\t1683\t5\t7", "found '1683'"),
        ("ua.base", "1\t1\t5\t-7", "found '-7'"),
        ("ua.base", "1\t99999999999999999999\t5\t7", "found '99999999999999999999'"),
    ],
)
def test_wrong_fields_and_numbers(file, text, word, folder):
    spoil(folder, file, 2, text)
    refused(folder, file, 2, word)


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


def test_synthetic_set_comes_with_a_warning(dead):
    with pytest.warns(UserWarning) as caught:
        ratings = load_movielens("u2")
    message = str(caught[0].message)
    for word in ("합성", *download.URLS, "ConnectionRefusedError", "LECTURE_DATA_DIR", "root="):
        assert word in message
    assert caught[0].filename == __file__  # the warning points at the caller
    assert ratings.name == "synthetic"
    assert (ratings.num_users, ratings.num_items) == (944, 1683)
    expected = synthetic.make("u2")
    for frame, other in zip((ratings.train, ratings.test, ratings.movies, ratings.users), expected):
        pd.testing.assert_frame_equal(frame, other)


def test_synthetic_set_has_the_columns_of_the_real_one(folder, dead):
    with pytest.warns(UserWarning, match="합성"):
        invented = load_movielens()
    ratings = load_movielens(root=folder)
    for part in ("train", "test", "movies", "users"):
        ours, theirs = getattr(ratings, part), getattr(invented, part)
        assert ours.dtypes.to_dict() == theirs.dtypes.to_dict()
        assert [*ours] == [*theirs]


@pytest.mark.parametrize("way", ["root", "environment"])
def test_bad_folder_is_never_replaced_by_the_synthetic_set(way, dead, tmp_path, monkeypatch):
    monkeypatch.setenv(download.ENVIRONMENT, str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_movielens(root=tmp_path / "nowhere" if way == "root" else None)


def test_unknown_split_is_refused_before_anything_is_fetched(dead):
    with pytest.raises(ValueError, match=r"unknown split 'UA'.*ua, ub, u1, u2, u3, u4, u5"):
        load_movielens("UA")
    assert download.failures == []


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
    with pytest.warns(UserWarning, match="같은 행이 2개") as caught:
        data.warn_doubled(frame, stacklevel=2)
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
    table = load_solo().table
    assert table.shape == (9, 8)
    assert "".join(name[:2] for name in table.index) == "옥순영자정숙영숙순자현숙서연보람하니"
    assert "".join(name[:2] for name in table.columns) == "영식영철영호광수상철영수규빈다호"
    assert " ".join(name[3:-1] for name in table.index) == "IN IN IS IS EN EN ES ES I"
    assert " ".join(name[3:-1] for name in table.columns) == "IN IN IS IS EN EN ES ES"
    assert table.notna().sum().sum() == 63
    # rows summed by hand from the printed table
    sums = [13.77, 17.44, 17.36, 13.81, 17.21, 14.10, 18.12, 13.36, 32.54]
    assert table.sum(axis=1).round(2).tolist() == sums
    boram = table.loc["보람(ES)"]  # shifted, as printed
    assert boram.dropna().tolist() == [0.48, 0.51, 1.03, 3.52, 4.00, 3.82]
    assert [*boram.index[boram.isna()]] == ["광수(IS)", "다호(ES)"]


def test_solo_blanks_are_blank_and_all_but_boram():
    table, blanks = load_solo()
    known = set(zip(blanks["woman"], blanks["man"]))
    blank = {(woman, man) for woman in table.index for man in table if np.isnan(table[man][woman])}
    assert known == {cell for cell in blank if cell[0] != "보람(ES)"} and len(known) == 7
    assert blanks["rating"].tolist() == [3.93, 0.32, 0.67, 4.11, 0.92, 3.45, 4.75]
    # NOTES: the mean predictor's RMSE on these cells
    error = blanks["rating"] - np.nanmean(table)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.740, abs=5e-4)


@real
@pytest.mark.parametrize("split", download.SPLITS)
def test_real_splits(split):
    ratings = load_movielens(split)
    sizes = (80_000, 20_000) if split[1].isdigit() else (90_570, 9_430)
    assert ratings.name == "ml-100k"
    assert (len(ratings.train), len(ratings.test)) == sizes
    both = pd.concat([ratings.train, ratings.test])
    assert not both.duplicated(["user", "movie"]).any()
    assert both["rating"].mean() == pytest.approx(3.52986, abs=1e-5)
    if split in ("ua", "ub"):
        assert (ratings.test["user"].value_counts() == 10).all()
        assert ratings.test["user"].nunique() == 943


@real
def test_real_catalogues():
    ratings = load_movielens()
    assert (ratings.num_users, ratings.num_items) == (944, 1683)
    title = ratings.movies.set_index("movie")["title"]
    assert title[1] == "Toy Story (1995)" and title[543] == "Misérables, Les (1995)"
    toys = ratings.movies.iloc[0]
    assert [genre for genre in data.GENRES if toys[genre]] == ["Animation", "Children's", "Comedy"]
    with open(os.path.join(REAL, "u.genre")) as file:
        assert [line.split("|")[0] for line in file if line.strip()] == [*data.GENRES]
    assert ratings.users.iloc[0].tolist() == [1, 24, "M", "technician", "85711"]


@real
def test_real_data_as_pandas_reads_it():
    names = ["user", "movie", "rating", "timestamp"]
    expected = pd.read_csv(os.path.join(REAL, "ua.test"), sep="\t", names=names)
    ratings = load_movielens()
    pd.testing.assert_frame_equal(ratings.test, expected)
    users, items, stars = as_tensors(ratings.test)
    assert users.shape == items.shape == stars.shape == (9430,)
    mean = as_tensors(ratings.train).ratings.mean()
    assert ((stars - mean) ** 2).mean().item() == pytest.approx(1.2589, abs=5e-5)  # NOTES
