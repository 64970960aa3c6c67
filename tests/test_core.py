"""The core stays small enough to be read in an evening: what is added goes elsewhere, or pays."""

from benchmarks.run import count_code
from tests.notebooks import ROOT

LIMIT = 850  # lines of code: no blanks, comments and docstrings


def test_lines_are_counted(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(
        '"""Say\n\nmore."""\n\n# why\ndef f(\n    a,\n):\n    """Do."""\n    return """\n\n"""\n'
    )
    assert count_code(file) == 6


def test_core_is_small():
    """All modules but diagnosis.py, which looks after an installation: no lecture teaches it."""
    modules = ROOT.glob("lecture_utils/*.py")
    sizes = {file.stem: count_code(file) for file in modules if file.stem != "diagnosis"}
    assert sum(sizes.values()) <= LIMIT, sizes
