"""Put the numbers of a figure into small tables beside the picture.

A screen reader cannot read a picture. In a notebook every matplotlib figure also puts out what
its Axes hold, under a MIME type that frontends ignore; the book shows the tables under a fold
(book/_ext/lecture.py). Outside of a notebook nothing happens.
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
WHOLE, SHOWN = 20, 10  # a table of up to WHOLE rows is shown whole, of a longer one about SHOWN
SPREAD = {"count": "점 수", "min": "최소", "median": "중앙값", "max": "최대"}

_described: WeakKeyDictionary[Axes, tuple[str, list[pd.DataFrame]]] = WeakKeyDictionary()


def register() -> None:
    """Let IPython, where it runs, add the tables to each figure that it displays."""
    if (ipython := sys.modules.get("IPython")) and (shell := ipython.get_ipython()):
        shell.display_formatter.mimebundle_formatter.for_type(Figure, mimebundle)


def mimebundle(figure: Figure) -> dict[str, list[dict]]:
    """Return what IPython adds to the picture; a figure that cannot be read only warns."""
    try:
        found = read_tables(figure)
    except Exception as error:
        warnings.warn(f"no table for this figure: {error!r}", stacklevel=2)
        found = []
    return {MIME: found} if found else {}


def describe(ax: Axes, caption: str, table: pd.DataFrame) -> None:
    """Give a table to a drawing whose artists hold no numbers, such as boxes and words.

    Args:
        ax: The drawing.
        caption: The table's caption.
        table: The numbers; its index names the rows. A Series is one column.
    """
    table = pd.DataFrame(table)
    _described[ax] = caption, [table.rename_axis(index=table.index.name or "이름")]


def read_tables(figure: Figure) -> list[dict]:
    """Read the tables of a figure.

    Args:
        figure: A figure of matplotlib.

    Returns:
        For each table its "caption", "columns" and "rows"; the first cell of a row names it.
        Numbers have four significant digits; None stands for a blank.
    """
    found = []
    for ax in (ax for ax in figure.axes if ax.get_label() != "<colorbar>"):
        x, y = ax.get_xlabel(), ax.get_ylabel()
        title = ax.get_title() or (f"{x}에 따른 {y}" if x and y else y)
        title, frames = _described.get(ax) or (title, [*_read_frames(ax)])
        for frame in frames:
            names = [_own_label(name, y or "값") for name in frame.columns]
            if y and frame.index.name is None and len(names) == len(frames) == 1:
                names = [y]  # what pandas calls "count" has a name on its axis
            rows = frame.iloc[_choose_rows(frame)]
            what = frame.attrs.get("what") or ", ".join(names)
            caption = title or frame.columns.name or "그림의 숫자"
            caption += f": {what}" if len(frames) > 1 else ""
            caption += f" ({len(frame)}개 가운데 {len(rows)}개)" if len(rows) < len(frame) else ""
            empty = [name for name, blank in zip(names, frame.isna().all()) if blank]
            caption += f" (숫자가 없음: {', '.join(empty)})" if empty else ""
            cells = [[str(_round(first)), *map(_round, row)] for first, *row in rows.itertuples()]
            columns = [frame.index.name or x or "이름", *names]
            found.append({"caption": caption, "columns": columns, "rows": cells})
    return found


def _read_frames(ax: Axes) -> Iterator[pd.DataFrame]:
    """Yield a frame per kind of artist. An index without a name is the x axis."""
    across, down = _tick_labels(ax.xaxis), _tick_labels(ax.yaxis)
    for image in ax.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
        if values.ndim == 2 and max(values.shape) <= WHOLE:
            frame = pd.DataFrame(values).rename(index=down, columns=across)
            yield frame.rename_axis(index=f"{ax.get_ylabel() or '행'}＼{ax.get_xlabel() or '열'}")
    for bars in ax.containers:
        if isinstance(bars, BarContainer) and bars.orientation != "horizontal":
            yield _read_bars(bars, across)
    yield from _read_points(ax)
    if down and not across:  # names stand on the y axis, so the x axis has the values
        for frame in _read_lines(ax, down, flip=True):
            yield frame.rename_axis(index=ax.get_ylabel() or "이름", columns=ax.get_xlabel())
    else:
        yield from _read_lines(ax, across)


def _read_bars(bars: BarContainer, names: dict[float, str]) -> pd.DataFrame:
    """Read bars by their names, a histogram's by their edges, several of many bins in one row."""
    left, width, height = np.array([(b.get_x(), b.get_width(), b.get_height()) for b in bars]).T
    right, index = left + width, [names.get(place, place) for place in left + width / 2]
    if not names and np.allclose(left[1:], right[:-1]):
        each = -(-len(bars) // SHOWN) if len(bars) > WHOLE else 1
        height = np.add.reduceat(height, range(0, len(bars), each))
        ends = zip(left[::each], [*right[each - 1 :: each], right[-1]])
        index = [f"{_round(start)}~{_round(end)}" for start, end in ends][: len(height)]
    first = bars.patches[0].get_label() or "_"  # a histogram's label stands there
    return pd.DataFrame({_own_label(bars.get_label(), first): height}, index)


def _read_points(ax: Axes) -> Iterator[pd.DataFrame]:
    """Yield scattered points with names and the legend's words; without names, their spread."""
    names: dict[tuple, list[str]] = {}  # several may stand at one place
    for text in (text for text in ax.texts if isinstance(text, Annotation)):
        names.setdefault(tuple(text.xy), []).append(text.get_text())
    axes = [ax.get_xlabel() or "가로", ax.get_ylabel() or "세로"]
    words: dict[tuple, list[str]] = {}
    for group in (found for found in ax.collections if isinstance(found, PathCollection)):
        points = pd.DataFrame(np.asarray(group.get_offsets()), columns=axes)
        if names:
            for point in points.itertuples(index=False, name=None):
                words.setdefault(point, []).append(_own_label(group.get_label(), ""))
        else:
            spread = points.agg([*SPREAD]).T.rename(columns=SPREAD)
            spread.attrs["what"] = label = _own_label(group.get_label(), "")
            yield spread.rename_axis(index=label or "축")
    if words:
        rows = [
            (name, ", ".join(filter(None, dict.fromkeys(said))), *point)
            for point, said in words.items()
            for name in names.get(point, [""])
        ]
        frame = pd.DataFrame(rows, columns=["이름", "무리", *axes]).set_index("이름")
        yield frame if any(frame["무리"]) else frame.drop(columns="무리")


def _read_lines(ax: Axes, names: dict[float, str], flip: bool = False) -> Iterator[pd.DataFrame]:
    """Yield curves over the same x side by side, or y to `flip`, and levels of horizontal lines.

    Beside curves with a label, one without is there to guide the eye. Names on a logarithmic axis
    are those of its marks, not of places.
    """
    frames, levels = [], {}
    names = {} if "log" in (ax.get_xscale(), ax.get_yscale()) else names
    curves = [line for line in ax.lines if line.get_transform() is ax.transData]
    labelled = [line for line in curves if _own_label(line.get_label(), "")]
    for line in ax.lines:
        label = line.get_label()
        if line in (labelled or curves) and len(line.get_xdata()):
            x, y = line.get_xydata().T[:: -1 if flip else 1]
            frame = next((known for known in frames if np.array_equal(known.index, x)), None)
            if frame is None:
                frames.append(frame := pd.DataFrame(index=x))
            frame[label] = y
        elif line.get_transform() is ax.get_yaxis_transform("grid") and _own_label(label, ""):
            levels[label] = line.get_ydata()[0]
    frames = [frame.sort_index(kind="stable") for frame in frames]
    for frame in [_group_by_tick(frames, names)] if frames and names else frames:
        yield frame.assign(**levels)


def _group_by_tick(frames: list[pd.DataFrame], names: dict[float, str]) -> pd.DataFrame:
    """Join curves over named places: the value at each, or the spread of several dots."""
    dots = pd.concat([frame.melt(ignore_index=False) for frame in frames])
    dots["at"] = [min(names, key=lambda place: abs(place - x)) for x in dots.index]
    if dots.duplicated(["at", "variable"]).any():
        table = dots.groupby("at")["value"].agg([*SPREAD]).rename(columns=SPREAD)
    else:
        table = dots.pivot(index="at", columns="variable")["value"][dots["variable"].unique()]
    return table.rename(index=names).rename_axis(index=None)


def _choose_rows(frame: pd.DataFrame) -> list[int]:
    """Choose the rows to show: the first, the last, some between, and each column's lowest."""
    if len(frame) <= WHOLE:
        return [*range(len(frame))]
    numbers = frame.select_dtypes("number").reset_index(drop=True)
    lowest = numbers.dropna(axis="columns", how="all").idxmin()
    return sorted({*range(0, len(frame), -(-len(frame) // SHOWN)), len(frame) - 1, *lowest})


def _tick_labels(axis: Axis) -> dict[float, str]:
    """Return the words at places of `axis`, none where it is numeric."""
    formatter, places = axis.get_major_formatter(), axis.get_majorticklocs()
    named = isinstance(formatter, FixedFormatter | FuncFormatter | StrCategoryFormatter)
    return dict(zip(places, formatter.format_ticks(places))) if named else {}


def _own_label(label: object, other: str) -> str:
    """Return `label`, or `other` where matplotlib made it up ("_child0")."""
    return other if str(label).startswith("_") else str(label)


def _round(value: object) -> object:
    """Round a number to four significant digits; None for a blank; text stays as it is."""
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return None
    number = float(value) if value == int(value) else float(f"{value:.4g}")
    return int(number) if number.is_integer() else number
