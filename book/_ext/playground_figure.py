"""Draw the playground of lecture 03 as HTML: where the notebook's training led, and a button.

The button fetches what trains in the page (_static/playground.js), which takes over what stands
here. Where no script runs, and on paper, the notebook's training stays.
"""

import json
from html import escape

from steps_figure import MARKS, PLACES

ERRORS = {"known": "아는 칸", "blanks": "빈칸", "mean": "평균 예측"}
TOP = 3  # RMSE at the upper edge


def split_name(name: str) -> tuple[str, str]:
    """Split "옥순(IN)" into a name and a group."""
    label, _, group = name.rstrip(")").partition("(")
    return label, group


def write_head(name: str, scope: str) -> str:
    """Write a header cell: the name, and below it the group."""
    label, group = split_name(name)
    return f'<th scope="{scope}">{escape(label)}<small>{escape(group)}</small></th>'


def write_cell(predicted: float, rating: float | None, truth: float | None) -> str:
    """Write a cell: the prediction, and below it the rating, the hidden truth, or a question."""
    below = f"({truth:.2f})" if truth is not None else "?" if rating is None else f"{rating:.2f}"
    return f'<td class="rating-{round(4 * predicted)}">{predicted:.2f}<small>{below}</small></td>'


def draw_table(data: dict) -> str:
    """Draw the predictions as a table whose cells are coloured."""
    truth = {(row, column): rating for row, column, rating in data["blanks"]}
    rows = "".join(
        f"<tr>{write_head(name, 'row')}"
        + "".join(
            write_cell(predicted, data["table"][i][j], truth.get((i, j)))
            for j, predicted in enumerate(data["predictions"][i])
        )
        + "</tr>"
        for i, name in enumerate(data["rows"])
    )
    heads = "".join(write_head(name, "col") for name in data["columns"])
    return (
        '<table class="playground-table"><caption>윗줄은 예측, 아랫줄은 표의 평점입니다. 괄호 안은 '
        "학습에 쓰지 않은 정답이고, ?는 정답을 모르는 칸, *는 고친 칸입니다.</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def write_words(data: dict) -> str:
    """Say the epoch, and how many cells the errors are of."""
    known = sum(rating is not None for row in data["table"] for rating in row)
    cells = f"아는 칸 {known}개와 빈칸 {len(data['blanks'])}개"
    return f"에폭 {len(data['errors']) - 1}, {cells}의 RMSE"


def write_errors(data: dict) -> str:
    """Write the errors after the last epoch, each with a sample of its line."""
    values = dict(zip(ERRORS, [*data["errors"][-1], data["mean"]]))
    return "".join(
        f'<div><dt><svg viewBox="0 -1 40 2" aria-hidden="true"><path class="playground-{name}" '
        f'd="M0 0H40"/></svg>{ERRORS[name]}</dt><dd>{value:.3f}</dd></div>'
        for name, value in values.items()
    )


def draw_curves(data: dict, name: str, alt: str) -> str:
    """Draw the errors against the epoch; the inner drawing has epochs and stars for its units."""
    last = len(data["errors"]) - 1
    lines = {
        key: " ".join(f"{epoch},{-error:g}" for epoch, error in enumerate(curve))
        for key, curve in zip(ERRORS, zip(*data["errors"]))
    }
    lines |= {"mean": f"0,{-data['mean']:g} {last},{-data['mean']:g}", "guess": ""}
    drawn = "".join(f'<polyline class="playground-{n}" points="{p}"/>' for n, p in lines.items())
    levels = "".join(
        f'<path d="M24 {y}H352"/><text x="18" y="{y}" text-anchor="end">{rmse}</text>'
        for rmse, y in ((rmse, 166 - 52 * rmse) for rmse in range(TOP + 1))
    )
    return (
        '<svg class="playground-curves" viewBox="0 0 360 186" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        f'<title id="{name}-title">에폭마다의 RMSE</title>'
        f'<desc id="{name}-desc">{escape(alt)}</desc>'
        f'{levels}<text x="24" y="179">0</text>'
        '<text x="188" y="179" text-anchor="middle">에폭</text>'
        f'<text class="playground-last" x="352" y="179" text-anchor="end">{last}</text>'
        f'<svg x="24" y="10" width="328" height="156" viewBox="0 -{TOP} {last} {TOP}" '
        f'preserveAspectRatio="none">{drawn}</svg></svg>'
    )


def draw_figure(data: dict, name: str, alt: str) -> str:
    """All of it. `name` begins every id; `data` is what lecture_utils's Playground wrote."""
    given = {key: data[key] for key in ("rows", "columns", "table", "blanks", "repaired")}
    given |= {"settings": data["settings"], "marks": MARKS, "places": PLACES}
    return (
        '<div class="playground" role="group" aria-label="행렬 분해를 직접 학습해 보기">'
        '<div class="steps-controls"><button type="button">설정을 열고 학습해 보기</button></div>'
        f'<p class="playground-now">{write_words(data)}</p><div class="playground-views">'
        f'<dl class="playground-errors">{write_errors(data)}</dl>'
        f"{draw_curves(data, name, alt)}{draw_table(data)}</div>"
        f'<script type="application/json">{json.dumps(given, ensure_ascii=False)}</script></div>'
    )
