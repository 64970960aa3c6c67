"""The page for those who teach: its code judges submissions."""

import json
import re
from pathlib import Path

import pytest

from lecture_utils.course.grader import judge, load

PAGE = (Path(__file__).parents[1] / "book" / "teaching.md").read_text("utf-8")


def test_submissions_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right, blank, wrong = list(load())[:3]
    said = [
        judge(right, load()[right].answer),
        judge(blank, lambda *given: ...),
        judge(wrong, lambda *given: None),
        "✓ 훈련 MSE: 내려갔습니다.",  # another check
    ]
    outputs = [{"output_type": "stream", "text": f"{text}\n".splitlines(True)} for text in said]
    cells = [{"cell_type": "code", "outputs": outputs}, {"cell_type": "markdown"}]
    (tmp_path / "graded").mkdir()
    (tmp_path / "graded" / "minsu.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(code, {})
    assert capsys.readouterr().out == f"minsu ✓{right} □{blank} ✗{wrong}\n"
