"""Every check passes what it should, refuses what it should, and says what it found."""

import math
import re

import pandas as pd
import pytest
import torch

from lecture_utils import check


@pytest.fixture
def table(monkeypatch):
    """A few numbers in place of those of course/lecture_*.toml."""
    entries = {
        "a": {"low": 1.0, "high": 2.0, "source": "measured"},
        "b": {"value": 3.0, "atol": 0.01, "source": "printed"},
        "c": {"values": [1.0, 2.0], "atol": 0.1, "atol_elsewhere": 0.5, "source": "printed"},
        "group.a": {"low": 0.0, "high": 1.0, "source": "measured"},
    }
    monkeypatch.setattr(check, "_entries", lambda: entries)


def test_falls(capsys):
    check.falls([23.41, 5.0, 0.44], 1.27)
    assert capsys.readouterr().out == "✓ 훈련 MSE가 줄었습니다: 23.41 → 0.44 (평균 예측 1.27)\n"
    check.falls([9, 1], 8, name="틀린 정도", against="같은 점수")
    assert capsys.readouterr().out == "✓ 틀린 정도가 줄었습니다: 9.00 → 1.00 (같은 점수 8.00)\n"


@pytest.mark.parametrize(
    ("curve", "baseline", "words"),
    [
        ([2.0, 2.0], 9.0, "0.5배 아래로 줄지 않았습니다"),  # what lr=0 looks like
        ([2.0, 1.01], 9.0, "0.5배"),
        ([20.0, 2.0], 1.3, "평균 예측보다 낮아지지"),
        ([2.0, math.nan], 9.0, "유한한"),
        ([math.inf, 0.1], 9.0, "유한한"),
        ([2.0, math.nan, 0.1], 9.0, "유한한"),
        ([2.0], 9.0, "두 개 이상"),
        ([20.0, 0.1], math.nan, "평균 예측보다"),
    ],
)
def test_falls_refuses(curve, baseline, words):
    with pytest.raises(AssertionError, match=words):
        check.falls(curve, baseline)


def test_falls_names_the_baseline_that_it_did_not_reach():
    with pytest.raises(AssertionError, match="같은 점수보다 낮아지지.*같은 점수 1.30"):
        check.falls([20.0, 2.0], 1.3, against="같은 점수")


@pytest.mark.parametrize(("value", "key"), [(1.0, "a"), (2.0, "a"), (3.009, "b"), (0.5, "group.a")])
def test_within(table, capsys, value, key):
    check.within(value, key)
    assert capsys.readouterr().out.startswith(f"✓ {key} = {value:.4f} (기준")


@pytest.mark.parametrize(
    ("value", "key"), [(0.99, "a"), (2.01, "a"), (3.02, "b"), (math.nan, "a"), (math.inf, "a")]
)
def test_within_refuses(table, value, key):
    with pytest.raises(AssertionError, match=rf"✗ {key} = (?s:.)*(measured|printed)"):
        check.within(value, key)


@pytest.mark.parametrize("key", ["none", "group", "a.low", "group.none", ""])
def test_unknown_key(table, key):
    with pytest.raises(KeyError, match=re.escape("no course/lecture_*.toml has")):
        check.within(1.0, key)


def test_the_files_of_all_lectures_are_one_table(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "files", lambda package: tmp_path)
    monkeypatch.setattr(check, "_entries", check._entries.__wrapped__)
    (tmp_path / "lecture_01.toml").write_text('["line.a"]\nvalue = 1\n', "utf-8")
    (tmp_path / "lecture_02.toml").write_text('["line.b"]\nvalue = 2\n', "utf-8")
    assert [check.reference(f"line.{name}")["value"] for name in "ab"] == [1, 2]
    (tmp_path / "lecture_03.toml").write_text('["line.a"]\nvalue = 1\n', "utf-8")
    with pytest.raises(ValueError, match=r"two of course/lecture_\*.toml define 'line.a'"):
        check.reference("line.b")


def test_close(table, capsys, monkeypatch):
    check.close([1.0, 2.0], torch.tensor([1.0, 2.0001]), "두 곡선")
    assert "두 곡선: 2개 일치 (최대 차이 0.0001" in capsys.readouterr().out
    check.close([1.0, 100.009], [1.00001, 100.0], "잰 값과 그 허용")
    assert "(최대 차이 0.009, 허용 0.01)" in capsys.readouterr().out
    check.close(torch.tensor([[3.0]], requires_grad=True), 3.0, "겹침")
    assert "✓ 겹침: 3 (기대한 값 3, 허용 0.0003)" in capsys.readouterr().out
    frame = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
    check.close(frame, [[1, 3], [2, 4]], "표")
    check.close(frame["a"], torch.tensor([1.0, 2.0]), "열")
    assert capsys.readouterr().out.count("✓") == 2
    check.close(3.005, "b")
    monkeypatch.setattr(check, "EXACT", True)
    check.close([1.05, 2.0], "c")
    with pytest.raises(AssertionError, match="0번째에서 1.4"):
        check.close([1.4, 2.0], "c")
    monkeypatch.setattr(check, "EXACT", False)
    check.close([1.4, 2.0], "c")
    check.close(3.005, "b")


@pytest.mark.parametrize(
    ("actual", "expected", "words"),
    [
        ([1.0, 2.0], [1.0, 2.001], "1번째에서 2, 기준은 2.001"),
        ([1.0, 2.0], [1.0], "2개와 1개"),
        ([], [], "0개와 0개"),
        ([1.0, math.nan], [1.0, math.nan], "1번째에서 nan"),
        ([math.inf], [math.inf], "값이 다릅니다"),
        (3.1, "b", "b: 값이"),
        (pd.Series([1, 2]), pd.Series([1, 3]), "값이 다릅니다"),
    ],
)
def test_close_refuses(table, actual, expected, words):
    with pytest.raises(AssertionError, match=words):
        check.close(actual, expected)


def test_below(capsys):
    check.below(0.0495, 3.03, "빈칸 MSE")
    assert capsys.readouterr().out == "✓ 빈칸 MSE: 0.0495 < 3.0300\n"
    for value, bound in [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (1.0, math.nan)]:
        with pytest.raises(AssertionError, match="빈칸 MSE: .*보다 낮아야 합니다"):
            check.below(value, bound, "빈칸 MSE")


def test_fails(capsys):
    with check.fails(ValueError):
        raise ValueError("first line\nsecond line")
    with check.fails(ValueError):
        raise ValueError
    out = capsys.readouterr().out
    assert out == (
        "✓ 예상대로 ValueError가 났습니다.\n  first line\n"
        "✓ 예상대로 ValueError가 났습니다.\n  (메시지 없음)\n"
    )
    with pytest.raises(AssertionError, match="아무 일도"), check.fails(ValueError):
        pass
    with pytest.raises(KeyError), check.fails(ValueError):
        raise KeyError("another")


def test_what_was_measured_earlier_is_told_with_its_day(monkeypatch, capsys):
    entry = {"low": -0.1, "high": 0.2, "median": 0.05, "seeds": 20, "measured": "2026-11-26"}
    monkeypatch.setattr(check, "reference", {"x.gap": entry}.__getitem__)
    check.measured("x.gap")
    told = "· x.gap = 0.0500\n  (2026-11-26에 시드 20개로 잼, 기준 -0.1~0.2)\n"
    assert capsys.readouterr().out == told
    with pytest.raises(KeyError):
        check.measured("x.other")
