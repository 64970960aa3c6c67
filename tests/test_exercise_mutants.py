"""The judge refuses each solution with one thing changed, unless nobody could tell the two apart.

`python -m tests.test_exercise_mutants` prints how many mutants there are and how many equal the
answer; with -v it prints these.
"""

import ast
import inspect
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from lecture_utils.course import grader
from lecture_utils.course.grader import judge
from lecture_utils.course.values import call, call_and_watch, equal
from tests.test_exercises import NAMES, fold

SEEDS = range(1000, 1200)  # draws that the judge has not seen
OPERATORS = """
    Add:Sub,Mult Sub:Add Mult:Add,Div Div:Mult,FloorDiv FloorDiv:Div,Mod Pow:Mult MatMult:Mult
    BitAnd:BitOr BitOr:BitAnd And:Or Or:And Eq:NotEq,LtE NotEq:Eq In:NotIn NotIn:In
    Lt:LtE,Gt LtE:Lt Gt:GtE,Lt GtE:Gt
"""
OPERATORS = dict(pair.split(":") for pair in OPERATORS.split())
WORDS = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "square": "abs"}
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_"}


def vary(node: ast.AST, kinds: dict[str, str]) -> Iterator[ast.AST | list]:
    """Yield what may stand in the place of `node`; `kinds` are those of the arguments."""
    match node:
        case ast.operator() | ast.cmpop() | ast.boolop() if type(node).__name__ in OPERATORS:
            yield from (getattr(ast, name)() for name in OPERATORS[type(node).__name__].split(","))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield from (ast.Constant(value + step) for step in (1, -1))
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right):
            yield from (left, right)
            if not isinstance(op, ast.Add | ast.Mult):
                yield change(node, left=right, right=left)
            if type(op) in IN_PLACE:
                yield to_method(left, IN_PLACE[type(op)], right)
        case ast.Name(id=name, ctx=ast.Load()) if name in kinds:
            others = (other for other in kinds if other != name and kinds[other] == kinds[name])
            yield from map(ast.Name, others)
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in WORDS:
            field = "attr" if isinstance(node, ast.Attribute) else "id"
            yield change(node, **{field: WORDS[name]})
        case ast.Slice():
            for field, bound in ast.iter_fields(node):
                if bound is not None:
                    yield from (change(node, **{field: other}) for other in [None, *shift(bound)])
        case ast.Tuple(elts=[_, _, *_] as parts):
            yield from (change(node, elts=swapped) for swapped in swap(parts))
        case ast.Call():
            yield from vary_call(node)
        case ast.comprehension(ifs=[_]):
            yield change(node, ifs=[])
        case ast.Return(value=value):
            yield from (ast.Return(to_method(value, kind)) for kind in ("long", "float"))
        case ast.stmt() if not isinstance(node, ast.FunctionDef):
            yield ast.Pass()


def vary_call(node: ast.Call) -> Iterator[ast.AST]:
    """Swap arguments, drop one, drop the call, do it in place, count one more or less."""
    yield from (change(node, args=swapped) for swapped in swap(node.args))
    for argument in node.keywords:
        yield change(node, keywords=[other for other in node.keywords if other is not argument])
    match node.func:
        case ast.Name(id="len" | "min" | "max"):
            yield from shift(node)
        case ast.Attribute(value=value, attr=name) if ast.unparse(value) not in ("torch", "F"):
            yield value
            if hasattr(torch.Tensor, f"{name}_"):
                yield change(node, func=ast.Attribute(value, f"{name}_"))


def change(node: ast.AST, **fields: object) -> ast.AST:
    return type(node)(**dict(ast.iter_fields(node)) | fields)


def shift(node: ast.AST) -> list[ast.AST]:
    return [ast.BinOp(node, op, ast.Constant(1)) for op in (ast.Add(), ast.Sub())]


def swap(parts: list) -> list[list]:
    """Swap each part with the next."""
    return [[*parts[:n], parts[n + 1], parts[n], *parts[n + 2 :]] for n in range(len(parts) - 1)]


def to_method(value: ast.AST, name: str, *args: ast.AST) -> ast.Call:
    return ast.Call(ast.Attribute(value, name), list(args), [])


def mutate(code: str, kinds: dict[str, str]) -> set[str]:
    """Change one thing of the function `code` at a time."""
    tree = ast.parse(code)
    for node in ast.walk(tree):  # annotations and docstrings do nothing
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
            node.body = node.body[ast.get_docstring(node) is not None :]
    found = set()
    for parent in ast.walk(tree):
        lists = [part for part in vars(parent).values() if isinstance(part, list)]
        places = [(part, n) for part in lists for n in range(len(part))]
        for holder, key in [*((vars(parent), field) for field in vars(parent)), *places]:
            node = holder[key]
            for other in vary(node, kinds):
                holder[key] = other
                found.add(ast.unparse(tree))
            holder[key] = node
    return found - {ast.unparse(tree)}


def solve(name: str) -> list[str]:
    """Return two solutions as text: the answer in the fold and that of the package."""
    return [fold(name), inspect.getsource(grader.load()[name].answer)]


def mutate_all(name: str) -> list[str]:
    """Mutate the solutions, where arguments of one type (and dtype) may stand for each other."""
    exercise = grader.load()[name]
    kinds = [str(getattr(value, "dtype", type(value))) for value in exercise.inputs(0)]
    kinds = dict(zip(inspect.signature(exercise.answer).parameters, kinds))
    return sorted(set().union(*(mutate(code, kinds) for code in solve(name))))


def build(name: str, code: str) -> Callable:
    """Define the function as in the module of its exercise, or in a notebook."""
    space = grader.load()[name].answer.__globals__ | {"F": F, "np": np, "pd": pd, "torch": torch}
    exec(code, space)
    return space[name]


def passes(name: str, code: str) -> bool:
    return judge(name, build(name, code)).startswith("✓")


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(action="ignore"):
        yield


def test_mutate():
    code = "def f(x, y, n):\n    return x[:n].sum(dim=-1) - y"
    bodies = """
        x[:n].sum(dim=-1) + y
        x[:n].sum(dim=-1)
        y
        y - x[:n].sum(dim=-1)
        x[:n].sum(dim=-1).sub_(y)
        x[:n].sum() - y
        x[:n] - y
        x[:n].mean(dim=-1) - y
        x[:n].sum(dim=1) - y
        x[:n].sum(dim=-2) - y
        x[:n].sum(dim=-0) - y
        x[:].sum(dim=-1) - y
        x[:n + 1].sum(dim=-1) - y
        x[:n - 1].sum(dim=-1) - y
        y[:n].sum(dim=-1) - y
        x[:n].sum(dim=-1) - x
        (x[:n].sum(dim=-1) - y).long()
        (x[:n].sum(dim=-1) - y).float()
    """
    kinds = {"x": "float", "y": "float", "n": "int"}
    bodies = filter(None, map(str.strip, bodies.splitlines()))
    assert mutate(code, kinds) == {f"def f(x, y, n):\n    return {body}" for body in bodies}


@pytest.mark.parametrize("name", NAMES)
def test_what_differs_is_refused(name):
    exercise = grader.load()[name]
    assert all(passes(name, code) for code in solve(name))
    draws = [exercise.inputs(seed) for seed in SEEDS]
    wanted = [call(exercise.answer, draw) for draw in draws]
    for code in filter(partial(passes, name), mutate_all(name)):
        function = build(name, code)
        for draw, want in zip(draws, wanted):
            found, changed = call_and_watch(function, draw)
            assert equal(found, want) and not changed, f"{draw} shows what is wrong:\n{code}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    total = equals = 0
    for name in NAMES:
        every = mutate_all(name)
        passed = list(filter(partial(passes, name), every))
        total, equals = total + len(every), equals + len(passed)
        print(f"{name:20}{len(every):5} mutants,{len(passed):4} pass")
        if "-v" in sys.argv:
            print(textwrap.indent("\n\n".join(passed), "    "))
    print(f"{'all':20}{total:5} mutants,{equals:4} pass")
