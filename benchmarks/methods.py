"""What is compared: one function per library, and the settings it runs with.

A function takes (data, seed, clock, steps): it imports what it needs, puts the ratings where they
are wanted, starts the clock and reports to it, once or after every sweep. Ours are those of
`lecture_utils.methods.METHODS`. Peers run with the settings of their documentation, or with a good
one that was found by hand; their processes do without torch, so nothing here imports it.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

IDS, SIDE = "user and movie", "attributes, who rated what, day"  # as in lecture_utils.methods
DAY = 86_400  # seconds
PACKAGE = Path(__file__).parents[1] / "lecture_utils"
LOADING = {"__init__", "data", "download", "synthetic.small"}  # is not counted as a method's code


@dataclass(frozen=True)
class Method:
    """A row of the benchmark.

    `steps` are its sweeps or epochs; `refit` says that it shows no iterates (see worker).
    """

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
        """Say whether it is a method of the course."""
        return self.who == "ours"


def find(key: str) -> Method:
    """Return a peer without importing what ours need, or one of ours."""
    return PEERS.get(key) or find_all()[key]


def find_all() -> dict[str, Method]:
    """Return what predicts ratings: a mean, those with a label in the registry, the peers'."""
    from lecture_utils.methods import METHODS

    ours = {
        name: Method(
            "ours", method.label, partial(train, name=name), method.steps, method.information,
            code=modules(*list_modules(method)),
        )
        for name, method in METHODS.items()
        if method.label and method.task == "rating"
    }  # fmt: skip
    return {"mean": Method("ours", "global mean", mean)} | ours | PEERS


def list_modules(method) -> list[str]:
    """List the modules of a method of the registry, and of the parts that it blends."""
    from lecture_utils.methods import METHODS

    parts = getattr(method.inputs, "keywords", {}).get("names", ())
    functions = [method.function, *(METHODS[name].function for name in parts)]
    return [function.__module__.removeprefix("lecture_utils.") for function in functions]


def modules(*names: str) -> tuple[str, ...]:
    """Return these modules and all that they import of lecture_utils, but for loading the data."""
    found, left = set(), [*names]
    while left:
        if (module := left.pop()) in found | LOADING:
            continue
        found.add(module)
        tree = ast.parse(read_code(module))
        left += [
            node.module.removeprefix("lecture_utils.")
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module.startswith("lecture_utils.")
        ]
    return tuple(sorted(found))


def read_code(module: str) -> str:
    """Read the source of a module of lecture_utils."""
    return (PACKAGE / f"{module.replace('.', '/')}.py").read_text("utf-8")


def mean(data, seed, clock, steps):
    """Predict the mean of the training ratings."""
    from lecture_utils import as_tensors

    ratings = as_tensors(data.train).ratings
    clock.start()
    level = ratings.mean()
    clock.report(1, lambda: level.expand(len(data.test)))


def train(data, seed, clock, steps, *, name, **settings):
    """Run a method of the course; `settings` replace those of its entry."""
    import torch

    from lecture_utils import as_tensors, evaluate
    from lecture_utils.methods import METHODS
    from lecture_utils.methods.sessions import timestamps

    method, ratings, test = METHODS[name], as_tensors(data.train), as_tensors(data.test)
    times = timestamps(data.test)
    if any("torch.optim" in read_code(module) for module in modules(*list_modules(method))):
        torch.optim.Adam([torch.zeros(1)])  # the first one imports half of torch
    torch.manual_seed(seed)
    clock.start()
    clock.average = method.burn_in is not None
    models = clock.watch(method.start(data, ratings, **settings))
    evaluate.curve(models, test, steps, times, method.burn_in, clock.score)


def surprise(data, seed, clock, epochs, *, algorithm, **options):
    """Run an algorithm of Surprise."""
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
    """Run cornac's matrix factorization."""
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
    """Run cmfrec's ALS."""
    from cmfrec import CMF

    names = {"user": "UserId", "movie": "ItemId", "rating": "Rating"}
    train, test = (ratings.rename(columns=names) for ratings in (data.train, data.test))
    clock.start()
    model = CMF(niter=sweeps, random_state=seed, nthreads=1, verbose=False, **options)
    model.fit(train[[*names.values()]])
    clock.report(sweeps, lambda: model.predict(test["UserId"], test["ItemId"]))


def myfm(data, seed, clock, sweeps, *, side=False, ordinal=False):
    """Run myFM's Gibbs sampler; with `side` on what its own notebook looks at, and gender."""
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
    """Make (main table, blocks of users and movies) for training and test, and groups' widths."""
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
    parts = []
    for table, part in zip(main, (data.train, data.test)):
        parts.append((table, [RelationBlock(part[name] - 1, block) for name, block in blocks]))
    return *parts, groups + [block.shape[1] for block in user + movie]


def _over_root(rated):
    """Divide each row by the root of its sum."""
    from scipy import sparse

    return sparse.diags(1 / np.sqrt(np.asarray(rated.sum(1)).clip(min=1)).ravel()) @ rated


svd = partial(surprise, algorithm="SVD")
svd_tuned = partial(surprise, algorithm="SVD", n_factors=50, reg_all=0.09)
svdpp = partial(surprise, algorithm="SVDpp", n_factors=20, reg_all=0.09, cache_ratings=True)
similarity = {"name": "pearson_baseline", "user_based": False}
knn = partial(surprise, algorithm="KNNBaseline", sim_options=similarity)
mf_tuned = partial(cornac, k=50, learning_rate=0.005, lambda_reg=0.1)
als = partial(cmfrec, k=40, lambda_=0.15, scale_lam=True)
myfm_side = partial(myfm, side=True)
myfm_ordinal = partial(myfm, side=True, ordinal=True)
PEERS = {
    "surprise-svd": Method("Surprise", "SVD, default", svd, 20, refit=True),
    "surprise-svd-tuned": Method("Surprise", "SVD, k 50, reg .09", svd_tuned, 100, refit=True),
    "surprise-svdpp": Method("Surprise", "SVD++, k 20, reg .09", svdpp, 50, refit=True, slow=True),
    "surprise-knn": Method("Surprise", "KNNBaseline, items, pearson_baseline", knn),
    "cornac-mf": Method("cornac", "MF, default", cornac, 20, refit=True),
    "cornac-mf-tuned": Method("cornac", "MF, k 50, lr .005, reg .1", mf_tuned, 100, refit=True),
    "cmfrec": Method("cmfrec", "ALS, k 40, scale_lam, lambda .15", als, 10, refit=True),
    "myfm": Method("myFM", "rank 10", myfm, 200),
    "myfm-side": Method("myFM", "rank 10", myfm_side, 512, SIDE),
    "myfm-side-ordinal": Method("myFM", "rank 10, ordinal", myfm_ordinal, 512, SIDE),
}
