"""Draw the pictures that the lectures need more than once.

Importing this module registers a Korean font, sets the course's style and, in a notebook, puts
the numbers beside each figure (figure_tables). Backgrounds are white and opaque, so that a
figure stays readable on a dark page.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes

from lecture_utils.notebook import figure_tables
from lecture_utils.notebook.arrays import to_numpy

describe = figure_tables.describe
FONT = "Lecture Gothic"  # a subset of Nanum Gothic, see fonts/make_font.py
# Blue, vermilion, green, purple, orange, sky, grey: told apart by colour-blind readers, too
# (Okabe & Ito 2008, the order changed).
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777"]


def use_font() -> None:
    """Draw text in the course's Korean font from now on.

    Importing this module does it once. Call it again after something has changed the font:
    `plt.style.use`, `plt.rc("font", ...)` or a theme of seaborn. Figures that are already
    drawn keep their font.
    """
    mpl.rcParams["font.family"] = [FONT, "DejaVu Sans"]
    mpl.rcParams["axes.unicode_minus"] = False  # the font has no U+2212


def _set_up() -> None:
    font_manager.fontManager.addfont(Path(__file__).with_name("fonts") / "LectureGothic.ttf")
    use_font()
    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=COLORS),
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
            "figure.figsize": (5.2, 3.2),  # on a phone 390 wide, text of 10 points has 9.5 pixels
            "figure.facecolor": "white",
            "figure.dpi": 96,  # an inch of a figure is an inch of the page
            "grid.alpha": 0.3,
        }
    )
    figure_tables.register()
    if (ipython := sys.modules.get("IPython")) and ipython.get_ipython():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")  # two pixels where a page has one: crisp on any screen


_set_up()


def curves(
    histories: Mapping[str, Sequence[float]],
    baselines: Mapping[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw MSE against epoch, one line per label, over dashed lines for the baselines.

    Prints, in Korean, where a curve is first not finite.

    Args:
        histories: The MSEs of each label. What `fit` returns, and a single list of MSEs, are
            given labels.
        baselines: The level of each label.
        ylim: The lowest and the highest MSE to show.
        ax: Where to draw; a new figure by default.

    Returns:
        The Axes.

    Raises:
        ValueError: There is nothing to draw, or something that is no curve.
    """
    lines = {
        label: _read_curve(curve, f"histories[{label!r}]")
        for label, curve in _label_curves(histories).items()
    }
    if not any(map(len, lines.values())):
        raise ValueError("histories is empty; give {label: list of MSEs}")
    baselines = {} if baselines is None else baselines
    if not isinstance(baselines, Mapping | pd.Series):
        raise ValueError(f"baselines is {baselines!r}; give {{label: number}}")
    levels = {
        label: _read_curve(value, f"baselines[{label!r}]") for label, value in baselines.items()
    }
    for label, level in levels.items():
        if len(level) != 1:
            raise ValueError(f"baselines[{label!r}] has {len(level)} numbers; give one")
    ax = ax or plt.figure().add_subplot()
    for label, curve in lines.items():
        ax.plot(curve, label=label)
        for epoch in np.flatnonzero(~np.isfinite(curve))[:1]:
            print(f"{label}: 에폭 {epoch}의 값이 {curve[epoch]}입니다. 그런 곳은 비워 둡니다.")
    styles = ["--", ":", "-."]
    for n, (label, level) in enumerate(levels.items()):
        ax.axhline(level[0], color="black", linestyle=styles[n % 3], lw=1.2, label=label)
    ax.set(xlabel="에폭", ylabel="MSE")
    if ylim:
        ax.set_ylim(*ylim)
    ax.legend()
    return ax


def _label_curves(histories: object) -> Mapping[str, object]:
    if hasattr(histories, "train_mse"):  # train.History, which would import torch
        curves = {"훈련 MSE": histories.train_mse, "테스트 MSE": histories.test_mse}
        return {label: curve for label, curve in curves.items() if curve}
    return histories if isinstance(histories, Mapping | pd.DataFrame) else {"MSE": histories}


def _read_curve(values: object, name: str) -> np.ndarray:
    """Read numbers in a row, shape (n,); a single number is a row of one."""
    if hasattr(values, "train_mse"):
        raise ValueError(f"{name} holds two curves; give its train_mse or its test_mse")
    curve = to_numpy(values, name)
    if curve.size != max(curve.shape, default=1):
        raise ValueError(f"{name} has shape {curve.shape}; a curve has one number per epoch")
    return curve.reshape(-1)


def heatmap(table: pd.DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw a table of ratings from 0 to 5, one coloured cell each; blanks stay grey.

    Args:
        table: Ratings, users by items; what has no names is numbered.
        ax: Where to draw; a new figure by default.
        title: The title of the Axes.

    Returns:
        The Axes.

    Raises:
        ValueError: `table` is no table of numbers.
    """
    values = to_numpy(table, "table")
    if values.ndim != 2:
        raise ValueError(f"table has shape {values.shape}; heatmap draws users by items")
    table = table if isinstance(table, pd.DataFrame) else pd.DataFrame(values)
    ax = ax or plt.figure(figsize=(5.2, 4.4)).add_subplot()
    cmap = mpl.colormaps["viridis"].with_extremes(bad="#dddddd")
    image = ax.imshow(np.ma.masked_invalid(values), vmin=0, vmax=5, cmap=cmap, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        text = "?" if np.isnan(value) else f"{value:.2f}"
        color = "white" if value <= 2.7 else "black"  # a blank is not below 2.7
        ax.text(column, row, text, ha="center", va="center", color=color)
    ax.set_xticks(range(table.shape[1]), table.columns, rotation=45, ha="right")
    ax.set_yticks(range(table.shape[0]), table.index)
    ax.grid(False)
    ax.figure.colorbar(image, ax=ax, label="평점")
    if title:
        ax.set_title(title)
    return ax


def factors(
    points: object,
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw two-dimensional factors as named points, with a colour and a mark per group.

    Args:
        points: The factors, shape (n, 2).
        labels: The name of each point.
        groups: The group of each point; without it all look the same.
        ax: Where to draw; a new figure by default.

    Returns:
        The Axes.

    Raises:
        ValueError: The lengths differ, a factor is not finite, or there are not two of each.
    """
    xy = to_numpy(points, "points")
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) != len(labels):
        raise ValueError(
            f"points has shape {xy.shape} for {len(labels)} labels; "
            "factors draws (n, 2), so train with rank=2 or project first"
        )
    for row in np.flatnonzero(~np.isfinite(xy).all(axis=1))[:1]:
        raise ValueError(f"points[{row}] is {xy[row]}; did the training diverge? try a smaller lr")
    names = list(groups) if groups is not None else [""] * len(labels)
    if len(names) != len(labels):
        raise ValueError(f"there are {len(names)} groups for {len(labels)} labels; give one each")
    ax = ax or plt.figure(figsize=(5.2, 4.4)).add_subplot()
    for n, group in enumerate(dict.fromkeys(names)):
        chosen = [name == group for name in names]
        marker = "osD^vPX"[n % 7]  # shape as well as colour
        ax.scatter(*xy[chosen].T, color=COLORS[n % 7], marker=marker, label=group or None)
    for (x, y), label in zip(xy, labels):
        ax.annotate(label, (x, y), xytext=(5, 4), textcoords="offset points")
    ax.axhline(0, color="black", lw=0.6)
    ax.axvline(0, color="black", lw=0.6)
    ax.set(xlabel="첫째 요인", ylabel="둘째 요인")
    ax.margins(0.15)
    if groups is not None:
        ax.legend()
    return ax
