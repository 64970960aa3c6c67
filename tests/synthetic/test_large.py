"""Invented ratings: as many as asked for, no pair twice, most of them for few movies."""

import numpy as np
import pytest

from lecture_utils.synthetic import large as synthetic


def columns(number: int, **more) -> tuple[np.ndarray, ...]:
    return tuple(map(np.concatenate, zip(*synthetic.chunks(number, **more))))


@pytest.fixture(scope="module")
def million():
    return columns(1_000_000)


def test_about_as_many_as_asked_for(million):
    users, movies, ratings = million
    assert 0.9e6 < len(users) <= 1.02e6
    assert (users.dtype, movies.dtype, ratings.dtype) == (np.int32, np.int32, np.float32)
    assert len(np.unique(users.astype(np.int64) * 10**6 + movies)) == len(users)


def test_shape(million):
    """A user of MovieLens 25M has at least 20 ratings, the median 71; most movies have a few."""
    users, movies, _ = million
    per_user = np.unique(users, return_counts=True)[1]
    assert per_user.min() == 20 and np.median(per_user) == pytest.approx(71, abs=10)
    per_movie = np.sort(np.unique(movies, return_counts=True)[1])[::-1]
    share = per_movie[: len(per_movie) // 100].sum() / len(users)
    assert 0.2 < share < 0.5 and np.median(per_movie) < 10


def test_ratings(million):
    ratings = million[2]
    assert set(np.unique(2 * ratings)) == set(range(1, 11))
    assert ratings.mean() == pytest.approx(3.5, abs=0.1) and ratings.std() > 0.9


def test_the_seed_decides():
    one, same, other = (columns(20_000, seed=seed) for seed in (0, 0, 1))
    assert all(map(np.array_equal, one, same))
    assert len(one[0]) != len(other[0]) or not np.array_equal(one[1], other[1])


def test_chunks_are_of_about_the_size():
    sizes = [len(chunk[0]) for chunk in synthetic.chunks(100_000, size=10_000)]
    assert len(sizes) > 7 and max(sizes) < 12_000


def test_too_few():
    with pytest.raises(ValueError, match="num_ratings must be at least 10000, not 9999"):
        synthetic.chunks(9_999)
