"""A sentence that says how a result came out is held by a check: `... <!-- holds: NAME -->`.

NAME is what the check is called, a sentence or a key, and stands in the committed output of the
lecture as `✓ NAME`. Mutants turn each of these checks red (`make test-all`). What no program can
see is whether a sentence is bound at all: `python -m tests.test_claims 02` lists those that look
like a result and are not.
"""

import re
import sys
from difflib import get_close_matches

import pytest

from lecture_utils import check
from tests.lectures.measure import read_extremes
from tests.notebooks import CLAIM, LECTURES, prose
from tests.test_numbers import PAGES, outputs

# as check.falls, below, within and measured print
SHOWN = "^(?:✓ {0}(?:가 줄었습니다: .*|: .*| = .* \\(기준 .*)|· {0} = .*)$"
RESULT = re.compile(
    "더 |가장|모두|언제나|한 번도|배[ 가를로입쯤]|이[기깁겼]|못[하한합했]|같[습은]"
    "|[나낮높커작빠]아?[졌집지]|[짧길크작높낮]습니다|나[빠쁘쁩]"
)
SPANS = re.compile(r"<!-- spans: (\S+) (\S+) -->")
UNDECIDED = re.compile("0의 양쪽에 (?:고르게 )?걸[쳐칩]|0을 품[고습기]|0의 위로도")
SENTENCE = r"(?<=[.?!])\s+(?!<!--)|\n\s*\n|\n(?=[-*|\d])"
UNREAD = re.compile(
    r"```.*?```|<details>.*?</details>|\$\$.*?\$\$|^#.*?$", re.DOTALL | re.MULTILINE
)


def cited(path) -> list[str]:
    """Return the names of the checks that hold the claims of a lecture or a page."""
    return CLAIM.findall(prose(path))


def problems(name: str, out: str) -> list[str]:
    """Say what is wrong with a citation of the check `name`, given the printed output `out`."""
    shown = re.findall(SHOWN.format(re.escape(name)), out, re.MULTILINE)
    if len(shown) != 1:
        printed = re.findall("^[✓·] (.+?)(?:가 줄었습니다: |: | = )", out, re.MULTILINE)
        near = get_close_matches(name, {*printed} - {name})
        return [f"{len(shown)} checks are called {name!r}; others: {near}"]
    if shown[0].startswith("·") or (" = " in shown[0] and " (기준 " in shown[0]):
        low, high = check.bounds(check.reference(name))
        if low <= 0 <= high:
            return [f"{name} may have either sign: {low} to {high}"]
    return []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_claim_is_held_by_one_check(path):
    out = outputs(path)
    assert [problem for name in cited(path) for problem in problems(name, out)] == []


OUT = """✓ 훈련 MSE가 줄었습니다: 23.41 → 0.44 (평균 예측 1.27)
✓ 편향만의 오차: 0.9188 < 1.2589
✓ 편향만의 오차 둘: 0.9188 < 1.2589
✓ ml-100k.mean.test_mse = 1.2589 (기준 1.2588~1.259)
✓ 두 번: 1.0000 < 2.0000
✓ 두 번: 1.0000 < 2.0000
· seeds.stars.later_gibbs_gain = 0.0081
  (2026-11-26에 시드 20개로 잼, 기준 0.0013723~0.016946)
"""


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("훈련 MSE", True),
        ("편향만의 오차", True),
        ("ml-100k.mean.test_mse", True),
        ("편향", False),
        ("두 번", False),
        ("seeds.stars.later_gibbs_gain", True),
        ("없는 것", False),
    ],
)
def test_a_claim_without_its_check_is_told(name, held):
    assert (problems(name, OUT) == []) is held


def test_a_name_that_no_check_has_is_told_with_the_nearest():
    assert problems("편향만의 차", OUT) == [
        "0 checks are called '편향만의 차'; others: ['편향만의 오차', '편향만의 오차 둘']"
    ]


def test_a_claim_needs_a_range_of_one_sign(monkeypatch):
    monkeypatch.setattr(check, "reference", lambda key: {"low": -0.1, "high": 0.2})
    for out in ("✓ x.gap = 0.1000 (기준 -0.1~0.2)", "· x.gap = 0.1000"):
        assert "either sign" in problems("x.gap", out)[0]


def spans_problems(text: str, out: str) -> list[str]:
    """Say what is wrong with the sentences of `text` that leave open who wins."""
    wrong = [
        f"nothing says that it is open: {sentence}"
        for sentence in re.split(SENTENCE, UNREAD.sub("", text))
        if UNDECIDED.search(sentence)
        and not re.search("<!-- (holds|spans): ", sentence)
        and not sentence.startswith("**")  # what a question supposes
    ]
    for key, value in SPANS.findall(text):
        low, high = read_extremes(check.reference(key))
        if not low < float(value) < high:
            wrong.append(f"{key} was between {low} and {high}, all on one side of {value}")
        if len(re.findall(SHOWN.format(re.escape(key)), out, re.MULTILINE)) != 1:
            wrong.append(f"no check printed {key}, or several")
    return wrong


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_where_seeds_fell_on_both_sides_they_did(path):
    assert spans_problems(prose(path), outputs(path)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("범위가 0의 양쪽에 걸쳐 있습니다.", "nothing says that it is open"),
        ("범위가 0의 양쪽에 걸쳐 있습니다<!-- spans: a.gap 0 -->.", None),
        ("0.1보다 클 때도 있습니다<!-- spans: a.gap 0.1 -->.", "all on one side of 0.1"),
        ("0을 품고 있습니다<!-- spans: b.gap 0 -->.", "no check printed b.gap"),
    ],
)
def test_an_open_end_without_its_seeds_is_told(text, said, monkeypatch):
    entry = {"source": "tests/lectures/test_00.py: -0.02 to 0.05, widened by 0.5 of the distance"}
    monkeypatch.setattr(check, "reference", lambda key: entry)
    found = spans_problems(text, "✓ a.gap = 0.0100 (기준 -0.055~0.085)")
    assert len(found) == bool(said) and (not said or said in found[0])


def list_unbound(text: str) -> list[str]:
    """Return the sentences of `text` that look like a result and cite neither check nor number."""
    sentences = re.split(SENTENCE, UNREAD.sub("", text))
    return [s.strip() for s in sentences if RESULT.search(s) and "<!--" not in s and "?" not in s]


if __name__ == "__main__":
    for lecture in LECTURES:
        if lecture.name[:2] in sys.argv[1:]:
            unbound = list_unbound(prose(lecture))
            print(f"{lecture.name}: {len(unbound)} sentences to read; not each is a result")
            print("\n".join(unbound))
