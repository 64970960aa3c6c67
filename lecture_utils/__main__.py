"""python -m lecture_utils: a diagnosis on one screen, in Korean, with a remedy for each fault.

Exit status 1 if something is wrong; with --need-movielens also if MovieLens is not here and
cannot be downloaded. Long runs: `python -m lecture_utils train --help`, also prepare and recommend.
"""

import argparse
import contextlib
import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path

from lecture_utils import __version__
from lecture_utils.colab import in_colab

ARCHIVE = f"https://github.com/OWNER/REPO/archive/refs/tags/v{__version__}.zip"
PACKAGES = {"torch": "2.6", "numpy": "1.26", "pandas": "2.2", "matplotlib": "3.8", "pooch": "1.8"}


def version(name: str) -> tuple[int, ...]:
    """The first two numbers of an installed package's version, (0, 0) if it is absent."""
    try:
        parts = f"{importlib.metadata.version(name)}.0".split(".")[:2]
    except importlib.metadata.PackageNotFoundError:
        return (0, 0)
    return tuple(int(re.match(r"\d*", part)[0] or 0) for part in parts)  # "3.0rc1": (3, 0)


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
        with contextlib.suppress(OSError):  # describe() says why
            download.find_movielens()
    source = download.describe()
    absent = "아직 없음" if source.problems else "아직 없음, 처음 쓸 때 내려받음"
    where = {"cache": "캐시", "download": absent}.get(source.origin, source.origin)
    more = [f"그 밖에 {len(source.problems) - 3}건"] if len(source.problems) > 3 else []
    found = "; ".join([f"MovieLens 100K: {where} ({source.folder})", *source.problems[:3], *more])
    fine = not source.problems and not (need and source.origin == "download")
    return fine, found, movielens_remedy(source.origin, source.folder)


def movielens_remedy(origin: str, folder: Path) -> str:
    """The command that mends a `download.Source`. It removes only what is our own."""
    from lecture_utils.download import ENVIRONMENT

    windows = os.name == "nt"
    if origin == ENVIRONMENT:
        unset = f"Remove-Item Env:{ENVIRONMENT}" if windows else f"unset {ENVIRONMENT}"
        return f"{unset}\n    또는 {folder} 폴더에 ml-100k.zip의 파일을 모두 풀어 넣으세요"
    ours = (folder, folder.parent)
    in_the_way = [path for path in ours if os.path.lexists(path) and not os.path.isdir(path)]
    if origin == "cache" or in_the_way:
        path = in_the_way[0] if in_the_way else folder
        return f'Remove-Item -Recurse "{path}"' if windows else f'rm -r "{path}"'
    if windows:
        return f'$env:{ENVIRONMENT} = "압축을 푼 ml-100k 폴더"; python -m lecture_utils'
    return f'export {ENVIRONMENT}="압축을 푼 ml-100k 폴더" && python -m lecture_utils'


def font() -> tuple[bool, str, str]:
    """Whether matplotlib can draw Hangul."""
    root = Path(__file__).resolve().parents[1]
    remedy = f'pip install --force-reinstall --no-deps "lecture-utils @ {ARCHIVE}"'
    if (root / ".git").exists():
        remedy = f'git -C "{root}" checkout -- lecture_utils/notebook/fonts'
    try:
        from lecture_utils.notebook import plot  # registers the font
    except (OSError, RuntimeError) as error:  # not there; not a font
        return False, f"한글 글꼴을 읽지 못했습니다: {error}", remedy
    names = {entry.name for entry in plot.font_manager.fontManager.ttflist}
    return plot.FONT in names, f"한글 글꼴 {plot.FONT}", remedy


def scale(arguments: list[str]) -> int:
    """The long runs of lecture 08."""
    try:
        from lecture_utils.scale import cli
    except ModuleNotFoundError as error:
        print(f"✗ {error.name} 없음\n    고치려면: pip install {error.name}", file=sys.stderr)
        return 1
    return cli.main(arguments)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if hasattr(sys.stdout, "reconfigure"):  # a Korean Windows (cp949) cannot print ✓
        sys.stdout.reconfigure(errors="replace")
    if arguments and not arguments[0].startswith("-"):
        return scale(arguments)
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
