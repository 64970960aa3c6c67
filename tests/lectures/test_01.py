"""Break lecture 01."""

from tests.lectures.mutants import Mutant, build_test

MUTANTS = {
    "lr=0": Mutant({"lr = 0.1": "lr = 0.0"}, "check-line-falls"),
    "slope": Mutant({"y = 2.5 + 4 * x": "y = 2.5 - 4 * x"}, "check-line-slope"),
}
test_mutants = build_test("01", MUTANTS)
