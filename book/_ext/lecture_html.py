"""Write what lecture.py adds to a page: when it ran, a figure's numbers, where to ask for help."""

from datetime import datetime, timedelta, timezone
from html import escape
from urllib.parse import quote

DATA = {"ml-100k": "MovieLens 100K", "solo": "9×8 평점표"}
NAMES = {"torch": "PyTorch", "pandas": "pandas", "numpy": "NumPy", "matplotlib": "Matplotlib"}
KOREA = timezone(timedelta(hours=9))


def read_times(notebook: dict) -> tuple[datetime, float]:
    """Return when the first cell started, in Korea, and the seconds until the last had finished."""
    code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    marks = [cell["metadata"]["execution"] for cell in code]
    start = datetime.fromisoformat(marks[0]["iopub.execute_input"])
    end = datetime.fromisoformat(marks[-1]["shell.execute_reply"])
    return start.astimezone(KOREA), (end - start).total_seconds()


def write_provenance(notebook: dict) -> str:
    """Write one line: when the lecture ran, on which data, for how long, with which versions.

    The times are nbconvert's, the rest is the mark of tests/stamp.py: KeyError where one lacks.
    """
    start, seconds = read_times(notebook)
    mark, python = (notebook["metadata"][key] for key in ("executed", "language_info"))
    data = " · ".join(DATA[name] for name in mark["data"])
    minutes, rest = divmod(max(1, round(seconds)), 60)
    took = " ".join(f"{n}{unit}" for n, unit in [(minutes, "분"), (rest, "초")] if n)
    packages = [f"{shown} {mark['versions'][name]}" for name, shown in NAMES.items()]
    versions = " · ".join([f"Python {python['version']}", *packages])
    return (
        f'<p class="provenance"><time datetime="{start.isoformat(timespec="seconds")}">'
        f"{start.year}년 {start.month}월 {start.day}일</time>에 {f'{data}로 ' if data else ''}"
        f"실행했고, {took} 걸렸습니다. {versions}</p>"
    )


def write_help(file: str, repository: str, branch: str) -> str:
    """Write where a reader of the lecture in `file` finds help, and what was mended in it."""
    number = int(file.split("_")[0])
    report = f"{repository}/issues/new?title={quote(f'{number}강에서 틀린 곳: ')}"
    history = f"{repository}/commits/{branch}/lectures/{file}"
    return (
        '<p class="provenance">막혔다면 <a href="../book/troubleshooting.html">문제해결</a>에서 '
        f'찾아보세요. 틀린 곳이 있다면 <a href="{report}">알려 주세요</a>. '
        f'<a href="{history}">이 강의가 고쳐진 내역</a>도 볼 수 있습니다.</p>'
    )


def write_fold(number: int, tables: list[dict]) -> str:
    """Fold the tables of a page's figure until a reader opens them."""
    return (
        '<details class="figure-data"><summary>그림의 숫자 보기</summary>'
        f"{''.join(write_table(number, content) for content in tables)}</details>"
    )


def write_table(number: int, content: dict) -> str:
    """Write a table with pandas' looks, in a box that scrolls, by keyboard as well.

    The box is a region, which must have a name that no other on the page has.
    """
    caption = escape(content["caption"])
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in content["columns"])
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(map(write_cell, values))}</tr>'
        for name, *values in content["rows"]
    )
    return (
        f'<div role="region" aria-label="그림 {number}: {caption}" tabindex="0">'
        f'<table class="dataframe"><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def write_cell(value: str | float | None) -> str:
    """Write a value, or that there is none."""
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return "<td>빈칸</td>" if value is None else f"<td>{value:,}</td>"
