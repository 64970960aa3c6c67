"""course/lecture_NN.toml: whole, each number at home in its lecture; measuring goes on."""

import re
import tomllib
from types import SimpleNamespace

import pytest

from tests.lectures import measure
from tests.notebooks import LECTURES, cells, load, printed, source

NUMBERS = {
    path.stem.removeprefix("lecture_"): tomllib.loads(path.read_text("utf-8"))
    for path in measure.COURSE.glob("lecture_*.toml")
}
ENTRIES = [(lecture, key) for lecture in sorted(NUMBERS) for key in NUMBERS[lecture]]


@pytest.mark.parametrize(("lecture", "key"), ENTRIES, ids=[key for _, key in ENTRIES])
def test_entry(lecture, key):
    entry = NUMBERS[lecture][key]
    assert entry["source"], f'write ["{key}..."] with quotes'
    if "low" in entry:
        assert entry["low"] < entry["median"] < entry["high"]
        lowest, highest = measure.widen(*measure.read_extremes(entry))
        assert (entry["low"], entry["high"]) == pytest.approx((lowest, highest), rel=1e-4)
        statistic = re.search("median|worse_than|_seeds$", key)  # of 20 seeds each
        assert entry["seeds"] >= (10 if statistic else 20)
    else:
        assert ("value" in entry) != ("values" in entry)
        assert 0 < entry["atol"] <= entry.get("atol_elsewhere", entry["atol"])


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_every_number_is_at_home(path):
    """A lecture promises what stands in its own file, and its own test file measured it."""
    lecture = path.stem[:2]
    every = load(path)["cells"]
    said = "\n".join([*map(source, every), *map(printed, cells(path, "code"))])
    for key, entry in NUMBERS[lecture].items():
        known = re.escape(key.replace("synthetic.", "ml-100k."))
        assert re.search(rf"{known}(?![\w.])", said), f"lecture {lecture} does not say {key}"
        measured = re.match(r"tests/lectures/test_(\d\d)\.py", entry["source"])
        assert not measured or measured[1] == lecture


def test_every_lecture_has_numbers_and_measures_them():
    lectures = [path.stem[:2] for path in LECTURES]
    assert lectures == measure.MEASURED, "measure(seeds) stands in tests/lectures/test_NN.py"
    assert lectures == sorted(NUMBERS), "make reference LECTURE=NN writes lecture_NN.toml"


def test_both_data_sets_have_the_same_entries():
    first, second = (
        {key.partition(".")[2] for _, key in ENTRIES if key.startswith(name)}
        for name in ("ml-100k.", "synthetic.")
    )
    assert first == second


def test_measuring_writes_what_check_reads(tmp_path, monkeypatch):
    """What was measured is replaced, and what stands above the marker stays."""
    monkeypatch.setattr(measure, "COURSE", tmp_path)
    file = tmp_path / "lecture_01.toml"
    file.write_text("# by hand\n" + measure.MARKER + '\n["gone"]\nvalue = 1\n', "utf-8")
    values = {"line.slope": [1.0, 2.0, 5.0], "line.floor": [0.5]}
    lecture = SimpleNamespace(measure=lambda seeds: values)
    monkeypatch.setattr(measure, "import_module", lambda name: lecture)
    measure.main(["01"])
    found = tomllib.loads(file.read_text("utf-8"))
    assert file.read_text("utf-8").startswith("# by hand\n")
    assert sorted(found) == ["line.floor", "line.slope"]
    assert (found["line.slope"]["low"], found["line.slope"]["high"]) == (0.0, 7.0)
    assert found["line.slope"]["median"] == 2.0
    assert found["line.floor"]["value"] == 0.5
    file.unlink()
    measure.main(["01"])
    assert tomllib.loads(file.read_text("utf-8")) == found
    with pytest.raises(SystemExit, match="test_99.py measures it, once it is there; now: 01, 02"):
        measure.main(["99"])


def test_what_was_measured_earlier_stands_above_with_its_day(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "COURSE", tmp_path)
    file = tmp_path / "lecture_01.toml"
    old = '["seeds.a"]\nvalue = 1\nmeasured = "2020-01-01"\n\n["seeds.b"]\nvalue = 2\n\n'
    rest = measure.MARKER + '\n["line.slope"]\nvalue = 3\n'
    file.write_text("# by hand\n\n" + old + rest, "utf-8")
    values = {"seeds.a": [1.0, 2.0, 5.0], "seeds.c": [4.0, 6.0]}
    lecture = SimpleNamespace(measure_earlier=lambda seeds: values)
    monkeypatch.setattr(measure, "import_module", lambda name: lecture)
    measure.main(["01"], earlier=True)
    found = tomllib.loads(file.read_text("utf-8"))
    assert [*found] == ["seeds.a", "seeds.b", "seeds.c", "line.slope"]
    assert found["seeds.a"]["median"] == 2.0 and "value" not in found["seeds.a"]
    assert found["seeds.a"]["measured"] == found["seeds.c"]["measured"] > "2026"
    assert found["seeds.b"] == {"value": 2} and file.read_text("utf-8").endswith("\n\n" + rest)


CALLS = []


def slow(name: str, seed: int) -> dict[str, float]:
    CALLS.append(seed)
    if seed == 3 and len(CALLS) == 4:
        raise KeyboardInterrupt
    return {name: seed / 3}


def test_an_interrupted_measuring_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "KEPT", tmp_path)
    monkeypatch.setattr(measure, "_start_pool", lambda: SimpleNamespace(map=map))
    jobs = [("error", seed) for seed in range(5)]
    with pytest.raises(KeyboardInterrupt):
        measure.run_each(slow, jobs)
    assert measure.run_each(slow, jobs) == [{"error": seed / 3} for seed in range(5)]
    assert CALLS == [0, 1, 2, 3, 3, 4]
    assert measure.run_each(slow, jobs[:2]) == [{"error": 0.0}, {"error": 1 / 3}]
    assert len(CALLS) == 6
    monkeypatch.setattr(measure, "digest_code", lambda: "other")
    measure.run_each(slow, jobs[:1])
    assert len(CALLS) == 7
    assert [path.name for path in tmp_path.glob("*/*")] == ["other"]


def test_changed_code_is_another_digest(tmp_path, monkeypatch):
    """But what judges exercises has no part in what is measured."""
    monkeypatch.setattr(measure, "PACKAGE", tmp_path)
    monkeypatch.setattr(measure, "COURSE", tmp_path / "course")
    seen = [measure.digest_code()]
    for name in ("models.py", "course/grader.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# changed", "utf-8")
        seen.append(measure.digest_code())
    assert seen[0] != seen[1] == seen[2]
