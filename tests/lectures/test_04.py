"""Lecture 04: measure what a trained model says, and break the lecture.

What the lecture says of two seeds is measured on neighbours: seeds 0 and 1, 1 and 2, and so on.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F

from lecture_utils import MatrixFactorization, Ratings, Tensors, as_tensors, fit, fold_in, top_n
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.mutants import SHUFFLED, Mutant, build_test

MINE = {50: 5, 181: 5, 96: 5, 82: 4, 69: 3, 56: 2, 313: 2, 14: 2, 100: 1, 286: 1}
SHOWN = (0, 3, 50)  # ratings of a guest
STRONG, WEAK = 1e-4, 1e-5


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; the two that depend on no seed are measured once."""
    values = {}
    for name in DATA_SETS:
        runs = run_each(measure_seed, [(name, seed) for seed in seeds])
        for found in ([measure_facts(load(name))], runs):
            values |= list_values(f"{name}.reading.", found)
    return values


def learn(seed: int, data: Ratings, train: Tensors, lam: float = STRONG, extra: int = 0):
    """Train the model of the lecture; return it and its training curve."""
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(data.num_users + extra, data.num_items, bias=True, mean=mean)
    l2 = dict.fromkeys(["P", "Q", "bias_item", "bias_user"], lam)
    curve = [mse for epochs, lr in ((300, 0.1), (200, 0.02))
             for mse in fit(model, train, epochs=epochs, lr=lr, l2=l2).train_mse]  # fmt: skip
    return model.requires_grad_(False), curve


def measure_seed(name: str, seed: int) -> dict[str, float]:
    """Train with a seed and the next one, and read the models as the lecture does."""
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    (model, curve), (other, _) = (learn(s, data, train) for s in (seed, seed + 1))
    one, two = (m(test.users, test.items) for m in (model, other))
    weak = [learn(s, data, train, WEAK)[0](test.users, test.items) for s in (seed, seed + 1)]
    Z, Z2 = (torch.cat([m.P, m.Q]) for m in (model, other))
    sizes = torch.linalg.svdvals(model.P)
    known, common = compare_genres(data, train)
    return {
        "train_mse": curve[-1],
        "test_mse": F.mse_loss(one, test.ratings).item(),
        "rare_short": compare_with_raters(data, train, model),
        "genre_shared": share_genres(model.P[known], common),
        "raw_gap": ((Z - Z2).norm() / Z2.norm()).item(),
        "prediction_gap": rms(one, two),
        "weak_gap": rms(*weak),
        "first_share": (sizes[0] ** 2 / (sizes**2).sum()).item(),
        **compare_retrained(seed, data, train, model),
        **measure_guests(seed, data, train, test),
    }


def measure_facts(data: Ratings) -> dict[str, float]:
    """Return how often a random pair shares a genre, and the mean rating of movies rated once."""
    train = as_tensors(data.train)
    _, common = compare_genres(data, train)
    m = len(common)
    count = torch.bincount(train.items, minlength=data.num_items)
    return {
        "genre_pairs": ((common.sum() - common.trace()) / (m * (m - 1))).item(),
        "rare_mean": train.ratings[count[train.items] == 1].mean().item(),
    }


def compare_with_raters(data: Ratings, train: Tensors, model) -> float:
    """Return how far movies with one rating fall short of mean and bias of who gave it."""
    count = torch.bincount(train.items, minlength=data.num_items)
    once = count[train.items] == 1
    level = model.mean + model.bias_user[train.users[once]]
    return (level - train.ratings[once]).mean().item()


def compare_genres(data: Ratings, train: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
    """Return movies with 50 ratings or more, and whether two of them share a genre, (m, m)."""
    known = (torch.bincount(train.items, minlength=data.num_items) >= 50).nonzero().flatten()
    flags = torch.tensor(data.movies.iloc[:, -19:].to_numpy()).float()[known - 1]
    return known, (flags @ flags.T > 0).float()


def share_genres(vectors: torch.Tensor, common: torch.Tensor, n: int = 5) -> float:
    """Return how often the `n` nearest neighbours share a genre."""
    unit = F.normalize(vectors, dim=1)
    near = (unit @ unit.T).fill_diagonal_(-2).topk(n, dim=1).indices
    return common.gather(1, near).mean().item()


def compare_retrained(seed: int, data: Ratings, train: Tensors, model) -> dict[str, float]:
    """Compare ten ratings folded in with a model trained with them."""
    items, ratings = torch.tensor(list(MINE)), torch.tensor([float(r) for r in MINE.values()])
    scores = compute_scores(model, *fold_in(model, items, ratings, len(train.ratings) * STRONG))
    me = torch.full((len(items),), data.num_users)
    more = Tensors(*map(torch.cat, zip(train, (me, items, ratings))))
    again, _ = learn(seed, data, more, extra=1)
    scores2 = compute_scores(again, again.Q[-1], again.bias_user[-1])
    best, best2 = (set(top_n(s, items, data.offered, 10).tolist()) for s in (scores, scores2))
    return {"retrain_gap": rms(scores[1:], scores2[1:]), "retrain_both": len(best & best2)}


def measure_guests(seed: int, data: Ratings, train: Tensors, test: Tensors) -> dict[str, float]:
    """Return RMSE on users whom the model never saw, by how many of their ratings it is shown."""
    stay = train.users % 5 != 0
    rest = Tensors(*(column[stay] for column in train))
    host, _ = learn(seed, data, rest)
    ridge, names = len(rest.ratings) * STRONG, [u for u in range(1, data.num_users) if u % 5 == 0]
    found = {}
    for k, vectors in [*((k, True) for k in SHOWN), (SHOWN[-1], False)]:
        torch.manual_seed(0)
        errors = []
        for user in names:
            rows = (train.users == user).nonzero().flatten()
            rows = rows[torch.randperm(len(rows))[:k]]
            items, ratings = train.items[rows], train.ratings[rows]
            q, b = fold_in(host, items, ratings, ridge)
            if not vectors:
                q = torch.zeros(10)
                b = (ratings - host.mean - host.bias_item[items]).sum() / (len(rows) + ridge)
            asked = test.users == user
            errors.append(test.ratings[asked] - compute_scores(host, q, b)[test.items[asked]])
        key = f"guest_{k}" + "_bias" * (not vectors)
        found[key] = torch.cat(errors).square().mean().sqrt().item()
    return found


def compute_scores(model, q: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Predict every movie for a user with vector `q` and bias `b`."""
    return model.mean + model.bias_item + model.P @ q + b


def rms(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the root mean square of the difference."""
    return (a - b).square().mean().sqrt().item()


LATER = {"neighbours", "seeds", "weak"}
MUTANTS = {
    "shuffled": Mutant(SHUFFLED, "check-learn", long=True),
    "turned back": Mutant({"R = U @ Vt": "R = (U @ Vt).T"}, "check-turned", {"neighbours"}),
    "ridge": Mutant({"N * lam * torch.eye(11)": "lam * torch.eye(11)"}, "check-fold-in", LATER),
    "seen": Mutant(
        {'[my_items] = float("-inf")': '[my_items] = float("inf")'}, "check-top-n", LATER
    ),
}
test_mutants = build_test("04", MUTANTS)
