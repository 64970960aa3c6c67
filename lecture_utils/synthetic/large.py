"""Invent ratings in the shape of MovieLens 25M, as many as wanted, in chunks.

Few movies have most of the ratings, and so have few users, as in the real one (Harper & Konstan
2015): counts per user are log-normal from 20 on, and a movie's chances fall with its place in the
charts, as one power law down to the four thousandth and a steeper one below.
"""

from collections.abc import Iterator

import numpy as np

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # users, movies, ratings, (n,) each

USERS, MOVIES, RATINGS = 162_541, 59_047, 25_000_095  # of MovieLens 25M
RANK, LEAST, ROUNDS = 4, 20, 8


def chunks(num_ratings: int, seed: int = 0, size: int = 2**20) -> Iterator[Chunk]:
    """Yield about `num_ratings` ratings, user by user: (users, movies, ratings), (n,) each.

    All pairs differ, and the same seed gives the same ratings. Users grow in proportion to the
    ratings, movies with the square root. Mean, biases, tastes of four numbers and noise are such
    that RMSE comes out near that of MovieLens.

    Raises:
        ValueError: `num_ratings` is below 10,000.
    """
    if num_ratings < 10_000:
        raise ValueError(f"num_ratings must be at least 10000, not {num_ratings}")
    return _draw_chunks(num_ratings, np.random.Generator(np.random.PCG64(seed)), size)


def _draw_chunks(num_ratings: int, rng: np.random.Generator, size: int) -> Iterator[Chunk]:
    grown = num_ratings / RATINGS
    num_users, num_items = round(USERS * grown), round(MOVIES * grown**0.5)
    counts = _draw_counts(num_ratings, num_users, num_items // 6, rng)
    place = rng.permutation(num_items) / num_items  # in the charts, 0 is the top
    chances = np.cumsum((place + 7e-4) ** -0.9 / (1 + (place / 0.07) ** 2.2))
    movies = _draw_traits(num_items, rng)
    parts = np.searchsorted(np.cumsum(counts), np.arange(size, counts.sum(), size))
    for users in np.split(np.arange(num_users), parts):
        if len(users):
            yield _rate(users, *_draw_pairs(counts[users], chances, rng), movies, rng)


def _draw_counts(num_ratings: int, num_users: int, most: int, rng) -> np.ndarray:
    """Draw how many ratings each user has, (num_users,), between LEAST and LEAST + most."""
    activity, spare = np.exp(1.4 * rng.standard_normal(num_users)), num_ratings - LEAST * num_users
    for _ in range(5):  # what `most` cuts off goes to the others
        activity = np.minimum(activity * (spare / activity.sum()), most)
    return LEAST + activity.round().astype(int)


def _draw_pairs(counts: np.ndarray, chances: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs (user, movie), (n,) each; who has drawn a movie twice draws again, a few times."""
    pairs, missing = np.array([], np.int64), counts
    for _ in range(ROUNDS):
        user = np.repeat(np.arange(len(counts)), missing)
        movie = np.searchsorted(chances, rng.random(len(user)) * chances[-1], side="right")
        pairs = np.sort(np.concatenate([pairs, user * len(chances) + movie]), kind="stable")
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        missing = counts - np.bincount(pairs // len(chances), minlength=len(counts))
    return np.divmod(pairs, len(chances))


def _draw_traits(number: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw a bias, (number,), and a vector, (number, RANK), for each."""
    return 0.45 * rng.standard_normal(number), 0.5 * rng.standard_normal((number, RANK))


def _rate(users: np.ndarray, user: np.ndarray, movie: np.ndarray, movies: tuple, rng) -> Chunk:
    """Rate these pairs with half stars."""
    bias, taste = _draw_traits(len(users), rng)
    score = 3.53 + bias[user] + movies[0][movie] + 0.8 * rng.standard_normal(len(user))
    score += np.einsum("nk,nk->n", taste[user], movies[1][movie])
    stars = np.clip(np.rint(2 * score) / 2, 0.5, 5)
    ids = users[user] + 1, 3 * movie + 1  # movie ids have gaps, as published
    return ids[0].astype(np.int32), ids[1].astype(np.int32), stars.astype(np.float32)
