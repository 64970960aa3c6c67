"""Draw the animation of steps.py as HTML: the last epoch as SVG, controls, the numbers.

Where no script runs, and on paper, the last epoch stays.
"""

import json
from html import escape

UNIT = 85  # 1 on the axes, in the units of the SVG
FONT = 17
MARKS = [  # circle, square, diamond, triangles: the order of plot.factors
    "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
    "M-5.5-5.5h11v11h-11z",
    "M0-7.5L7.5 0 0 7.5-7.5 0z",
    "M0-7L7 5.5H-7z",
    "M0 7L7-5.5H-7z",
]
RING = '<circle class="steps-ring" r="11"/>'
# Where a name may stand, seen from its point: near places first.
PLACES = [(0, -22), (0, 22), (31, 0), (-31, 0), (25, -19), (-25, -19), (25, 19), (-25, 19)]
PLACES += [(0, -38), (0, 38), (46, -18), (-46, -18), (46, 18), (-46, 18), (30, -36), (-30, -36)]

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # centre x, centre y, width, height


def measure_overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share."""
    wide = (a[2] + b[2]) / 2 - abs(a[0] - b[0])
    high = (a[3] + b[3]) / 2 - abs(a[1] - b[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def settle(
    places: list[list[Box]], marks: list[Box], dislike: list[list[float]], chosen: list[int]
) -> list[int]:
    """Choose a place for each name, in turn, where it hides least of the marks and other names.

    To avoid a place that is disliked, a name may hide as much more.
    """
    chosen = list(chosen)
    for _ in range(4):
        for i, boxes in enumerate(places):
            others = marks + [places[j][k] for j, k in enumerate(chosen) if j != i]
            hidden = [sum(measure_overlap(box, other) for other in others) for box in boxes]
            costs = [sum(both) for both in zip(hidden, dislike[i])]
            chosen[i] = costs.index(min(costs))
    return chosen


def place_names(points: list[Point], widths: list[float], before: list[int]) -> list[int]:
    """Place each name: free if possible, near its point, and rather where it was before."""
    marks = [(x, y, 22, 22) for x, y in points]
    at = zip(points, widths)
    places = [[(x + dx, y + dy, width, FONT) for dx, dy in PLACES] for (x, y), width in at]
    # A reader might take a name that is far from its point for a neighbour's.
    far = [(2 * k + (40 if k >= 8 else 0)) / 3 for k in range(len(PLACES))]
    dislike = [[far[k] + 5 * (k != kept) for k in range(len(PLACES))] for kept in before]
    return settle(places, marks, dislike, before)


def place_all(paths: list[list[Point]], labels: list[str]) -> list[list[int]]:
    """Place each name at each epoch, beginning with the last, the one that is printed."""
    widths = [sum(FONT if char > "\u1100" else FONT * 0.6 for char in name) for name in labels]
    chosen, found = [0] * len(labels), []
    for points in reversed(list(zip(*paths))):
        chosen = place_names(list(points), widths, chosen)
        found.append(chosen)
    return found[::-1]


def read_path(path: str) -> list[Point]:
    """Read a path of the notebook in the units of the SVG, whose y axis points downwards."""
    pairs = (pair.split(",") for pair in path.split())
    return [(round(UNIT * float(x), 1), round(-UNIT * float(y), 1)) for x, y in pairs]


def write_path(path: list[Point]) -> str:
    """Write points as SVG has them."""
    return " ".join(f"{x:g},{y:g}" for x, y in path)


def write_marks(groups: list[str]) -> dict[str, str]:
    """Draw the mark of each group, in the order in which they appear."""
    return {
        group: f'<path class="steps-{n % len(MARKS)}" d="{MARKS[n % len(MARKS)]}"/>'
        for n, group in enumerate(dict.fromkeys(groups))
    }


def draw_picture(
    data: dict, paths: list[list[Point]], spots: list[int], name: str, alt: str
) -> str:
    """Draw the last epoch: axes, a legend, trails, and for each point a group that moves."""
    xs, ys = zip(*(point for path in paths for point in path))
    left, right, top, bottom = min(xs) - 42, max(xs) + 42, min(ys) - 80, max(ys) + 45
    shapes = write_marks(data["groups"])
    ringed = {label for labels in data["circled"].values() for label in labels}

    legend = {**shapes, **dict.fromkeys(data["circled"], RING)}
    step = (right - left) / len(legend)
    key = "".join(
        f'<g transform="translate({left + (n + 0.2) * step:.0f} {top + 20:.0f})">{shape}'
        f'<text x="16">{escape(word)}</text></g>'
        for n, (word, shape) in enumerate(legend.items())
    )
    trails = "".join(f'<polyline points="{write_path(path[-11:])}"/>' for path in paths)
    points = "".join(
        f'<g class="steps-point" style="transform:translate({path[-1][0]:g}px,{path[-1][1]:g}px)">'
        f"{shapes[group]}{RING if label in ringed else ''}"
        f'<text x="{PLACES[spot][0]}" y="{PLACES[spot][1]}">{escape(label)}</text></g>'
        for label, group, path, spot in zip(data["labels"], data["groups"], paths, spots)
    )
    return (
        f'<svg viewBox="{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        f'<title id="{name}-title">학습하는 동안 움직이는 잠재 요인</title>'
        f'<desc id="{name}-desc">{escape(alt)}</desc>'
        f'<path class="steps-axes" d="M{left:.0f} 0H{right:.0f}M0 {top + 42:.0f}V{bottom:.0f}"/>'
        f'<text x="{right:.0f}" y="-12" text-anchor="end">첫째 요인</text>'
        f'<text x="8" y="{bottom - 10:.0f}">둘째 요인</text>'
        f'{key}<g class="steps-trails">{trails}</g>{points}</svg>'
    )


def write_words(data: dict, epoch: int) -> str:
    """Say the epoch and its error."""
    return f"에폭 {epoch}, 훈련 MSE {data['mse'][epoch]:.3f}"


def write_controls(data: dict) -> str:
    """Write what is shown, in words; buttons and a slider."""
    last = len(data["mse"]) - 1
    does = {"first": "처음", "back": "이전", "play": "재생", "next": "다음"}
    buttons = "".join(f'<button type="button" data-do="{k}">{v}</button>' for k, v in does.items())
    return (
        f'<p class="steps-now">{write_words(data, last)}</p>'
        '<p class="visually-hidden" role="status"></p>'
        f'<div class="steps-controls">{buttons}<label>에폭 <input type="range" max="{last}" '
        f'value="{last}" aria-valuetext="{write_words(data, last)}"></label></div>'
    )


def draw_figure(data: dict, name: str, alt: str) -> str:
    """All of it. `name` begins every id; `data` is what lecture_utils/steps.py wrote."""
    paths = [read_path(path) for path in data["paths"]]
    spots = place_all(paths, data["labels"])
    numbers = {
        "mse": data["mse"],
        "paths": [write_path(path) for path in paths],
        "places": PLACES,
        "spots": ["".join(f"{spot:x}" for spot in at) for at in spots],  # a digit per name
    }
    return (
        '<div class="steps" role="group" aria-label="학습 되돌아보기">'
        + draw_picture(data, paths, spots[-1], name, alt)
        + write_controls(data)
        + f'<script type="application/json">{json.dumps(numbers, separators=(",", ":"))}</script>'
        + "</div>"
    )
