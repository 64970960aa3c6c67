"""python -m lecture_utils: a diagnosis on one screen, in Korean, with a remedy for each fault.

Exit status 1 if something is wrong; with --need-movielens also if MovieLens is not here and
cannot be downloaded.
"""

import argparse
import importlib.metadata
import platform
import sys

from lecture_utils.colab import in_colab

PACKAGES = {"torch": "2.6", "numpy": "1.26", "pandas": "2.2", "matplotlib": "3.8", "pooch": "1.8"}


def version(name: str) -> tuple[int, ...]:
    """The first two numbers of an installed package's version, (0, 0) if it is absent."""
    try:
        return tuple(int(part) for part in importlib.metadata.version(name).split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        return (0, 0)


def packages() -> list[tuple[bool, str, str]]:
    """(fine, what was found, remedy) per package."""
    rows = []
    for name, oldest in PACKAGES.items():
        fine = version(name) >= tuple(map(int, oldest.split(".")))
        found = ".".join(map(str, version(name))) if any(version(name)) else "없음"
        rows.append((fine, f"{name} {found}", f'pip install "{name}>={oldest}"'))
    return rows


def movielens(need: bool) -> tuple[bool, str, str]:
    """Where MovieLens 100K would come from, and whether it is what GroupLens published."""
    from lecture_utils import download

    if need:
        try:
            download.find_movielens()
        except OSError as error:
            return False, f"MovieLens 100K를 구하지 못했습니다: {error}", ""
    source = download.describe()
    where = {"cache": "캐시", "download": "아직 없음, 처음 쓸 때 내려받음"}.get(
        source.origin, source.origin
    )
    found = "; ".join([f"MovieLens 100K: {where} ({source.folder})", *source.problems])
    return not source.problems, found, f"{download.ENVIRONMENT}=<압축을 푼 ml-100k 폴더>"


def font() -> tuple[bool, str, str]:
    """Whether matplotlib can draw Hangul."""
    from lecture_utils import plot  # registers the font

    names = {entry.name for entry in plot.font_manager.fontManager.ttflist}
    return (
        plot.FONT in names,
        f"한글 글꼴 {plot.FONT}",
        "pip install --force-reinstall lecture-utils",
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lecture_utils", description=__doc__)
    parser.add_argument("--need-movielens", action="store_true")
    options = parser.parse_args(arguments)

    python = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(python + (", Google Colab" if in_colab() else ""))
    rows = packages()
    if all(fine for fine, _, _ in rows):  # the rest needs them
        rows += [movielens(options.need_movielens), font()]
    for fine, found, remedy in rows:
        print(f"{'✓' if fine else '✗'} {found}")
        if not fine and remedy:
            print(f"    고치려면: {remedy}")
    return 0 if all(fine for fine, _, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
