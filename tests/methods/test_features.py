"""Features of movies: what each field holds, on a catalogue of five."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from lecture_utils.data import GENRES, Ratings
from lecture_utils.methods.features import describe_items, multiply_pairs, weigh_words
from lecture_utils.synthetic import small

TITLES = [
    "Star Trek: The Motion Picture (1979)",
    "Star Trek III (1984)",
    "Trek Home (Heim) (1939)",
    "unknown",
    "Alien Star (1997)",
]
HAS = [("Sci-Fi", "Action"), ("Sci-Fi", "Action"), ("Drama",), (), ("Sci-Fi",)]


@pytest.fixture
def data():
    whole = Ratings("synthetic", *small.make("ua"))
    movies = pd.DataFrame({"movie": range(1, 6), "title": TITLES, "release_date": ""})
    for genre in GENRES:
        movies[genre] = [int(genre in has) for has in HAS]
    return replace(whole, movies=movies)


def test_genres_weigh_by_the_root_of_their_number(data):
    genre = describe_items(data)["genre"]
    both = [GENRES.index("Action"), GENRES.index("Sci-Fi")]
    assert genre.shape == (6, 19)
    torch.testing.assert_close(genre[1, both], torch.tensor([0.5, 0.5]).sqrt())
    assert genre[3, GENRES.index("Drama")] == 1 and genre[4].sum() == 0 and genre[0].sum() == 0


def test_a_pair_of_genres_that_one_movie_has_is_left_out(data):
    pair = describe_items(data)["pair"]
    torch.testing.assert_close(pair, torch.tensor([[0, 0.5, 0.5, 0, 0, 0]]).T)
    torch.testing.assert_close(
        multiply_pairs(torch.tensor([[1.0, 2, 3], [1, 0, 1]])), torch.tensor([[3.0], [1.0]])
    )


def test_the_year_is_that_of_the_title(data):
    fields = describe_items(data)
    assert fields["year"].sum(1).tolist() == [0, 1, 1, 1, 0, 1]
    assert fields["year"].argmax(1).tolist()[1:] == [5, 6, 0, 0, 14]
    era = fields["era"].reshape(6, 19, 3).sum(1)
    torch.testing.assert_close(era[1:3, :2], torch.tensor([[2.0, 0], [0, 2]]).sqrt() / 2)


def test_words_of_one_title_are_left_out_and_rare_ones_weigh_more(data):
    word = describe_items(data)["word"]  # star and trek: in three titles each, row 0 counted
    assert word.shape == (6, 2)
    torch.testing.assert_close(word[1], torch.tensor([0.5, 0.5]).sqrt())
    assert word[3].tolist() == [0, 1] and word[5].tolist() == [1, 0] and word[4].sum() == 0


def test_a_word_of_all_titles_is_left_out():
    titles = pd.Series(["", "the star", "the star", "the wars"])
    assert weigh_words(titles).tolist() == [[0], [1], [1], [0]]
    assert weigh_words(pd.Series(["", "movie 1", "movie 2"])).shape == (3, 0)
