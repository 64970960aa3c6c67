"""Break a lecture on purpose: a named check must go red, and nothing else may crash.

The mutants of a lecture share one process, which runs the lecture's code once from the top. Before
the first cell that a mutant changes, the process forks a child, and the child goes on with the
changed code as far as the check. A fork copies one thread only, and a child that waits for the
others of OpenMP hangs: so PyTorch and NumPy have one thread, and only Linux is asked to fork.
(pyarrow starts its threads anew in a child.)

A check that fails does not end its cell: the other checks of the cell are tried, too, so that each
claim that prose makes (`tests/test_claims.py`) can be seen to go red.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lecture_utils import check
from tests.notebooks import CLAIM, LECTURES, ROOT, cells, printed, prose, source

UNCHANGED = "unchanged"
CLAIMS = "every claim"
TIME_LIMIT = 900  # seconds for one child
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ENVIRONMENT = dict.fromkeys(THREADS, "1") | {
    "CUDA_VISIBLE_DEVICES": "",  # autograd has a thread for each GPU
    "MPLBACKEND": "agg",
    "PYTHONWARNINGS": "ignore:FigureCanvasAgg is non-interactive",  # plt.show()
}
SHUFFLED = {  # the training ratings, where a lecture makes tensors of both parts
    "as_tensors(data.train), ": (
        'as_tensors(data.train.assign(rating=[*data.train["rating"].sample(frac=1)])), '
    )
}
Cells = list[tuple[str, str]]  # name and code of each cell


@dataclass(frozen=True)
class Mutant:
    """A change of a lecture, and the checks that must notice it.

    Attributes:
        change: Old code -> new code, wherever it stands.
        red: The name of the check cell that must fail, or of several; the run ends with the last.
        skip: Tags of the cells that these checks do not need.
        long: Whether it runs in `make test-all` only, as it takes long.
    """

    change: dict[str, str]
    red: str | tuple[str, ...]
    skip: frozenset[str] | set[str] = frozenset()
    long: bool = False

    @property
    def checks(self) -> tuple[str, ...]:
        """Return the names in `red`."""
        return (self.red,) if isinstance(self.red, str) else self.red

    def apply(self, code: str) -> str:
        """Return `code` with the change in it."""
        for old, new in self.change.items():
            code = code.replace(old, new)
        return code


def build_test(lecture: str, mutants: dict[str, Mutant]) -> Callable:
    """Return the test of a lecture such as "02": each mutant is caught.

    `make test-all` also runs those that take long, asks that together they turn each claim red, and
    runs the others without their change: nothing is red because a mutant skips a cell.
    """
    full = pytest.mark.full
    short = {name: mutant for name, mutant in mutants.items() if not mutant.long}
    cases = {name: [] if name in short else [full] for name in mutants} | {CLAIMS: [full]}
    if any(mutant.skip for mutant in short.values()):
        cases[UNCHANGED] = [full]
    params = [pytest.param(n, id=f"{lecture} {n}", marks=marks) for n, marks in cases.items()]
    outcomes = {}

    @pytest.mark.skipif(sys.platform != "linux", reason="mutants fork, which is safe on Linux only")
    @pytest.mark.parametrize("name", params)
    def test(name: str, request: pytest.FixtureRequest) -> None:
        if name == UNCHANGED:
            assert_green(lecture, short)
            return
        if not outcomes:  # run all that pytest was asked for at once
            items = [i for i in request.session.items if getattr(i, "function", None) is test]
            wanted = {i.callspec.params["name"] for i in items}
            asked = {n: m for n, m in mutants.items() if n in wanted or CLAIMS in wanted}
            outcomes.update(run(lecture, asked))
        if name == CLAIMS:
            assert_claims_turn_red(list_checked(lecture), outcomes)
        else:
            assert_caught(name, mutants[name], outcomes)

    return test


def assert_caught(name: str, mutant: Mutant, results: dict[str, dict[str, str]]) -> None:
    """Assert that only checks went red, among them those that are named."""
    __tracebackhide__ = True
    last = mutant.checks[-1]
    assert name in results, f"no cell {last}, or before it no longer stands {[*mutant.change]}"
    raised = results[name]
    for cell, message in raised.items():
        assert cell.startswith("check-"), f"{cell} crashed: {message}"
        assert message.startswith("AssertionError: ✗"), f"{cell} crashed: {message}"
    green = [cell for cell in mutant.checks if cell not in raised]
    assert not green, f"{green} stayed green; red: {[*raised]}"


def assert_green(lecture: str, mutants: dict[str, Mutant]) -> None:
    """Assert that nothing goes red where the same cells run without a change."""
    __tracebackhide__ = True
    same = {n: replace(m, change={old: old for old in m.change}) for n, m in mutants.items()}
    red = {name: raised for name, raised in run(lecture, same).items() if raised}
    assert not red, f"red without a change: {red}"


def list_checked(lecture: str) -> list[str]:
    """List the checks that its prose cites; no mutant moves what was measured earlier."""
    path = find(lecture)
    out = "".join(map(printed, cells(path, "code")))
    return [name for name in CLAIM.findall(prose(path)) if f"· {name} = " not in out]


def assert_claims_turn_red(claims: list[str], results: dict[str, dict[str, str]]) -> None:
    """Assert that the check of every claim went red in at least one mutant."""
    __tracebackhide__ = True
    told = "\n".join(message for raised in results.values() for message in raised.values())
    green = [n for n in claims if not re.search(rf"✗ {re.escape(n)}(?:가 |: | = )", told)]
    assert not green, f"red in no mutant: {green}"


def find(lecture: str) -> Path:
    """Return the notebook of a lecture such as "02"."""
    return next(path for path in LECTURES if path.name.startswith(lecture))


def run(lecture: str, mutants: dict[str, Mutant]) -> dict[str, dict[str, str]]:
    """Run mutants of a lecture in one process.

    Args:
        lecture: The lecture's number, such as "02".
        mutants: The mutants by name.

    Returns:
        For each mutant the cells that raised, by name, with what they raised. A mutant whose code
        or check is not in the lecture is absent.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT | {"TMPDIR": folder},
            input=json.dumps(plan(lecture, mutants)),
            capture_output=True,
            encoding="utf-8",
        )
    if process.returncode != 0:
        return {name: {"the process": process.stderr[-5000:]} for name in mutants}
    return dict(map(json.loads, process.stdout.splitlines()))


def plan(lecture: str, mutants: dict[str, Mutant]) -> dict:
    """Return the order for the process: its own cells, and for each mutant its start and cells.

    Each mutant starts at the first cell that it changes, and ends with its last check. Say a
    lecture has cells 0 to 9, one mutant changes cell 3 and is checked in 5, another changes 6,
    skips 4 and is checked in 8. The process runs 0 to 5 without 4, forks before 3 a child that runs
    3 to 5, and after 5 one that runs 6 to 8. No cell that may be skipped defines what a later check
    needs.
    """
    code = cells(find(lecture), "code")
    names = [cell["metadata"].get("name", f"cell {i}") for i, cell in enumerate(code)]
    tags = [{*cell["metadata"].get("tags", [])} for cell in code]
    texts = [source(cell) for cell in code]
    paths, own = {}, set()
    for key, mutant in mutants.items():
        if mutant.checks[-1] in names:
            end = names.index(mutant.checks[-1]) + 1
            path = [i for i in range(end) if not mutant.skip & tags[i]]
            places = [[i for i in path if old in texts[i]] for old in mutant.change]
            if all(places):
                start = min(map(min, places))
                paths[key] = start, path
                own |= {i for i in path if i < start}
    children = {}
    for key, (start, path) in paths.items():
        steps = [i for i in sorted(own.union(path)) if start <= i <= path[-1]]
        children[key] = start, [(names[i], mutants[key].apply(texts[i])) for i in steps]
    stops = own.union(start for start, _ in paths.values())
    steps = [(i, names[i], texts[i] if i in own else "") for i in sorted(stops)]
    return {"cells": steps, "children": children}


def main() -> None:
    """Run the cells that stand in stdin as JSON; print what each mutant raised, a line each."""
    order = json.load(sys.stdin)
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the cells print
    os.chdir(ROOT / "lectures")
    namespace, raised = {"__name__": "__main__"}, {}

    def tell(name: str, raised: dict[str, str]) -> None:
        print(json.dumps([name, raised]), file=results, flush=True)

    def go_on(name: str, steps: Cells) -> None:
        tell(name, raised | execute(steps, namespace))

    for i, *cell in order["cells"]:
        for name, (start, steps) in order["children"].items():
            if start == i and (status := fork(go_on, name, steps)) != 0:
                tell(name, {"the process": f"ended with {status}"})
        raised |= execute([cell], namespace)


def execute(steps: Cells, namespace: dict) -> dict[str, str]:
    """Run cells one after another, red or not; return what they raised, by the cells' names."""
    raised = {}
    for name, code in steps:
        told = []
        try:
            with collected(told):
                exec(compile(code, f"<{name}>", "exec"), namespace)
        except BaseException as error:
            trace = "".join(traceback.format_exception(error))
            told.append(f"{type(error).__name__}: {error}\n{trace}")
        if told:
            raised[name] = "\n".join(told)
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")  # as a notebook does after each cell
    return raised


@contextmanager
def collected(told: list[str]) -> Iterator[None]:
    """Have each check that fails in the block append what it says to `told`, and go on."""

    def collect(function: Callable) -> Callable:
        def go_on(*args: object, **kwargs: object) -> None:
            try:
                function(*args, **kwargs)
            except AssertionError as error:
                told.append(f"AssertionError: {error}")

        return go_on

    checks = {name: getattr(check, name) for name in ("falls", "below", "within", "close")}
    try:
        vars(check).update({name: collect(function) for name, function in checks.items()})
        yield
    finally:
        vars(check).update(checks)


def fork(work: Callable, *args: object) -> int:
    """Call `work(*args)` in a child, with a copy of the temporary files; return its exit status."""
    if (torch := sys.modules.get("torch")) and torch.get_num_threads() > 1:
        raise RuntimeError(f"a child would hang: PyTorch has {torch.get_num_threads()} threads")
    files = Path(tempfile.gettempdir())
    kept = files.with_name(files.name + "-kept")
    files.rename(kept)
    shutil.copytree(kept, files)
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        shutil.rmtree(files)
        kept.rename(files)
        return os.waitstatus_to_exitcode(status)
    signal.alarm(TIME_LIMIT)
    try:
        work(*args)
    except BaseException:
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
