"""An invented stand-in with the shape of MovieLens 100K, for when no copy of it can be had.

A user has a taste and a movie has traits, four numbers each. Where they agree, the user is likelier
to watch the movie and rates it higher. Besides there are generous and strict users, good and bad
movies, hits that everybody has seen, and chance. No title, user or rating is real.

Only `random` and `standard_normal` of a seeded PCG64 are drawn, so that every machine makes the
same data; tests/synthetic/test_small.py holds the hash that would notice a change.
"""

import numpy as np
import pandas as pd

NUM_USERS, NUM_MOVIES, NUM_RATINGS, MIN_PER_USER, RANK, SEED = 943, 1682, 100_000, 20, 4, 100_000
DAY = 86_400  # seconds
# genre: (weight, pull of trait 0 "spectacle", pull of trait 1 "old")
GENRES = {
    "unknown": (1, 0, 0), "Action": (25, 2, 0), "Adventure": (13, 2, 0), "Animation": (4, 0, -1),
    "Children's": (12, 0, -1), "Comedy": (50, -1, -1), "Crime": (11, 1, 0),
    "Documentary": (5, -1, 0), "Drama": (72, -1, 1), "Fantasy": (2, 1, 0), "Film-Noir": (2, 0, 2),
    "Horror": (9, 1, 0), "Musical": (6, -1, 1), "Mystery": (6, 0, 1), "Romance": (25, -2, 0),
    "Sci-Fi": (10, 2, 0), "Thriller": (25, 1, 0), "War": (7, 1, 1), "Western": (3, 1, 1),
}  # fmt: skip
# occupation: (weight, pull of age)
OCCUPATIONS = {
    "student": (16, -1.5), "other": (11, 0), "educator": (10, 0.5), "administrator": (8, 0),
    "engineer": (7, 0), "programmer": (7, -0.5), "librarian": (5, 0.5), "writer": (5, 0),
    "executive": (3, 0.5), "scientist": (3, 0), "artist": (3, 0), "technician": (3, 0),
    "marketing": (3, 0), "entertainment": (2, -0.5), "healthcare": (2, 0.5), "retired": (0.2, 3),
    "lawyer": (1, 0), "salesman": (1, 0), "none": (1, -1), "homemaker": (1, 0), "doctor": (1, 0.5),
}  # fmt: skip


def make(split: str = "ua") -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(train, test, movies, users) with the columns that `load_movielens` reads from the archive.

    "ua" and "ub" test on 10 ratings of each user, never the same; "u1" to "u5" on a fifth of all.
    Ratings are 1 to 5, timestamps unix seconds. `load_movielens` refuses any other split.
    """
    rng = np.random.Generator(np.random.PCG64(SEED))
    taste = rng.standard_normal((NUM_USERS, RANK))
    traits = rng.standard_normal((NUM_MOVIES, RANK))
    affinity = taste @ traits.T / np.sqrt(RANK)  # (num_users, num_items), variance 1
    popularity = _popularity(rng)
    user, movie = np.nonzero(_watched(affinity, popularity, rng))  # (n,) each, sorted by user
    ratings = pd.DataFrame({"user": user + 1, "movie": movie + 1})
    ratings["rating"] = _rated(affinity[user, movie], popularity, user, movie, rng)
    ratings["timestamp"] = _timestamps(user, rng)
    ratings = ratings.astype(np.int64)
    movies, users = _movies(traits, rng), _users(taste, rng)
    tested = _tested(split, user, rng)
    train, test = (ratings[rows].reset_index(drop=True) for rows in (~tested, tested))
    return train, test, movies, users


def _pick(logits, counts, rng):
    """Mask of counts[r] entries in row r, drawn without replacement, chances as exp(logits).

    The Gumbel trick: add Gumbel noise and keep the largest (Yellott 1977; Kool et al. 2019).
    """
    noisy = logits - np.log(-np.log(rng.random(logits.shape)))
    rank = np.argsort(np.argsort(-noisy, axis=1, kind="stable"), axis=1, kind="stable")
    return rank < np.reshape(counts, (-1, 1))


def _popularity(rng):
    """Log popularity of each movie: a power law of its place in the charts, the tail cut off."""
    place = np.argsort(rng.random(NUM_MOVIES), kind="stable")
    return -0.4 * np.log(place + 3) - place / 330


def _watched(affinity, popularity, rng):
    """Who rated what: a (num_users, num_items) mask of exactly NUM_RATINGS."""
    activity = (-np.log(1 - rng.random(NUM_USERS))) ** 1.3  # heavier than exponential
    spare = NUM_RATINGS - MIN_PER_USER * NUM_USERS
    counts = MIN_PER_USER + (spare * activity / activity.sum()).astype(int)
    counts[: NUM_RATINGS - counts.sum()] += 1  # what rounding down left over
    logits = popularity + 0.5 * affinity
    first = _pick(affinity.T + np.log(counts), np.ones(NUM_MOVIES), rng).T
    return _pick(np.where(first, np.inf, logits), counts, rng)  # so every movie has a rating


def _rated(affinity, popularity, user, movie, rng):
    """Mean + bias of the user + bias of the movie + affinity + noise, rounded to 1..5."""
    generosity = 0.43 * rng.standard_normal(NUM_USERS)
    quality = 0.45 * rng.standard_normal(NUM_MOVIES)
    quality += 0.35 * (popularity - popularity.mean()) / popularity.std()  # hits are better
    score = generosity[user] + quality[movie] + 0.55 * affinity
    score += 0.87 * rng.standard_normal(len(user))
    return np.clip(np.rint(3.6 + score - score.mean()), 1, 5)


def _timestamps(user, rng):
    """Unix seconds. Users join from 20 September 1997 on and rate in sessions, page by page."""
    order = np.lexsort((rng.random(len(user)), user))  # movies of a user in random order
    step, wait = rng.random(len(user)), -np.log(1 - rng.random(len(user)))  # wait: mean 1
    gap = np.select([step < 0.5, step < 0.98], [0 * wait, 45 * wait], 10 * DAY * wait)
    elapsed = np.cumsum(gap.astype(np.int64))  # same page, next page, next session
    joined = 874_713_600 + (200 * DAY * rng.random(NUM_USERS)).astype(np.int64)
    first = np.searchsorted(user, np.arange(NUM_USERS))
    timestamps = np.empty_like(elapsed)
    timestamps[order] = elapsed + (joined - elapsed[first])[user]
    return timestamps


def _movies(traits, rng):
    """The catalogue. Genres and years lean on traits 0 and 1."""
    weight, spectacle, old = np.array(list(GENRES.values())).T
    logits = np.log(weight) + traits[:, :1] * spectacle + traits[:, 1:2] * old
    chance = rng.random(NUM_MOVIES)
    flags = _pick(logits, 1 + (chance < 0.5) + (chance < 0.16), rng)
    age = np.exp(1 + 0.8 * traits[:, 1] + 0.8 * rng.standard_normal(NUM_MOVIES))
    movies = pd.DataFrame({"movie": np.arange(1, NUM_MOVIES + 1, dtype=np.int64)})
    years = 1998 - np.minimum(age, 76).astype(int)
    movies["title"] = [f"Synthetic Movie {i:04d} ({y})" for i, y in enumerate(years, start=1)]
    movies["release_date"] = [f"01-Jan-{year}" for year in years]
    return movies.join(pd.DataFrame(flags.astype(np.int64), columns=list(GENRES)))


def _users(taste, rng):
    """The people. Gender leans on taste 0 (spectacle), age on taste 1 (old), occupation on age."""
    male = 0.6 * taste[:, 0] + 0.8 * rng.standard_normal(NUM_USERS) > -0.55
    age = 0.6 * taste[:, 1] + 0.8 * rng.standard_normal(NUM_USERS)
    weight, pull = np.array(list(OCCUPATIONS.values())).T
    job = _pick(np.log(weight) + age[:, None] * pull, np.ones(NUM_USERS), rng).argmax(axis=1)
    users = pd.DataFrame({"user": np.arange(1, NUM_USERS + 1, dtype=np.int64)})
    users["age"] = np.clip(32 * np.exp(0.35 * age), 7, 73).astype(np.int64)
    users["gender"] = np.where(male, "M", "F")
    users["occupation"] = np.array(list(OCCUPATIONS))[job]
    users["zip"] = [f"{int(code):05d}" for code in 100_000 * rng.random(NUM_USERS)]
    return users


def _tested(split, user, rng):
    """Mask of the test rows: the users' ratings in random order, dealt out in tens or in fifths."""
    order = np.lexsort((rng.random(len(user)), user))
    place = np.arange(len(user))
    if split in ("ua", "ub"):
        fold, wanted = (place - np.searchsorted(user, user)) // 10, "ab".index(split[1])
    else:
        fold, wanted = place % 5, int(split[1]) - 1
    tested = np.zeros(len(user), dtype=bool)
    tested[order[fold == wanted]] = True
    return tested
