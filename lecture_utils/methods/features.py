"""What the catalogue says of a movie before anybody has rated it: genres, year, title.

Each part is a table (num_items, f) of its own, a field; row 0, which is unused, is all zeros.
"""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.data import GENRES, Ratings

YEARS = [0, 1940, 1950, 1960, 1970, 1975, 1980, 1985, *range(1990, 1999)]  # a period ends here
ERAS = [0, 1980, 1993, 9999]
HALF = 0.5  # weight of what says more precisely what other fields have said


def describe_items(data: Ratings) -> dict[str, Tensor]:
    """Make features of movies, by the name of their field.

    Returns:
        genre: 1 over the root of their number. pair: the product of two genres, where two movies
        or more have both. year: the period. era: the product of genre and era, halved. word: words
        of two titles or more, the rarer the heavier (inverse document frequency), of length 1;
        a word of all titles says nothing, and is left out.
    """
    movies = data.movies.set_index("movie").reindex(range(data.num_items))
    title = movies["title"].fillna("").str.lower()
    year = title.str.extract(r"\((\d{4})\)\s*$")[0].astype("float64")
    genres = _table(movies[[*GENRES]].fillna(0))
    genres = genres / genres.sum(1, keepdim=True).clamp(min=1).sqrt()
    eras = _table(pd.get_dummies(pd.cut(year, ERAS)))
    return {
        "genre": genres,
        "pair": multiply_pairs(genres),
        "year": _table(pd.get_dummies(pd.cut(year, YEARS))),
        "era": HALF * (genres[:, :, None] * eras[:, None]).flatten(1),
        "word": weigh_words(title.str.replace(r"\(.*?\)", " ", regex=True)),
    }


def multiply_pairs(table: Tensor) -> Tensor:
    """Multiply each two columns of `table`, (n, f); keep what two rows or more have, (n, p)."""
    first, second = torch.triu_indices(table.shape[1], table.shape[1], 1, device=table.device)
    product = table[:, first] * table[:, second]
    return product[:, (product > 0).sum(0) > 1]


def weigh_words(titles: pd.Series) -> Tensor:
    """Weigh the words of two titles or more, (num_items, words), in alphabetical order."""
    words = titles.str.findall(r"[a-z0-9']+").explode().dropna()
    counts = pd.crosstab(words.index, words).clip(upper=1)
    often = (counts.sum() > 1) & (counts.sum() < len(counts))
    table = _table(counts.loc[:, often].reindex(range(len(titles)), fill_value=0))
    rarity = (len(titles) / table.sum(0)).log()
    return torch.nn.functional.normalize(table * rarity, dim=1)


def _table(frame: pd.DataFrame) -> Tensor:
    return torch.tensor(frame.to_numpy(dtype="float32", copy=True))
