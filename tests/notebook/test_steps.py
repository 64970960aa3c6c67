"""A replayed training: the notebook's numbers, and the book's animation of them."""

import base64
import json
from html.parser import HTMLParser

import numpy as np
import pytest
import steps_figure
import torch

from lecture_utils import Steps
from lecture_utils.notebook import figure_tables, steps
from tests.notebooks import LECTURES, ROOT, cells

POSITIONS = [[[0, 0], [1, 2]], [[0.126, 0], [1, 1.5]], [[0.5, 0], [1, 1]], [[-1, 0], [1, -0.004]]]
GIVEN = {
    "positions": POSITIONS,
    "mse": [5.27, 1.23456, 0.5, 0.0084],
    "labels": ["옥순", "영식<"],
    "groups": ["IN", "ES"],
    "circled": {"남자": ["영식<"]},
    "show": [0, 1, 2, 3],
}


def in_lecture_03() -> tuple[dict, dict]:
    """The cell that shows the steps, and their data."""
    [lecture] = [path for path in LECTURES if path.name.startswith("03")]
    [(cell, data)] = [
        (cell, output["data"])
        for cell in cells(lecture, "code")
        for output in cell["outputs"]
        if steps.MIME in output.get("data", {})
    ]
    return cell, data


class Drawn(HTMLParser):
    """The elements of a figure, each with its attributes and its own text, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict, list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        self.elements[-1][2].append(data)

    def all(self, tag: str, **wanted: str) -> list[tuple[dict, str]]:
        return [
            (attrs, "".join(text))
            for name, attrs, text in self.elements
            if name == tag and wanted.items() <= attrs.items()
        ]


def test_data_are_what_was_recorded():
    recorded = [torch.tensor(at).float().requires_grad_() for at in POSITIONS]
    mse = torch.tensor(GIVEN["mse"], requires_grad=True)
    data = Steps(**(GIVEN | {"positions": recorded, "mse": mse})).to_dict()
    assert data["paths"] == ["0.00,0.00 0.13,0.00 0.50,0.00 -1.00,0.00",
                             "1.00,2.00 1.00,1.50 1.00,1.00 1.00,0.00"]  # fmt: skip
    assert data["mse"] == [5.27, 1.2346, 0.5, 0.0084]
    assert data["circled"] == {"남자": ["영식<"]}
    json.dumps(data)


def test_picture_shows_four_moments():
    axes = Steps(**GIVEN).draw().axes
    assert [ax.get_title() for ax in axes] == [
        f"에폭 {epoch}, 훈련 MSE {mse}"
        for epoch, mse in enumerate(["5.270", "1.235", "0.500", "0.008"])
    ]
    for ax, at in zip(axes, POSITIONS):
        first, second, ring = [collection.get_offsets() for collection in ax.collections]
        np.testing.assert_array_equal([*first, *second], at)
        np.testing.assert_array_equal(ring, [at[1]])
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in axes}) == 1
    [legend] = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["IN", "ES", "남자"]


def test_a_notebook_shows_the_picture_and_keeps_the_data():
    shown = Steps(**GIVEN)
    bundle, size = shown._repr_mimebundle_()
    png = base64.b64decode(bundle["image/png"])
    assert png.startswith(b"\x89PNG")
    pixels = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
    drawn = [2 * size["image/png"][side] for side in ("width", "height")]
    assert pixels == pytest.approx(drawn, abs=1)  # crisp
    assert bundle[steps.MIME] == shown.to_dict()
    assert bundle["text/plain"] == "<Steps: 2 points, 4 epochs>"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mse": [1.0]}, r"positions has shape \(4, 2, 2\) for 1 MSEs"),
        ({"labels": ["옥순"]}, "1 labels"),
        ({"groups": ["IN"]}, "1 groups"),
        ({"positions": np.zeros((4, 2, 3))}, r"shape \(4, 2, 3\)"),
        ({"mse": [1, 2, float("nan"), 4]}, "epoch 2 are not; .* try a smaller lr"),
        ({"positions": np.full((4, 2, 2), np.inf)}, "must be finite, but those of epoch 0"),
        ({"positions": ["가"]}, "positions, a list, cannot be read as numbers"),
        ({"show": [0, 1, 2, 4]}, r"show is \[0, 1, 2, 4\]; name four epochs of 0..3"),
        ({"show": [0]}, "name four epochs"),
        ({"circled": {"남자": ["영수"]}}, "circled names '영수'"),
    ],
)
def test_bad_input_is_refused(wrong: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Steps(**(GIVEN | wrong))


def test_the_lecture_recorded_its_own_training():
    """Epoch by epoch the MSEs that the training cell printed, from 0 to 100."""
    data = in_lecture_03()[1][steps.MIME]
    assert len(data["mse"]) == 101 and len(data["labels"]) == len(data["groups"]) == 17
    assert all(len(path.split()) == 101 for path in data["paths"])
    [lecture] = [path for path in LECTURES if path.name.startswith("03")]
    printed = next(
        "".join(c["outputs"][0]["text"])
        for c in cells(lecture, "code")
        if "footprints.append" in "".join(c["source"])
    )
    for line in printed.splitlines():  # "epoch:  20, MSE: 0.2972"
        epoch, mse = (part.split()[-1] for part in line.split(","))
        assert data["mse"][int(epoch)] == float(mse)
    assert data["mse"][100] < data["mse"][99]


def test_figure_is_small_and_shows_the_last_epoch():
    cell, data = in_lecture_03()
    data, alt = data[steps.MIME], cell["metadata"]["mystnb"]["image"]["alt"]
    html = steps_figure.draw_figure(data, "steps-1", alt)
    files = [ROOT / "book" / "_static" / name for name in ("steps.js", "steps.css")]
    assert len(html.encode()) + sum(file.stat().st_size for file in files) < 60_000

    drawn = Drawn(html)
    points = drawn.all("g", **{"class": "steps-point"})
    assert len(points) == 17
    for (attrs, _), path in zip(points, data["paths"]):
        x, y = map(float, path.split()[-1].split(","))
        at = attrs["style"].removeprefix("transform:translate(").removesuffix(")")
        assert [float(part.removesuffix("px")) for part in at.split(",")] == pytest.approx(
            [steps_figure.UNIT * x, -steps_figure.UNIT * y], abs=0.06
        )
    labels = [text for _, text in drawn.all("text") if text in data["labels"]]
    assert labels == data["labels"]
    assert [text for _, text in drawn.all("desc")] == [alt]
    assert drawn.all("p", **{"class": "steps-now"})[0][1] == "에폭 100, 훈련 MSE 0.008"
    assert [text for _, text in drawn.all("button")] == ["처음", "이전", "재생", "다음"]


def test_script_gets_every_frame():
    data = in_lecture_03()[1][steps.MIME]
    [(_, text)] = Drawn(steps_figure.draw_figure(data, "steps-1", "")).all("script")
    sent = json.loads(text)
    assert sent["mse"] == data["mse"]
    for walk, path in zip(sent["paths"], data["paths"], strict=True):
        got = np.array([pair.split(",") for pair in walk.split()], dtype=float)
        want = np.array([pair.split(",") for pair in path.split()], dtype=float)
        np.testing.assert_allclose(got, want * [85, -85], atol=0.06)
    assert {len(digits) for digits in sent["spots"]} == {17} and len(sent["spots"]) == 101


def test_table_has_the_first_and_the_last_epoch():
    shown = Steps(**GIVEN)
    table = shown.to_table()
    assert table["rows"] == [
        ["옥순", "IN", "0.00", "0.00", "-1.00", "0.00"],
        ["영식<", "ES", "1.00", "2.00", "1.00", "0.00"],
    ]
    assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    assert table["caption"] == "잠재 요인. 에폭 0, 훈련 MSE 5.270. 에폭 3, 훈련 MSE 0.008."
    assert shown._repr_mimebundle_()[0][figure_tables.MIME] == [table]


def covered(points: list, labels: list[str], spots: list[int]) -> float:
    """The area of names that marks or other names cover."""
    boxes = [(x, y, 22, 22) for x, y in points]
    for (x, y), spot, label in zip(points, spots, labels):
        dx, dy = steps_figure.PLACES[spot]
        boxes.append((x + dx, y + dy, 17 * len(label), 17))
    pairs = [(a, b) for j, b in enumerate(boxes) if j >= len(points) for a in boxes[:j]]
    return sum(steps_figure.measure_overlap(a, b) for a, b in pairs)


def test_names_do_not_cover_each_other():
    """At every epoch: of a name, 34 wide and 17 high, a rim at most is covered."""
    data = in_lecture_03()[1][steps.MIME]
    paths = [steps_figure.read_path(path) for path in data["paths"]]
    spots = steps_figure.place_all(paths, data["labels"])
    hidden = [covered(list(at), data["labels"], where) for at, where in zip(zip(*paths), spots)]
    above = [covered(list(at), data["labels"], [0] * 17) for at in zip(*paths)]
    assert max(hidden) < 30
    assert sum(spot > 7 for where in spots for spot in where) < 10  # of 1717: far from its point
    assert min(above) > 150  # where nobody chooses, every epoch has names that hide others


def test_a_name_stays_where_it_is_while_it_can():
    far = [(0.0, 0.0), (500.0, 0.0)]
    assert steps_figure.place_names(far, [34, 34], [3, 0]) == [3, 0]
    near = [(0.0, 0.0), (0.0, -20.0)]
    assert steps_figure.place_names(near, [34, 34], [0, 0])[0] != 0  # it would hide the other mark


def test_more_groups_than_marks_are_drawn():
    names = [str(n) for n in range(7)]
    shapes = steps_figure.write_marks(names)
    assert list(shapes) == names and shapes["0"] == shapes["5"] != shapes["1"]
