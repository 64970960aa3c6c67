"""Blocks on disk: every rating once, in its place, and nothing half-written."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from lecture_utils.scale import blocks
from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare


def ratings(number: int = 3000, seed: int = 0) -> tuple:
    """Different pairs, out of order, with gaps between the ids."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(100 * 60)[:number]
    users, movies = 7 * (pairs // 60) + 3, 5 * (pairs % 60) + 1
    stars = rng.integers(1, 11, number) / 2
    return users.astype("i4"), movies.astype("i4"), stars.astype("f4")


def parts(chunk: tuple, size: int):
    """The same as chunks of `size`."""
    starts = range(0, len(chunk[0]), size)
    return lambda: (tuple(column[i : i + size] for column in chunk) for i in starts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("blocks") / "ratings"
    prepare(parts(ratings(), 700), path, test=0.2, size=250, note={"source": "here"})
    return path


def rows(folder) -> list[tuple]:
    """All ratings with their published ids, those of the blocks first."""
    found = Blocks(folder)
    users, movies = found.read_ids("users"), found.read_ids("movies")
    tensors = [found.read(number)[:3] for number in range(len(found))] + [*found.read_test()]
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


def test_doubled_ratings_never_lie_on_both_sides(tmp_path):
    """Of a pair that was rated again the last rating counts, and how many were dropped is told."""
    users, movies, stars = ratings(2000)
    again = users[:500], movies[:500], stars[:500] + 10
    both = tuple(map(np.concatenate, zip((users, movies, stars), again)))
    found = prepare(parts(both, 700), tmp_path / "double", test=0.3, size=250)
    assert found.about["doubled"] == 500
    last = dict(zip(zip(users.tolist(), movies.tolist()), stars.tolist()))
    last |= dict(zip(zip(*(ids.tolist() for ids in again[:2])), again[2].tolist()))
    assert sorted(rows(found.folder)) == sorted((*pair, star) for pair, star in last.items())


def test_a_pair_keeps_its_part_whatever_else_is_rated(tmp_path):
    """It stays where it is when ratings are added."""
    fewer, more = (
        prepare(parts(tuple(c[:n] for c in ratings()), 700), tmp_path / str(n))
        for n in (2500, 3000)
    )
    tested = [{row[:2] for row in rows(b.folder)[sum(b.sizes) :]} for b in (fewer, more)]
    assert 150 < len(tested[0]) < 350 and tested[0] < tested[1]


def test_progress_is_told(tmp_path):
    told = []
    prepare(parts(ratings(), 700), tmp_path / "p", progress=lambda *what: told.append(what))
    ends = {stage: (done, total) for stage, done, total in told}
    expected = {"평점 세기": None, "블록에 나누기": 3000, "블록 정리하기": 3000}
    assert [*ends.items()] == [(stage, (3000, total)) for stage, total in expected.items()]


def test_a_path_is_not_read_as_data(tmp_path, monkeypatch):
    """pyarrow 17 and 18 make a column of a folder "id=3", others do not: so none of them is asked.

    parquet.read_table opens a dataset, whose partitions are named like that.
    """
    monkeypatch.setattr(parquet, "read_table", None)
    found = prepare(parts(ratings(), 700), tmp_path / "id=3" / "user=1")
    assert len(found.read_ids("users")) == found.num_users
    assert len(rows(found.folder)) == 3000


def test_what_a_user_has_rated_is_found(folder):
    found = Blocks(folder)
    movies = found.read_ids("movies")
    for row, user in enumerate(found.read_ids("users")[:5].tolist()):
        rated = [movie for u, movie, _ in rows(folder) if u == user]
        assert movies[found.find_rated(row)].tolist() == sorted(rated)


def test_the_seed_decides(folder, tmp_path):
    again = prepare(parts(ratings(), 700), tmp_path / "again", test=0.2, size=250)
    other = prepare(parts(ratings(), 700), tmp_path / "other", test=0.2, size=250, seed=1)
    assert rows(again.folder) == rows(folder) != rows(other.folder)


def test_few_ratings_make_eight_blocks(tmp_path):
    assert len(prepare(parts(ratings(200), 200), tmp_path / "few")) == 8
    with pytest.raises(ValueError, match="평점이 79개뿐입니다. 적어도 80개"):
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


def test_what_is_there_is_kept(folder, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    with pytest.raises(FileExistsError, match=r"mine이\(가\) 이미 있습니다"):
        prepare(parts(ratings(), 700), mine)
    assert (mine / "thesis.txt").exists()
    assert folder.stat().st_mode == mine.stat().st_mode  # and others may read what was prepared


@pytest.mark.parametrize("setting", [{"test": 0.999}, {"test": 1e-9}, {"size": 1}])
def test_settings_that_leave_nothing(tmp_path, setting):
    told = r"평점이 테스트에 \d+개, 가장 작은 블록에 \d+개가 남습니다"
    with pytest.raises(ValueError, match=told):
        prepare(parts(ratings(400), 400), tmp_path / "ratings", **setting)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("setting", [{"test": 0.0}, {"test": 1.0}, {"size": 0}])
def test_bad_settings(tmp_path, setting):
    with pytest.raises(ValueError, match="test must lie between 0 and 1 and size above 0, not"):
        prepare(parts(ratings(), 700), tmp_path / "ratings", **setting)


def test_chunks_that_differ_the_second_time(tmp_path):
    users, *rest = ratings()
    for others in ((users + 1, *rest), ratings(2000)):
        calls = iter([ratings(), others])
        with pytest.raises(ValueError, match="the same"):
            prepare(lambda calls=calls: iter([next(calls)]), tmp_path / "ratings")


@pytest.fixture
def copy(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def refused(folder, name: str, words: str = "") -> None:
    """Say which file is damaged, and what to do, before anything is read."""
    told = rf"{name} 파일이 손상되었습니다\. .* 다시 prepare.*{words}"
    with pytest.raises(ValueError, match=told):
        Blocks(folder)


@pytest.mark.parametrize("name", ["train-00003", "test", "users"])
def test_changed_bytes_do_not_get_through(copy, name):
    """Wherever a byte changes: the same numbers come back, or an error that names the file."""
    path = copy / f"{name}.parquet"
    whole, rng = path.read_bytes(), np.random.default_rng(0)

    def numbers() -> list[torch.Tensor]:
        found = Blocks(copy)
        parts = [found.read(3), *found.read_test(), [torch.tensor(found.read_ids("users"))]]
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
    refused(copy, blocks.ABOUT)


@pytest.mark.parametrize("name", ["train-00003", "test", "users", "movies"])
def test_every_file_is_looked_at(copy, name):
    path = copy / f"{name}.parquet"
    table = parquet.read_table(path)
    floats = table.cast(pa.schema([(name, pa.float64()) for name in table.column_names]))
    for other in (table.slice(1), floats, table.drop_columns(table.column_names[-1])):
        parquet.write_table(other, path)
        refused(copy, path.name, r"\d+ rows of .* were expected")
    path.write_bytes(path.read_bytes()[:-50])
    refused(copy, path.name)
    path.unlink()
    refused(copy, path.name)


CHANGES = {
    "user": [lambda c: c[::-1], lambda c: c + 60, lambda c: c - 1],
    "movie": [lambda c: c + 1, lambda c: c - 1],
    "rating": [lambda c: c * np.float32("nan")],
    "by_movie": [lambda c: c[::-1], lambda c: 0 * c, lambda c: c - 1, lambda c: c + 1],
}


@pytest.mark.parametrize(
    ("column", "change"), [(name, change) for name in CHANGES for change in CHANGES[name]]
)
def test_numbers_that_prepare_does_not_write(copy, column, change):
    """Not by chance: a file of another folder, or one that was made by hand."""
    path = copy / "train-00003.parquet"
    table = parquet.read_table(path)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    columns[column] = np.ascontiguousarray(change(columns[column]))
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(ValueError, match=r"train-00003\.parquet 파일이 손상.* not as `prepare`"):
        Blocks(copy).read(3)


def test_a_folder_that_was_not_prepared(copy):
    (copy / blocks.ABOUT).unlink()
    with pytest.raises(FileNotFoundError, match="about.json이 없습니다. prepare한 폴더를"):
        Blocks(copy)
