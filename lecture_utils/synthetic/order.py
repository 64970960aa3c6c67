"""Invented histories whose order follows a planted rule, for as many users as wanted.

Every movie is of one of KINDS kinds. With the chance OBEY the kind of the next one is what the rule
says, else it is any. With a memory of 1 the rule reads the kind of the last movie. With more it
reads that and the kind so many steps back, together: either alone says nothing, as every row and
every column of the rule holds each kind once (a Latin square).
"""

import numpy as np
import pandas as pd

KINDS, PER_KIND, OBEY = 10, 20, 0.8
NUM_MOVIES = KINDS * PER_KIND  # ids 1 to 200; movie m is of kind m % KINDS


def make(num_users: int, memory: int = 2, length: int = 30, seed: int = 0) -> pd.DataFrame:
    """Make a history of `length` movies, no movie twice, for each of `num_users`.

    Within a kind the popular movies are watched first; who is popular hangs on the id alone.

    Returns:
        A frame of user, movie, rating (always 5) and timestamp (a minute from one to the next).

    Raises:
        ValueError: unless there is a user, and 1 <= memory < length <= 60.
    """
    if num_users < 1 or not 1 <= memory < length <= 60:
        found = f"{num_users} users, memory {memory}, length {length}"
        raise ValueError(f"needs a user and 1 <= memory < length <= 60, not {found}")
    rng = np.random.Generator(np.random.PCG64(seed))
    kind = np.arange(1, NUM_MOVIES + 1) % KINDS
    popular = -np.log(np.arange(NUM_MOVIES) // KINDS + 3.0)  # of each movie within its kind
    rule = _draw_rule(np.random.Generator(np.random.PCG64(memory)))  # the same for each seed
    seen = np.zeros((num_users, NUM_MOVIES), dtype=bool)
    history = np.zeros((num_users, length), dtype=np.int64)  # columns of `seen`
    for step in range(length):
        wanted = (KINDS * rng.random(num_users)).astype(int)
        if step >= memory:
            last, past = kind[history[:, step - 1]], kind[history[:, step - memory]]
            told = rule[last, past if memory > 1 else 0]
            wanted = np.where(rng.random(num_users) < OBEY, told, wanted)
        chance = popular - np.log(-np.log(rng.random(seen.shape)))  # Gumbel: see small._pick
        chance[kind != wanted[:, None]] -= 100  # another kind only where this one is seen
        chance[seen] = -np.inf
        history[:, step] = chance.argmax(axis=1)
        seen[np.arange(num_users), history[:, step]] = True
    user = np.repeat(np.arange(1, num_users + 1), length)
    minute = np.tile(60 * np.arange(length), num_users)
    columns = {"user": user, "movie": history.ravel() + 1, "rating": 5, "timestamp": minute}
    return pd.DataFrame(columns)


def _draw_rule(rng: np.random.Generator) -> np.ndarray:
    """Draw a Latin square, (KINDS, KINDS): which kind follows two others."""
    rows, columns, names = (rng.random(KINDS).argsort(kind="stable") for _ in range(3))
    return names[(rows[:, None] + columns) % KINDS]
