"""Lecture 06, the museum of mistakes: measure what mistakes cost, and mend each exhibit.

An exhibit is wrong as it says, and its check notices when somebody mends it.
"""

import re
import warnings
from collections.abc import Iterable

import pytest
import torch

from lecture_utils import (
    EmbeddingFactorization,
    MatrixFactorization,
    Ratings,
    Tensors,
    as_tensors,
    evaluate,
    fit,
    fit_biases,
)
from tests.lectures.measure import DATA_SETS, list_values, load, run_each
from tests.lectures.test_03 import split_table, train
from tests.notebooks import LECTURES, source
from tests.notebooks import load as load_notebook

LUCKY = 20  # seeds of which the best is taken


def measure(seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return one value per seed; what depends on no seed is measured once."""
    seeds, values = list(seeds), {}
    for name in DATA_SETS:
        clipped = run_each(clip, [(name, seed) for seed in seeds])
        for found in ([shift_ids(load(name))], clipped):
            values |= list_values(f"{name}.museum.", found)
    errors = run_each(fill_blanks, [(n,) for n in range(seeds[0], seeds[-1] + LUCKY)])
    lucky = [min(errors[first : first + LUCKY]) for first in range(len(seeds))]
    fresh = run_each(forget_training, [(seed,) for seed in seeds])
    return values | {"solo.museum.lucky_rmse": lucky, "solo.museum.fresh_rmse": fresh}


def shift_ids(data: Ratings) -> dict[str, float]:
    """Fit biases of ids from 0; ask for items from 0, and by mistake from 1."""
    train, test = as_tensors(data.train), as_tensors(data.test)
    fitted = fit_biases(Tensors(train.users - 1, train.items - 1, train.ratings), 943, 1682)
    last = test.items < 1682
    wrong = fitted(test.users[last] - 1, test.items[last])
    return {
        "shifted_rmse": evaluate.rmse(wrong, test.ratings[last]),
        "aligned_rmse": evaluate.rmse(fitted(test.users - 1, test.items - 1), test.ratings),
    }


def clip(name: str, seed: int) -> dict[str, float]:
    """Train without a penalty; return the test RMSE of predictions as they are and clipped."""
    data = load(name)
    test = as_tensors(data.test)
    torch.manual_seed(seed)
    model = MatrixFactorization(data.num_users, data.num_items)
    fit(model, as_tensors(data.train), epochs=150)
    prediction = model(test.users, test.items).detach()
    return {
        "unclipped_rmse": evaluate.rmse(prediction, test.ratings),
        "clipped_rmse": evaluate.rmse(prediction.clamp(1, 5), test.ratings),
    }


def fill_blanks(seed: int) -> float:
    """Train on the 9x8 table; return the RMSE on its blanks."""
    known, blanks = split_table()
    model, _ = train(lambda: EmbeddingFactorization(9, 8), seed, known, epochs=100)
    return evaluate.rmse(model(blanks.users, blanks.items), blanks.ratings)


def forget_training(seed: int) -> float:
    """Create the model anew after training; return its RMSE on the known cells."""
    known, _ = split_table()
    train(lambda: EmbeddingFactorization(9, 8), seed, known, epochs=100)
    model = EmbeddingFactorization(9, 8)
    return evaluate.rmse(model(known.users, known.items), known.ratings)


MUSEUM = next(path for path in LECTURES if path.name.startswith("06"))
# Exhibit -> what is wrong in it, and how it would be right.
MENDED = {
    1: {"- 1, test.items[inside])": "- 1, test.items[inside] - 1)"},
    2: {"known.ratings.reshape(-1, 1)  #": "known.ratings  #"},
    3: {"train_once(False)": "train_once(True)"},
    4: {"total = total + loss": "total = total + loss.detach()"},
    5: {"relabel[known.items])": "known.items)"},
    6: {"model = EmbeddingFactorization(9, 8)  # 예측": "# 예측"},
    7: {"error(model, blanks)": "error(model, known)"},
    8: {"solo.table.isna().sum(axis=1)": "fixed.isna().sum(axis=1)"},
    9: {"torch.tensor(tall.to_numpy())": "torch.tensor(tall.fillna(0).to_numpy())"},
    10: {"fit_five(0, 5)": "fit_five(0.5, 5.5)"},
    11: {"best = chosen.argmin()": "best = checked.argmin()"},
    12: {"prediction.clamp(1, 5)": "prediction"},
    13: {"scores.min().item()": "scores[1].item()"},
    14: {'if order == "틀림":': 'if order == "없음":'},
    15: {"random_state=0)\nunchanged": "random_state=0).to_numpy()\nunchanged"},
    16: {"curve[-1] < 100": "curve[-1] < mean_mse"},
}


def find_rooms() -> dict[int, str]:
    """Return the code of each exhibit, by number; 0 is the entrance, without the bootstrap cell."""
    found, number = {0: []}, 0
    for cell in load_notebook(MUSEUM)["cells"]:
        if heading := re.match(r"## 전시물 (\d+)\. ", source(cell)):
            number = int(heading[1])
        elif cell["cell_type"] == "code":
            found.setdefault(number, []).append(source(cell))
    found[0] = found[0][1:]
    return {n: "\n".join(room).replace("plt.show()", "plt.close()") for n, room in found.items()}


ROOMS = find_rooms()


@pytest.fixture(scope="module")
def entrance() -> dict:
    space: dict = {}
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # no copy of MovieLens
        exec(ROOMS[0], space)
    return space


def walk(number: int, entrance: dict, change: dict[str, str] | None = None) -> None:
    """Run an exhibit straight from the entrance, with a change in its code."""
    code = ROOMS[number]
    for old, new in (change or {}).items():
        assert old in code, f"exhibit {number} no longer has {old}"
        code = code.replace(old, new)
    exec(code, dict(entrance))


def test_at_least_twelve_exhibits_can_be_mended():
    assert len(MENDED) >= 12
    assert [*ROOMS] == [0, *MENDED] == [*range(len(ROOMS))]
    names = {cell["metadata"].get("name") for cell in load_notebook(MUSEUM)["cells"]}
    assert {f"check-{number:02d}" for number in MENDED} <= names


@pytest.mark.full
@pytest.mark.parametrize("number", MENDED)
def test_an_exhibit_needs_no_other(number, entrance):
    """In the lecture's order nbval runs it."""
    walk(number, entrance)


@pytest.mark.parametrize("number", MENDED)
def test_a_mended_exhibit_is_noticed(number, entrance):
    with pytest.raises(AssertionError, match="✗"):
        walk(number, entrance, MENDED[number])


def test_a_larger_table_is_noticed(entrance):
    with pytest.raises(AssertionError, match="IndexError"):
        walk(1, entrance, {"nn.Embedding(943, 2)": "nn.Embedding(944, 2)"})
