"""Replay a training: where every point stood at every epoch.

A notebook shows four moments side by side. The book makes an animation of them: see
book/_ext/steps_figure.py.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from lecture_utils.notebook.arrays import to_numpy
from lecture_utils.notebook.pictures import Picture
from lecture_utils.notebook.plot import factors


class Steps(Picture):
    """Points that moved in a training. As the last value of a cell it displays itself."""

    MIME = "application/vnd.lecture.steps+json"

    def __init__(
        self,
        positions: Sequence[object],
        mse: Sequence[float],
        labels: Sequence[str],
        groups: Sequence[str],
        circled: Mapping[str, Sequence[str]] | None = None,
        show: Sequence[int] = (0, 10, 30, 100),
    ) -> None:
        """Read and check what was recorded.

        Args:
            positions: Where the n points stood after e epochs, shape (epochs, n, 2).
            mse: The error after e epochs, shape (epochs,).
            labels: The name of each point.
            groups: The group of each point, as in `plot.factors`.
            circled: A word for the legend, and the labels that get a ring for it.
            show: The four epochs of the picture.

        Raises:
            ValueError: Lengths differ, a number is not finite, or a name or epoch is unknown.
        """
        self.positions = to_numpy(list(positions), "positions")
        self.mse = to_numpy(mse, "mse").reshape(-1).tolist()
        self.labels, self.groups = list(labels), list(groups)
        self.circled = {word: list(chosen) for word, chosen in (circled or {}).items()}
        self.show = list(show)
        n = len(self.labels)
        if self.positions.shape != (len(self.mse), n, 2) or len(self.groups) != n:
            raise ValueError(
                f"positions has shape {self.positions.shape} for {len(self.mse)} MSEs, {n} labels "
                f"and {len(self.groups)} groups; give (epochs, n, 2), epochs, n and n"
            )
        lost = ~np.isfinite(np.column_stack([self.mse, self.positions.reshape(len(self.mse), -1)]))
        for epoch in np.flatnonzero(lost.any(axis=1))[:1]:
            raise ValueError(
                f"positions and mse must be finite, but those of epoch {epoch} are not; "
                "did the training diverge? try a smaller lr"
            )
        for label in (label for chosen in self.circled.values() for label in chosen):
            if label not in self.labels:
                raise ValueError(f"circled names {label!r}, which is not among the labels")
        if len(self.show) != 4 or not all(0 <= epoch < len(self.mse) for epoch in self.show):
            raise ValueError(f"show is {self.show}; name four epochs of 0..{len(self.mse) - 1}")

    def draw(self) -> Figure:
        """Draw four moments on the same axes; only the book's animation says who is who."""
        figure = Figure(figsize=(6.4, 7.6), layout="constrained")
        axes = figure.subplots(2, 2, sharex=True, sharey=True)
        for epoch, ax in zip(self.show, axes.flat):
            points = self.positions[epoch]
            factors(points, [""] * len(points), self.groups, ax)
            for word, chosen in self.circled.items():
                rows = [label in chosen for label in self.labels]
                ax.scatter(*points[rows].T, s=110, fc="none", ec="black", label=word)
            ax.set(title=f"에폭 {epoch}, 훈련 MSE {self.mse[epoch]:.3f}", aspect="equal")
            ax.label_outer()
            ax.get_legend().remove()
        handles, words = ax.get_legend_handles_labels()
        figure.legend(handles, words, loc="outside lower center", ncols=len(words))
        return figure

    def to_dict(self) -> dict:
        """Return all numbers; a point's path is "x,y x,y …", as SVG writes a line's points."""
        paths = [
            " ".join(f"{x:z.2f},{y:z.2f}" for x, y in p) for p in self.positions.swapaxes(0, 1)
        ]
        return {
            "labels": self.labels,
            "groups": self.groups,
            "circled": self.circled,
            "mse": [round(value, 4) for value in self.mse],
            "paths": paths,
        }

    def to_tables(self) -> list[dict]:
        """Return where every point started and arrived."""
        last = len(self.mse) - 1
        ends = np.hstack([self.positions[0], self.positions[last]])
        epochs = [f"에폭 {e}, 훈련 MSE {self.mse[e]:.3f}" for e in (0, last)]
        axes = [f"{axis} (에폭 {e})" for e in (0, last) for axis in ("첫째", "둘째")]
        rows = [
            [label, group, *(f"{at:z.2f}" for at in where)]
            for label, group, where in zip(self.labels, self.groups, ends)
        ]
        caption = f"잠재 요인. {epochs[0]}. {epochs[1]}."
        return [{"caption": caption, "columns": ["이름", "성향", *axes], "rows": rows}]

    def __repr__(self) -> str:
        return f"<Steps: {len(self.labels)} points, {len(self.mse)} epochs>"
