"""A number in prose is a number the course measured: `1.05<!-- ml-100k.reg.test_mse -->`.

The comment names an entry of course/lecture_NN.toml; the number must agree with it and with what
a check printed in the committed output (`key = value`), to as many decimals as the prose has.
Results without a comment fail. Code, formulas, links and versions are exempt.
"""

import re

import pytest

from lecture_utils import check
from tests.notebooks import LECTURES, ROOT, cells, printed, prose

BOUND = re.compile(r"(-?[\d,]*\d(?:\.\d+)?)\**%?<!-- ([\w.-]+)(?:\[(\d+)\])? -->")
EXEMPT = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|https?://\S+|<!--.*?-->"
    r"|(?:Python|PyTorch|torch|pandas|numpy|matplotlib|Colab|pip|v|CC BY) ?\d+(?:\.\d+)+",
    re.DOTALL,
)
RESULT = re.compile(r"(?<![0-9A-Za-z_.])\d[\d,]*(?:\.\d+(?![\w.]*\d)|(?:\.\d+)?\s?%)")
PAGES = [*LECTURES, *sorted((ROOT / "book").glob("*.md"))]


def outputs(path) -> str:
    """Of the lecture itself; for a page of the book, of all lectures."""
    lectures = [path] if path.suffix == ".ipynb" else LECTURES
    return "\n".join(printed(cell) for p in lectures for cell in cells(p, "code"))


def disagreements(text: str, out: str) -> list[str]:
    """What is wrong with the numbers in `text`, given the printed output `out`."""
    wrong = []
    for number, key, index in BOUND.findall(text):
        value, decimals = float(number.replace(",", "")), len(number.partition(".")[2])
        entry = check.reference(key)
        if index:  # the documents' own numbers: nothing of ours prints them
            found = [entry["values"][int(index)]]
        else:
            found = [float(v) for v in re.findall(rf"{re.escape(key)} = (-?[\d.]+)", out)]
        slack = 0.5 * 10**-decimals + (5e-5 if decimals < 4 else 1e-9)  # printed: 4 decimals
        if not found or any(abs(f - value) > slack for f in found):
            wrong.append(f"{number} is bound to {key}, but the output says {found or 'nothing'}")
        elif not index:
            low, high = check.bounds(entry)
            if not low - 5e-5 <= found[0] <= high + 5e-5:
                wrong.append(f"{number} is outside of {key}")
    rest = EXEMPT.sub(" ", BOUND.sub(" ", text))
    return wrong + [f"{number} is not bound" for number in RESULT.findall(rest)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_numbers_in_prose(path):
    assert disagreements(prose(path), outputs(path)) == []


OUT = "✓ ml-100k.mean.test_mse = 1.2589 (기준 1.2588~1.2590)"


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_committed_ranges_are_those_of_the_toml(path):
    """A range that changed after the lecture ran: make lectures."""
    shown = re.findall(r"✓ (\S+) = \S+ \(기준 ([^)]+)\)", outputs(path))
    assert shown
    for key, text in shown:
        low, high = check.bounds(check.reference(key))
        assert text == f"{low:.5g}~{high:.5g}", key


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("MSE는 1.26<!-- ml-100k.mean.test_mse -->입니다", 0),
        ("**1.259**<!-- ml-100k.mean.test_mse -->", 0),
        ("1.27<!-- ml-100k.mean.test_mse -->", 1),  # not what the output says
        ("1.2588<!-- ml-100k.mean.test_mse -->", 1),
        ("1.27<!-- ml-100k.mean.train_mse -->", 1),  # printed nowhere
        ("문서에는 1.8270<!-- documents.mf_blanks_untrained[0] -->", 0),
        ("문서에는 1.8370<!-- documents.mf_blanks_untrained[0] -->", 1),
        ("MSE는 1.26입니다", 1),
        ("약1.26점", 1),
        ("5%만 차 있습니다", 1),
        ("학습률 `0.1`, $\\lambda = 0.001$, PyTorch 2.6, L07.1, 1998년, 943명", 0),
    ],
)
def test_the_contract_can_fail(text, problems):
    assert len(disagreements(text, OUT)) == problems
