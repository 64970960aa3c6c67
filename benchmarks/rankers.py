"""What ranks: ours by their entry in the registry, peers with one good setting, and SAR.

`prepare(data, seed)` imports what it needs and puts the ratings where they are wanted. It returns
`fit()`, which trains, and that returns `score()`: the table of scores, (num_users, num_items), as
NumPy holds it. Peers do without torch until their scores are judged, but for those that are made
of it (BiVAE, FPMC, GRU4Rec), so nothing here imports it.

Settings come from validation ratings (`ranking_holdout`), for peers as for ours; SAR and BiVAE
have those of the published table.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from benchmarks.methods import list_modules, modules

ALIKE, LINEAR = (1.0,) * 5, (0.0, 0.25, 0.5, 0.75, 1.0)  # strengths of 1..5 stars
HALF = (0.5, 0.625, 0.75, 0.875, 1.0)  # between the two
DAY = 86_400  # seconds


@dataclass(frozen=True)
class Ranker:
    """A row of the table, without its split."""

    who: str
    setting: str
    prepare: Callable
    code: tuple[str, ...] = ()  # modules of lecture_utils that it runs
    slow: bool = False  # minutes


def find(split: str, key: str) -> Ranker:
    """Return a peer without importing what ours need, or one of ours."""
    return PEERS[split].get(key) or find_all(split)[key]


def find_all(split: str) -> dict[str, Ranker]:
    """Return all that is ranked on this split."""
    return find_ours(split) | PEERS[split]


def find_ours(split: str) -> dict[str, Ranker]:
    """Return ours: all of the registry for a task and one beside them, or those of CHOSEN."""
    from lecture_utils.methods import METHODS

    if split in WHOLE:
        beside, task = WHOLE[split]
        registry = {name: {} for name, m in METHODS.items() if m.label and m.task == task}
        chosen = {beside: {}} | registry
    else:
        chosen = CHOSEN[split]
    return {
        name: Ranker(
            "ours",
            settings.get("label", METHODS[name].label),
            partial(train, name=name, **{k: v for k, v in settings.items() if k != "label"}),
            modules(*list_modules(METHODS[name])),
        )
        for name, settings in chosen.items()
    }


def train(data, seed, *, name, steps=None, **settings):
    """Prepare a method of the course; `steps` and `settings` replace those of its entry."""
    import torch

    from lecture_utils import as_tensors
    from lecture_utils.methods import METHODS

    method, ratings = METHODS[name], as_tensors(data.train)
    torch.optim.Adam([torch.zeros(1)])  # the first one imports half of torch
    torch.manual_seed(seed)

    def fit():
        models = islice(method.start(data, ratings, **settings), steps or method.steps)
        last = deque(models, maxlen=1).pop()
        return lambda: last.table(torch.arange(data.num_users)).numpy(force=True)

    return fit


def count_rows(data) -> tuple[int, int]:
    """Return (num_users, num_items) of a table that ids index."""
    return 1 + data.users["user"].max(), 1 + data.movies["movie"].max()


def grade(data, grades: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return users, movies and strengths of the training ratings that are not of strength 0."""
    strength = np.array(grades, dtype=np.float32)[data.train["rating"].to_numpy() - 1]
    kept = strength > 0
    return data.train["user"][kept], data.train["movie"][kept], strength[kept]


def implicit(data, seed, *, model, grades, **options):
    """Prepare a model of implicit: "als" or "bpr"."""
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from scipy import sparse

    users, movies, strength = grade(data, grades)
    matrix = sparse.csr_matrix((strength, (users, movies)), count_rows(data))
    kind = {"als": AlternatingLeastSquares, "bpr": BayesianPersonalizedRanking}[model]

    def fit():
        found = kind(num_threads=1, random_state=seed, use_gpu=False, **options)
        found.fit(matrix, show_progress=False)
        return lambda: found.user_factors @ found.item_factors.T

    return fit


def cornac(data, seed, *, model, grades, **options):
    """Prepare a model of cornac by the name of its class."""
    from cornac import models
    from cornac.data import Dataset

    train = Dataset.from_uir([*zip(*grade(data, grades))], seed)

    def fit():
        found = getattr(models, model)(seed=seed, **options).fit(train)
        return lambda: ask(data, train, found.score)

    return fit


def cornac_next(data, seed, *, model, **options):
    """Prepare a model of cornac that reads histories; equals of a moment stand in a random order.

    A user's history is one session, because these models look back no further than the session.
    """
    from cornac import models
    from cornac.data import SequentialDataset

    rows = data.train.sample(frac=1, random_state=seed).sort_values("timestamp", kind="stable")
    columns = (rows[name] for name in ("user", "user", "movie", "timestamp"))
    train = SequentialDataset.build([*zip(*columns)], "USIT", seed=seed)
    histories = {
        train.uid_map[user]: [train.iid_map[movie] for movie in movies]
        for user, movies in rows.groupby("user")["movie"]
    }

    def fit():
        found = getattr(models, model)(seed=seed, **options).fit(train)
        return lambda: ask(data, train, lambda row: found.score(row, histories[row]))

    return fit


def ask(data, train, score) -> np.ndarray:
    """Ask a model of cornac for the scores of each user; movies that it never saw come last."""
    table = np.full(count_rows(data), -np.inf, np.float32)
    for user, row in train.uid_map.items():
        table[user, [*train.iid_map]] = score(row)
    return table


def sar(data, seed, *, half_life=30):
    """Prepare SAR as Microsoft's table has it: Jaccard's similarity, a month's half-life."""
    users, movies, ratings = (data.train[name] for name in ("user", "movie", "rating"))
    days = (data.train["timestamp"].max() - data.train["timestamp"]) / DAY

    def fit():
        watched, affinity = np.zeros(count_rows(data)), np.zeros(count_rows(data))
        watched[users, movies] = 1
        affinity[users, movies] = ratings * 0.5 ** (days / half_life)
        both = watched.T @ watched
        either = both.diagonal() + both.diagonal()[:, None] - both
        similarity = both / either.clip(min=1)
        return lambda: affinity @ similarity

    return fit


WHOLE = {"ua": ("als", "ranking"), "moment": ("popularity", "next")}  # beside all of the task
CHOSEN = {
    "recommenders": {
        "popularity": {},
        "ease": {
            "label": "EASE, ridge 200, dropout .7",
            "ridge": 200.0,
            "drop": 0.7,
            "grades": HALF,
        },
        "ials": {"grades": HALF},
        "ease-ials": {"ridge": 200.0, "grades": HALF},
        "softmax-mf": {"grades": HALF},
    },
    "recbole": {
        "popularity": {},
        "ease": {
            "label": "EASE, ridge 50, dropout .7",
            "ridge": 50.0,
            "drop": 0.7,
            "grades": HALF,
        },
        "ials": {"grades": HALF},
        "ease-ials": {"grades": HALF},
        "softmax-mf": {"grades": HALF},
    },
}
implicit_als = partial(
    implicit, model="als", grades=LINEAR, factors=32, regularization=30.0, alpha=5.0
)
implicit_bpr = partial(
    implicit, model="bpr", grades=ALIKE, factors=64, learning_rate=0.01, regularization=0.01
)
cornac_bpr = partial(
    cornac, model="BPR", grades=ALIKE, k=200, max_iter=200, learning_rate=0.01, lambda_reg=0.01,
    num_threads=1,
)  # fmt: skip
cornac_ease = partial(cornac, model="EASE", grades=LINEAR, lamb=200, posB=False, verbose=False)
cornac_bivae = partial(  # with the settings of the published table's notebook
    cornac, model="BiVAECF", grades=ALIKE, k=100, encoder_structure=[200], act_fn="tanh",
    likelihood="pois", n_epochs=500, batch_size=1024, learning_rate=0.001, use_gpu=False,
)  # fmt: skip
cornac_fpmc = partial(cornac_next, model="FPMC")
cornac_gru4rec = partial(cornac_next, model="GRU4Rec", batch_size=32, n_epochs=5)
PEERS = {
    "ua": {
        "implicit-als": Ranker("implicit", "ALS, rank 32, reg 30, alpha 5", implicit_als),
        "implicit-bpr": Ranker("implicit", "BPR, rank 64, lr .01, reg .01", implicit_bpr),
        "cornac-bpr": Ranker("cornac", "BPR, rank 200, lr .01, reg .01", cornac_bpr),
        "cornac-ease": Ranker("cornac", "EASE, ridge 200", cornac_ease),
    },
    "recommenders": {
        "sar": Ranker("rebuilt", "SAR", sar),
        "cornac-bivae": Ranker("cornac", "BiVAE, rank 100, 500 epochs", cornac_bivae, slow=True),
    },
    "recbole": {},
    "moment": {
        "cornac-fpmc": Ranker("cornac", "FPMC, rank 100", cornac_fpmc, slow=True),
        "cornac-gru4rec": Ranker("cornac", "GRU4Rec, 100 units", cornac_gru4rec, slow=True),
    },
}
