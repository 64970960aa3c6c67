"""Splits of MovieLens 100K on which rankers are compared; what others published on, rebuilt."""

from typing import NamedTuple

import pandas as pd

SPLITS = {  # the lowest rating worth finding
    "ua": 4.0,
    "recommenders": 1.0,
    "recbole": 1.0,
    "moment": 1.0,  # `evaluate.last_moment_split`: what comes next
}


class Parts(NamedTuple):
    """A split with ratings of its own for validation; each has the columns of u.data."""

    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame


def split_per_user(
    ratings: pd.DataFrame, seed: int = 42, share: float = 0.75
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split as Microsoft's table was made: of every user a random three quarters, and the rest."""
    shuffled = [group.sample(frac=1, random_state=seed) for _, group in ratings.groupby("user")]
    ends = [round(share * len(group)) for group in shuffled]
    train = pd.concat(group[:end] for group, end in zip(shuffled, ends))
    test = pd.concat(group[end:] for group, end in zip(shuffled, ends))
    return train.reset_index(drop=True), test.reset_index(drop=True)


def split_recbole(ratings: pd.DataFrame, seed: int = 2020) -> Parts:
    """Split as RecBole's quick start does: of every user a random tenth to validate, one to test.

    RecBole 1.2.1 sets torch's seed, shuffles all ratings by `torch.randperm`, and cuts those of
    each user in this order; a tenth is rounded down. Its file ml-100k.inter has the lines of
    u.data in their order, so `ratings` must have them, too.

    Args:
        ratings: all of u.data, in its order; ten or more of each user.
        seed: RecBole's setting of that name.
    """
    import torch  # peers' processes do without

    generator = torch.Generator().manual_seed(seed)
    shuffled = ratings.iloc[torch.randperm(len(ratings), generator=generator).numpy()]
    users = shuffled.groupby("user")["user"]
    left = users.transform("size") - users.cumcount()  # ratings of the user from here on
    tenth = users.transform("size") // 10
    cuts = (left > 2 * tenth, (left <= 2 * tenth) & (left > tenth), left <= tenth)
    return Parts(*(shuffled[cut].reset_index(drop=True) for cut in cuts))
