"""Blocks on disk: every rating once, in its place, and nothing half-written."""

import json

import numpy as np
import pyarrow as pa
import pytest
import torch
import torch.nn.functional as F
from pyarrow import parquet

from lecture_utils.models import MatrixFactorization
from lecture_utils.scale import blocks
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.layouts import Chunk
from lecture_utils.scale.prepare import prepare
from lecture_utils.sparse import mean_square


def ratings(number: int = 3000, seed: int = 0) -> Chunk:
    """Different pairs, out of order, with gaps between the ids."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(100 * 60)[:number]
    users, movies = 7 * (pairs // 60) + 3, 5 * (pairs % 60) + 1
    stars = rng.integers(1, 11, number) / 2
    return Chunk(users.astype("i4"), movies.astype("i4"), stars.astype("f4"))


def parts(chunk: Chunk, size: int):
    """The same as chunks of `size`."""
    return lambda: (
        Chunk(*(column[i : i + size] for column in chunk)) for i in range(0, len(chunk.users), size)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("blocks") / "ratings"
    prepare(parts(ratings(), 700), path, test=0.2, size=250, note={"source": "here"})
    return path


def rows(folder) -> list[tuple]:
    """All ratings with their published ids, those of the blocks first."""
    found = Blocks(folder)
    users, movies = found.ids("users"), found.ids("movies")
    tensors = [found.read(number)[:3] for number in range(len(found))] + [*found.test()]
    return [(int(users[u]), int(movies[m]), float(r)) for part in tensors for u, m, r in zip(*part)]


def test_every_rating_comes_back_once(folder):
    assert sorted(rows(folder)) == sorted(zip(*(column.tolist() for column in ratings())))


def test_about(folder):
    found = Blocks(folder)
    training = torch.cat([found.read(number).ratings for number in range(len(found))])
    assert found.sizes == [len(found.read(number).users) for number in range(len(found))]
    assert found.mean == pytest.approx(training.double().mean().item())
    assert (found.num_users, found.num_items, len(found)) == (100, 60, 10)  # 2400 / 250
    assert found.about["test"] == 3000 - sum(found.sizes) == pytest.approx(600, abs=70)
    assert found.about["source"] == "here"
    assert min(found.sizes) > 170  # by lot: about 240 each


def test_a_block_is_sorted_by_user_and_knows_the_order_by_movie(folder):
    for number in range(10):
        users, items, _, by_item = Blocks(folder).read(number)
        pairs = users.long() * 60 + items
        assert (pairs.diff() > 0).all()
        turned = items[by_item.long()].long() * 100 + users[by_item.long()]
        assert (turned.diff() > 0).all()


@pytest.mark.parametrize("bias", [False, True])
def test_a_block_trains_as_the_model_itself(folder, bias):
    found = Blocks(folder)
    block = found.read(3)
    torch.manual_seed(0)
    model = MatrixFactorization(100, 60, 4, bias=bias, mean=found.mean)
    loss = F.mse_loss(model(block.users, block.items), block.ratings)
    expected = torch.autograd.grad(loss, [*model.parameters()])
    fast = mean_square(model, block.errors(100, 60, found.mean if bias else 0.0))
    torch.testing.assert_close(fast, loss)
    for got, want in zip(torch.autograd.grad(fast, [*model.parameters()]), expected):
        torch.testing.assert_close(got, want)


def test_the_seed_decides(folder, tmp_path):
    again = prepare(parts(ratings(), 700), tmp_path / "again", test=0.2, size=250)
    other = prepare(parts(ratings(), 700), tmp_path / "other", test=0.2, size=250, seed=1)
    assert rows(again.folder) == rows(folder) != rows(other.folder)


def test_few_ratings_make_eight_blocks(tmp_path):
    assert len(prepare(parts(ratings(200), 200), tmp_path / "few")) == 8
    with pytest.raises(ValueError, match="79 ratings are too few: there must be at least 80"):
        prepare(parts(ratings(79), 79), tmp_path / "fewer")


@pytest.mark.parametrize("calls", [1, 2], ids=["counting", "dealing"])
def test_nothing_is_left_of_what_failed(tmp_path, calls):
    left = iter(range(calls - 1))

    def chunks():
        yield from parts(ratings(), 700)()
        if next(left, None) is None:
            raise ValueError("line 3001")

    with pytest.raises(ValueError, match="line 3001"):
        prepare(chunks, tmp_path / "ratings")
    assert [*tmp_path.iterdir()] == []


def test_what_is_there_is_kept(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(FileExistsError, match="mine exists already: remove it"):
        prepare(parts(ratings(), 700), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


@pytest.mark.parametrize("setting", [{"test": 0.999}, {"test": 1e-9}, {"size": 1}])
def test_settings_that_leave_nothing(tmp_path, setting):
    with pytest.raises(ValueError, match=r"leave \d+ ratings for the test and \d+ in a block"):
        prepare(parts(ratings(400), 400), tmp_path / "ratings", **setting)
    assert [*tmp_path.iterdir()] == []


def test_chunks_that_differ_the_second_time(tmp_path):
    users, *rest = ratings()
    for others in (Chunk(users + 1, *rest), ratings(2000)):
        calls = iter([ratings(), others])
        with pytest.raises(ValueError, match="the same"):
            prepare(lambda calls=calls: iter([next(calls)]), tmp_path / "ratings")


def test_the_folder_is_as_readable_as_any_other(folder, tmp_path):
    (tmp_path / "other").mkdir()
    assert folder.stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("setting", [{"test": 0.0}, {"test": 1.0}, {"size": 0}])
def test_bad_settings(tmp_path, setting):
    with pytest.raises(ValueError, match="test must lie between 0 and 1 and size above 0, not"):
        prepare(parts(ratings(), 700), tmp_path / "ratings", **setting)


@pytest.fixture
def copy(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_damaged_block_is_named(copy):
    path = copy / "train-00003.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"train-00003\.parquet is damaged: remove .* and prepare"):
        Blocks(copy)
    path.write_bytes((copy / "train-00004.parquet").read_bytes())
    with pytest.raises(ValueError, match=r"train-00003\.parquet is damaged: .*\d+ rows of user"):
        Blocks(copy)
    path.unlink()
    with pytest.raises(ValueError, match=r"train-00003\.parquet is damaged: .*prepare it again"):
        Blocks(copy)


@pytest.mark.parametrize("name", ["train-00003", "test"])
def test_changed_bytes_do_not_get_through(copy, name):
    """Wherever a byte changes: the same numbers come back, or an error that names the file."""
    path = copy / f"{name}.parquet"
    whole, rng = path.read_bytes(), np.random.default_rng(0)

    def numbers() -> list[torch.Tensor]:
        found = Blocks(copy)
        parts = [found.read(3)] if name != "test" else [*found.test()]
        return [column for part in parts for column in part]

    expected, refused = numbers(), 0
    for place in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            assert all(map(torch.equal, numbers(), expected))
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > 40


@pytest.mark.parametrize("text", ["x", "[]", "{}", '{"users": 3}'])
def test_a_damaged_about(copy, text):
    (copy / blocks.ABOUT).write_text(text)
    with pytest.raises(ValueError, match="about.json is damaged: remove"):
        Blocks(copy)


@pytest.mark.parametrize("name", ["test", "users", "movies"])
def test_every_file_is_looked_at(copy, name):
    path = copy / f"{name}.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.slice(1), path)
    with pytest.raises(ValueError, match=rf"{name}\.parquet is damaged: .*were expected"):
        Blocks(copy)
    path.unlink()
    with pytest.raises(ValueError, match=rf"{name}\.parquet is damaged"):
        Blocks(copy)


def test_ids_beyond_the_tables(folder):
    block = Blocks(folder).read(0)
    with pytest.raises(IndexError, match="ids must lie below 100 .users. and 10 .items."):
        block.errors(100, 10)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("user", lambda c: c[::-1]),
        ("user", lambda c: c + 60),
        ("user", lambda c: c - 1),
        ("movie", lambda c: c + 1),
        ("movie", lambda c: c - 1),
        ("rating", lambda c: c * np.float32("nan")),
        ("by_movie", lambda c: c[::-1]),
        ("by_movie", lambda c: 0 * c),
        ("by_movie", lambda c: c - 1),
        ("by_movie", lambda c: c + 1),
    ],
)
def test_numbers_that_would_lead_astray(copy, column, change):
    """Not by chance: a file of another folder, or one that was made by hand."""
    path = copy / "train-00003.parquet"
    table = parquet.read_table(path)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    columns[column] = np.ascontiguousarray(change(columns[column]))
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(ValueError, match=r"train-00003\.parquet is damaged: .* not as `prepare`"):
        Blocks(copy).read(3)


def test_other_columns(copy):
    path = copy / "train-00003.parquet"
    table = parquet.read_table(path)
    for other in (
        table.drop_columns("by_movie"),
        table.cast(pa.schema([(name, pa.float64()) for name in table.column_names])),
    ):
        parquet.write_table(other, path)
        with pytest.raises(ValueError, match="rows of user, movie, rating, by_movie were expected"):
            Blocks(copy).read(3)


def test_a_folder_that_was_not_prepared(copy):
    (copy / blocks.ABOUT).unlink()
    with pytest.raises(FileNotFoundError, match="no about.json: it was not prepared"):
        Blocks(copy)


def test_about_is_plain_json(folder):
    assert json.loads((folder / blocks.ABOUT).read_text("utf-8"))["users"] == 100
