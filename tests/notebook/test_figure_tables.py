"""The tables beside a picture say what the picture shows."""

import gc
import sys
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import select_figure_formats

from lecture_utils import load_solo
from lecture_utils.notebook import figure_tables, plot


def only(ax) -> dict:
    """The one table of the one Axes."""
    (table,) = figure_tables.read_tables(ax.figure)
    return table


def test_a_long_curve_keeps_its_ends_and_its_lowest_point():
    epochs = np.arange(1000)
    falling, turning = 23.41098 * 0.99**epochs, 1.1 + (epochs - 53.0) ** 2
    table = only(plot.curves({"훈련 MSE": falling, "테스트 MSE": turning}, {"평균 예측": 1.25889}))
    assert table["caption"] == "에폭에 따른 MSE (1000개 가운데 12개)"
    assert table["columns"] == ["에폭", "훈련 MSE", "테스트 MSE", "평균 예측"]
    assert [row[0] for row in table["rows"]] == ["0", "53", *map(str, range(100, 1000, 100)), "999"]
    assert table["rows"][0] == ["0", 23.41, 2810, 1.259]  # 2810.1 to four digits
    assert table["rows"][1][2] == 1.1


@pytest.mark.parametrize("epochs", [5, 100])
def test_a_curve_of_nan_leaves_the_others_their_table(epochs):
    healthy, lost = np.arange(epochs, 0, -1), np.full(epochs, np.nan)
    table = only(plot.curves({"건강": healthy, "발산": lost}))
    assert table["caption"].endswith("(숫자가 없음: 발산)")
    assert table["columns"] == ["에폭", "건강", "발산"]
    assert [table["rows"][0], table["rows"][-1]] == [
        ["0", epochs, None],
        [str(epochs - 1), 1, None],
    ]


def test_a_short_curve_is_whole_and_unnamed_curves_are_the_axis(ax):
    ax.plot([2, 1], [20.0, 10.0])
    ax.axhline(3)  # a line that guides the eye: no name, no column
    ax.set(xlabel="x", ylabel="y")
    expected = {"caption": "x에 따른 y", "columns": ["x", "y"], "rows": [["1", 10], ["2", 20]]}
    assert only(ax) == expected


def test_curves_over_other_places_have_a_table_each(ax):
    ax.plot([0, 1], [5, 6], label="가")
    ax.plot([0, 1, 2], [7, 8, 9], label="나")
    ax.set_title("둘")
    first, second = figure_tables.read_tables(ax.figure)
    assert (first["caption"], second["caption"]) == ("둘: 가", "둘: 나")
    assert second["rows"] == [["0", 7], ["1", 8], ["2", 9]]


def test_curves_over_named_places(ax):
    ax.plot([0, 1, 2], [4, 1, 5], "o", label="나와야 할 값")
    ax.plot([0, 1, 2], [2.8, 3.3, 3.8], label="직선")
    ax.set_xticks([0, 1, 2], ["옥순", "영숙", "하니"])
    table = only(ax)
    assert table["columns"] == ["이름", "나와야 할 값", "직선"]
    assert table["rows"] == [["옥순", 4, 2.8], ["영숙", 1, 3.3], ["하니", 5, 3.8]]


def test_a_crowd_of_dots_over_named_places_is_summed_up(ax):
    for place in [0, 1]:
        ax.plot(place + np.linspace(-0.25, 0.25, 5), np.arange(5.0) + place, "o")
    ax.axhline(1.7, label="평균 예측")
    ax.set_xticks([0, 1], ["MF", "신경망"])
    table = only(ax)
    assert table["columns"] == ["이름", "점 수", "최소", "중앙값", "최대", "평균 예측"]
    assert table["rows"] == [["MF", 5, 0, 2, 4, 1.7], ["신경망", 5, 1, 3, 5, 1.7]]


def test_places_may_be_named_on_the_other_axis(ax):
    """Values then run along the x axis, and a name stands in front of its values."""
    ax.plot([0.9, np.nan, 0.7], [0, 1, 2], "o", label="ua")
    ax.plot([0.8, 0.6, 0.5], [0, 1, 2], "s", label="u1")
    ax.set_yticks([0, 1, 2], ["편향만", "ALS", "베이즈"])
    ax.set(xlabel="RMSE")
    table = only(ax)
    assert (table["caption"], table["columns"]) == ("RMSE", ["이름", "ua", "u1"])
    assert table["rows"] == [["편향만", 0.9, 0.8], ["ALS", None, 0.6], ["베이즈", 0.7, 0.5]]


def test_marks_of_a_logarithmic_axis_are_no_places(ax):
    for label, seconds in (("가", [0.02, 0.2]), ("나", [0.5, 1.0])):
        ax.plot(seconds, [2, 1], label=label)
    ax.set_xscale("log")
    ax.set_xticks([0.1, 1], ["0.1", "1"])
    first, second = figure_tables.read_tables(ax.figure)
    assert (first["rows"], second["rows"]) == ([["0.02", 2], ["0.2", 1]], [["0.5", 2], ["1", 1]])


def test_a_line_without_a_label_beside_some_with_one_guides_the_eye(ax):
    for label, values in (("가", [10, 20]), ("나", [30, 40])):
        ax.plot([1, 2], values, label=label)
        ax.plot([1, 2], values[::-1], ":")
    assert only(ax)["columns"] == ["이름", "가", "나"]


def test_heatmap():
    solo = load_solo().table
    table = only(plot.heatmap(solo, title="평점표"))  # and none for the colour bar
    assert table["caption"] == "평점표"
    assert table["columns"] == ["행＼열", *solo.columns]
    assert [row[0] for row in table["rows"]] == [*solo.index]
    values = pd.DataFrame([row[1:] for row in table["rows"]], dtype=float)
    np.testing.assert_array_equal(values, solo)
    assert table["rows"][0][1] is None  # JSON has no NaN


def test_bars_and_histograms(ax):
    figure, (bars, histogram) = plt.subplots(1, 2)
    pd.Series([1, 2, 2, 5]).value_counts().sort_index().plot.bar(ax=bars)
    bars.set(xlabel="별", ylabel="개수")
    drawn = np.random.default_rng(0).exponential(50, 943)
    counts, edges, _ = histogram.hist(drawn, bins=43)
    first, second = figure_tables.read_tables(figure)
    assert first["columns"] == ["별", "개수"]
    assert first["rows"] == [["1", 1], ["2", 2], ["5", 1]]
    assert len(second["rows"]) == 9  # five bins in a row, three in the last
    assert [n for _, n in second["rows"]] == [counts[i : i + 5].sum() for i in range(0, 43, 5)]
    assert second["rows"][-1][0] == f"{edges[40]:.4g}~{edges[43]:.4g}"
    ax.hist([0.1, 0.2, 0.9], bins=2, range=(0, 1))  # few bins stay apart
    assert only(ax)["rows"] == [["0~0.5", 2], ["0.5~1", 1]]


def test_named_points():
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], dtype=np.float32)
    ax = plot.factors(points, ["가", "나", "다"], ["IN", "EN", "IN"])
    ax.scatter(*points[2:].T, s=150, facecolors="none", edgecolors="black", label="남자")
    table = only(ax)
    assert table["columns"] == ["이름", "무리", "첫째 요인", "둘째 요인"]
    assert table["rows"] == [["가", "IN", 0, 1], ["다", "IN, 남자", 4, 5], ["나", "EN", 2, 3]]
    plain = only(plot.factors(points // 4, ["가", "나", "다"]))  # two at one place
    assert plain["columns"] == ["이름", "첫째 요인", "둘째 요인"]
    assert plain["rows"] == [["가", 0, 0], ["나", 0, 0], ["다", 1, 1]]


def test_nameless_points_are_summed_up(ax):
    ax.scatter(np.arange(5), np.arange(5) * 10.0, label="영화")
    table = only(ax)
    assert table["columns"] == ["영화", "점 수", "최소", "중앙값", "최대"]
    assert table["rows"] == [["가로", 5, 0, 2, 4], ["세로", 5, 0, 20, 40]]


def test_a_drawing_is_described():
    """A drawing says nothing by itself: then there is no entry, and a lecture's test asks for it.
    The description goes when the drawing does."""
    figure, ax = plt.subplots()
    ax.add_patch(plt.Rectangle((0, 0), 1, 1))
    assert figure_tables.mimebundle(figure) == {}
    plot.describe(ax, "크기", pd.DataFrame({"행": [943], "열": [1682]}, ["R"]))
    expected = {"caption": "크기", "columns": ["이름", "행", "열"], "rows": [["R", 943, 1682]]}
    assert figure_tables.mimebundle(figure) == {figure_tables.MIME: [expected]}
    kept = len(figure_tables._described)
    plt.close(figure)
    del figure, ax
    gc.collect()
    assert len(figure_tables._described) == kept - 1


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.barh(["가", "나"], [1, 2]),
        lambda ax: ax.imshow(np.zeros((943, 1682))),
        lambda ax: ax.imshow(np.zeros((4, 4, 3))),
        lambda ax: None,
    ],
    ids=["barh", "large", "photograph", "nothing"],
)
def test_what_is_no_small_table_has_none(draw, ax):
    draw(ax)
    assert figure_tables.read_tables(ax.figure) == []


def test_a_figure_that_cannot_be_read_costs_a_warning(monkeypatch):
    figure = plt.figure()
    monkeypatch.setattr(figure_tables, "read_tables", lambda figure: 1 / 0)
    with pytest.warns(UserWarning, match="no table for this figure: ZeroDivisionError"):
        assert figure_tables.mimebundle(figure) == {}


def test_a_notebook_shows_picture_and_tables(monkeypatch):
    """What IPython puts out for a figure, before and after it is told."""
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    select_figure_formats(shell, {"png"})
    figure = plot.curves({"훈련": [2.0, 1.0]}).figure
    assert {*shell.display_formatter.format(figure)[0]} == {"image/png", "text/plain"}
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    figure_tables.register()
    data, _ = shell.display_formatter.format(figure)
    assert {*data} == {"image/png", "text/plain", figure_tables.MIME}
    assert data[figure_tables.MIME] == figure_tables.read_tables(figure)


def test_outside_of_a_notebook_nothing_happens(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    figure_tables.register()
    monkeypatch.delitem(sys.modules, "IPython")
    figure_tables.register()
    assert "IPython" not in sys.modules


def test_groups_of_one_axes_are_told_apart():
    """Two clouds, or two histograms: each table's caption says which."""
    figure, axes = plt.subplots(1, 2)
    for shift, label in ((0, "앞"), (1, "뒤")):
        axes[0].scatter([shift, 2.0, 3.0], [1.0, 2.0, 3.0], label=label)
        axes[1].hist([shift, 2.0, 3.0], bins=2, label=label)
    axes[0].set_title("구름")
    axes[1].set_title("막대")
    captions = [table["caption"] for table in figure_tables.read_tables(figure)]
    assert captions == ["구름: 앞", "구름: 뒤", "막대: 앞", "막대: 뒤"]
