"""Every method after the documents, one module each, under one protocol (`protocol`).

`METHODS` is the registry: lecture, benchmark and the shared tests know a method from there alone.
A new one is a module, an entry here, and a test of its own against something independent.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lecture_utils.data import Ratings, Tensors, as_tensors
from lecture_utils.methods.als import als
from lecture_utils.methods.average import Average
from lecture_utils.methods.biases import biases
from lecture_utils.methods.descent import descent
from lecture_utils.methods.gibbs import gibbs
from lecture_utils.methods.neumf import neumf
from lecture_utils.methods.sessions import timestamps
from lecture_utils.methods.side_information import attributes, rated_sets
from lecture_utils.methods.svdpp import svdpp

__all__ = ["METHODS", "Average", "Method", "train_models"]
PAUSES = (0, 10, 20, 30, 45, 60, 90, 120, 240, 1000, 3600)  # seconds that end a session


@dataclass(frozen=True)
class Method:
    """A method with the settings that it runs with by default."""

    train: Callable[..., Iterator]  # (train, size, **settings)
    steps: int  # models to take
    settings: Mapping[str, Any] = field(default_factory=dict)
    burn_in: int | None = None  # for a sampler, whose predictions are averaged: see evaluate.curve
    inputs: Callable[[Ratings, Tensors], dict] | None = None  # settings made from the data


def train_models(name: str, data: Ratings, **settings: Any) -> Iterator:
    """Start a method of the registry on `data.train`; `settings` replace those of its entry."""
    if name not in METHODS:
        raise KeyError(f"there is no method {name!r}: choose one of {', '.join(METHODS)}")
    method, train = METHODS[name], as_tensors(data.train)
    made = method.inputs(data, train) if method.inputs else {}
    return method.train(train, data.size, **{**method.settings, **made, **settings})


def penalise_means(**lambdas: float) -> Callable[[Ratings, Tensors], dict]:
    """Turn document 000's penalties on a mean over N ratings into ridges: lambda * N."""
    return lambda data, train: {name: lam * len(train.ratings) for name, lam in lambdas.items()}


def add_features(data: Ratings, train: Tensors) -> dict:
    """Make the features of users and items: attributes, and who rated what."""
    user_features, item_features = zip(attributes(data), rated_sets(train, data.size))
    return {"user_features": user_features, "item_features": item_features}


def add_features_and_times(data: Ratings, train: Tensors) -> dict:
    """Make the features, and the times of the ratings."""
    return add_features(data, train) | {"times": timestamps(data.train)}


DOCUMENT = {"stages": ((1000, 0.1),)}
METHODS = {
    "biases": Method(biases, 10),
    "document": Method(descent, 1000, DOCUMENT | {"bias": False, "ridge": 0.0}),
    "document-l2": Method(
        descent, 1000, DOCUMENT | {"bias": False}, inputs=penalise_means(ridge=1e-4)
    ),
    "document-bias": Method(
        descent, 1000, DOCUMENT, inputs=penalise_means(ridge=1e-4, ridge_bias=1e-3)
    ),
    "descent": Method(descent, 200),
    "als": Method(als, 15, {"rank": 10, "ridge": 1.4, "ridge_bias": 0.7, "power": 0.5}),
    "svdpp": Method(svdpp, 90),
    "neumf": Method(neumf, 8),
    "gibbs": Method(gibbs, 200, {"rank": 14}, burn_in=15),
    "gibbs-side": Method(
        gibbs, 250, {"ordinal": True, "pauses": ("day",)}, 15, add_features_and_times
    ),
    "gibbs-time": Method(
        gibbs, 350, {"ordinal": True, "pauses": PAUSES, "rank": 16}, 15, add_features_and_times
    ),
}
