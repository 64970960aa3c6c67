"""The numbers of a figure, as small tables beside the picture.

A picture keeps its digits to itself and says nothing to a screen reader. In a notebook every
matplotlib figure also puts out what its Axes hold, under a MIME type that frontends pass over;
the book shows it under a fold (book/_ext/lecture.py). Outside of a notebook nothing happens.
"""

import sys
import warnings
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FixedFormatter, FuncFormatter

MIME = "application/vnd.lecture.figure+json"
ALL, SOME = 20, 10  # up to ALL rows a table is whole; of more it shows about SOME
SPREAD = {"count": "점 수", "min": "최소", "median": "중앙값", "max": "최대"}

_described: WeakKeyDictionary[Axes, tuple[str, list[pd.DataFrame]]] = WeakKeyDictionary()


def register() -> None:
    """Where IPython runs, let it add the tables to each figure that it displays."""
    if (ipython := sys.modules.get("IPython")) and (shell := ipython.get_ipython()):
        shell.display_formatter.mimebundle_formatter.for_type(Figure, mimebundle)


def mimebundle(figure: Figure) -> dict[str, list[dict]]:
    """What IPython adds to the picture. A figure that we cannot read must not cost its cell."""
    try:
        found = tables(figure)
    except Exception as error:
        warnings.warn(f"no table for this figure: {error!r}", stacklevel=2)
        found = []
    return {MIME: found} if found else {}


def describe(ax: Axes, caption: str, table: pd.DataFrame) -> None:
    """Give the table of a drawing whose artists hold no numbers: boxes and words, say."""
    _described[ax] = caption, [table.rename_axis(index=table.index.name or "이름")]


def tables(figure: Figure) -> list[dict]:
    """{"caption", "columns", "rows"} of each table; the first cell of a row names it.

    Numbers have four significant digits; None stands for a blank.
    """
    found = []
    for ax in (ax for ax in figure.axes if ax.get_label() != "<colorbar>"):
        x, y = ax.get_xlabel(), ax.get_ylabel()
        title = ax.get_title() or (f"{x}에 따른 {y}" if x and y else y or "그림의 숫자")
        title, frames = _described.get(ax) or (title, [*_read(ax)])
        for frame in frames:
            names = [_or(name, y or "값") for name in frame.columns]
            if y and frame.index.name is None and len(names) == len(frames) == 1:
                names = [y]  # what pandas calls "count" has a name on its axis
            rows = frame.iloc[_some(frame)]
            what = frame.attrs.get("what") or ", ".join(names)
            caption = f"{title}: {what}" if len(frames) > 1 else title
            caption += f" ({len(frame)}개 가운데 {len(rows)}개)" if len(rows) < len(frame) else ""
            cells = [[str(_short(first)), *map(_short, row)] for first, *row in rows.itertuples()]
            columns = [frame.index.name or x or "이름", *names]
            found.append({"caption": caption, "columns": columns, "rows": cells})
    return found


def _read(ax: Axes) -> Iterator[pd.DataFrame]:
    """What the Axes hold, each kind in its way. An index without a name is the x axis."""
    across, down = _names(ax.xaxis), _names(ax.yaxis)
    for image in ax.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
        if values.ndim == 2 and max(values.shape) <= ALL:
            frame = pd.DataFrame(values).rename(index=down, columns=across)
            yield frame.rename_axis(index=f"{ax.get_ylabel() or '행'}＼{ax.get_xlabel() or '열'}")
    for bars in ax.containers:
        if isinstance(bars, BarContainer) and bars.orientation != "horizontal":
            yield _bars(bars, across)
    yield from _points(ax)
    yield from _lines(ax, across)


def _bars(bars: BarContainer, names: dict[float, str]) -> pd.DataFrame:
    """Bars by their names; those that touch, a histogram's, by their edges, some in one row."""
    left, width, height = np.array([(b.get_x(), b.get_width(), b.get_height()) for b in bars]).T
    right, index = left + width, [names.get(place, place) for place in left + width / 2]
    if not names and np.allclose(left[1:], right[:-1]):
        each = -(-len(bars) // SOME) if len(bars) > ALL else 1
        height = np.add.reduceat(height, range(0, len(bars), each))
        ends = zip(left[::each], [*right[each - 1 :: each], right[-1]])
        index = [f"{_short(start)}~{_short(end)}" for start, end in ends][: len(height)]
    label = _or(bars.get_label(), bars.patches[0].get_label() or "_")  # hist labels the first bar
    return pd.DataFrame({label: height}, index)


def _points(ax: Axes) -> Iterator[pd.DataFrame]:
    """Scattered points that have names, with the legend's words for them; else their spread."""
    names: dict[tuple, list[str]] = {}  # several may stand at one place
    for text in (text for text in ax.texts if isinstance(text, Annotation)):
        names.setdefault(tuple(text.xy), []).append(text.get_text())
    axes = [ax.get_xlabel() or "가로", ax.get_ylabel() or "세로"]
    words: dict[tuple, list[str]] = {}
    for group in (found for found in ax.collections if isinstance(found, PathCollection)):
        points = pd.DataFrame(np.asarray(group.get_offsets()), columns=axes)
        if names:
            for point in points.itertuples(index=False, name=None):
                words.setdefault(point, []).append(_or(group.get_label(), ""))
        else:
            spread = points.agg([*SPREAD]).T.rename(columns=SPREAD)
            spread.attrs["what"] = label = _or(group.get_label(), "")
            yield spread.rename_axis(index=label or "축")
    if words:
        rows = [
            (name, ", ".join(filter(None, dict.fromkeys(said))), *point)
            for point, said in words.items()
            for name in names.get(point, [""])
        ]
        frame = pd.DataFrame(rows, columns=["이름", "무리", *axes]).set_index("이름")
        yield frame if any(frame["무리"]) else frame.drop(columns="무리")


def _lines(ax: Axes, names: dict[float, str]) -> Iterator[pd.DataFrame]:
    """Curves over the same x side by side, beside them the level of each horizontal line."""
    frames, levels = [], {}
    for line in ax.lines:
        label = line.get_label()
        if line.get_transform() is ax.transData and len(line.get_xdata()):
            x, y = line.get_xydata().T
            frame = next((known for known in frames if np.array_equal(known.index, x)), None)
            if frame is None:
                frames.append(frame := pd.DataFrame(index=x))
            frame[label] = y
        elif line.get_transform() is ax.get_yaxis_transform("grid") and _or(label, ""):
            levels[label] = line.get_ydata()[0]
    frames = [frame.sort_index(kind="stable") for frame in frames]
    for frame in [_by_name(frames, names)] if frames and names else frames:
        yield frame.assign(**levels)


def _by_name(frames: list[pd.DataFrame], names: dict[float, str]) -> pd.DataFrame:
    """Where places have names: each curve's value there, or how a crowd of dots spreads."""
    dots = pd.concat([frame.melt(ignore_index=False) for frame in frames])
    dots["at"] = [min(names, key=lambda place: abs(place - x)) for x in dots.index]
    if dots.duplicated(["at", "variable"]).any():
        table = dots.groupby("at")["value"].agg([*SPREAD]).rename(columns=SPREAD)
    else:
        table = dots.pivot(index="at", columns="variable")["value"][dots["variable"].unique()]
    return table.rename(index=names).rename_axis(index=None)


def _some(frame: pd.DataFrame) -> list[int]:
    """The rows to show: the first, the last, some between, and where each column is lowest."""
    if len(frame) <= ALL:
        return [*range(len(frame))]
    lowest = frame.select_dtypes("number").reset_index(drop=True).idxmin()
    return sorted({*range(0, len(frame), -(-len(frame) // SOME)), len(frame) - 1, *lowest})


def _names(axis: Axis) -> dict[float, str]:
    """The words that stand at places of `axis`; none where it counts."""
    formatter, places = axis.get_major_formatter(), axis.get_majorticklocs()
    named = isinstance(formatter, FixedFormatter | FuncFormatter | StrCategoryFormatter)
    return dict(zip(places, formatter.format_ticks(places))) if named else {}


def _or(label: object, other: str) -> str:
    """`label`, or `other` where matplotlib made it up ("_child0")."""
    return other if str(label).startswith("_") else str(label)


def _short(value: object) -> object:
    """A number to four significant digits, whole ones whole; None for a blank; text as it is."""
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return None
    number = float(value) if value == int(value) else float(f"{value:.4g}")
    return int(number) if number.is_integer() else number
