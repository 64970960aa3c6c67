"""What the pictures show, and that Hangul is drawn with the course's font."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager

from lecture_utils import load_solo
from lecture_utils.notebook import plot


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_korean_font_is_ours_and_draws_everything():
    path = font_manager.findfont(plot.FONT, fallback_to_default=False)
    assert path.endswith("LectureGothic.ttf")
    chars = font_manager.get_font(path).get_charmap()
    table = load_solo().table
    assert all(ord(char) in chars for char in "훈련 테스트 에폭 기준" + "".join(table.index))
    assert font_manager.get_font(path).family_name == plot.FONT  # the OFL reserves "Nanum"


def test_no_missing_glyph(recwarn):
    """Minus signs and Hangul together: matplotlib warns where a glyph is missing."""
    ax = plot.curves({"훈련": [-2.0, -1.0]}, {"평균 예측": -1.5})
    ax.set_title("한글 제목, 음수 -1")
    ax.figure.canvas.draw()
    assert not recwarn.list


def test_curves():
    ax = plot.curves({"훈련": [3.0, 2.0], "테스트": [4.0, 3.0]}, {"평균 예측": 1.26}, ylim=(0, 5))
    assert [line.get_label() for line in ax.get_lines()] == ["훈련", "테스트", "평균 예측"]
    np.testing.assert_array_equal(ax.get_lines()[1].get_ydata(), [4.0, 3.0])
    assert set(ax.get_lines()[2].get_ydata()) == {1.26}
    assert ax.get_ylim() == (0, 5) and ax.get_ylabel() == "MSE"
    assert plot.curves({"a": [1]}, ax=ax) is ax
    with pytest.raises(ValueError, match="histories is empty"):
        plot.curves({})


def test_heatmap():
    table = load_solo().table
    ax = plot.heatmap(table, title="평점")
    texts = [text.get_text() for text in ax.texts]
    assert len(texts) == 72 and texts.count("?") == 9 and texts[1] == "4.02"
    assert [label.get_text() for label in ax.get_yticklabels()] == [*table.index]
    assert [label.get_text() for label in ax.get_xticklabels()] == [*table.columns]
    assert ax.get_title() == "평점"
    assert plot.heatmap(pd.DataFrame([[1.0]]), ax=plt.figure().add_subplot()).texts


def test_factors():
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    ax = plot.factors(points, ["가", "나", "다"], ["IN", "EN", "IN"])
    assert [text.get_text() for text in ax.texts] == ["가", "나", "다"]
    offsets = [c.get_offsets().tolist() for c in ax.collections]
    assert offsets == [[[0, 1], [4, 5]], [[2, 3]]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["IN", "EN"]
    assert plot.factors(points, ["가", "나", "다"]).get_legend() is None
    for bad, labels in [(points[:, :1], "가나다"), (points, "가나")]:
        with pytest.raises(ValueError, match=r"points has shape .* for \d labels"):
            plot.factors(bad, list(labels))
