"""The benchmark page says what benchmarks/results.json, scale.json and ranking.json say, the real
ones and some made up here."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import benchmark
import benchmark_figure
import pytest
import steps_figure
from bs4 import BeautifulSoup

from .site import ROOT, soup
from .small import build

REAL = benchmark.read(SimpleNamespace(srcdir=ROOT, note_dependency=lambda path: None))
IDS, SIDE = "user and movie", "attributes, who rated what, day"
TIME = "attributes, who rated what, full timestamp: more"


def row(
    method: str, who: str, rmse: float, fit: float, information: str = IDS, reached=(), **more
) -> dict:
    """A row of results.json, its setting made of the method's name; `reached` 0.96 and 0.94."""
    numbers = {"rmse": (rmse, 0.001), "fit_cpu_s": (fit, 0.01), "predict_cpu_s": (0.00012, 0)}
    numbers |= {"peak_mb": (1234.5, 1), "peak_before_mb": (78.2, 0)}
    measured = {key: {"mean": mean, "spread": spread} for key, (mean, spread) in numbers.items()}
    given = {"method": method, "split": "ua", "setting": f"{method.upper()}, rank 2", "who": who}
    given |= {"information": information, "steps": 9, "seeds": [0, 1, 2], "code_lines": None}
    seconds = [at and {"mean": at, "spread": 0} for at in reached]
    return given | measured | {"reached_cpu_s": dict(zip(["0.96", "0.94"], seconds)) or None} | more


def ranker(
    method: str, who: str, ndcg: float, behind: tuple | None, split: str = "ua", **more
) -> dict:
    """A row of ranking.json, its setting made of the method's name."""
    numbers = {"ndcg": ndcg, "recall": 0.2, "coverage": 0.123, "list_popularity": 234.5}
    numbers |= {"precision": 0.15, "map": 0.05, "fit_cpu_s": 0.5}
    numbers |= {key: more.pop(key) for key in numbers.keys() & more.keys()}
    measured = {key: {"mean": mean, "spread": 0.002} for key, mean in numbers.items()}
    given = {"method": method, "split": split, "setting": f"{method.upper()} 1", "who": who}
    ends = behind and dict(zip(("mean", "low", "high"), behind))
    return given | measured | {"behind": ends} | more


def ranking() -> dict:
    return {
        "users": {"ua": 934},
        "rows": [
            ranker("ease", "ours", 0.33, None),
            ranker("near", "Peer<b>", 0.328, (0.002, -0.001, 0.005)),
            ranker("far", "ours", 0.3, (0.03, 0.02, 0.04), fit_cpu_s=0.01),
            ranker("ease", "ours", 0.47, None, "recommenders"),
            ranker("sar", "rebuilt", 0.38, (0.09, 0.08, 0.1), "recommenders"),
            ranker("ease", "ours", 0.34, None, "recbole", mrr=0.5, hit_rate=0.8),
            ranker("next", "ours", 0.11, None, "moment", hit_rate=0.25),
        ],
        "published": {
            "recommenders": {"VAE": {"ndcg": 0.475, "precision": 0.4, "recall": 0.2, "map": 0.1}},
            "recbole": {"BPR": {"ndcg": 0.29, "recall": 0.25, "mrr": 0.48, "hit_rate": 0.79}},
        },
    }


def results() -> dict:
    return {
        "date": "2026-03-09",
        "machine": {"cpu": "A & B", "cores": 2},
        "versions": {"python": "3.11.7", "torch": "2.13.0"},
        "rows": [
            row("mean", "ours", 1.12, 0.0001, steps=1, reached=(None, None)),
            row("als", "ours", 0.931, 0.2, reached=(0.05, None), code_lines=7),
            row("slow", "Peer<b>", 0.912, 40.0, reached=(0.5, 2.0)),
            row("blind", "Other", 0.955, 0.02),
            row("gibbs", "ours", 0.901, 3.0, SIDE, reached=(0.3, 0.4)),
            row("near", "Peer<b>", 0.9015, 9.0, SIDE),
            row("time", "ours", 0.88, 5.0, TIME, reached=(0.6, 0.7)),
            row("als", "ours", 0.921, 0.3, split="u1"),
        ],
        "epoch": {
            "indexing": {"min_ms": 8.0, "median_ms": 10.0},
            "sparse": {"min_ms": 2.0, "median_ms": 2.5},
            "epochs": 300,
            "largest_relative_gradient_gap": 1.5e-7,
        },
        "scale": {
            "date": "2026-04-01",
            "ratings": 25_000_123,
            "ways": {
                "read": {"who": "ours", "speed": 1.25, "peak_mb": 555.5},
                "full": {"who": "ours", "speed": 20.0, "peak_mb": 1234},
                "cornac": {"who": "cornac", "speed": 50.0, "peak_mb": 987},
            },
        },
        "ranking": ranking(),
    }


def shown(kind: str, found: dict) -> BeautifulSoup:
    html = benchmark.write_table(kind, "말 <b>글</b>", *benchmark.make_parts(found, kind))
    return BeautifulSoup(html, "html.parser")


def texts(tag, selector: str) -> list[str]:
    return [found.get_text() for found in tag.select(selector)]


NAMES = [
    "1. Peer<b>: SLOW, rank 2",
    "2. 이 강의: ALS, rank 2",
    "3. Other: BLIND, rank 2",
    "4. 이 강의: MEAN, rank 2",
    "5. 이 강의: GIBBS, rank 2",
    "6. Peer<b>: NEAR, rank 2",
    "7. 이 강의: TIME, rank 2",
]
LABELS = [*benchmark.LOOKS_AT.values()]
GROUPS = [*LABELS[:2], LABELS[2] + benchmark.ALONE]
WAYS = [benchmark.SCALE[way] for way in ("read", "full", "cornac")]
COST, EPOCH = "|".join(benchmark.COST.values()), [*benchmark.EPOCH.values()]
SPEED = "|".join(benchmark.SCALE_COLUMNS.values())


TABLES = {  # kind -> heads, groups, names of the rows, some rows by their place
    # By what they look at, then by RMSE, which has its spread; a missing split is a dash.
    "accuracy": (
        "ua의 RMSE|u1의 RMSE",
        GROUPS,
        NAMES,
        {0: "0.9120 가장 좋음 (0.0010)|-", 1: "0.9310 (0.0010)|0.9210 (0.0010)"},
    ),
    "cost": (COST, GROUPS, NAMES, {1: "0.200|<0.001 가장 좋음|1,234 가장 좋음|78|7"}),
    # What was not reached is a dash, and who reached nothing is left out.
    "reach": ("0.96까지|0.94까지", GROUPS, NAMES[:2] + NAMES[4::2], {1: "0.050 가장 좋음|-"}),
    # Ways are compared with the first; then what is no time.
    "epoch": (
        "가장 짧을 때 (밀리초)|중앙값 (밀리초)|빠르기",
        [],
        EPOCH[:1] + EPOCH[2:],
        {0: "8.00|10.00|1.0배", 1: "2.00|2.50|4.0배", 2: "300|", 3: "0.0000001|"},
    ),
    # In the order of the file.
    "scale": (
        SPEED,
        ["이 강의", "견줄 방법"],
        WAYS,
        {0: "1.25|556", 1: "20.0|1,234", 2: "50.0|987"},
    ),
    # By NDCG; who cannot be told from the best by the interval over users is bold as well.
    "ranking": (
        "|".join(benchmark.RANKERS["ranking"][1].values()),
        [],
        ["1. 이 강의: EASE 1", "2. Peer<b>: NEAR 1", "3. 이 강의: FAR 1"],
        {
            0: "0.3300 가장 좋음 (0.0020)|0.2000|12.3%|234|0.500",
            1: "0.3280 가장 좋음 (0.0020)|0.2000|12.3%|234|0.500",
            2: "0.3000 (0.0020)|0.2000|12.3%|234|0.010",
        },
    ),
    # What others published is in its place, without seconds, and is never the best measured.
    "published": (
        "|".join(benchmark.RANKERS["published"][1].values()),
        [],
        ["발표된 값: VAE", "이 강의: EASE 1", "다시 만든 것: SAR 1"],
        {
            0: "0.4750|0.4000|0.2000|0.1000|-",
            1: "0.4700 가장 좋음 (0.0020)|0.1500|0.2000|0.0500|0.500",
        },
    ),
    "recbole": (
        "|".join(benchmark.RANKERS["recbole"][1].values()),
        [],
        ["이 강의: EASE 1", "발표된 값: BPR"],
        {
            0: "0.3400 가장 좋음 (0.0020)|0.2000|0.5000|0.8000|0.500",
            1: "0.2900|0.2500|0.4800|0.7900|-",
        },
    ),
    "moment": (
        "|".join(benchmark.RANKERS["moment"][1].values()),
        [],
        ["이 강의: NEXT 1"],
        {0: "0.1100 가장 좋음 (0.0020)|0.2000|0.2500|12.3%|0.500"},
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table(kind: str):
    found, (heads, groups, names, cells) = shown(kind, results()), TABLES[kind]
    lines = found.select("tr:has([scope=row])")
    assert "|".join(texts(found, "th[scope=col]")[1:]) == heads
    assert texts(found, "th[scope=rowgroup]") == groups
    assert texts(found, "th[scope=row]") == names
    assert {place: "|".join(texts(lines[place], "td")) for place in cells} == cells
    assert texts(found, f"#{found.div['aria-labelledby']}") == ["말 <b>글</b>"]
    assert len(found.select("th")) == len(found.select("th[scope]"))


def test_a_group_of_ours_alone_is_said_to_be_one():
    with_peer = results()
    with_peer["rows"].append(row("late", "Peer<b>", 0.99, 1.0, TIME))
    assert texts(shown("accuracy", with_peer), "th[scope=rowgroup]") == LABELS


@pytest.mark.parametrize(("near", "best"), [(0.9015, ["0.9010", "0.9015"]), (0.9021, ["0.9010"])])
def test_the_best_of_a_group_and_what_the_seeds_cannot_tell_from_it_are_bold(near, best):
    """The spread is 0.001; who is alone beats nobody."""
    found = results()
    found["rows"][5]["rmse"]["mean"] = near
    table = shown("accuracy", found)
    assert [strong.contents[0] for strong in table.select("strong")] == ["0.9120", *best]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("als ua rmse", "0.9310"),
        ("slow ua fit_cpu_s", "40.000"),
        ("mean ua fit_cpu_s", "<0.001"),
        ("als ua peak_mb", "1,234"),
        ("gibbs ua reached_cpu_s 0.94", "0.400"),
        ("mean ua seeds", "3"),
        ("date", "2026년 3월 9일"),
        ("machine cpu", "A & B"),
        ("machine cores", "2"),
        ("versions", "Python 3.11.7, PyTorch 2.13.0"),
        ("slow ua fit_cpu_s / als ua fit_cpu_s", "200.0"),
        ("als ua rmse < mean ua rmse", "0.9310 < 1.1200"),
        ("mean ua rmse > als ua rmse", "1.1200 > 0.9310"),
        ("scale ratings", "25,000,123"),
        ("scale ways cornac speed / scale ways full speed", "2.5"),
        ("ranking ease ua ndcg > ranking far ua ndcg", "0.3300 > 0.3000"),
        ("ranking published recommenders VAE ndcg > ranking ease ua ndcg", "0.4750 > 0.3300"),
        ("ranking ease ua coverage", "12.3%"),
        ("ranking far ua list_popularity", "234"),
        ("ranking users ua", "934"),
    ],
)
def test_a_number_in_prose(text: str, expected: str):
    assert benchmark.evaluate(results(), text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("als ua rmse < svd ua rmse", "has nothing for 'svd ua rmse'"),
        ("als ua reached_cpu_s 0.94", "has nothing for 'als ua reached_cpu_s 0.94'"),
        ("blind ua reached_cpu_s 0.96", "has nothing for"),
        ("als ua rmse > mean ua rmse", "does not hold: [0.931, 1.12]"),
        ("slow u1 rmse", "benchmarks/results.json has nothing for 'slow u1 rmse'"),
        ("scale ways als speed", "benchmarks/scale.json has nothing for 'scale ways als speed'"),
        ("scale ways full speed > scale ways cornac speed", "scale.json: 'scale ways full speed >"),
        ("ranking als ua ndcg", "benchmarks/ranking.json has nothing for 'ranking als ua ndcg'"),
        ("ranking far ua ndcg > ranking ease ua ndcg", "ranking.json: 'ranking far ua ndcg >"),
    ],
)
def test_what_the_file_does_not_say_is_refused(text: str, problem: str):
    with pytest.raises(ValueError, match=re.escape(problem)):
        benchmark.evaluate(results(), text)


def drawn(found: dict, kind: str = "ua") -> BeautifulSoup:
    return BeautifulSoup(benchmark.draw(found, *kind.split()), "html.parser")


def test_the_picture_says_in_words_what_the_file_says():
    page = drawn(results())
    said = page.select_one(f"#{page.svg['aria-describedby']}")
    ids, side, time = (f"{label} 가운데 가장 정확한 것은" for label in benchmark.LOOKS_AT.values())
    assert texts(said, "li") == [
        f"{ids} ‘1. Peer<b>: SLOW, rank 2’입니다(RMSE 0.9120, CPU 40.000초)."
        " 이 강의에서는 ‘2. 이 강의: ALS, rank 2’입니다(RMSE 0.9310, CPU 0.200초).",
        f"{side} ‘5. 이 강의: GIBBS, rank 2’입니다(RMSE 0.9010, CPU 3.000초)."
        " 다른 라이브러리에서는 ‘6. Peer<b>: NEAR, rank 2’입니다(RMSE 0.9015, CPU 9.000초).",
        f"{time} ‘7. 이 강의: TIME, rank 2’입니다(RMSE 0.8800, CPU 5.000초).",
        "학습이 가장 빨리 끝나는 것은 ‘4. 이 강의: MEAN, rank 2’입니다(RMSE 1.1200, CPU <0.001초).",
        "RMSE 0.94 이하에 가장 먼저 닿는 것은 ‘5. 이 강의: GIBBS, rank 2’입니다(CPU 0.400초).",
    ]
    assert page.svg["role"] == "img"
    assert page.select_one(f"#{page.svg['aria-labelledby']}").get_text()


def test_the_picture_of_rankers_says_who_ranks_best_and_who_ends_first():
    assert texts(drawn(results(), "ranking ua"), "ul > li") == [
        "견준 방법 가운데 NDCG가 가장 높은 것은"
        " ‘1. 이 강의: EASE 1’입니다(NDCG@10 0.3300, CPU 0.500초)."
        " 다른 라이브러리에서는 ‘2. Peer<b>: NEAR 1’입니다(NDCG@10 0.3280, CPU 0.500초).",
        "학습이 가장 빨리 끝나는 것은 ‘3. 이 강의: FAR 1’입니다(NDCG@10 0.3000, CPU 0.010초).",
    ]


def marks(page: BeautifulSoup) -> dict[str, tuple[float, float]]:
    """Name -> where its mark is."""
    found = {}
    for group in page.select("svg > :is(g.bench-ours, g.bench-other)"):
        at = re.findall(r"[\d.]+", group.g["transform"])
        found[group.find("text", recursive=False).get_text()] = tuple(map(float, at))
    return found


@pytest.mark.parametrize("kind", ["ua", "ranking ua"])
@pytest.mark.parametrize("found", [results(), REAL], ids=["made up", "real"])
def test_marks_lie_by_seconds_and_score_inside_the_picture(found: dict, kind: str):
    page = drawn(found, kind)
    places = marks(page)
    if kind == "ua":
        methods = [m for group in benchmark.group_methods(found).values() for m in group]
    else:
        methods = benchmark.number_rankers(found, "ua")
    rows = {method.short: method.rows["ua"] for method in methods if "ua" in method.rows}
    assert places.keys() == rows.keys()
    for axis, key in enumerate(["fit_cpu_s", methods[0].score.key]):
        names = sorted(rows, key=lambda name: rows[name][key]["mean"])
        along = [places[name][axis] for name in names]
        assert along == sorted(along, reverse=axis == 1)  # SVG's y axis points downwards
    width, height = map(float, page.svg["viewbox"].split()[2:])
    for along, size in zip(zip(*places.values()), (width, height)):
        assert 0 < min(along) < 0.25 * size and 0.75 * size < max(along) < size


@pytest.mark.parametrize("kind", ["ua", "ranking ua"])
def test_beyond_the_knee_the_scale_is_ten_times_as_coarse(kind: str):
    plane = {
        "ua": benchmark_figure.Plane([[(1.0, 1.0), (1.0, 0.9)]]),
        "ranking ua": benchmark_figure.Plane([[(1.0, 0.1)], [(1.0, 0.3)]], benchmark_figure.NDCG),
    }[kind]
    near, far = {"ua": (0.95, 1.2), "ranking ua": (0.28, 0.1)}[kind]
    steps = [plane.at((1, v))[1] - plane.at((1, v + 0.01))[1] for v in (near, far)]
    assert steps[0] == pytest.approx(10 * steps[1]) and steps[1] > 0
    assert len(drawn(REAL, kind).select(".bench-knee")) == 1


@pytest.mark.parametrize("kind", ["ua", "ranking ua"])
def test_ours_and_others_differ_in_shape(kind: str):
    page = drawn(REAL, kind)
    shapes = {
        style: {path["d"] for path in page.select(f"svg > g.{style} path")}
        for style in ("bench-ours", "bench-other")
    }
    assert len(shapes["bench-ours"]) == 1 and not set.intersection(*shapes.values())
    legend = texts(page, "svg > g:not([class]) > text")
    found = REAL if kind == "ua" else REAL["ranking"]
    whos = dict.fromkeys(r["who"] for r in found["rows"] if r["split"] == "ua")
    assert sorted(legend) == sorted("이 강의" if who == "ours" else who for who in whos)


def test_a_way_leads_to_its_mark_through_what_was_reached():
    page = drawn(results())
    ways = [way["points"].split() for way in page.select("polyline")]
    assert sorted(map(len, ways)) == [1, 1, 1, 2, 3, 3, 3]
    ends = {way[-1] for way in ways}
    assert ends == {f"{x:.0f},{y:.0f}" for x, y in marks(page).values()}


def test_names_do_not_cover_each_other_and_stay_in_the_picture():
    """Marks as near to each other as those of the real file, and some at the right edge."""
    points = [(200 + 24 * (n % 3), 200 + 13.0 * n) for n in range(8)]
    points += [(benchmark_figure.RIGHT, 200 + 25.0 * n) for n in range(4)]
    boxes = benchmark_figure.place_names(points, [80] * len(points))
    for n, box in enumerate(boxes):
        others = boxes[:n] + [(x, y, 12, 12) for x, y in points]
        assert sum(steps_figure.measure_overlap(box, other) for other in others) < 60
        assert benchmark_figure.LEFT + 40 <= box[0] <= benchmark_figure.WIDTH - 40


@pytest.mark.parametrize("kind", ["ua", "ranking ua"])
def test_a_name_begins_or_ends_at_its_mark_however_wide_its_letters_are(kind: str):
    for group in drawn(REAL, kind).select("svg > :is(g.bench-ours, g.bench-other)"):
        at = float(re.search(r"[\d.]+", group.g["transform"])[0])
        name = group.find("text", recursive=False)
        near = {"start": (-41, 13), "end": (-13, 41), "middle": (-1, 1)}[name["text-anchor"]]
        assert near[0] <= float(name["x"]) - at <= near[1]


@pytest.mark.parametrize("fit", [0.0, 1.0])
def test_one_method_alone_is_drawn(fit: float):
    assert len(marks(drawn({"rows": [row("mean", "ours", 1.1, fit)]}))) == 1


PAGE = """제목
====
:bench:`als ua rmse` :bench:`als ua rmse < mean ua rmse`

.. bench:: accuracy
.. bench:: epoch
.. bench:: picture ua
.. bench:: scale
.. bench:: published
.. bench:: picture ranking ua
"""


@pytest.fixture
def show(tmp_path: Path):
    """show(results): is Sphinx content, what did it say, and the page."""
    (tmp_path / "conf.py").write_text(
        "extensions = ['benchmark']\nhtml_theme = 'basic'\n"
        f"html_static_path = [{str(ROOT / 'book' / '_static')!r}]\n",
        encoding="utf-8",
    )
    (tmp_path / "index.rst").write_text(PAGE, encoding="utf-8")
    (tmp_path / "benchmarks").mkdir()

    def run(found: dict) -> tuple[bool, str, str]:
        parts = {benchmark.SCALE_FILE: found["scale"], benchmark.RANKING_FILE: found["ranking"]}
        rest = {key: found[key] for key in found if key not in ("scale", "ranking")}
        for name, part in {benchmark.FILE: rest, **parts}.items():
            file, text = tmp_path / name, json.dumps(part)
            if not file.exists() or file.read_text("utf-8") != text:  # only it makes a page old
                file.write_text(text, encoding="utf-8")
        content, said = build(tmp_path)
        html = tmp_path / "html" / "index.html"
        return content, said, html.read_text("utf-8") if html.exists() else ""

    return run


def test_a_digit_changed_in_the_file_changes_the_page(show):
    found = results()
    content, said, before = show(found)
    assert content, said
    assert "0.9310 &lt; 1.1200" in before and "benchmark.css" in before
    found["rows"][1]["rmse"]["mean"] = 0.9317  # the page itself stays as it is
    content, said, after = show(found)
    assert content, said
    assert "0.9310" not in after and after.count("0.9317") == before.count("0.9310") == 4
    found["scale"]["ways"]["full"]["speed"] = 21.9
    assert "21.9" not in after and "21.9" in show(found)[2]
    found["ranking"]["published"]["recommenders"]["VAE"]["map"] = 0.1234
    assert "0.1234" not in after and "0.1234" in show(found)[2]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda found: found["rows"].pop(1), "als ua rmse"),
        (lambda found: found["epoch"].update(turbo=found["epoch"]["sparse"]), "turbo"),
        (lambda found: found["rows"][2].update(information="the future"), "the future"),
        (lambda found: [row.update(split="u1") for row in found["rows"]], "index.rst:7: ERROR"),
        (lambda found: found["scale"].pop("ways"), "index.rst:8: ERROR"),
        (lambda found: found["ranking"].pop("published"), "index.rst:9: ERROR"),
        (lambda found: found["ranking"]["rows"].clear(), "index.rst:10: ERROR: benchmarks/ranking"),
        (lambda found: found["scale"]["ways"].update(warp=found["scale"]["ways"]["full"]), "warp"),
    ],
    ids=["row", "way", "information", "split", "ways", "published", "rankers", "way-of-many"],
)
def test_the_build_names_what_it_does_not_know(show, change, named: str):
    found = results()
    change(found)
    content, said, _ = show(found)
    assert not content and named in said


@pytest.mark.parametrize("kind", TABLES)
def test_the_built_page_has_the_real_table(kind: str):
    page = soup("book/benchmark")
    [table] = page.select(f".bench:has(#bench-{kind})")
    written = benchmark.write_table(kind, table.caption.text, *benchmark.make_parts(REAL, kind))
    assert str(table) == str(BeautifulSoup(written, "html.parser"))


def test_the_built_page_says_it_all_and_where_when_and_with_what():
    page = soup("book/benchmark")
    methods = {entry["method"] for entry in REAL["rows"]}
    assert len(page.select(".bench:has(#bench-accuracy) [scope=row]")) == len(methods)
    pictures = {entry["split"] for entry in REAL["rows"]} | {"ranking"}
    assert len(page.select("svg[role=img]")) == len(pictures)
    source = (ROOT / "book" / "benchmark.md").read_text(encoding="utf-8")
    assert {"date", "machine cpu", "versions"} <= {*re.findall(r"\{bench\}`([^`]+)`", source)}
