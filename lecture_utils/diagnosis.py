"""What may be wrong with an installation, in Korean, with a remedy for each fault.

`python -m lecture_utils` shows it on one screen; the first cell of a lecture asks for the packages.
Nothing but Python itself is imported before it is known to be there.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

from lecture_utils import __version__

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = f"https://github.com/OWNER/REPO/archive/refs/tags/v{__version__}.zip"


class Finding(NamedTuple):
    """One line of the diagnosis."""

    fine: bool
    found: str  # in Korean
    remedy: str  # a command


def check_all(need_movielens: bool) -> list[Finding]:
    """Check the packages, then, where all are there, the data and the font, which need them."""
    findings = [check_package(*needed) for needed in read_requirements().items()]
    if all(finding.fine for finding in findings):
        findings += [check_movielens(need_movielens), check_font()]
    return findings


def read_requirements() -> dict[str, str]:
    """Read the packages that the course needs and their oldest versions: {"torch": "2.6", ...}."""
    project = ROOT / "pyproject.toml"  # of a clone, which need not be installed
    if project.is_file():
        lines = tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]
    else:
        lines = importlib.metadata.requires("lecture-utils")
    return dict(re.findall(r"^([\w-]+)>=([\d.]+)$", "\n".join(lines), re.MULTILINE))


def require_packages() -> None:
    """Raise ModuleNotFoundError, in Korean, with the names of all packages that are lacking."""
    oldest = read_requirements()
    if lacking := [name for name in oldest if importlib.util.find_spec(name) is None]:
        versions = " ".join(f'"{name}>={oldest[name]}"' for name in lacking)
        raise ModuleNotFoundError(
            f"No module named {', '.join(map(repr, lacking))}. 이 파이썬에는 강의에 필요한 것이 "
            f"없습니다: {sys.executable}\n터미널에서 설치하고 커널을 다시 시작하세요: "
            f'"{sys.executable}" -m pip install {versions}'
        )


def read_version(name: str) -> tuple[int, ...]:
    """Read the first two numbers of an installed package's version, (0, 0) if it is absent."""
    try:
        parts = f"{importlib.metadata.version(name)}.0".split(".")[:2]
    except importlib.metadata.PackageNotFoundError:
        return (0, 0)
    return tuple(int(re.match(r"\d*", part)[0] or 0) for part in parts)  # "3.0rc1": (3, 0)


def check_package(name: str, oldest: str) -> Finding:
    """Compare the installed version of a package with the oldest that will do."""
    version = read_version(name)
    found = ".".join(map(str, version)) if any(version) else "없음"
    fine = version >= tuple(map(int, oldest.split(".")))
    return Finding(fine, f"{name} {found}", f'pip install "{name}>={oldest}"')


def check_movielens(need: bool) -> Finding:
    """Tell where MovieLens 100K would come from, and whether it is what GroupLens published."""
    from lecture_utils import download

    if need:
        with contextlib.suppress(OSError):  # find_problems says why
            download.find_movielens()
    origin, path = download.locate()
    problems = find_problems(origin, path)
    absent = origin == "cache" and not download.verifies(path)
    missing = "아직 없음" if problems else "아직 없음, 처음 쓸 때 내려받음"
    where = missing if absent else {"cache": "캐시"}.get(origin, origin)
    more = [f"그 밖에 {len(problems) - 3}건"] if len(problems) > 3 else []
    found = "; ".join([f"MovieLens 100K: {where} ({path})", *problems[:3], *more])
    return Finding(not problems, found, find_remedy(origin, path))


def find_problems(origin: str, path: Path) -> list[str]:
    """Say in Korean, without downloading, what is wrong with what `download.locate` names."""
    from lecture_utils import download

    if origin != "cache":
        folder = download.enter(path)
        found = [find_problem(folder / name, sha256) for name, sha256 in download.HASHES.items()]
        return list(filter(None, found))
    if download.verifies(path):
        return []
    try:
        download.make_cache(path.parent)
    except OSError as error:
        return [f"캐시 폴더 {path.parent}에 쓸 수 없습니다 ({error.__cause__})"]
    return [f"{url}: {reason}" for url, reason in download.failures]


def find_problem(file: Path | zipfile.Path, sha256: str) -> str:
    """Say what is wrong with a file of MovieLens, "" if nothing is."""
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return f"{file.name} 파일이 없습니다"
    except (OSError, zipfile.BadZipFile) as error:
        return f"{file.name} 파일을 읽을 수 없습니다 ({error})"
    return "" if found == sha256 else f"{file.name} 파일의 내용이 원본과 다릅니다 (sha256 {found})"


def find_remedy(origin: str, path: Path) -> str:
    """Find the command that mends what `download.locate` names. It removes only what is our own."""
    from lecture_utils.download import ENVIRONMENT, suggest

    cache, windows = path.parent, os.name == "nt"
    if origin == "cache" and os.path.lexists(cache) and not os.path.isdir(cache):
        return f'Remove-Item "{cache}"' if windows else f'rm "{cache}"'  # a file in the way
    folder = "압축을 푼 ml-100k 폴더"
    if origin == ENVIRONMENT and not (nearby := suggest(path)):
        unset = f"Remove-Item Env:{ENVIRONMENT}" if windows else f"unset {ENVIRONMENT}"
        return f"{unset}\n    또는 {path} 폴더에 ml-100k.zip의 파일을 모두 풀어 넣으세요"
    if origin == ENVIRONMENT:
        folder = nearby[0]
    if windows:
        return f'$env:{ENVIRONMENT} = "{folder}"; python -m lecture_utils'
    return f'export {ENVIRONMENT}="{folder}" && python -m lecture_utils'


def check_font() -> Finding:
    """Tell whether matplotlib can draw Hangul."""
    remedy = f'pip install --force-reinstall --no-deps "lecture-utils @ {ARCHIVE}"'
    if (ROOT / ".git").exists():
        remedy = f'git -C "{ROOT}" checkout -- lecture_utils/notebook/fonts'
    try:
        from lecture_utils.notebook import plot  # registers the font
    except (OSError, RuntimeError) as error:  # not there; not a font
        return Finding(False, f"한글 글꼴을 읽지 못했습니다: {error}", remedy)
    return Finding(True, f"한글 글꼴 {plot.FONT}", remedy)
