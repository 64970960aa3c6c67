"""Lecture 06: each exhibit is wrong as it says, and its check notices when somebody mends it."""

import re
import warnings

import pytest

from tests.notebooks import LECTURES, load, source

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


def rooms() -> dict[int, list[dict]]:
    """The code cells of each exhibit; 0 is the entrance, without the bootstrap cell."""
    found, number = {0: []}, 0
    for cell in load(MUSEUM)["cells"]:
        if cell["cell_type"] == "code":
            found[number].append(cell)
        elif heading := re.search(r"^## (?:전시물 (\d+)\. )?", source(cell), re.MULTILINE):
            number = int(heading[1] or 0) if heading[1] or number == 0 else -1
            found.setdefault(number, [])
    found.pop(-1, None)
    return found | {0: found[0][1:]}


ROOMS = rooms()


@pytest.fixture(scope="module")
def entrance() -> dict:
    space: dict = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where no copy of MovieLens can be had
        for cell in ROOMS[0]:
            exec(source(cell), space)
    return space


def walk(number: int, entrance: dict, change: dict[str, str]) -> None:
    space, found = dict(entrance), 0
    for cell in ROOMS[number]:
        code = source(cell)
        for old, new in change.items():
            found += code.count(old)
            code = code.replace(old, new)
        exec(code.replace("plt.show()", "plt.close()"), space)
    assert found or not change, f"exhibit {number} no longer has {list(change)}"


def test_at_least_twelve_exhibits_each_with_its_check():
    exhibits = [number for number in ROOMS if number]
    assert exhibits == list(range(1, len(exhibits) + 1)) == list(MENDED)
    assert len(exhibits) >= 12
    for number in exhibits:
        names = [cell["metadata"].get("name", "") for cell in ROOMS[number]]
        assert f"check-{number:02d}" in names


@pytest.mark.parametrize("number", MENDED)
def test_the_exhibit_is_wrong_as_it_says(number, entrance):
    walk(number, entrance, {})


@pytest.mark.parametrize("number", MENDED)
def test_a_mended_exhibit_is_noticed(number, entrance):
    with pytest.raises(AssertionError, match="✗"):
        walk(number, entrance, MENDED[number])


def test_a_larger_table_is_noticed(entrance):
    with pytest.raises(AssertionError, match="IndexError"):
        walk(1, entrance, {"nn.Embedding(943, 2)": "nn.Embedding(944, 2)"})
