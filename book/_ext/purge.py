"""Cut CSS to what a site uses: rules, custom properties, and the letters of fonts.

A rule stays if every class and id in its selector is among the names given. The fonts go into the
stylesheet: opened from a folder, browsers load none from a file.
"""

import base64
import re
from io import BytesIO
from itertools import groupby
from pathlib import Path

import tinycss2
from fontTools import subset

FETCHED = "Lecture Gothic Web"  # only a reader without a Korean font fetches it


def purge(file: Path, names: set[str], faces: list[tuple[dict[str, str], Path]]) -> str:
    """Return the rules that `names` of classes and ids can match; fonts go to `faces`."""

    def wanted(selector: list) -> bool:
        """Are its classes and ids there? Those in :not() and its like do not count."""
        classes = {name.value for dot, name in zip(selector, selector[1:]) if dot == "."}
        return classes | {token.value for token in selector if token.type == "hash"} <= names

    def head(prelude: list) -> str:
        parts = [list(part) for comma, part in groupby(prelude, lambda t: t == ",") if not comma]
        return ",".join(tinycss2.serialize(part).strip() for part in parts if wanted(part))

    def kept(node) -> str:
        if node.type == "error":  # a browser passes over it, too
            return ""
        if node.type == "declaration":
            return re.sub(r"\s+", " ", node.serialize()) + ";"
        if node.type == "qualified-rule":
            return block(head(node.prelude), tinycss2.parse_blocks_contents(node.content))
        if node.at_keyword == "import":
            return purge(file.parent / node.prelude[-1].value, names, faces)
        if node.at_keyword in {"media", "supports", "container"}:
            before = f"@{node.at_keyword}{tinycss2.serialize(node.prelude)}"
            return block(before, tinycss2.parse_rule_list(node.content))
        if node.at_keyword == "font-face":
            parts = tinycss2.parse_blocks_contents(node.content)
            face = {p.name: tinycss2.serialize(p.value) for p in parts if p.type == "declaration"}
            if FETCHED in face["font-family"]:  # stays a file
                return node.serialize()
            woff2 = re.search(r"url\(\"?([^)]*?\.woff2)", face.pop("src"))[1]
            faces.append((face, file.parent / woff2))
            return ""
        return "" if node.at_keyword == "charset" else node.serialize()

    def block(before: str, nodes: list) -> str:
        inner = "".join(kept(node) for node in nodes if node.type not in {"whitespace", "comment"})
        return f"{before}{{{inner}}}" if before and inner else ""

    return "".join(map(kept, tinycss2.parse_stylesheet(file.read_text("utf-8"), True, True)))


def cut_letters(file: Path, text: set[str]) -> bytes:
    """Return a font with the characters of a text, as WOFF2; nothing if it has none of them."""
    plain = subset.Options(flavor="woff2", hinting=False, layout_features=[], name_IDs=[])
    with subset.load_font(str(file), plain) as font:
        if not text & set(map(chr, font.getBestCmap())):
            return b""
        cutter = subset.Subsetter(plain)
        cutter.populate(text="".join(text))
        cutter.subset(font)
        subset.save_font(font, out := BytesIO(), plain)
    return out.getvalue()


def cut_font(face: dict[str, str], file: Path, css: str, text: set[str]) -> str:
    """Return a font with the characters that occur; nothing if no rule asks for it."""
    family = face["font-family"].strip("\"'")
    for name, value in ("font-weight", "700"), ("font-style", "italic"):
        # A rule that names no family bends whichever it meets.
        rules = [rule for rule in re.findall(r"\{([^{}]*)\}", css) if f"{name}:{value}" in rule]
        asked = any(family in rule or "font-family" not in rule for rule in rules)
        if face.get(name) == value and not asked:
            return ""
    if family not in css or not (font := cut_letters(file, text)):
        return ""
    given = "".join(f"{name}:{value};" for name, value in face.items())
    content = base64.b64encode(font).decode()
    return f"@font-face{{{given}src:url(data:font/woff2;base64,{content})}}"


def join_stylesheets(files: list[Path], names: set[str], text: set[str]) -> str:
    """Join stylesheets; `text` is what its fonts write, icons apart."""
    faces: list[tuple[dict[str, str], Path]] = []
    css, before = "".join(purge(file, names, faces) for file in files), ""
    while css != before:  # custom properties that nothing uses, then those that only these used
        used, before = "|".join({"--", *re.findall(r"var\(\s*(--[\w-]+)", css)}), css
        css = re.sub(rf"""(?<![\w-])(?!(?:{used}):)--[\w-]+:(?:"[^"]*"|[^;{{}}"])*;""", "", css)
    text = text or {sign for sign in css if sign > "~"}  # icons stand in `content`
    return '@charset "utf-8";' + css + "".join(cut_font(*face, css, text) for face in faces)
