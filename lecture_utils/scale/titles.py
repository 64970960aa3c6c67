"""Read the titles of movies from a MovieLens folder as GroupLens publishes it.

    100K             u.item        1|Toy Story (1995)|01-Jan-1995||...
    1M, 10M          movies.dat    1::Toy Story (1995)::Animation|...
    20M, 25M, 32M    movies.csv    1,Toy Story (1995),Adventure|... under a header, some in quotes

The file's name tells which of them it is. 100K and 1M are in Latin-1, the others in UTF-8.
"""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

from lecture_utils.scale.layouts import ID

FILES = {"movies.csv": ",", "movies.dat": "::", "u.item": "|"}


def read_titles(folder: str | os.PathLike) -> dict[int, str]:
    """Read the title of each published id; none where the folder has no such file.

    Raises:
        ValueError: A line is not as it should be. File and line are named.
    """
    for name, separator in FILES.items():
        path = Path(folder).expanduser().absolute() / name
        if path.is_file():
            return dict(_read_rows(path, separator))
    return {}


def _read_rows(path: Path, separator: str) -> Iterator[tuple[int, str]]:
    lines = _decode(path.read_bytes()).split("\n")  # str.splitlines splits at more than that
    first = 1 + (separator == ",")
    for number, line in enumerate((line.rstrip("\r") for line in lines), start=1):
        row = _split(line, separator)
        if number < first or not any(row):
            continue
        if len(row) < 2 or not re.fullmatch(ID[0], row[0]) or int(row[0]) > ID[1]:
            raise ValueError(
                f"{path} {number}번째 줄: {separator!r}로 나뉜 칸에 영화 번호와 제목이 차례로 "
                f"있어야 합니다. 읽은 것: {separator.join(row)[:80]!r}. 압축을 다시 풀거나, "
                "제목 없이 하려면 이 파일을 지우세요."
            )
        yield int(row[0]), row[1]


def _split(line: str, separator: str) -> list[str]:
    """Split a line; one whose quotes are not in order, which would eat the next, stays whole."""
    if separator != ",":
        return line.split(separator)
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        return [line]


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")
