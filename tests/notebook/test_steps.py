"""A replayed training: the notebook's numbers, and the book's animation of them."""

import base64
import json

import numpy as np
import pytest
import steps_figure
import torch
from bs4 import BeautifulSoup

from lecture_utils import Steps
from lecture_utils.notebook import figure_tables
from tests.notebooks import LECTURES, ROOT, cells, printed, source

POSITIONS = [[[0, 0], [1, 2]], [[0.126, 0], [1, 1.5]], [[0.5, 0], [1, 1]], [[-1, 0], [1, -0.004]]]
GIVEN = {
    "positions": POSITIONS,
    "mse": [5.27, 1.23456, 0.5, 0.0084],
    "labels": ["옥순", "영식<"],
    "groups": ["IN", "ES"],
    "circled": {"남자": ["영식<"]},
    "show": [0, 1, 2, 3],
}
[LECTURE] = [path for path in LECTURES if path.name.startswith("03")]
[(CELL, DATA)] = [  # the cell that shows the steps
    (cell, output["data"][Steps.MIME])
    for cell in cells(LECTURE, "code")
    for output in cell["outputs"]
    if Steps.MIME in output.get("data", {})
]


@pytest.fixture(scope="module")
def html() -> str:
    alt = CELL["metadata"]["mystnb"]["image"]["alt"]
    return steps_figure.draw_figure(DATA, "steps-1", alt)


def read_walk(path: str) -> np.ndarray:
    """Read "x,y x,y …", (epochs, 2)."""
    return np.array([pair.split(",") for pair in path.split()], dtype=float)


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
    assert bundle[Steps.MIME] == shown.to_dict()
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
    """Its first and its last MSE are those that the training cell printed, before the last step."""
    assert len(DATA["mse"]) == 101 and len(DATA["labels"]) == len(DATA["groups"]) == 17
    assert all(len(path.split()) == 101 for path in DATA["paths"])
    [out] = [printed(c) for c in cells(LECTURE, "code") if "by_hand.append" in source(c)]
    first, last = out.split()[1::2]  # "MSE: 5.2702 → 0.0085"
    assert [DATA["mse"][0], DATA["mse"][99]] == [float(first), float(last)]
    assert DATA["mse"][100] < DATA["mse"][99]


def test_figure_is_small_and_shows_the_last_epoch(html):
    """Its words, buttons, description and the other epochs: site/test_steps."""
    files = [ROOT / "book" / "_static" / name for name in ("steps.js", "steps.css")]
    assert len(html.encode()) + sum(file.stat().st_size for file in files) < 60_000
    points = BeautifulSoup(html, "html.parser").select("g.steps-point")
    assert [point.find("text").text for point in points] == DATA["labels"]
    for point, path in zip(points, DATA["paths"], strict=True):
        x, y = point["style"].removeprefix("transform:translate(").removesuffix(")").split(",")
        at = [float(x.removesuffix("px")), float(y.removesuffix("px"))]
        assert at == pytest.approx(read_walk(path)[-1] * [85, -85], abs=0.06)


def test_table_has_the_first_and_the_last_epoch():
    shown = Steps(**GIVEN)
    [table] = shown.to_tables()
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
    paths = [steps_figure.read_path(path) for path in DATA["paths"]]
    spots = steps_figure.place_all(paths, DATA["labels"])
    hidden = [covered(list(at), DATA["labels"], where) for at, where in zip(zip(*paths), spots)]
    above = [covered(list(at), DATA["labels"], [0] * 17) for at in zip(*paths)]
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
