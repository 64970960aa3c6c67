"""What is compared: one function per method, and the settings it runs with.

A function takes (data, seed, clock, steps): it imports what it needs, puts the ratings where they
are wanted, starts the clock and reports (step, predict) to it, once or after every sweep. Peers
run with the settings of their documentation, or with a good one that was found by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

BURN_IN = 15  # sweeps that ours leave out of the mean; myFM leaves out 5, its default
DAY = 86_400
IDS = "user and movie"
SIDE = "attributes, who rated what, day"
TIME = "attributes, who rated what, full timestamp: more than any peer uses"
LINEAR = ("methods.biases",)
DOCUMENT = ("models", "sparse", "train")
SOLVER = ("sparse", "methods.als", "methods.least_squares")
SAMPLER = (
    *SOLVER,
    "methods.gibbs",
    "methods.session_effects",
    "methods.side_information",
    "methods.ordinal",
)


@dataclass(frozen=True)
class Method:
    """`steps` are its sweeps or epochs; `refit` says that it shows no iterates (see worker)."""

    who: str
    setting: str
    run: Callable
    steps: int = 1
    information: str = IDS
    refit: bool = False
    slow: bool = False
    code: tuple[str, ...] = ()  # modules of lecture_utils that it runs

    @property
    def ours(self) -> bool:
        return self.who == "ours"


def mean(data, seed, clock, steps):
    train, test, _ = _tensors(data, seed)
    clock.start()
    level = train.ratings.mean()
    clock.report(1, lambda: level.expand(len(test.ratings)))


def biases(data, seed, clock, sweeps):
    from lecture_utils.methods.biases import fit_biases

    train, test, sizes = _tensors(data, seed)
    clock.start()
    model = fit_biases(train, *sizes, sweeps=sweeps)
    clock.report(sweeps, lambda: model(test.users, test.items))


def document(data, seed, clock, epochs, *, l2, bias=False):
    import torch

    from lecture_utils import MatrixFactorization, fit

    train, test, sizes = _tensors(data, seed)
    torch.optim.Adam([torch.zeros(1)])  # the first one imports half of torch
    clock.start()
    model = MatrixFactorization(*sizes, bias=bias, mean=train.ratings.mean().item())
    fit(model, train, epochs=epochs, l2=l2)
    clock.report(epochs, lambda: model(test.users, test.items).detach())


def als(data, seed, clock, steps, **options):
    from lecture_utils.methods.als import sweeps

    train, test, sizes = _tensors(data, seed)
    clock.start()
    for step, model in zip(range(1, steps + 1), sweeps(train, *sizes, **options)):
        clock.report(step, partial(model, test.users, test.items))


def gibbs(data, seed, clock, steps, *, side=False, day=False, pauses=(), **options):
    from lecture_utils.methods import side_information as effects
    from lecture_utils.methods.gibbs import Gibbs

    train, test, sizes = _tensors(data, seed)
    clock.start()
    tables = [effects.attributes(data), effects.rated_sets(train, *sizes)] if side else []
    user_features, item_features = zip(*tables) if tables else ((), ())
    pairs = [effects.sessions(data.train, data.test, pause) for pause in pauses]
    pairs += [effects.time_bins(data.train, data.test, DAY)] if day else []
    contexts = [(a, 1 + max(int(a.max()), int(b.max()))) for a, b in pairs]
    features = {"user_features": user_features, "item_features": item_features}
    chain = Gibbs(train, *sizes, contexts=contexts, **features, **options)
    for step in range(1, steps + 1):
        chain.sweep()
        if step > BURN_IN:
            predict = partial(chain.predict, test.users, test.items, [b for _, b in pairs])
            clock.report(step, predict, average=True)


def surprise(data, seed, clock, epochs, *, algorithm, **options):
    import surprise

    columns = ["user", "movie", "rating"]
    ratings = surprise.Dataset.load_from_df(data.train[columns], surprise.Reader())
    train = ratings.build_full_trainset()
    test = [*data.test[columns].itertuples(index=False, name=None)]
    if "SVD" in algorithm:
        options |= {"n_epochs": epochs, "random_state": seed}
    clock.start()
    model = getattr(surprise, algorithm)(**options, verbose=False).fit(train)
    clock.report(epochs, lambda: [prediction.est for prediction in model.test(test)])


def cornac(data, seed, clock, epochs, **options):
    from cornac.data import Dataset
    from cornac.models import MF

    columns = ["user", "movie", "rating"]
    train = Dataset.from_uir([*data.train[columns].itertuples(index=False, name=None)], seed)
    users = [train.uid_map.get(user, train.num_users) for user in data.test["user"]]
    items = [train.iid_map.get(movie, train.num_items) for movie in data.test["movie"]]
    clock.start()
    model = MF(max_iter=epochs, num_threads=1, seed=seed, **options).fit(train)
    clock.report(epochs, lambda: [model.rate(user, item) for user, item in zip(users, items)])


def cmfrec(data, seed, clock, sweeps, **options):
    from cmfrec import CMF

    names = {"user": "UserId", "movie": "ItemId", "rating": "Rating"}
    train, test = (ratings.rename(columns=names) for ratings in (data.train, data.test))
    clock.start()
    model = CMF(niter=sweeps, random_state=seed, nthreads=1, verbose=False, **options)
    model.fit(train[[*names.values()]])
    clock.report(sweeps, lambda: model.predict(test["UserId"], test["ItemId"]))


def myfm(data, seed, clock, sweeps, *, side=False, ordinal=False):
    import myfm

    clock.start()
    train, test, sizes = _myfm_features(data, side)
    stars = data.train["rating"].to_numpy()

    def predict(fm):
        if ordinal:
            return fm.oprobit_predict_proba(*test, 0) @ np.arange(1, 6)
        return fm.predict_score(*test)

    def after_sweep(i, fm, *_):
        if i >= 5:
            clock.report(i + 1, partial(predict, fm), average=True)
        return False, None

    kind = myfm.MyFMOrderedProbit if ordinal else myfm.MyFMRegressor
    model, y = kind(rank=10, random_seed=seed), stars - 1 if ordinal else stars
    options = {"n_iter": sweeps, "group_shapes": sizes, "callback": after_sweep}
    model.fit(train[0], y, train[1], n_kept_samples=1, **options)  # the mean is taken by the clock


def _myfm_features(data, side):
    """(main table, blocks of users and movies) for training and for test, and the widths of the
    groups of features: with `side` what myFM's own notebook has, and gender."""
    from myfm import RelationBlock
    from scipy import sparse

    def one_hot(values, categories=None):
        values = pd.Categorical(values, categories=categories)
        known = np.flatnonzero(values.codes >= 0)  # others, as a day without training, stay zero
        entries = np.ones(len(known)), (known, values.codes[known])
        return sparse.csr_matrix(entries, (len(values), len(values.categories)))

    user, movie, groups = [one_hot(data.users["user"])], [one_hot(data.movies["movie"])], []
    main = [sparse.csr_matrix((len(part), 0)) for part in (data.train, data.test)]
    if side:
        days = [part["timestamp"] // DAY for part in (data.train, data.test)]
        main = [one_hot(day, days[0].unique()) for day in days]
        groups = [main[0].shape[1]]
        rated = one_hot(data.train["user"], data.users["user"]).T
        rated = rated @ one_hot(data.train["movie"], data.movies["movie"])  # (users, movies), 0/1
        ages = pd.qcut(data.users["age"], 10)
        people = data.users.assign(age=ages, zip=data.users["zip"].str[0])
        user += [_over_root(rated), *(one_hot(people[name]) for name in people.columns[1:])]
        years = pd.qcut(pd.to_numeric(data.movies["release_date"].str[-4:]), 10, duplicates="drop")
        genres = sparse.csr_matrix(data.movies.iloc[:, -19:].to_numpy(float))
        movie += [_over_root(rated.T), genres, one_hot(years)]
    blocks = [("user", sparse.hstack(user, "csr")), ("movie", sparse.hstack(movie, "csr"))]
    train, test = (
        (table, [RelationBlock(part[name] - 1, block) for name, block in blocks])
        for table, part in zip(main, (data.train, data.test))
    )
    return train, test, groups + [block.shape[1] for block in user + movie]


def _over_root(rated):
    """Each row divided by the root of its sum."""
    from scipy import sparse

    return sparse.diags(1 / np.sqrt(np.asarray(rated.sum(1)).clip(min=1)).ravel()) @ rated


def _tensors(data, seed):
    """Training and test ratings, (users, items, ratings) each, and the sizes of the tables."""
    import torch

    from lecture_utils import as_tensors

    torch.manual_seed(seed)
    return as_tensors(data.train), as_tensors(data.test), (data.num_users, data.num_items)


L2 = {"P": 1e-4, "Q": 1e-4}
L2_BIAS = L2 | {"bias_item": 1e-3, "bias_user": 1e-3}
PAUSES = (0, 10, 20, 30, 45, 60, 90, 120, 240, 1000, 3600)  # seconds that end a session

METHODS = {
    "mean": Method("ours", "global mean", mean),
    "biases": Method("ours", "biases, 10 sweeps", biases, 10, refit=True, code=LINEAR),
    "document": Method(
        "ours", "document 000, plain", partial(document, l2={}), 1000, refit=True, code=DOCUMENT
    ),
    "document-l2": Method(
        "ours", "document 000, L2", partial(document, l2=L2), 1000, refit=True, code=DOCUMENT
    ),
    "document-bias": Method(
        "ours",
        "document 000, L2 and biases",
        partial(document, l2=L2_BIAS, bias=True),
        1000,
        refit=True,
        code=DOCUMENT,
    ),
    "als": Method(
        "ours",
        "ALS, rank 10, penalty by root of count",
        partial(als, rank=10, ridge=1.4, ridge_bias=0.7, power=0.5),
        15,
        code=SOLVER,
    ),
    "gibbs": Method("ours", "Gibbs, rank 14", partial(gibbs, rank=14), 200, code=SAMPLER),
    "gibbs-side": Method(
        "ours",
        "Gibbs, rank 10, ordinal",
        partial(gibbs, side=True, day=True, ordinal=True),
        250,
        SIDE,
        code=SAMPLER,
    ),
    "gibbs-time": Method(
        "ours",
        "Gibbs, rank 16, ordinal, sessions by pauses of 0 to 3600 s",
        partial(gibbs, side=True, pauses=PAUSES, rank=16, ordinal=True),
        350,
        TIME,
        code=SAMPLER,
    ),
    "surprise-svd": Method(
        "Surprise", "SVD, default", partial(surprise, algorithm="SVD"), 20, refit=True
    ),
    "surprise-svd-tuned": Method(
        "Surprise",
        "SVD, k 50, reg .09",
        partial(surprise, algorithm="SVD", n_factors=50, reg_all=0.09),
        100,
        refit=True,
    ),
    "surprise-svdpp": Method(
        "Surprise",
        "SVD++, k 20, reg .09",
        partial(surprise, algorithm="SVDpp", n_factors=20, reg_all=0.09, cache_ratings=True),
        50,
        refit=True,
        slow=True,
    ),
    "surprise-knn": Method(
        "Surprise",
        "KNNBaseline, items, pearson_baseline",
        partial(
            surprise,
            algorithm="KNNBaseline",
            sim_options={"name": "pearson_baseline", "user_based": False},
        ),
    ),
    "cornac-mf": Method("cornac", "MF, default", cornac, 20, refit=True),
    "cornac-mf-tuned": Method(
        "cornac",
        "MF, k 50, lr .005, reg .1",
        partial(cornac, k=50, learning_rate=0.005, lambda_reg=0.1),
        100,
        refit=True,
    ),
    "cmfrec": Method(
        "cmfrec",
        "ALS, k 40, scale_lam, lambda .15",
        partial(cmfrec, k=40, lambda_=0.15, scale_lam=True),
        10,
        refit=True,
    ),
    "myfm": Method("myFM", "rank 10", myfm, 200),
    "myfm-side": Method("myFM", "rank 10", partial(myfm, side=True), 512, SIDE),
    "myfm-side-ordinal": Method(
        "myFM", "rank 10, ordinal", partial(myfm, side=True, ordinal=True), 512, SIDE
    ),
}
