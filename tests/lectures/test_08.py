"""Break lecture 08."""

from tests.lectures.mutants import Mutant, build_test

BIG = {"shapes", "growth", "race", "shuffle"}
MUTANTS = {
    "added": Mutant(
        {"(model.P[data.items] * model.Q": "(model.P[data.items] + model.Q"},
        "check-same",
        {"shapes"},
        long=True,
    ),
    "in order": Mutant(
        {"torch.randperm(n) if shuffled": "torch.arange(n) if shuffled"},
        "check-shuffle",
        BIG - {"shuffle"},
    ),
    "lr": Mutant(
        {"*sizes), blocks, **more)": "*sizes), blocks, lr=1e-9, **more)"},
        "check-stream",
        BIG,
    ),
    "shuffled": Mutant(
        {
            "               everything.ratings]": (
                "everything.ratings[torch.randperm(len(everything.ratings))]]"
            )
        },
        "check-stream",
        BIG,
    ),
    "forgotten": Mutant({"second.optimizer.load_state_dict(memory)": "pass"}, "check-resume", BIG),
    "mean of means": Mutant(
        {
            "        (gap.square().sum() / number).backward()": (
                "        gap.square().mean().backward()"
            )
        },
        "check-shares",
        BIG,
    ),
}
test_mutants = build_test("08", MUTANTS)
