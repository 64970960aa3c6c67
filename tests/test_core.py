"""The core stays small enough to be read in an evening: what is added goes elsewhere, or pays."""

import ast
import tokenize
from pathlib import Path

import lecture_utils

LIMIT = 850  # lines of code: no blanks, comments and docstrings
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def count_code(file: Path) -> int:
    """Count the lines that hold code."""
    with tokenize.open(file) as text:
        source = text.read()
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines = set()
    for token in tokenize.generate_tokens(iter(source.splitlines(True)).__next__):
        if token.type not in silent and token.string:
            lines.update(range(token.start[0], token.end[0] + 1))
    for scope in ast.walk(ast.parse(source)):
        if isinstance(scope, SCOPES) and ast.get_docstring(scope) is not None:
            lines.difference_update(range(scope.body[0].lineno, scope.body[0].end_lineno + 1))
    return len(lines)


def test_lines_are_counted(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(
        '"""Say\n\nmore."""\n\n# why\ndef f(\n    a,\n):\n    """Do."""\n    return """\n\n"""\n'
    )
    assert count_code(file) == 6


def test_core_is_small():
    """All modules but diagnosis.py, which looks after an installation: no lecture teaches it."""
    modules = {*Path(lecture_utils.__file__).parent.glob("*.py")}
    sizes = {file.stem: count_code(file) for file in modules if file.stem != "diagnosis"}
    assert sum(sizes.values()) <= LIMIT, sizes
