"""Pictures the lectures draw more than once. Importing this module registers a Korean font, and
in a notebook the numbers beside each figure (figure_tables).

Backgrounds are white and opaque, so that a figure stays readable on a dark page.
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

describe = figure_tables.describe
FONT = "Lecture Gothic"  # a subset of Nanum Gothic, see fonts/make_font.py
# Blue, vermilion, green, purple, orange, sky, grey: told apart by colour-blind readers, too
# (Okabe & Ito 2008, the order changed).
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777"]


def _setup() -> None:
    font_manager.fontManager.addfont(Path(__file__).with_name("fonts") / "LectureGothic.ttf")
    mpl.rcParams.update(
        {
            "font.family": [FONT, "DejaVu Sans"],
            "axes.unicode_minus": False,  # the font has no U+2212
            "axes.prop_cycle": mpl.cycler(color=COLORS),
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
            "figure.figsize": (6.4, 3.6),
            "figure.facecolor": "white",
            "figure.dpi": 96,  # an inch of a figure is an inch of the page
            "grid.alpha": 0.3,
        }
    )
    figure_tables.register()
    if (ipython := sys.modules.get("IPython")) and ipython.get_ipython():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")  # two pixels where a page has one: crisp on any screen


_setup()


def curves(
    histories: Mapping[str, Sequence[float]],
    baselines: Mapping[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw MSE against epoch, one line per label, over dashed lines for the baselines."""
    if not histories:
        raise ValueError("histories is empty; give {label: list of MSEs}")
    ax = ax or plt.figure().add_subplot()
    for label, curve in histories.items():
        ax.plot(curve, label=label)
    styles = ["--", ":", "-."]
    for n, (label, value) in enumerate((baselines or {}).items()):
        ax.axhline(value, color="black", linestyle=styles[n % 3], lw=1.2, label=label)
    ax.set(xlabel="에폭", ylabel="MSE")
    if ylim:
        ax.set_ylim(*ylim)
    ax.legend()
    return ax


def heatmap(table: pd.DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw a table of ratings from 0 to 5, one coloured cell each; blanks stay grey."""
    ax = ax or plt.figure(figsize=(6.4, 5.2)).add_subplot()
    values = table.to_numpy(dtype=float)
    cmap = mpl.colormaps["viridis"].with_extremes(bad="#dddddd")
    image = ax.imshow(np.ma.masked_invalid(values), vmin=0, vmax=5, cmap=cmap, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        blank = np.isnan(value)
        ax.text(
            column,
            row,
            "?" if blank else f"{value:.2f}",
            ha="center",
            va="center",
            fontsize=9,
            color="black" if blank or value > 2.7 else "white",
        )
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
    """Draw two-dimensional factors, shape (n, 2), as named arrows' ends; a colour per group."""
    xy = np.asarray(points, dtype=float)
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) != len(labels):
        raise ValueError(
            f"points has shape {xy.shape} for {len(labels)} labels; "
            "factors draws (n, 2), so train with rank=2 or project first"
        )
    ax = ax or plt.figure(figsize=(6.4, 5.2)).add_subplot()
    names = list(groups) if groups is not None else [""] * len(labels)
    for n, group in enumerate(dict.fromkeys(names)):
        chosen = [name == group for name in names]
        marker = "osD^vPX"[n % 7]  # shape as well as colour
        ax.scatter(*xy[chosen].T, color=COLORS[n % 7], marker=marker, label=group or None)
    for (x, y), label in zip(xy, labels):
        ax.annotate(label, (x, y), xytext=(5, 4), textcoords="offset points", fontsize=9)
    ax.axhline(0, color="black", lw=0.6)
    ax.axvline(0, color="black", lw=0.6)
    ax.set(xlabel="첫째 요인", ylabel="둘째 요인")
    ax.margins(0.15)
    if groups is not None:
        ax.legend()
    return ax
