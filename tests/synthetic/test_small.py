"""The synthetic stand-in: shape, determinism, moments, and that what was planted can be found."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from lecture_utils import as_tensors
from lecture_utils.download import SPLITS
from lecture_utils.methods.biases import fit_biases
from lecture_utils.synthetic import small as synthetic

SHA256 = "4d3a560102ba25dc0080c9fb20ca1188c5e04dc70899adebf7964ae2bd921d2a"
KEYS = ["user", "movie"]


@pytest.fixture(scope="module")
def splits():
    return {split: synthetic.make(split) for split in SPLITS}


@pytest.fixture(scope="module")
def ratings(splits):
    """All 100,000 ratings, sorted by user and movie."""
    return whole(*splits["ua"][:2])


def whole(train, test):
    return pd.concat([train, test]).sort_values(KEYS, ignore_index=True)


def count_distinct(frame):
    return len(frame[KEYS].drop_duplicates())


def residuals(frame, train):
    """Ratings less the biases that were fitted to `train`."""
    users, items, ratings = as_tensors(frame)
    fitted = fit_biases(as_tensors(train), 944, 1683)
    return (ratings - fitted(users, items)).numpy()


def test_shape_is_that_of_movielens_100k(ratings):
    assert len(ratings) == count_distinct(ratings) == 100_000
    assert sorted(ratings["rating"].unique()) == [1, 2, 3, 4, 5]
    per_user, per_movie = ratings["user"].value_counts(), ratings["movie"].value_counts()
    assert sorted(per_user.index) == list(range(1, 944)) and per_user.min() >= 20
    assert sorted(per_movie.index) == list(range(1, 1683)) and per_movie.min() >= 1


def test_every_split_holds_the_same_ratings_and_catalogues(splits, ratings):
    for train, test, movies, users in splits.values():
        pd.testing.assert_frame_equal(whole(train, test), ratings)
        assert count_distinct(train) + count_distinct(test) == count_distinct(ratings)
        pd.testing.assert_frame_equal(movies, splits["ua"][2])
        pd.testing.assert_frame_equal(users, splits["ua"][3])


def test_ua_and_ub_test_on_ten_ratings_of_each_user_never_the_same(splits):
    for split in ("ua", "ub"):
        train, test = splits[split][:2]
        assert (len(train), len(test)) == (90_570, 9_430)
        assert (test["user"].value_counts() == 10).all()
    both = pd.concat([splits["ua"][1], splits["ub"][1]])
    assert count_distinct(both) == 2 * 9_430


def test_u1_to_u5_test_on_every_rating_once(splits, ratings):
    tests = [splits[f"u{fold}"][1] for fold in range(1, 6)]
    assert [len(test) for test in tests] == [20_000] * 5
    pd.testing.assert_frame_equal(whole(pd.concat(tests[:3]), pd.concat(tests[3:])), ratings)


def test_the_same_on_every_machine_and_with_every_numpy():
    """A new hash means new data: ranges in reference.toml would have to be measured again."""
    digest = hashlib.sha256()
    for frame in synthetic.make("ua"):
        digest.update(frame.to_csv(index=False, lineterminator="\n").encode())
    assert digest.hexdigest() == SHA256


def test_ratings_are_distributed_like_the_real_ones(ratings):
    """Real: mean 3.530, variance 1.267, shares .061 .114 .271 .342 .212."""
    assert 3.48 < ratings["rating"].mean() < 3.58
    assert 1.20 < ratings["rating"].var() < 1.32
    shares = ratings["rating"].value_counts(normalize=True).sort_index().to_numpy()
    assert np.abs(shares - [0.061, 0.114, 0.271, 0.342, 0.212]).max() < 0.05


def test_a_few_hits_and_a_few_users_have_most_of_the_ratings(ratings):
    """Real: users 20 / 65 / 737 (least, median, most), movies 1 / 27 / 583."""
    per_user, per_movie = ratings["user"].value_counts(), ratings["movie"].value_counts()
    assert 55 < per_user.median() < 75 and 600 < per_user.max() < 1000
    assert 15 < per_movie.median() < 30 and 500 < per_movie.max() < 700
    stars = ratings.groupby("movie")["rating"].mean()
    assert 0.25 < np.corrcoef(np.log(per_movie.sort_index()), stars)[0, 1] < 0.6  # real: 0.52


def test_users_rate_in_sessions(ratings):
    """Real: 51 % in the same second as the user's rating before, 98.2 % within an hour of it."""
    days = pd.to_datetime(ratings["timestamp"], unit="s")
    assert days.min() >= pd.Timestamp("1997-09-20") and days.max() < pd.Timestamp("1999-01-01")
    gaps = ratings.sort_values(["user", "timestamp"]).groupby("user")["timestamp"].diff().dropna()
    assert 0.48 < (gaps == 0).mean() < 0.54
    assert 0.975 < (gaps <= 3600).mean() < 0.985
    assert 2 < 1 + (gaps > 3600).sum() / 943 < 4  # sessions per user


def test_planted_rank_can_be_found(ratings):
    """Of what the biases leave, exactly four directions stand out, and none once it is shuffled."""
    left = residuals(ratings, ratings)
    shuffled = np.random.default_rng(0).permutation(left)
    table = np.zeros((2, 944, 1683))
    table[:, ratings["user"], ratings["movie"]] = left, shuffled
    planted, chance = (np.linalg.svd(values, compute_uv=False) for values in table)
    assert (planted[:4] > 1.3 * planted[4]).all()
    assert (chance[:4] < 1.3 * chance[4]).all()


def test_planted_genres_and_ages_can_be_found(splits, ratings):
    """Men like spectacle better than women do, and who is older likes old movies better."""
    movies, users = (frame.set_index(frame.columns[0]) for frame in splits["ua"][2:])
    left = residuals(ratings, ratings)
    man = (users["gender"] == "M").reindex(ratings["user"]).to_numpy()
    older = (users["age"] > 35).reindex(ratings["user"]).to_numpy()
    year = movies["release_date"].str[-4:].astype(int).reindex(ratings["movie"]).to_numpy()
    for rows, group in [
        (movies["Action"].reindex(ratings["movie"]).to_numpy() == 1, man),
        (movies["Romance"].reindex(ratings["movie"]).to_numpy() == 1, ~man),
        (year < 1990, older),
    ]:
        assert left[rows & group].mean() - left[rows & ~group].mean() > 0.1
