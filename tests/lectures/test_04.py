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
DRAWS = 10  # of the ratings that a guest shows
STRONG, WEAK = 1e-4, 1e-5
LEAST, FAMOUS = 50, 100  # ratings of a movie whose neighbours, whose place on an axis is read


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; what depends on no seed is measured once."""
    values = {}
    for name in DATA_SETS:
        runs = run_each(measure_seed, [(name, seed) for seed in seeds])
        for found in ([measure_facts(name)], runs):
            values |= list_values(f"{name}.reading.", found)
    return values


def learn(seed: int, data: Ratings, train: Tensors, lam: float = STRONG):
    """Train the model of the lecture; return it and its training curve."""
    torch.manual_seed(seed)
    mean = train.ratings.mean().item()
    model = MatrixFactorization(*data.size, bias=True, mean=mean)
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
    shared = count_genres(model.P, data, train)
    return {
        "train_mse": curve[-1],
        "test_mse": F.mse_loss(one, test.ratings).item(),
        **compare_with_raters(data, train, model),
        "genre_shared": shared,
        "watched_more": count_genres(list_watchers(data, train), data, train) - shared,
        "raw_gap": ((Z - Z2).norm() / Z2.norm()).item(),
        "prediction_gap": rms(one, two),
        "weak_gap": rms(*weak),
        "first_share": (sizes[0] ** 2 / (sizes**2).sum()).item(),
        **tell_again(seed, data, train, model),
        **compare_lists(train, data, model),
        **measure_guests(seed, data, train, test),
    }


def measure_facts(name: str) -> dict[str, float]:
    """Return what depends on no seed: two baselines, and how often movies share a genre."""
    data = load(name)
    train, test = as_tensors(data.train), as_tensors(data.test)
    known, common = compare_genres(data, train)
    m = len(known)
    year = data.movies.set_index("movie")["title"].str.strip().str[-5:-1][known.tolist()].to_numpy()
    same = torch.tensor(year[:, None] == year).fill_diagonal_(False)
    means = [
        F.mse_loss(mean.where(~mean.isnan(), train.ratings.mean())[asked], test.ratings)
        for ids, asked, size in zip((train.users, train.items), (test.users, test.items), data.size)
        for mean in [average_each(ids, train.ratings, size)]
    ]
    count = torch.bincount(train.items, minlength=data.num_items)
    return {
        "user_movie": (means[0] - means[1]).item(),
        "genre_pairs": ((common.sum() - common.trace()) / (m * (m - 1))).item(),
        "genre_year": common[same].mean().item(),
        "genre_watched": count_genres(list_watchers(data, train), data, train),
        "rare_mean": train.ratings[count[train.items] == 1].mean().item(),
    }


def average_each(ids: torch.Tensor, values: torch.Tensor, size: int) -> torch.Tensor:
    """Average `values` (n,) over each id, nan where an id does not occur: (size,)."""
    total = torch.zeros(size).index_add(0, ids, values)
    return total / torch.bincount(ids, minlength=size)


def compare_with_raters(data: Ratings, train: Tensors, model) -> dict[str, float]:
    """Compare what movies with few ratings got with mean and bias of who gave it."""
    count = torch.bincount(train.items, minlength=data.num_items)
    bias = model.bias_user[train.users]
    gap = average_each(train.items, train.ratings - model.mean - bias, data.num_items)
    bins = [(1, 1), (2, 5), (6, 20), (21, 50)]
    gaps = [gap[(count >= low) & (count <= high)].mean().item() for low, high in bins]
    return {"rare_gap": gaps[0], "few_gap": max(gaps)}


def list_watchers(data: Ratings, train: Tensors) -> torch.Tensor:
    """Return 1 where a user rated a movie, (items, users)."""
    watched = torch.zeros(data.size)
    watched[train.users, train.items] = 1
    return watched.T


def compare_genres(data: Ratings, train: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
    """Return movies with enough ratings, and whether two of them share a genre, (m, m)."""
    known = (torch.bincount(train.items, minlength=data.num_items) >= LEAST).nonzero().flatten()
    flags = torch.tensor(data.movies.iloc[:, -19:].to_numpy()).float()[known - 1]
    return known, (flags @ flags.T > 0).float()


def find_neighbours(vectors: torch.Tensor, n: int = 4) -> torch.Tensor:
    """Return the rows of the `n` nearest neighbours by cosine, (m, n)."""
    unit = F.normalize(vectors, dim=1)
    return (unit @ unit.T).fill_diagonal_(-2).topk(n, dim=1).indices


def count_genres(vectors: torch.Tensor, data: Ratings, train: Tensors) -> float:
    """Return how often the nearest neighbours share a genre."""
    known, common = compare_genres(data, train)
    return common.gather(1, find_neighbours(vectors[known])).mean().item()


def tell_again(seed: int, data: Ratings, train: Tensors, model) -> dict[str, float]:
    """Read models of other data: `ub`, and two halves of the users."""
    known, common = compare_genres(data, train)
    by_ub, _ = learn(seed, data, as_tensors(load(data.name, "ub").train))
    even, odd = (
        learn(seed, data, Tensors(*(column[train.users % 2 == k] for column in train)))[0]
        for k in (0, 1)
    )
    kept = [count_kept(a.P[known], b.P[known]) for a, b in ((model, by_ub), (even, odd))]
    famous = torch.bincount(train.items, minlength=data.num_items) >= FAMOUS
    axes = [correlate(*(find_axes(m.P)[famous, k] for m in (even, odd))) for k in range(2)]
    return {
        "told_ub": kept[0],
        "told_half": kept[1],
        "told_ub_more": kept[0] - kept[1],
        "told_bias": correlate(even.bias_item[known], odd.bias_item[known]),
        "told_axis": abs(axes[0]),
        "told_axis_more": abs(axes[0]) - abs(axes[1]),
        "told_genre_more": count_genres(odd.P, data, train)
        - (common.sum() - common.trace()).item() / (len(known) * (len(known) - 1)),
    }


def count_kept(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return which share of the neighbours in `a` are neighbours in `b`."""
    near, near2 = find_neighbours(a), find_neighbours(b)
    return (near[:, :, None] == near2[:, None, :]).any(dim=2).float().mean().item()


def find_axes(P: torch.Tensor) -> torch.Tensor:
    """Turn vectors onto their principal axes."""
    return P @ torch.linalg.svd(P, full_matrices=False)[2].T


def correlate(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return Pearson's correlation."""
    return torch.corrcoef(torch.stack([a, b]))[0, 1].item()


def compare_lists(train: Tensors, data: Ratings, model) -> dict[str, float]:
    """Compare the list for ten ratings with the opposite's, and with the best biases."""
    items, ratings = torch.tensor(list(MINE)), torch.tensor([float(r) for r in MINE.values()])
    ridge = len(train.ratings) * STRONG
    best, theirs = (
        {*top_n(scores, items, data.offered, 10).tolist()}
        for r in (ratings, 6 - ratings)
        for scores in [compute_scores(model, *fold_in(model, items, r, ridge))]
    )
    loved = set((model.bias_item[1:].topk(8).indices + 1).tolist())
    return {"mine_only": len(best - theirs), "mine_best": len(best & loved)}


def measure_guests(seed: int, data: Ratings, train: Tensors, test: Tensors) -> dict[str, float]:
    """Return RMSE on users whom the model never saw, by how many of their ratings it is shown."""
    stay = train.users % 5 != 0
    rest = Tensors(*(column[stay] for column in train))
    host, _ = learn(seed, data, rest)
    ridge = len(rest.ratings) * STRONG
    errors = {}
    for k in SHOWN:
        draws = range(DRAWS * seed, DRAWS * (seed + 1))
        errors[k] = [guess_guests(k, d, host, ridge, data, train, test) for d in draws]
    both, alone = ({k: sum(run[n] for run in errors[k]) / DRAWS for k in SHOWN} for n in (0, 1))
    gain = {k: alone[k] - both[k] for k in SHOWN}
    return {f"guest_{k}": both[k] for k in SHOWN} | {
        "guest_50_bias": alone[50],
        "guest_few": gain[3],
        "guest_more": gain[50] - gain[3],
    }


def guess_guests(k: int, draw: int, host, ridge: float, data: Ratings, train: Tensors,
                 test: Tensors) -> tuple[float, float]:  # fmt: skip
    """Return RMSE with vectors and with biases alone, when each guest shows `k` drawn ratings."""
    order, gaps = torch.Generator().manual_seed(draw), []
    for user in range(5, data.num_users, 5):
        rows = (train.users == user).nonzero().flatten()
        rows = rows[torch.randperm(len(rows), generator=order)[:k]]
        items, ratings = train.items[rows], train.ratings[rows]
        q, b = fold_in(host, items, ratings, ridge)
        alone = (ratings - host.mean - host.bias_item[items]).sum() / (len(rows) + ridge)
        asked = test.users == user
        level = test.ratings[asked] - host.mean - host.bias_item[test.items[asked]]
        gaps.append(torch.stack([level - host.P[test.items[asked]] @ q - b, level - alone]))
    return tuple(torch.cat(gaps, dim=1).square().mean(dim=1).sqrt().tolist())


def compute_scores(model, q: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Predict every movie for a user with vector `q` and bias `b`."""
    return model.mean + model.bias_item + model.P @ q + b


def rms(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the root mean square of the difference."""
    return (a - b).square().mean().sqrt().item()


NEIGHBOURS, SEEDS, WEAKER, DATA = "neighbours", "seeds", "weak", "data"
LATER = {NEIGHBOURS, SEEDS, WEAKER, DATA}
BASELINES = {
    "user_mean[test.users]": "movie_mean[test.items]",
    "biases(test.users, test.items),": "average.expand(len(test.ratings)),",
    "model(test.users, test.items),\n    }": "model(test.users, test.items) - 1,\n    }",
}
RANKED = {
    'largest(6, "평균")': 'largest(6, "평점 수")',
    'largest(8, "편향")': 'smallest(8, "평점 수")',
    '"편향": model.': '"편향": -model.',
}
ONE_HALF = {
    "users % 2 == k": "users % 1 == 0",
    'load_movielens("ub")': 'load_movielens("ua")',
    '"장르": shared(b.P)': '"장르": 1.0',
}
MUTANTS = {
    "shuffled": Mutant(SHUFFLED, "check-learn", long=True),
    "baselines": Mutant(BASELINES, "check-baselines"),
    "worst": Mutant(RANKED, "check-movies"),
    "others' genres": Mutant(
        {"(common * pairs)": "(common.roll(1, 0) * pairs)"}, "check-genres", long=True
    ),
    "lengths": Mutant({"P.norm(dim=1)": "-P.norm(dim=1) - 0.01"}, "check-lengths"),
    "another penalty": Mutant({"learn(1, train,": "learn(1, train, lam=1e-5,"}, "check-two-seeds"),
    "not orthogonal": Mutant(
        {"torch.linalg.qr(torch.randn(10, 10))": "torch.randn(10, 10), 0"},
        "check-ways",
        {NEIGHBOURS},
    ),
    "no inverse": Mutant(
        {"[2.0] * 5": "[0.5] * 5", " @ torch.linalg.inv(D)": ""}, "check-ways", {NEIGHBOURS}
    ),
    "turned back": Mutant({"R = U @ Vt": "R = (U @ Vt).T"}, "check-turned", {NEIGHBOURS}),
    "as strong": Mutant({"lam=1e-5)[0]": "lam=1e-4)[0]"}, "check-weak", {NEIGHBOURS}, long=True),
    "random axes": Mutant(
        {"principal(P2)": "principal(random)"}, "check-axes", {WEAKER}, long=True
    ),
    "one half": Mutant(ONE_HALF, "check-told", {WEAKER}, long=True),
    "one half twice": Mutant(
        {
            "half(0), half(1)": "half(0), half(0)",
            '"시드 1": (model, other)': '"시드 1": (model, even)',
        },
        ("check-told", "check-sequels"),
        {WEAKER},
        long=True,
    ),
    "the farthest": Mutant({"[order != movie][:n]": "[-n:]"}, "check-sequels", {WEAKER}, long=True),
    "generous": Mutant({"train.ratings - level": "level - train.ratings"}, "check-rare", long=True),
    "ridge": Mutant({"N * lam * torch.eye(11)": "lam * torch.eye(11)"}, "check-fold-in", LATER),
    "seen": Mutant(
        {'[my_items] = float("-inf")': '[my_items] = float("inf")'}, "check-top-n", LATER
    ),
    "the same": Mutant({"my_items, 6 - mine": "my_items, mine"}, "check-opposite", LATER),
    "no bias": Mutant({"model.mean + model.bias_item +": "model.mean +"}, "check-best", LATER),
    "no vectors": Mutant(
        {"scores_of(host, q, b)": "scores_of(host, 0 * q, b)"}, "check-guests", LATER, long=True
    ),
}
test_mutants = build_test("04", MUTANTS)
