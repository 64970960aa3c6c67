"""Draw scores against CPU seconds as SVG: marks, the ways there, and a text that says as much.

A mark's shape is its author's, its number that of the tables. Beyond the knee, where only those are
that are far from the best, the scale is ten times as coarse: they would flatten the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from steps_figure import Box, Point, settle, write_marks

WIDTH, FONT, LEFT, RIGHT, TOP, BOTTOM = 420, 15, 42, 405, 44, 490
WHO = {"ours": "이 강의"}
FORMS = {  # a part of a key -> how its values are written
    **dict.fromkeys(("rmse", "ndcg", "recall", "precision", "map", "mrr", "hit_rate"), "{:.4f}"),
    "coverage": "{:.1%}",
    "list_popularity": "{:.0f}",
    "cpu_s": "{:.3f}",
    "_mb": "{:,.0f}",
    "_ms": "{:.2f}",
    "gap": "{:.7f}",
    "": "{:,}",
}


@dataclass(frozen=True)
class Score:
    """What is drawn against seconds, and how the page speaks of it."""

    key: str  # in a row of the file
    name: str
    best: Callable  # min or max
    leads: str  # what is said of the best
    coarse: int  # hundredths between the lines beyond the knee


RMSE = Score("rmse", "RMSE", min, "가장 정확한 것은", 10)
NDCG = Score("ndcg", "NDCG@10", max, "NDCG가 가장 높은 것은", 5)


def format_number(key: str, value: float) -> str:
    """Write a value by its key; a little is not 0."""
    text = next(form for part, form in FORMS.items() if part in key).format(value)
    return text if text.strip("0.") or not value else f"<{text[:-1]}1"  # a little is not 0


class Method:
    """Hold a row per split and how the page calls the method; `number` is its place in tables."""

    def __init__(self, rows: dict[str, dict], score: Score = RMSE, number: int = 0) -> None:
        """Take a method's rows, one for each split."""
        row = next(iter(rows.values()))
        self.rows, self.score, self.number = rows, score, number
        self.information, self.mean = row.get("information", ""), row[score.key]["mean"]
        self.ours, self.who = row["who"] == "ours", WHO.get(row["who"], row["who"])
        self.setting = row["setting"]

    @property
    def name(self) -> str:
        """Say number, author and setting, as the tables do."""
        return f"{self.number}. {self.who}: {self.setting}"

    @property
    def short(self) -> str:
        """Say the number and the name that fits beside a mark."""
        return f"{self.number} {self.setting.partition(',')[0] if self.ours else self.who}"

    def way(self, split: str) -> list[Point]:
        """Return CPU seconds and score of each target reached on the way, and of the end."""
        row = self.rows[split]
        reached = (row.get("reached_cpu_s") or {}) if row.get("steps", 1) > 1 else {}
        way = [(at["mean"], float(target)) for target, at in reached.items() if at]
        return [*way, (row["fit_cpu_s"]["mean"], row[self.score.key]["mean"])]


def describe(groups: dict[str, list[Method]], split: str, score: Score = RMSE) -> list[str]:
    """Say the picture in sentences: the best, who ends first, who gets lowest first."""
    ends = {m: m.way(split)[-1] for group in groups.values() for m in group if split in m.rows}

    def say(method: Method) -> str:
        seconds, value = ends[method]
        value, seconds = format_number(score.key, value), format_number("cpu_s", seconds)
        return f"‘{method.name}’입니다({score.name} {value}, CPU {seconds}초)."

    def find_best(methods: list[Method]) -> Method:
        return score.best(methods, key=lambda m: ends[m][1])

    lines = []
    for label, group in groups.items():
        if here := [method for method in group if method in ends]:
            first = find_best(here)
            line = f"{label} 가운데 {score.leads} {say(first)}"
            if rest := [method for method in here if method.ours != first.ours]:
                where = "다른 라이브러리에서는" if first.ours else "이 강의에서는"
                line += f" {where} {say(find_best(rest))}"
            lines.append(line)
    lines.append(f"학습이 가장 빨리 끝나는 것은 {say(min(ends, key=lambda m: ends[m][0]))}")
    if reached := [(rmse, at, m.name) for m in ends for at, rmse in m.way(split)[:-1]]:
        rmse, at, name = min(reached)
        said = f"‘{name}’입니다(CPU {format_number('cpu_s', at)}초)."
        lines.append(f"RMSE {rmse:g} 이하에 가장 먼저 닿는 것은 {said}")
    return lines


def measure_text(words: str) -> float:
    """Return about how wide a text is drawn."""
    return sum(FONT if char > "\u1100" else 0.65 * FONT for char in words)


def place_names(points: list[Point], widths: list[float]) -> list[Box]:
    """Place each name beside its mark, free of other marks and names if possible."""
    marked: list[Box] = [(x, y, 16, 16) for x, y in points]
    boxes: list[list[Box]] = []
    for (x, y), width in zip(points, widths):
        half = width / 2
        shifts = [(half + 10, 0), (-half - 10, 0), (0, -16), (0, 17)]
        for dx, dy in (half + 4, 14), (half - 40, 17), (half + 12, 28), (half - 20, 32):
            shifts += [(dx, -dy), (dx, dy), (-dx, -dy), (-dx, dy)]
        boxes.append([(x + dx, y + dy, width, FONT) for dx, dy in shifts])
    outside = [[max(0, x + w / 2 - WIDTH, LEFT - x + w / 2) for x, _, w, _ in at] for at in boxes]
    dislike = [[99 * out + 5 * k for k, out in enumerate(at)] for at in outside]
    chosen = settle(boxes, marked, dislike, [0] * len(boxes))
    return [at[k] for at, k in zip(boxes, chosen)]


def write_text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    """Write a text into the picture."""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def write_name(words: str, x: float, box: Box) -> str:
    """Write a name in its box, its end towards the mark at x kept there: fonts differ in width."""
    side = (box[0] > x) - (box[0] < x)
    return write_text(box[0] - side * box[2] / 2, box[1], words, ("middle", "start", "end")[side])


class Plane:
    """Place seconds (logarithmic) and scores (bent at the knee)."""

    def __init__(self, ways: list[list[Point]], score: Score = RMSE) -> None:
        """Choose the ranges that hold every point of the ways."""
        seconds, values = zip(*(point for way in ways for point in way))
        targets = [target for way in ways for _, target in way[:-1]]
        self.score = score
        self.knee = max(targets or values) + 0.005 if score is RMSE else 0.8 * max(values)
        self.first, self.last = max(min(seconds), 1e-4) / 1.5, 1.5 * max(*seconds, 1e-3)
        self.low, self.high = self.bent(min(values)) - 0.005, self.bent(max(values)) + 0.005

    def beyond(self, value: float) -> bool:
        """Say whether a score is worse than the knee."""
        return value != self.score.best(value, self.knee)

    def bent(self, value: float) -> float:
        """Return a score as it counts on the axis: what lies beyond the knee counts a tenth."""
        return self.knee + (value - self.knee) / 10 if self.beyond(value) else value

    def at(self, point: Point) -> Point:
        """Return where seconds and score lie in the picture."""
        x = log10(max(point[0], self.first) / self.first) / log10(self.last / self.first)
        y = (self.high - self.bent(point[1])) / (self.high - self.low)
        return LEFT + x * (RIGHT - LEFT), TOP + y * (BOTTOM - TOP)

    def level(self, value: float, style: str = "") -> str:
        """Draw a line at a score."""
        return f'<path{style} d="M{LEFT} {self.at((1, value))[1]:.0f}H{RIGHT}"/>'

    def axes(self) -> str:
        """Draw lines and numbers: powers of ten of a second; hundredths of the score or more."""
        html = ""
        for power in range(ceil(log10(self.first)), floor(log10(self.last)) + 1):
            x, _ = self.at((10.0**power, 1))
            words = write_text(x, BOTTOM + 14, f"{10.0**power:g}")
            html += f'<path d="M{x:.0f} {TOP}V{BOTTOM}"/>{words}'
        for level in range(500):
            value = level / 100
            shown = not self.beyond(value) or level % self.score.coarse == 0
            if shown and self.low <= self.bent(value) < self.high:
                words = write_text(LEFT - 5, self.at((1, value))[1], f"{value:.2f}", "end")
                html += self.level(value) + words
        if self.low < self.knee < self.high:
            html += self.level(self.knee, ' class="bench-knee"')
        return f'<g class="bench-axes">{html}</g>'


def draw_legend(shapes: dict[str, str]) -> str:
    """Draw the shape of each author with its name."""
    html, x, y = "", 8.0, 10
    for who, shape in shapes.items():
        if x + measure_text(who) > WIDTH - 6:
            x, y = 8.0, y + 20
        words = write_text(11, 0, who, "start")
        html += f'<g transform="translate({x:.0f} {y})">{shape}{words}</g>'
        x += measure_text(who) + 26
    return html


def draw_points(methods: list[Method], ways: list[list[Point]], plane: Plane) -> str:
    """Draw a legend, the ways, and at the end of each a mark with the method's number and name."""
    circle, *rest = write_marks([*"abcde"]).values()  # the circle is ours alone
    others = sorted({method.who for method in methods if not method.ours})
    shapes = {WHO["ours"]: circle} | {who: rest[n % len(rest)] for n, who in enumerate(others)}
    styles = ["bench-ours" if method.ours else "bench-other" for method in methods]
    html = draw_legend(shapes)
    for way, style in zip(ways, styles):
        path = " ".join("{:.0f},{:.0f}".format(*plane.at(point)) for point in way)
        html += f'<polyline class="{style}" points="{path}"/>'
    ends = [plane.at(way[-1]) for way in ways]
    boxes = place_names(ends, [measure_text(method.short) for method in methods])
    for method, style, (x, y), box in zip(methods, styles, ends, boxes):
        mark = f'<g transform="translate({x:.0f} {y:.0f})">{shapes[method.who]}</g>'
        html += f'<g class="{style}">{mark}{write_name(method.short, x, box)}</g>'
    return html


def draw_picture(groups: dict[str, list[Method]], split: str, score: Score = RMSE) -> str:
    """Draw the methods that were measured on a split, and say it in sentences."""
    methods = [m for group in groups.values() for m in group if split in m.rows]
    if not methods:
        raise LookupError(split)
    ways = [method.way(split) for method in methods]
    plane, name = Plane(ways, score), f"bench-{score.key}-{split}"
    said = "".join(f"<li>{escape(line)}</li>" for line in describe(groups, split, score))
    return (
        f'<svg class="bench-picture" viewBox="0 0 {WIDTH} {BOTTOM + 45}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-said">'
        f'<title id="{name}-title">{split}: 학습에 쓴 CPU 초와 {score.name}</title>'
        f"{write_text(RIGHT, BOTTOM + 35, '학습에 쓴 CPU 초', 'end')}"
        f"{write_text(4, TOP - 12, score.name, 'start')}"
        f"{plane.axes()}{draw_points(methods, ways, plane)}</svg>"
        f'<ul id="{name}-said">{said}</ul>'
    )
