"""The modules of the package import in one direction: none needs a later one to be read."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.notebooks import ROOT

PACKAGE = "lecture_utils"


def module_of(file: Path, root: Path) -> str:
    """Name a module as an import does; a package by its folder."""
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path, root: Path) -> Iterator[str]:
    """List what a module imports when it is loaded; what its functions import comes later."""
    module = module_of(file, root)
    package = module.split(".") if file.stem == "__init__" else module.split(".")[:-1]
    nodes: list[ast.AST] = [ast.parse(file.read_text("utf-8"))]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes.extend(ast.iter_child_nodes(node))


def order(root: Path) -> list[str]:
    """Order the modules of a package, each after those that it imports."""
    files = {module_of(file, root): file for file in sorted((root / PACKAGE).rglob("*.py"))}
    graph: dict[str, set[str]] = {}
    for module, file in files.items():
        names = set(imports_of(file, root))
        names |= {name.rpartition(".")[0] for name in names - files.keys()}
        graph[module] = names & files.keys() - {module}
    return list(TopologicalSorter(graph).static_order())


def test_modules_import_in_one_direction():
    ordered = order(ROOT)
    assert ordered.index("lecture_utils.sparse") < ordered.index("lecture_utils.train")


@pytest.mark.parametrize("line", ["from . import b", "from .b import x", "import lecture_utils.b"])
def test_a_circle_is_found(tmp_path, line):
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text(line)
    (package / "b.py").write_text("def later():\n    from . import a\n")
    assert order(tmp_path)[-1] == "lecture_utils.a"
    (package / "b.py").write_text("from . import a\n")
    with pytest.raises(CycleError):
        order(tmp_path)
