"""The scripts of the search in V8, without a browser."""

import json
from collections.abc import Callable
from pathlib import Path

from formulas import start_v8

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"
V8 = start_v8()
for name in "search_ko.js", "search.js":
    V8.eval((STATIC / name).read_text(encoding="utf-8"))


def call(function: str, *arguments: object) -> object:
    """Call a JavaScript function with arguments that JSON can say."""
    return json.loads(V8.eval(f"JSON.stringify(({function})(...{json.dumps(arguments)}) ?? null)"))


def index(sections: list[dict[str, str]], words: dict[str, str]) -> Callable[[str], dict]:
    """Give a function that asks these sections."""
    V8.eval(f"var engine = new SectionSearch({json.dumps(sections)}, {json.dumps(words)})")
    return lambda query: call("query => engine.ask(query)", query)
