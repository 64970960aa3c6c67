"""reference.toml: whole, and the story that lecture 02 tells holds on both data sets."""

import re
import tomllib
from pathlib import Path

import pytest

from lecture_utils import check
from tests.measure import __main__ as measure


def entries(table: dict, prefix: str = "") -> dict[str, dict]:
    if "source" in table:
        return {prefix: table}
    found = {}
    for name, value in table.items():
        assert isinstance(value, dict), f"{prefix}.{name} stands outside of an entry"
        found |= entries(value, f"{prefix}.{name}".lstrip("."))
    return found


TABLE = tomllib.loads(
    Path(check.__file__).with_name("course").joinpath("reference.toml").read_text("utf-8")
)
ENTRIES = entries(TABLE)


@pytest.mark.parametrize("key", ENTRIES)
def test_entry(key):
    entry = ENTRIES[key]
    assert entry["source"]
    if "low" in entry:
        assert entry["low"] < entry["median"] < entry["high"]
        low, high = map(float, re.search(r"(\S+) to (\S+), widened", entry["source"]).groups())
        lowest, highest = measure.widen(low, high)
        assert (entry["low"], entry["high"]) == pytest.approx((lowest, highest), rel=1e-4)
        statistic = re.search("median|worse_than", key)  # of 20 seeds each
        assert entry["seeds"] >= (10 if statistic else 20)
    else:
        assert ("value" in entry) != ("values" in entry)
        assert 0 < entry["atol"] <= entry.get("atol_elsewhere", entry["atol"])


def test_every_part_is_found_and_was_measured():
    sources = "\n".join(entry["source"] for entry in ENTRIES.values())
    assert set(re.findall(r"^tests/measure/(\w+)\.py", sources, re.M)) == set(measure.PARTS)


@pytest.mark.parametrize("name", ["ml-100k", "synthetic"])
def test_the_story_of_lecture_02(name):
    """Plain worse than the mean, L2 better than it, biases best, and alone nearly as good."""
    key = {k.removeprefix(f"{name}."): v for k, v in ENTRIES.items() if k.startswith(f"{name}.")}
    mean, alone = key["mean.test_mse"]["value"], key["bias_only.test_mse"]["value"]
    assert key["plain.best_test_mse"]["low"] > mean
    assert key["plain.test_mse"]["low"] > 2 * mean
    assert key["reg.test_mse"]["high"] < mean
    assert key["bias.test_mse"]["high"] < key["reg.test_mse"]["low"]
    assert key["bias.test_mse"]["high"] < alone < 1.05 * key["bias.test_mse"]["low"]


def test_both_data_sets_have_the_same_entries():
    first, second = (
        {k.partition(".")[2] for k in ENTRIES if k.startswith(name)}
        for name in ("ml-100k.", "synthetic.")
    )
    assert first == second


def test_measuring_writes_what_check_reads(tmp_path, monkeypatch, capsys):
    """A part measured again replaces its own entries and no others."""
    file = tmp_path / "reference.toml"
    file.write_text(
        "# by hand\n" + measure.MARKER + '\n[other]\nvalue = 1\nsource = "x"\n', "utf-8"
    )
    monkeypatch.setattr(measure, "FILE", file)
    values = {"line.slope": [1.0, 2.0, 3.0], "line.floor": [0.5]}
    monkeypatch.setattr(
        measure, "import_module", lambda name: type(name, (), {"measure": lambda seeds: values})
    )
    measure.main(["line"])
    values["line.slope"] = [1.0, 2.0, 5.0]
    measure.main(["line"])
    found = tomllib.loads(file.read_text("utf-8"))
    assert file.read_text("utf-8").startswith("# by hand\n")
    assert found["other"]["value"] == 1
    assert (found["line"]["slope"]["low"], found["line"]["slope"]["high"]) == (0.0, 7.0)
    assert found["line"]["slope"]["median"] == 2.0
    assert found["line"]["floor"]["value"] == 0.5
    with pytest.raises(SystemExit, match="unknown part 'lines'"):
        measure.main(["lines"])
