"""Write the benchmark page from what was measured.

Each of its numbers, tables and pictures comes from benchmarks/results.json or, as what lies under
`scale` and `ranking`, from benchmarks/scale.json and ranking.json.

The role {bench}`gibbs ua rmse` writes a number, {bench}`gibbs ua rmse < myfm ua rmse` both numbers,
and the build warns if the sign is wrong: a sentence that compares brings its own proof. The
directive {bench} makes a table, or a picture with benchmark_figure.py; its content is the caption.
"""

import json
import operator
from datetime import date
from html import escape
from pathlib import Path

from benchmark_figure import NDCG, WHO, Method, draw_picture, format_number
from docutils import nodes
from lecture_html import NAMES
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

FILE, SCALE_FILE = "benchmarks/results.json", "benchmarks/scale.json"
RANKING_FILE = "benchmarks/ranking.json"
LOOKS_AT = {  # a word in a row's `information` -> what the page says, from little to much
    "user and movie": "사용자와 영화의 번호만 보는 방법",
    "attributes": "속성, 누가 무엇을 평가했는지, 날짜까지 보는 방법",
    "full timestamp": "속성, 누가 무엇을 평가했는지, 초 단위 시각까지 보는 방법",
}
ALONE = " (다른 라이브러리에는 주지 않은 정보입니다)"
COST = {
    "fit_cpu_s": "학습 (초)",
    "predict_cpu_s": "예측 (초)",
    "peak_mb": "메모리 (MB)",
    "peak_before_mb": "시작할 때 (MB)",
    "code_lines": "코드 (줄)",
}
UNJUDGED = {"peak_before_mb", "code_lines"}  # the interpreter's; counted for ours alone
EPOCH = {
    "indexing": "문서대로: P[items]로 꺼내고 Adam",
    "indexing_fused_adam": "P[items]로 꺼내고 더 빠른 Adam (fused)",
    "sparse": "희소행렬의 곱: 이 강의의 fit",
    "epochs": "잰 에폭 수",
    "largest_relative_gradient_gap": "가장 큰 경사에 견준 경사의 차이",
}
SCALE = {
    "read": "ratings.csv를 읽어 블록으로 나누기",
    "full": "풀배치, 블록을 메모리에 두고",
    "blocks": "블록마다 한 걸음, 블록을 메모리에 두고",
    "stream-full": "풀배치, 블록을 하나씩 읽으면서",
    "stream-blocks": "블록마다 한 걸음, 블록을 하나씩 읽으면서",
    "full-64": "풀배치, 블록을 메모리에 두고, rank 64",
    "als": "7강의 교대 최소제곱 (한 바퀴)",
    "document": "문서 000의 코드 (편향 없음)",
    "document-bias": "문서 000의 코드에 편향을 더한 것",
    "sparse-adam": "PyTorch의 임베딩과 SparseAdam, 미니배치 (에폭의 일부만 잰 것)",
    "adam": "PyTorch의 임베딩과 Adam, 미니배치 (에폭의 일부만 잰 것)",
    "cornac": "cornac의 MF, 파일의 차례대로",
    "cornac-shuffled": "cornac의 MF, 차례를 섞어서",
}
SCALE_COLUMNS = {"speed": "백만 평점/CPU초", "peak_mb": "최대 메모리 (MB)"}
RANKERS = {  # a table -> its split, and its columns
    "ranking": (
        "ua",
        {
            "ndcg": "NDCG@10",
            "recall": "재현율@10",
            "coverage": "커버리지",
            "list_popularity": "평점 수",
            "fit_cpu_s": COST["fit_cpu_s"],
        },
    ),
    "published": (
        "recommenders",
        {
            "ndcg": "NDCG@10",
            "precision": "정밀도@10",
            "recall": "재현율@10",
            "map": "MAP@10",
            "fit_cpu_s": COST["fit_cpu_s"],
        },
    ),
    "recbole": (
        "recbole",
        {
            "ndcg": "NDCG@10",
            "recall": "재현율@10",
            "mrr": "MRR@10",
            "hit_rate": "적중률@10",
            "fit_cpu_s": COST["fit_cpu_s"],
        },
    ),
    "moment": (
        "moment",
        {
            "ndcg": "NDCG@10",
            "recall": "재현율@10",
            "hit_rate": "적중률@10",
            "coverage": "커버리지",
            "fit_cpu_s": COST["fit_cpu_s"],
        },
    ),
}
FILES = {"scale": SCALE_FILE} | dict.fromkeys(RANKERS, RANKING_FILE)
ALL = "견준 방법"  # whom the picture of rankers shows
RANKER_OF = WHO | {"published": "발표된 값", "rebuilt": "다시 만든 것"}
NAMES = NAMES | {"python": "Python", "scikit-surprise": "Surprise", "myfm": "myFM"}
SIGNS = {"<": operator.lt, ">": operator.gt, "/": operator.truediv}
Bodies = dict[str, list[list[str]]]  # label of a group -> its rows: a header, and cells of HTML
Parts = tuple[list[str], Bodies]  # the heads of the columns, and that
EMPTY = "<td>-</td>"
logger = logging.getLogger(__name__)


def translate(key: str, words: dict[str, str]) -> str:
    """Return the Korean words for a key of the file; warn, and return the key, if it is new."""
    if key not in words:
        logger.warning("benchmarks: benchmark.py has no Korean words for %r", key, once=True)
    return words.get(key, escape(key))


def group_by_method(results: dict) -> dict[str, dict[str, dict]]:
    """Return method -> split -> row."""
    found: dict[str, dict] = {}
    for row in results["rows"]:
        found.setdefault(row["method"], {})[row["split"]] = row
    return found


def group_methods(results: dict) -> dict[str, list[Method]]:
    """Number the methods in the order of every table: by what they look at, then by RMSE."""
    found: dict[str, list[Method]] = {word: [] for word in LOOKS_AT}
    for method in sorted(map(Method, group_by_method(results).values()), key=lambda m: m.mean):
        known = [word for word in LOOKS_AT if word in method.information]
        found.setdefault((known or [method.information])[-1], []).append(method)
    for place, method in enumerate((m for group in found.values() for m in group), start=1):
        method.number = place
    return {translate(word, LOOKS_AT): group for word, group in found.items() if group}


def number_rankers(results: dict, split: str) -> list[Method]:
    """Number the rankers of a split in the order of its table, the best first."""
    rows = [row for row in results["ranking"]["rows"] if row["split"] == split]
    rows.sort(key=lambda row: -take_mean(row["ndcg"]))
    return [Method({split: row}, NDCG, place) for place, row in enumerate(rows, start=1)]


def find(tree: object, path: str) -> object:
    """Return what lies at the end of a path of keys: a value, mean and spread, or None."""
    for key in path.split():
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def name_source(path: str) -> str:
    """Return the name of the file that a path leads into."""
    return FILES.get(path.split()[0], FILE)


def take_mean(value: object) -> object:
    """Return the mean of a measurement, or the value itself."""
    return value.get("mean", value) if isinstance(value, dict) else value


def format_value(path: str, value: object) -> str:
    """Write what lies at the end of a path as the page says it."""
    if path.split()[-1] == "date":
        day = date.fromisoformat(value)
        return f"{day.year}년 {day.month}월 {day.day}일"
    if isinstance(value, dict):
        return ", ".join(f"{NAMES.get(name, name)} {what}" for name, what in value.items())
    if isinstance(value, str | list):
        return value if isinstance(value, str) else str(len(value))
    return format_number(path, value)


def evaluate(results: dict, text: str) -> str:
    """Write what lies at a path; or `a < b`, `a > b`, which must hold, or `a / b`.

    Raises:
        ValueError: The file has no such value, or the comparison does not hold.
    """
    tree = results | group_by_method(results)
    if ranking := results.get("ranking"):
        tree["ranking"] = ranking | group_by_method(ranking)
    sign = next((sign for sign in SIGNS if f" {sign} " in text), None)
    paths = [path.strip() for path in text.split(sign)] if sign else [text]
    values = [take_mean(find(tree, path)) for path in paths]
    if None in values:
        missing = paths[values.index(None)]
        raise ValueError(f"{name_source(missing)} has nothing for {missing!r}")
    outcome = SIGNS[sign](*values) if sign else True
    if not outcome:
        raise ValueError(f"{name_source(text)}: {text!r} does not hold: {values}")
    return f"{outcome:,.1f}" if sign == "/" else f" {sign} ".join(map(format_value, paths, values))


def find_leaders(group: list[Method], path: str) -> list[Method]:
    """Return who has the least mean, and who cannot be told from that.

    The spread over seeds says so, or the numbers as they are written. Nobody where there is nobody
    to compare with.
    """
    found = {m: value for m in group if (value := find(m.rows, path))}
    best = min(found.values(), key=take_mean, default=None)
    tied = [
        m
        for m, value in found.items()
        if take_mean(value) - take_mean(best) <= max(value["spread"], best["spread"])
        or format_value(path, take_mean(value)) == format_value(path, take_mean(best))
    ]
    return tied if len(found) > 1 else []


def write_cell(text: str, best: bool = False, more: str = "") -> str:
    """Write a cell, bold if best, and not by its looks alone: a screen reader hears no weight."""
    said = '<span class="visually-hidden"> 가장 좋음</span>'
    return f"<td>{f'<strong>{text}{said}</strong>' if best else text}{more}</td>"


def write_measurement(method: Method, path: str, best: list[Method]) -> str:
    """Write a method's measurement as a cell; a dash where there is none."""
    value = find(method.rows, path)
    if value is None:
        return EMPTY
    more = f" <small>({value['spread']:.4f})</small>" if "rmse" in path else ""
    return write_cell(escape(format_value(path, take_mean(value))), method in best, more)


def compare_methods(results: dict, columns: dict[str, str]) -> Parts:
    """Compare the methods; `columns`: the path of a measurement -> the head above it."""
    bodies: Bodies = {}
    for label, group in group_methods(results).items():
        alone = bodies and all(method.ours for method in group)
        rows = bodies[label + ALONE if alone else label] = []
        best = {
            path: find_leaders(group, path) for path in columns if path.split()[1] not in UNJUDGED
        }
        for method in group:
            cells = [write_measurement(method, path, best.get(path, [])) for path in columns]
            if set(cells) != {EMPTY}:
                rows.append([escape(method.name), *cells])
    return ["방법", *columns.values()], {label: rows for label, rows in bodies.items() if rows}


def compare_epochs(results: dict) -> Parts:
    """Compare each way to compute an epoch with the first, and tell the rest."""
    rows, first = [], None
    for key, found in results["epoch"].items():
        if isinstance(found, dict) and "median_ms" in found:
            first = first or found["median_ms"]
            said = [format_value(name, found[name]) for name in ("min_ms", "median_ms")]
            cells = [*map(write_cell, [*said, f"{first / found['median_ms']:.1f}배"])]
        else:
            cells = [write_cell(escape(format_value(key, found))), '<td colspan="2"></td>']
        rows.append([translate(key, EPOCH), *cells])
    return ["한 에폭", "가장 짧을 때 (밀리초)", "중앙값 (밀리초)", "빠르기"], {"": rows}


def compare_scale(results: dict) -> Parts:
    """Compare each way to go through very many ratings, ours and the others."""
    bodies: Bodies = {}
    for way, found in results["scale"]["ways"].items():
        label = WHO["ours"] if found["who"] == "ours" else "견줄 방법"
        cells = [write_cell(escape(format_value(key, found[key]))) for key in SCALE_COLUMNS]
        bodies.setdefault(label, []).append([translate(way, SCALE), *cells])
    return ["방법", *SCALE_COLUMNS.values()], bodies


def compare_rankers(results: dict, kind: str) -> Parts:
    """Compare rankers, the best first; bold is who cannot be told from the best of those measured.

    The interval of the difference says so, over users. They have numbers where a picture shows
    them. What others published has no seconds.
    """
    split, columns = RANKERS[kind]
    rows = [ranker.rows[split] for ranker in number_rankers(results, split)]
    published = results["ranking"]["published"].get(split, {}).items()
    rows += [{"who": "published", "setting": name} | values for name, values in published]
    lines = []
    for place, row in enumerate(sorted(rows, key=lambda row: -take_mean(row["ndcg"])), start=1):
        tied = "behind" in row and (row["behind"] or {"low": 0})["low"] <= 0
        cells = [write_score(row, key, tied and key == "ndcg") for key in columns]
        name = f"{RANKER_OF.get(row['who'], row['who'])}: {row['setting']}"
        lines.append([escape(f"{place}. {name}" if kind == "ranking" else name), *cells])
    return ["방법", *columns.values()], {"": lines}


def write_score(row: dict, key: str, best: bool) -> str:
    """Write one measurement of a ranker as a cell, NDCG with its spread over seeds."""
    if key not in row:
        return EMPTY
    value = row[key]
    spread = key == "ndcg" and isinstance(value, dict)
    more = f" <small>({value['spread']:.4f})</small>" if spread else ""
    return write_cell(escape(format_value(key, take_mean(value))), best, more)


def make_parts(results: dict, kind: str) -> Parts:
    """Return the heads and bodies of a table. All but RMSE is shown for the first split alone."""
    if kind in ("epoch", "scale"):
        return compare_epochs(results) if kind == "epoch" else compare_scale(results)
    if kind in RANKERS:
        return compare_rankers(results, kind)
    first, *others = dict.fromkeys(row["split"] for row in results["rows"])
    targets = {target: 0 for row in results["rows"] for target in row["reached_cpu_s"] or ()}
    columns = {
        "accuracy": {f"{split} rmse": f"{split}의 RMSE" for split in (first, *others)},
        "cost": {f"{first} {key}": head for key, head in COST.items()},
        "reach": {f"{first} reached_cpu_s {target}": f"{target}까지" for target in targets},
    }
    return compare_methods(results, columns[kind])


def draw(results: dict, *what: str) -> str:
    """Draw the methods that were measured on a split, or after "ranking" its rankers."""
    *kind, split = what
    if kind == ["ranking"]:
        return draw_picture({ALL: number_rankers(results, split)}, split, NDCG)
    return draw_picture(group_methods(results), split)


def write_table(name: str, caption: str, heads: list[str], bodies: Bodies) -> str:
    """Write a table in a box that scrolls, by keyboard as well: a region with a name."""
    html = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    html = f"<thead><tr>{html}</tr></thead>"
    for label, rows in bodies.items():
        over = f'<tr><th scope="rowgroup" colspan="{len(heads)}"><span>{label}</span></th></tr>'
        lines = [f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>' for first, *cells in rows]
        html += f"<tbody>{over if label else ''}{''.join(lines)}</tbody>"
    return (
        f'<div class="bench" role="region" aria-labelledby="bench-{name}" tabindex="0"><table>'
        f'<caption id="bench-{name}"><span>{escape(caption)}</span></caption>{html}</table></div>'
    )


def read(env: BuildEnvironment) -> dict:
    """Read the measurements. A page that shows some is written again when they change."""
    found = []
    for path in (Path(env.srcdir, name) for name in (FILE, SCALE_FILE, RANKING_FILE)):
        env.note_dependency(str(path))
        found.append(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})
    return found[0] | {"scale": found[1], "ranking": found[2]}


class Number(SphinxRole):
    """Write what `evaluate` returns for the text, or warn with what it says."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Evaluate the text of the role."""
        try:
            text = evaluate(read(self.env), self.text)
        except ValueError as error:
            logger.warning("%s", error, location=self.get_location())
            text = "?"
        return [nodes.inline("", text, classes=["bench-number"])], []


class Shown(SphinxDirective):
    """Show a table, a `picture` of a split, or the `picture ranking` of one.

    Tables: `accuracy`, `cost`, `reach`, `epoch`, `scale`, `ranking`, `published`, `recbole`, and
    `moment`.
    """

    required_arguments, final_argument_whitespace, has_content = 1, True, True

    def run(self) -> list[nodes.Node]:
        """Write the table or the picture."""
        results, (kind, *what) = read(self.env), self.arguments[0].split()
        try:
            if kind == "picture":
                html = draw(results, *what)
            else:
                html = write_table(kind, " ".join(self.content), *make_parts(results, kind))
        except LookupError as error:
            source = name_source(" ".join([*what, kind]))
            raise self.error(f"{source} has nothing for {error}") from None
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> None:
    """Add the role, the directive and their style; that of the marks comes with steps.py."""
    app.add_role("bench", Number())
    app.add_directive("bench", Shown)
    app.add_css_file("benchmark.css", priority=600)  # after the book's own
