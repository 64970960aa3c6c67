"""What the pictures show, and that Hangul is drawn with the course's font."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib import font_manager

from lecture_utils import History, load_solo
from lecture_utils.notebook import plot


def test_korean_font_is_ours_and_draws_everything():
    path = font_manager.findfont(plot.FONT, fallback_to_default=False)
    assert path.endswith("LectureGothic.ttf")
    chars = font_manager.get_font(path).get_charmap()
    table = load_solo().table
    assert all(ord(char) in chars for char in "훈련 테스트 에폭 기준" + "".join(table.index))
    assert font_manager.get_font(path).family_name == plot.FONT  # the OFL reserves "Nanum"


def test_curves():
    ax = plot.curves({"훈련": [3.0, 2.0], "테스트": [4.0, 3.0]}, {"평균 예측": 1.26}, ylim=(0, 5))
    assert [line.get_label() for line in ax.get_lines()] == ["훈련", "테스트", "평균 예측"]
    np.testing.assert_array_equal(ax.get_lines()[1].get_ydata(), [4.0, 3.0])
    assert set(ax.get_lines()[2].get_ydata()) == {1.26}
    assert ax.get_ylim() == (0, 5) and ax.get_ylabel() == "MSE"
    assert plot.curves({"a": [1]}, ax=ax) is ax


LOSSES = [torch.tensor(value, requires_grad=True) for value in (3.0, 2.0)]


@pytest.mark.parametrize(
    ("histories", "labels"),
    [
        (History([3.0, 2.0], [3.0, 2.0]), ["훈련 MSE", "테스트 MSE"]),
        (History([3.0, 2.0]), ["훈련 MSE"]),
        ([3.0, 2.0], ["MSE"]),
        (pd.Series([3.0, 2.0]), ["MSE"]),
        (torch.tensor([[3.0], [2.0]], requires_grad=True), ["MSE"]),
        (pd.DataFrame({"가": [3.0, 2.0], "나": [3.0, 2.0]}), ["가", "나"]),
        ({"가": LOSSES}, ["가"]),
    ],
)
def test_curves_of_what_is_at_hand(histories, labels):
    *curves, baseline = plot.curves(histories, {"기준": LOSSES[1]}).get_lines()
    assert [line.get_label() for line in curves] == labels
    assert all(line.get_ydata().tolist() == [3, 2] for line in curves)
    assert {*baseline.get_ydata()} == {2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([{}], "histories is empty"),
        ([[]], "histories is empty"),
        ([History()], "histories is empty"),
        ([{"가": History([1.0])}], r"histories\['가'\] holds two curves; give its train_mse"),
        ([{"가": ["나"]}], r"histories\['가'\], a list, cannot be read"),
        ([np.ones((3, 2))], r"shape \(3, 2\); a curve has one number per epoch"),
        ([{"가": [1]}, 1.26], "baselines is 1.26; give {label: number}"),
        ([{"가": [1]}, {"기준": [1, 2]}], r"baselines\['기준'\] has 2 numbers; give one"),
    ],
)
def test_what_is_no_curve_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot.curves(*arguments)
    assert not plt.get_fignums()  # nor does an empty figure appear


def test_a_curve_with_nan_is_told(capsys):
    plot.curves({"건강": [2.0, 1.0], "발산": [9.0, np.nan], "무한": [np.inf, np.nan]})
    assert capsys.readouterr().out.splitlines() == [
        "발산: 에폭 1의 값이 nan입니다. 그런 곳은 비워 둡니다.",
        "무한: 에폭 0의 값이 inf입니다. 그런 곳은 비워 둡니다.",
    ]


def test_heatmap():
    table = load_solo().table
    ax = plot.heatmap(table, title="평점")
    texts = [text.get_text() for text in ax.texts]
    assert len(texts) == 72 and texts.count("?") == 9 and texts[1] == "4.02"
    assert [label.get_text() for label in ax.get_yticklabels()] == [*table.index]
    assert [label.get_text() for label in ax.get_xticklabels()] == [*table.columns]
    assert ax.get_title() == "평점"
    numbers = torch.tensor([[1.0, np.nan]], requires_grad=True)
    texts = plot.heatmap(numbers, plt.figure().add_subplot()).texts
    assert [text.get_text() for text in texts] == ["1.00", "?"]
    with pytest.raises(ValueError, match=r"shape \(2,\); heatmap draws users by items"):
        plot.heatmap(pd.Series([1.0, 2.0]))


def test_factors():
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    ax = plot.factors(points, ["가", "나", "다"], ["IN", "EN", "IN"])
    assert [text.get_text() for text in ax.texts] == ["가", "나", "다"]
    offsets = [c.get_offsets().tolist() for c in ax.collections]
    assert offsets == [[[0, 1], [4, 5]], [[2, 3]]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["IN", "EN"]
    assert plot.factors(points, ["가", "나", "다"]).get_legend() is None
    assert plot.factors([torch.tensor([0.0, 1.0], requires_grad=True)], ["가"]).collections


@pytest.mark.parametrize(
    ("points", "groups", "message"),
    [
        ([[0.0], [2.0]], None, r"points has shape \(2, 1\) for 2 labels"),
        ([[0.0, 1.0]], None, r"points has shape \(1, 2\) for 2 labels"),
        ([[0.0, 1.0], [np.nan, 1.0]], None, r"points\[1\] is \[nan  1.\]; .* smaller lr"),
        ([[0.0, 1.0], [2.0, 1.0]], ["IN"], "1 groups for 2 labels"),
    ],
)
def test_bad_factors_are_refused(points, groups, message):
    with pytest.raises(ValueError, match=message):
        plot.factors(points, ["가", "나"], groups)
