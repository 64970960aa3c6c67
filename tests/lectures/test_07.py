"""Break lecture 07."""

from tests.lectures.mutants import Mutant, build_test

LADDER = {
    "descent", "race", "power", "svdpp", "neumf", "ids", "side", "time", "ordinal", "fine",
    "summary", "future", "final",
}  # fmt: skip
MUTANTS = {
    "shuffled": Mutant(
        {
            'data = load_movielens("ua")': (
                'data = load_movielens("ua")\n'
                'data.train["rating"] = data.train["rating"].sample(frac=1).to_numpy()'
            )
        },
        "check-biases",
    ),
    "ridge": Mutant({"F.T @ F + penalty": "F.T @ F + 2 * penalty"}, "check-als", LADDER),
    "noise": Mutant(
        {"torch.linalg.solve(L.T, noise": "torch.linalg.solve(L, noise"},
        "check-draw",
        LADDER,
    ),
    "threshold": Mutant(
        {"above = 1 - ndtr(": "above = ndtr("},
        "check-ordinal",
        LADDER - {"ordinal"} | {"bayes"},
    ),
    "gradient": Mutant(
        {"2 / len(errors) * (by_item": "1 / len(errors) * (by_item"},
        "check-gradient",
        LADDER | {"averages"},
    ),
}
test_mutants = build_test("07", MUTANTS)
