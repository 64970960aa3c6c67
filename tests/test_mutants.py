"""The lectures' checks can fail: break a lecture on purpose, and a named check goes red.

Each mutant is a copy of a lecture with one change. Everything up to the named check cell runs
under nbval (without the sections that it does not need); `make test-all` runs the whole lecture.
A crash elsewhere does not count: only check cells may fail, by AssertionError.
"""

import copy
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.notebooks import LECTURES, load, source


@dataclass
class Mutant:
    lecture: str
    change: dict[str, str]  # old code -> new code, wherever it stands
    red: str  # the check cell that must fail
    skip: set[str] = field(default_factory=set)  # tags of cells that the check does not need


EVALUATIONS = {"twins", "kinds", "stop", "grid", "splits", "seeds", "ranking", "lies"}
LADDER = {
    "descent", "race", "power", "svdpp", "neumf", "ids", "side", "time", "ordinal", "fine",
    "summary", "future", "final",
}  # fmt: skip
BIG = {"shapes", "growth", "race", "shuffle"}
SHUFFLED = ".float()[torch.randperm(len(train))]"
MUTANTS = {
    "01 lr=0": Mutant("01", {"lr = 0.1": "lr = 0.0", "lr=0.1": "lr=0.0"}, "check-line-falls"),
    "01 slope": Mutant("01", {"y = 2.5 + 4 * x": "y = 2.5 - 4 * x"}, "check-line-slope"),
    "02 lr=0": Mutant("02", {"], lr=0.1": "], lr=0.0"}, "check-plain-falls"),
    "02 shuffled": Mutant(
        "02",
        {'ratings = torch.tensor(train["rating"].to_numpy()).float()':
         'ratings = torch.tensor(train["rating"].to_numpy())' + SHUFFLED},
        "check-plain-falls",
    ),
    "02 mean": Mutant(
        "02", {"score + mean +": "score - mean +"}, "check-bias", {"plain", "reg"}
    ),
    "03 lr=0": Mutant("03", {"lr=0.1": "lr=0.0"}, "check-mf-falls"),
    "03 shuffled": Mutant(
        "03", {".float().reshape(-1, 1)": ".float()[torch.randperm(63)].reshape(-1, 1)"},
        "check-mf-document",
    ),
    "03 added": Mutant(
        "03", {"(W_features * M_features)": "(W_features + M_features)"}, "check-mf-document"
    ),
    "04 shuffled": Mutant(
        "04",
        {"as_tensors(data.train), as_tensors(data.test)":
         'as_tensors(data.train.assign(rating=data.train["rating"].sample(frac=1).to_numpy()))'
         ", as_tensors(data.test)"},
        "check-learn",
    ),
    "04 turned back": Mutant(
        "04", {"R = U @ Vt": "R = (U @ Vt).T"}, "check-turned", {"neighbours"}
    ),
    "04 ridge": Mutant(
        "04", {"N * lam * torch.eye(11)": "lam * torch.eye(11)"},
        "check-fold-in", {"neighbours", "seeds", "weak"},
    ),
    "04 seen": Mutant(
        "04", {'[my_items] = float("-inf")': '[my_items] = float("inf")'},
        "check-top-n", {"neighbours", "seeds", "weak"},
    ),
    "05 shuffled": Mutant(
        "05",
        {"as_tensors(data.train), as_tensors(data.test)":
         'as_tensors(data.train.assign(rating=data.train["rating"].sample(frac=1).to_numpy()))'
         ", as_tensors(data.test)"},
        "check-model",
    ),
    "05 discount": Mutant(
        "05", {"torch.arange(2, k + 2).log2()": "torch.arange(3, k + 3).log2()"},
        "check-ranking", EVALUATIONS,
    ),
    "05 no leak": Mutant(
        "05", {"torch.cat([a, b[leaked]])": "torch.cat([a, b[leaked][:1]])"},
        "check-leak", EVALUATIONS - {"lies"},
    ),
    "07 shuffled": Mutant(
        "07", {'data = load_movielens("ua")':
               'data = load_movielens("ua")\n'
               'data.train["rating"] = data.train["rating"].sample(frac=1).to_numpy()'},
        "check-biases",
    ),
    "07 ridge": Mutant("07", {"F.T @ F + penalty": "F.T @ F + 2 * penalty"}, "check-als", LADDER),
    "07 noise": Mutant(
        "07", {"torch.linalg.solve(L.T, noise": "torch.linalg.solve(L, noise"},
        "check-draw", LADDER,
    ),
    "07 threshold": Mutant(
        "07", {"above = 1 - ndtr(": "above = ndtr("}, "check-ordinal",
        LADDER - {"ordinal"} | {"bayes"},
    ),
    "07 gradient": Mutant(
        "07", {"2 / len(errors) * (by_item": "1 / len(errors) * (by_item"},
        "check-gradient", LADDER | {"averages"},
    ),
    "08 added": Mutant(
        "08", {"(model.P[data.items] * model.Q": "(model.P[data.items] + model.Q"}, "check-same",
        {"shapes"},
    ),
    "08 in order": Mutant(
        "08", {"torch.randperm(n) if shuffled": "torch.arange(n) if shuffled"}, "check-shuffle",
        {"growth", "race"},
    ),
    "08 lr": Mutant(
        "08", {"*sizes), blocks, **more)": "*sizes), blocks, lr=1e-9, **more)"}, "check-stream",
        BIG,
    ),
    "08 shuffled": Mutant(
        "08", {"               everything.ratings]":
               "everything.ratings[torch.randperm(len(everything.ratings))]]"},
        "check-stream", BIG,
    ),
    "08 forgotten": Mutant(
        "08", {"second.optimizer.load_state_dict(memory)": "pass"}, "check-resume", BIG
    ),
    "08 mean of means": Mutant(
        "08", {"        (gap.square().sum() / number).backward()":
               "        gap.square().mean().backward()"},
        "check-shares", BIG,
    ),
}  # fmt: skip


def build(mutant: Mutant, folder: Path, whole: bool, change: bool = True) -> tuple[Path, list]:
    """Write the mutated copy; return its path and its code cells' names."""
    original = next(path for path in LECTURES if path.name.startswith(mutant.lecture))
    notebook = copy.deepcopy(load(original))
    found, kept = 0, []
    for cell in notebook["cells"]:
        if not whole and mutant.skip & set(cell["metadata"].get("tags", [])):
            continue
        kept.append(cell)
        if cell["cell_type"] == "code" and change:
            text = source(cell)
            for old, new in mutant.change.items():
                found += text.count(old)
                text = text.replace(old, new)
            cell["source"] = text
        if not whole and cell["metadata"].get("name") == mutant.red:
            break
    assert found or not change, f"{original.name} no longer has {list(mutant.change)}"
    names = [cell["metadata"].get("name") for cell in kept]
    assert mutant.red in names, f"{original.name} no longer has a cell named {mutant.red}"
    notebook["cells"] = kept
    path = folder / original.name
    path.write_text(json.dumps(notebook), "utf-8")
    return path, [c["metadata"].get("name") for c in kept if c["cell_type"] == "code"]


def failures(path: Path, names: list) -> dict[str, str]:
    """Run nbval on the notebook: {name of a failed cell: its message}."""
    report = path.with_suffix(".xml")
    options = ["--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "-p", "no:xdist"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", str(path)],
        cwd=path.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    cases = ElementTree.parse(report).findall(".//testcase")
    assert len(cases) == len(names)
    found = {}
    for case in cases:
        for failure in case.findall("failure") + case.findall("error"):
            index = int(case.get("name").rpartition(" ")[2])
            found[names[index] or f"cell {index}"] = failure.get("message", "") + (
                failure.text or ""
            )
    return found


def assert_caught(mutant: Mutant, found: dict[str, str]) -> None:
    assert mutant.red in found, f"{mutant.red} stayed green; red were {list(found)}"
    for name, message in found.items():
        assert name.startswith("check-"), f"{name} crashed: {message}"
        assert "AssertionError" in message and "✗" in message, message


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name, tmp_path):
    assert_caught(MUTANTS[name], failures(*build(MUTANTS[name], tmp_path, whole=False)))


def shortened() -> list[str]:
    """Of the mutants that run on the same part of a lecture, the one whose check comes last."""
    last = {}
    for name, mutant in MUTANTS.items():
        if mutant.skip:
            lecture = next(path for path in LECTURES if path.name.startswith(mutant.lecture))
            names = [cell["metadata"].get("name") for cell in load(lecture)["cells"]]
            part, place = (mutant.lecture, frozenset(mutant.skip)), names.index(mutant.red)
            last[part] = max(last.get(part, (-1, "")), (place, name))
    return [name for _, name in last.values()]


@pytest.mark.parametrize("name", shortened())
def test_what_is_skipped_is_not_needed(name, tmp_path):
    """Without the mutation the shortened lecture is green: it is the mutation that is caught."""
    assert failures(*build(MUTANTS[name], tmp_path, whole=False, change=False)) == {}


@pytest.mark.full
@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught_in_the_whole_lecture(name, tmp_path):
    assert_caught(MUTANTS[name], failures(*build(MUTANTS[name], tmp_path, whole=True)))
