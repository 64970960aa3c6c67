"""Train the factors of a small table with settings that a reader chooses.

A notebook trains once and shows a picture: change the call and run the cell again. In the book the
reader trains in the page: see book/_ext/playground_figure.py.
"""

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from lecture_utils import evaluate
from lecture_utils.data import Tensors
from lecture_utils.models import EmbeddingFactorization
from lecture_utils.notebook import plot
from lecture_utils.notebook.arrays import to_numpy
from lecture_utils.notebook.pictures import Picture
from lecture_utils.train import fit, mse

FACTORS = ("user_features.weight", "item_features.weight")  # what `l2` keeps small


class Playground(Picture):
    """A training on a table of ratings. As the last value of a cell it displays itself."""

    MIME = "application/vnd.lecture.playground+json"
    COLORS = 64

    def __init__(
        self,
        table: pd.DataFrame,
        blanks: pd.DataFrame,
        repaired: pd.DataFrame | None = None,
        *,
        lr: float = 0.1,
        l2: float = 0.0,
        rank: int = 2,
        seed: int = 43052,
        epochs: int = 100,
    ) -> None:
        """Read the table and train.

        Args:
            table: Ratings from 0 to 5, users by items, NaN where blank; all are named.
            blanks: Blanks whose truth is known, as `load_solo().blanks`: user, item, rating.
            repaired: Rows of `table` as they should be; the book offers to put them in.
            lr: Learning rate of Adam.
            l2: What the sum of the squares of all factors counts beside the mean squared error.
            rank: Number of factors.
            seed: Seed of the first factors and biases. The generator of torch is left as it was.
            epochs: Number of steps.

        Raises:
            ValueError: For a rating that is none, an unknown name, a blank that is known, and
                settings that `fit` refuses.
        """
        if rank < 1:
            raise ValueError(f"rank must be at least 1, not {rank}")
        self.table = _read_table(table, "table")
        self.repaired = _read_table(table.iloc[:0] if repaired is None else repaired, "repaired")
        if [*self.repaired.columns] != [*table.columns]:
            raise ValueError("repaired must have the columns of table, in their order")
        self.settings = {"lr": lr, "l2": l2, "rank": rank, "seed": seed, "epochs": epochs}
        self.known = _find_known(self.table)
        self.blanks = self._find_blanks(blanks)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = EmbeddingFactorization(*table.shape, rank)
        self.errors = self._train(lr, dict.fromkeys(FACTORS, l2), epochs)

    def _find_blanks(self, blanks: pd.DataFrame) -> Tensors:
        table, (user, item, rating) = self.table, (blanks[name] for name in blanks)
        users, items = table.index.get_indexer(user), table.columns.get_indexer(item)
        unknown = [*user[users < 0], *item[items < 0], *self.repaired.index.difference(table.index)]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not in the table")
        if table.notna().to_numpy()[users, items].any():
            raise ValueError("blanks names a cell that the table knows")
        ratings = torch.tensor(to_numpy(rating, "blanks"), dtype=torch.float32)
        return Tensors(torch.tensor(users), torch.tensor(items), ratings)

    def _train(self, lr: float, l2: dict[str, float], epochs: int) -> np.ndarray:
        """Train; return the RMSE on the known cells and on the blanks, (epochs + 1, 2)."""
        first = mse(self.model, self.blanks).item()
        history = fit(self.model, self.known, self.blanks, epochs=epochs, lr=lr, l2=l2)
        last = mse(self.model, self.known).item()
        return np.sqrt(np.column_stack([[*history.train_mse, last], [first, *history.test_mse]]))

    def _score_mean(self) -> float:
        """Return the RMSE of the mean predictor on the blanks."""
        truth = self.blanks.ratings
        return evaluate.rmse(self.known.ratings.mean().expand_as(truth), truth)

    def _predict(self) -> np.ndarray:
        return to_numpy(self.model.table(torch.arange(len(self.table))), "predictions")

    def draw(self) -> Figure:
        """Draw the predictions, and below them the errors after each epoch."""
        figure = Figure(figsize=(5.2, 7.2), layout="constrained")
        above, below = figure.subplots(2, height_ratios=(5, 3))
        predicted = pd.DataFrame(self._predict(), self.table.index, self.table.columns)
        plot.heatmap(predicted, above, title=f"{self.settings['epochs']}에폭 뒤의 예측")
        for name, curve, style in zip(["아는 칸", "빈칸"], self.errors.T, ["-", "--"]):
            below.plot(curve, style, label=name)
        below.axhline(self._score_mean(), color="black", ls=":", label="평균 예측 (빈칸)")
        below.set(title="에폭마다의 RMSE", xlabel="에폭", ylabel="RMSE")
        below.legend()
        return figure

    def to_dict(self) -> dict:
        """Return the tables, the settings, and where they lead; None stands for a blank."""
        blanks = zip(*(column.tolist() for column in self.blanks))
        return {
            "rows": [*self.table.index],
            "columns": [*self.table.columns],
            "table": _write_table(self.table),
            "blanks": [[row, column, round(rating, 2)] for row, column, rating in blanks],
            "repaired": dict(zip(self.repaired.index, _write_table(self.repaired))),
            "settings": self.settings,
            "predictions": self._predict().round(2).tolist(),
            "errors": self.errors.round(3).tolist(),
            "mean": round(self._score_mean(), 3),
        }

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"<Playground: {settings}>"


def _read_table(table: pd.DataFrame, name: str) -> pd.DataFrame:
    values = to_numpy(table, name)
    if (wrong := values[(values < 0) | (values > 5)]).size:
        raise ValueError(f"{name} holds {wrong[0]}; ratings are from 0 to 5")
    return pd.DataFrame(values, table.index, table.columns)


def _find_known(table: pd.DataFrame) -> Tensors:
    users, items = np.nonzero(table.notna())
    ratings = torch.tensor(table.to_numpy()[users, items], dtype=torch.float32)
    return Tensors(torch.tensor(users), torch.tensor(items), ratings)


def _write_table(table: pd.DataFrame) -> list[list[float | None]]:
    return [[None if np.isnan(x) else x for x in row] for row in table.to_numpy().tolist()]
