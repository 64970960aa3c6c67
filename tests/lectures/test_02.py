"""Break lecture 02."""

from tests.lectures.mutants import Mutant, build_test

MUTANTS = {
    "lr=0": Mutant({"], lr=0.1": "], lr=0.0"}, "check-plain-falls"),
    "shuffled": Mutant(
        {'(train["rating"].to_numpy())': '(train["rating"].sample(frac=1).to_numpy())'},
        "check-plain-falls",
    ),
    "mean": Mutant({"score + mean +": "score - mean +"}, "check-bias", {"plain", "reg"}, long=True),
}
test_mutants = build_test("02", MUTANTS)
