"""Loading, models, training and checks for the lectures: see the book for the course itself."""

from importlib import import_module

__version__ = "0.2.0"

_HOME = {
    "methods.biases": ("Biases", "fit_biases"),
    "data": ("Ratings", "Solo", "Tensors", "as_tensors", "load_movielens", "load_solo"),
    "models": ("EmbeddingFactorization", "MatrixFactorization", "NeuralRecommender"),
    "recommend": ("fold_in", "top_n"),
    "notebook.playground": ("Playground",),
    "notebook.steps": ("Steps",),
    "train": ("History", "fit"),
}
__all__ = sorted(name for names in _HOME.values() for name in names)


def __getattr__(name: str) -> object:
    """Import on first use: `python -m lecture_utils` must speak even where torch is missing."""
    if name == "plot":  # `from lecture_utils import plot`, as a lecture says it
        return import_module("lecture_utils.notebook.plot")
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"lecture_utils.{module}"), name)
    raise AttributeError(f"module 'lecture_utils' has no attribute {name!r}")
