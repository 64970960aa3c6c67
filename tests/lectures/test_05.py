"""Break lecture 05."""

from tests.lectures.mutants import Mutant, build_test

EVALUATIONS = {"twins", "kinds", "stop", "grid", "splits", "seeds", "ranking", "lies"}
MUTANTS = {
    "shuffled": Mutant(
        {
            "as_tensors(data.train), ": (
                'as_tensors(data.train.assign(rating=[*data.train["rating"].sample(frac=1)])), '
            )
        },
        "check-model",
        long=True,
    ),
    "discount": Mutant(
        {"torch.arange(2, k + 2).log2()": "torch.arange(3, k + 3).log2()"},
        "check-ranking",
        EVALUATIONS,
    ),
    "no leak": Mutant(
        {"torch.cat([a, b[leaked]])": "torch.cat([a, b[leaked][:1]])"},
        "check-leak",
        EVALUATIONS - {"lies"},
    ),
}
test_mutants = build_test("05", MUTANTS)
