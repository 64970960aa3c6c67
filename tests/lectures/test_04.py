"""Break lecture 04."""

from tests.lectures.mutants import Mutant, build_test

MUTANTS = {
    "shuffled": Mutant(
        {
            "as_tensors(data.train), ": (
                'as_tensors(data.train.assign(rating=[*data.train["rating"].sample(frac=1)])), '
            )
        },
        "check-learn",
        long=True,
    ),
    "turned back": Mutant({"R = U @ Vt": "R = (U @ Vt).T"}, "check-turned", {"neighbours"}),
    "ridge": Mutant(
        {"N * lam * torch.eye(11)": "lam * torch.eye(11)"},
        "check-fold-in",
        {"neighbours", "seeds", "weak"},
    ),
    "seen": Mutant(
        {'[my_items] = float("-inf")': '[my_items] = float("inf")'},
        "check-top-n",
        {"neighbours", "seeds", "weak"},
    ),
}
test_mutants = build_test("04", MUTANTS)
