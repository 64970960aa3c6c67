"""Where a copy of MovieLens 100K comes from.

In this order: `root=`, the environment variable LECTURE_DATA_DIR, the cache folder of the user,
the GroupLens server, its mirror. Each is described at `find_movielens`.

F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and Context.
ACM Transactions on Interactive Intelligent Systems 5(4), 19. The licence forbids redistribution.
"""

import hashlib
import logging
import os
import shutil
import tempfile
import time
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import requests  # pooch's own dependency

with warnings.catch_warnings():  # pooch asks for tqdm, which in a notebook asks for ipywidgets
    warnings.simplefilter("ignore")
    import pooch

URLS = (
    "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
    "https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/ml-100k.zip",
)
SHA256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"  # of the zip
_SUMS = Path(__file__).with_name("ml-100k.sha256").read_text("utf-8")  # as sha256sum writes it
HASHES = {name: sha256 for sha256, name in map(str.split, _SUMS.splitlines())}
FILES = tuple(HASHES)
SPLITS = ("ua", "ub", "u1", "u2", "u3", "u4", "u5")
ENVIRONMENT = "LECTURE_DATA_DIR"
REMEDY = f"pass root= or set {ENVIRONMENT} to a folder that holds the unpacked ml-100k.zip"
TIMEOUT = (3, 10)  # seconds to connect; seconds of silence
DEADLINE = 180  # seconds for one server in all: one that only drips is as good as gone


class CacheError(OSError):
    """The cache folder cannot be used."""


class DownloadError(OSError):
    """No server gave MovieLens. `failures`: one (url, reason) per server."""

    def __init__(self, failures: list[tuple[str, str]]):
        self.failures = failures
        lines = "".join(f"\n  {url}: {reason}" for url, reason in failures)
        super().__init__(f"MovieLens 100K could not be downloaded; {REMEDY}{lines}")


class Source(NamedTuple):
    """Where MovieLens would come from: see `describe`."""

    origin: str  # "root", "LECTURE_DATA_DIR", "cache" or "download"
    folder: Path  # where the files are, or would be put
    problems: list[str]  # in Korean, for a student to read; empty: all is well


_failures: list[tuple[str, str]] = []  # what this process remembers of a failed download


def cache_folder() -> Path:
    """The folder ml-100k in the platform's cache folder for this user."""
    return Path(pooch.os_cache("lecture_utils")) / "ml-100k"


def find_movielens(root: str | os.PathLike | None = None) -> Path:
    """Return a folder that holds the files of ml-100k.zip (`FILES`).

    1. `root`: FileNotFoundError if it lacks a file, never a silent fall-through;
    2. LECTURE_DATA_DIR in the environment: likewise;
    3. the cache, verified when it was filled (CacheError if it cannot be used);
    4. the first of `URLS` whose zip has the right sha256, unpacked into the cache
       (DownloadError if there is none, remembered as long as the process lives).
    """
    origin, folder = _place(root)
    missing = _missing(folder)
    if origin in ("root", ENVIRONMENT) and missing:
        raise FileNotFoundError(f"{folder} ({origin}) lacks {', '.join(missing)}: {REMEDY}")
    if missing:
        _fill(folder)
    return folder


def describe(root: str | os.PathLike | None = None) -> Source:
    """Say, without downloading, where MovieLens would come from and whether it verifies."""
    origin, folder = _place(root)
    missing = _missing(folder)
    if origin == "cache" and missing:
        try:
            _workshop(folder).cleanup()
        except CacheError as error:
            problem = f"캐시 폴더 {folder.parent}에 쓸 수 없습니다 ({error.__cause__})"
            return Source("download", folder, [problem])
        return Source("download", folder, [f"{url}: {reason}" for url, reason in _failures])
    problems = [_problem(folder / name, sha256) for name, sha256 in HASHES.items()]
    return Source(origin, folder, list(filter(None, problems)))


def _place(root: str | os.PathLike | None) -> tuple[str, Path]:
    if root is not None:
        return "root", Path(root).expanduser()
    if os.environ.get(ENVIRONMENT):
        return ENVIRONMENT, Path(os.environ[ENVIRONMENT]).expanduser()
    return "cache", cache_folder()


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not os.path.isfile(folder / name)]


def _problem(path: Path, sha256: str) -> str:
    """What is wrong with a file of the archive, "" if nothing is."""
    if not os.path.isfile(path):
        return f"{path.name} 파일이 없습니다"
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"{path.name} 파일을 읽을 수 없습니다 ({error})"
    return "" if found == sha256 else f"{path.name} 파일의 내용이 원본과 다릅니다 (sha256 {found})"


def _fill(target: Path) -> None:
    """Fill the cache folder `target` from the first server that can, or raise."""
    if _failures:
        raise DownloadError(_failures)
    failures = []
    for url in URLS:
        with _workshop(target) as folder:
            try:
                _fetch(url, Path(folder), target)
            except (OSError, ValueError, zipfile.BadZipFile) as error:
                failures.append((url, _reason(error)))
        if not _missing(target):  # filled by us, or by another process that was faster
            # What a killed process left behind. One that still works here will find `target`.
            for stale in target.parent.glob("partial-*"):
                shutil.rmtree(stale, ignore_errors=True)
            return
    _failures.extend(failures)
    raise DownloadError(failures)


def _reason(error: BaseException) -> str:
    """The first cause, short: requests wraps "certificate has expired" in three exceptions."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f"{type(error).__name__}: {str(error)[:200]}"


def _workshop(target: Path) -> tempfile.TemporaryDirectory:
    """A temporary folder beside `target`, so that moving it there is one atomic step."""
    try:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(f"{target} is not a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(
            prefix="partial-", dir=target.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        message = f"cannot use the cache folder {target.parent} ({error}); {REMEDY}"
        raise CacheError(message) from error


def _fetch(url: str, folder: Path, target: Path) -> None:
    """Download, verify and unpack in `folder`, then move the result to `target` as a whole."""
    pooch.get_logger().setLevel(logging.WARNING)  # its chatter would end up in a lecture's output
    archive = pooch.retrieve(
        url, f"sha256:{SHA256}", fname="ml-100k.zip", path=folder, downloader=_download
    )
    _unpack(Path(archive), folder)
    if missing := _missing(folder / "ml-100k"):
        raise ValueError(f"the archive lacks {', '.join(missing)}")
    if target.exists() and _missing(target):  # somebody removed files: make room
        os.replace(target, folder / "broken")
    os.replace(folder / "ml-100k", target)


def _download(url: str, output_file: str, _: object) -> None:
    """A downloader for pooch that gives up on a silent server and on one that only drips."""
    started = time.monotonic()
    with requests.get(url, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        with open(output_file, "wb") as out:
            for chunk in response.iter_content(1024):  # small: the clock is read between chunks
                out.write(chunk)
                if time.monotonic() - started > DEADLINE:
                    raise TimeoutError(f"not done after {DEADLINE} seconds")


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack `archive` in `folder`; ValueError if a member would land outside of it."""
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"the archive's member {name!r} would escape its folder")
        members.extractall(folder)
