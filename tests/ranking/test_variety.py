"""Maximal marginal relevance against a loop over candidates."""

import pytest
import torch
import torch.nn.functional as F

from lecture_utils.ranking.variety import mean_similarity, pick_varied


def pick_slowly(scores, vectors, weight, n):
    scores = (scores - scores.min()) / (scores.max() - scores.min())
    picked = []
    for _ in range(n):
        left = [c for c in range(len(scores)) if c not in picked]
        alike = {c: max([float(vectors[c] @ vectors[p]) for p in picked] + [0.0]) for c in left}
        picked.append(max(left, key=lambda c: weight * scores[c] - (1 - weight) * alike[c]))
    return picked


@pytest.mark.parametrize("weight", [0.2, 0.7, 1.0])
def test_each_list_is_that_of_the_loop(weight):
    torch.manual_seed(0)
    scores, vectors = torch.randn(6, 9), F.normalize(torch.randn(6, 9, 3), dim=2)
    expected = [pick_slowly(s, v, weight, 5) for s, v in zip(scores, vectors)]
    assert pick_varied(scores, vectors, weight, 5).tolist() == expected


def test_scores_alone_are_the_best_in_order():
    torch.manual_seed(0)
    scores, vectors = torch.randn(6, 9), torch.randn(6, 9, 3)
    assert torch.equal(pick_varied(scores, vectors, 1.0, 9), scores.argsort(1, descending=True))


def test_a_twin_waits():
    vectors = torch.tensor([[[1.0, 0], [1, 0], [0, 1]]])
    scores = torch.tensor([[3.0, 2.9, 1.0]])
    assert pick_varied(scores, vectors, 0.5, 3).tolist() == [[0, 2, 1]]


def test_similarity_is_the_mean_over_pairs():
    torch.manual_seed(0)
    vectors = F.normalize(torch.randn(2, 4, 3), dim=2)
    cosine = vectors @ vectors.transpose(1, 2)
    above = torch.triu_indices(4, 4, 1)
    torch.testing.assert_close(mean_similarity(vectors), cosine[:, above[0], above[1]].mean(1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight": 1.5}, "weight must lie between 0 and 1, not 1.5"),
        ({"n": 4}, "n must be from 1 to 3, the candidates, not 4"),
        ({"vectors": torch.ones(2, 4, 2)}, r"not \(2, 4, 2\) and \(2, 3\)"),
    ],
)
def test_bad_arguments_are_refused(change, words):
    good = {"scores": torch.ones(2, 3), "vectors": torch.ones(2, 3, 2), "weight": 0.5, "n": 2}
    with pytest.raises(ValueError, match=words):
        pick_varied(**good | change)
