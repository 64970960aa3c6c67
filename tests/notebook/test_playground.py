"""A training whose settings a reader chooses: the notebook's picture and numbers, the still."""

import base64
import math

import pandas as pd
import playground_figure
import pytest
import torch
from bs4 import BeautifulSoup

from lecture_utils import EmbeddingFactorization, Playground, fit, load_solo
from lecture_utils.notebook import figure_tables
from tests.notebooks import LECTURES, cells

SOLO = load_solo()
[LECTURE] = [path for path in LECTURES if path.name.startswith("03")]
[(CELL, DATA)] = [  # the cell that shows the playground
    (cell, output["data"][Playground.MIME])
    for cell in cells(LECTURE, "code")
    for output in cell["outputs"]
    if Playground.MIME in output.get("data", {})
]
ROW = pd.DataFrame([[0.5] * 8], ["보람(ES)"], SOLO.table.columns)
BLANK = SOLO.blanks.head(1)


@pytest.fixture(scope="module")
def trained() -> Playground:
    return Playground(SOLO.table, SOLO.blanks, ROW, epochs=20, lr=0.03, l2=0.01, rank=3, seed=7)


def test_it_trains_as_the_lecture_does(trained):
    """With another way to the cells: their names and numbers, one by one."""
    users, items = [*SOLO.table.index], [*SOLO.table.columns]
    known = [(u, i, SOLO.table.loc[u, i]) for u in users for i in items]
    known = [(users.index(u), items.index(i), y) for u, i, y in known if not math.isnan(y)]
    blanks = [
        (users.index(u), items.index(i), y) for u, i, y in SOLO.blanks.itertuples(index=False)
    ]
    parts = [tuple(map(torch.tensor, zip(*cells))) for cells in (known, blanks)]
    torch.manual_seed(7)
    model = EmbeddingFactorization(9, 8, 3)
    l2 = {"user_features.weight": 0.01, "item_features.weight": 0.01}
    history = fit(model, *parts, epochs=20, lr=0.03, l2=l2)
    assert trained.errors.shape == (21, 2)
    assert trained.errors[:-1, 0] ** 2 == pytest.approx(history.train_mse)
    assert trained.errors[1:, 1] ** 2 == pytest.approx(history.test_mse)
    predicted = model.table(torch.arange(9)).tolist()
    assert trained.to_dict()["predictions"] == [[round(x, 2) for x in row] for row in predicted]


def test_the_generator_of_torch_is_left_as_it_was(trained):
    torch.manual_seed(3)
    expected = torch.randn(1)
    torch.manual_seed(3)
    Playground(SOLO.table, SOLO.blanks, epochs=1)
    assert torch.randn(1) == expected


def test_the_book_gets_the_tables_and_the_settings(trained):
    data = trained.to_dict()
    assert data["rows"] == [*SOLO.table.index] and data["columns"] == [*SOLO.table.columns]
    assert data["table"][0][:2] == [None, 4.02] and data["repaired"] == {"보람(ES)": [0.5] * 8}
    assert len(data["blanks"]) == 7 and data["blanks"][1] == [1, 7, 0.32]
    settings = {"lr": 0.03, "l2": 0.01, "rank": 3, "seed": 7, "epochs": 20}
    assert data["settings"] == settings
    assert repr(trained) == "<Playground: lr=0.03, l2=0.01, rank=3, seed=7, epochs=20>"
    assert data["mean"] == 1.74  # as the lecture says of the mean predictor


def test_a_notebook_shows_a_small_picture_with_its_numbers(trained):
    bundle, _ = trained._repr_mimebundle_()
    assert len(base64.b64decode(bundle["image/png"])) < 80_000
    assert bundle[Playground.MIME] == trained.to_dict()
    predicted, errors = bundle[figure_tables.MIME]
    assert len(predicted["rows"]) == 9 and len(predicted["columns"]) == 9
    assert errors["columns"] == ["에폭", "아는 칸", "빈칸", "평균 예측 (빈칸)"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"table": SOLO.table * 2}, "table holds 8.04; ratings are from 0 to 5"),
        ({"table": SOLO.table.astype(object).replace(4.02, "네")}, "cannot be read as numbers"),
        ({"blanks": BLANK.assign(man="영수")}, "'영수' is not in the table"),
        ({"blanks": BLANK.assign(woman="영수")}, "'영수' is not in the table"),
        ({"blanks": BLANK.assign(man="영철(IN)")}, "blanks names a cell that the table knows"),
        ({"repaired": ROW - 1}, "repaired holds -0.5"),
        ({"repaired": ROW.set_axis(["영수"])}, "'영수' is not in the table"),
        ({"repaired": ROW.iloc[:, ::-1]}, "repaired must have the columns of table"),
        ({"rank": 0}, "rank must be at least 1, not 0"),
        ({"lr": 0}, "lr must be a positive number"),
        ({"l2": -1}, "must be a number of at least 0"),
        ({"epochs": 0}, "epochs must be at least 1"),
    ],
)
def test_bad_input_is_refused(wrong: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Playground(**({"table": SOLO.table, "blanks": SOLO.blanks} | wrong))


def test_the_lecture_shows_its_own_table():
    assert DATA["table"] == Playground(SOLO.table, SOLO.blanks, epochs=1).to_dict()["table"]
    [[name, row]] = DATA["repaired"].items()
    printed = DATA["table"][DATA["rows"].index(name)]
    assert [a is None for a in row] == [b is None for b in printed]
    assert [b for a, b in zip(printed, row) if a != b] == [3.65, 3.52, 4.0]


def test_the_still_says_where_the_training_led():
    page = BeautifulSoup(
        playground_figure.draw_figure(DATA, "playground-1", "그림 <1>"), "html.parser"
    )
    assert page.select_one("desc").text == "그림 <1>"
    rows = [row.find_all("td") for row in page.select("tbody tr")]
    for row, predicted, given in zip(rows, DATA["predictions"], DATA["table"], strict=True):
        assert [cell.contents[0] for cell in row] == [f"{x:.2f}" for x in predicted]
        assert [cell["class"] for cell in row] == [[f"rating-{round(4 * x)}"] for x in predicted]
        notes = [(cell.small.text, rating) for cell, rating in zip(row, given)]
        assert all(note == f"{x:.2f}" for note, x in notes if x is not None)
    assert rows[0][0].small.text == "(3.93)" and rows[7][3].small.text == "?"
    last = [f"{x:.3f}" for x in (*DATA["errors"][-1], DATA["mean"])]
    assert [dd.text for dd in page.select("dd")] == last
    curve = page.select_one("polyline.playground-blanks")["points"].split()
    assert curve[-1] == f"100,{-DATA['errors'][-1][1]:g}" and len(curve) == 101
    assert page.select_one("p").text == "에폭 100, 아는 칸 63개와 빈칸 7개의 RMSE"
