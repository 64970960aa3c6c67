"""Break lecture 03."""

from tests.lectures.mutants import Mutant, build_test

MUTANTS = {
    "lr=0": Mutant({"lr=0.1": "lr=0.0"}, "check-mf-falls"),
    "shuffled": Mutant(
        {".float().reshape(-1, 1)": ".float()[torch.randperm(63)].reshape(-1, 1)"},
        "check-mf-document",
    ),
    "added": Mutant(
        {"(W_features * M_features)": "(W_features + M_features)"}, "check-mf-document"
    ),
}
test_mutants = build_test("03", MUTANTS)
