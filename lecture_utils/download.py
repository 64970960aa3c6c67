"""Where a copy of MovieLens 100K comes from.

In this order: `root=`, the environment variable LECTURE_DATA_DIR, the cache folder of the user,
the GroupLens server, its mirror. Each is described at `find_movielens`.

F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and Context.
ACM Transactions on Interactive Intelligent Systems 5(4), 19. The licence forbids redistribution.
"""

import logging
import os
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

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

failures: list[tuple[str, str]] = []  # what this process remembers of a failed download


class DownloadError(OSError):
    """No server gave MovieLens. The message is for a student, who reads it as a warning."""

    def __init__(self, failures: list[tuple[str, str]]):
        """Tell what failed, one (url, reason) per server, and what can be done."""
        self.failures = failures
        tried = "".join(f"\n  - {url}: {reason}" for url, reason in failures)
        super().__init__(
            "MovieLens 100K를 내려받지 못했습니다. 모양만 같은 합성(synthetic) 데이터로 계속합니다."
            f" 지금부터 나오는 숫자는 실제 평점에서 나온 것이 아닙니다.\n시도한 곳:{tried}\n"
            "해결 방법: ml-100k.zip을 직접 구해 압축을 푼 다음 "
            f'load_movielens(root="그 폴더")로 부르거나, 환경 변수 {ENVIRONMENT}에 그 폴더를 적고 '
            "커널을 다시 시작해 봅시다."
        )


def find_movielens(root: str | os.PathLike | None = None) -> Path | zipfile.Path:
    """Find the files of MovieLens 100K (`FILES`), downloading them if need be.

    1. `root`, the unpacked folder or ml-100k.zip itself; never a silent fall-through;
    2. LECTURE_DATA_DIR in the environment: likewise;
    3. ml-100k.zip in the cache, if its sha256 is right;
    4. the first of `URLS` that gives the zip with this sha256. It is put into the cache.

    Returns:
        The folder, or the folder within the zip: `(folder / name).read_text()` works on both.

    Raises:
        FileNotFoundError: If `root` or LECTURE_DATA_DIR lacks a file.
        DownloadError: If no server gave the zip; remembered as long as the process lives.
        OSError: If the cache folder cannot be used.
    """
    origin, path = locate(root)
    if origin == "cache" and not verifies(path):
        _fill_cache(path)
    folder = enter(path)
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        names = ", ".join(missing[:3]) + f" and {len(missing) - 3} more" * (len(missing) > 3)
        nearby = [f"; did you mean {found}?" for found in suggest(path)][:1]
        raise FileNotFoundError(f"{path} ({origin}) lacks {names}: {REMEDY}{''.join(nearby)}")
    return folder


def suggest(path: Path) -> list[Path]:
    """List folders and zips at or in `path` that may have been meant: Windows unpacks twice."""
    inside = [file.parent for file in path.glob("*/u.data")]
    zips = [path / "ml-100k.zip", path.with_name(f"{path.name}.zip")]
    return inside + [archive for archive in zips if os.path.isfile(archive)]


def locate(root: str | os.PathLike | None = None) -> tuple[str, Path]:
    """Say whether `root`, LECTURE_DATA_DIR or the cache holds, and the folder or zip it means."""
    if root is not None:
        return "root", Path(root).expanduser()
    if os.environ.get(ENVIRONMENT):
        return ENVIRONMENT, Path(os.environ[ENVIRONMENT]).expanduser()
    return "cache", Path(pooch.os_cache("lecture_utils"), "ml-100k.zip")


def enter(path: Path) -> Path | zipfile.Path:
    """Return where the files are: in the folder itself, or in the zip's folder ml-100k."""
    return zipfile.Path(path, "ml-100k/") if zipfile.is_zipfile(path) else path


def verifies(archive: Path) -> bool:
    """Tell whether this is the published zip."""
    try:
        return pooch.file_hash(archive) == SHA256
    except OSError:  # not there, most of the time
        return False


def make_cache(folder: Path) -> None:
    """Make the cache folder. Raises OSError where nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(f"cannot use the cache folder {folder} ({error}); {REMEDY}") from error


def _fill_cache(archive: Path) -> None:
    """Get the zip from the first server that can, or raise. Pooch verifies, then moves it."""
    if failures:
        raise DownloadError(failures)
    make_cache(archive.parent)
    pooch.get_logger().setLevel(logging.WARNING)  # its chatter would end up in a lecture's output
    tried = []
    for url in URLS:
        try:
            pooch.retrieve(url, f"sha256:{SHA256}", archive.name, archive.parent, None, _download)
            return
        except (OSError, ValueError) as error:
            tried.append((url, _find_reason(error)))
    failures.extend(tried)
    raise DownloadError(failures)


def _find_reason(error: BaseException) -> str:
    """Tell the first cause: requests wraps "certificate has expired" in three exceptions."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f"{type(error).__name__}: {str(error)[:200]}"


def _download(url: str, output_file: str, _: object) -> None:
    """Download for pooch, giving up on a silent server and on one that only drips."""
    started = time.monotonic()
    with requests.get(url, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        with open(output_file, "wb") as out:
            for chunk in response.iter_content(1024):  # small: the clock is read between chunks
                out.write(chunk)
                if time.monotonic() - started > DEADLINE:
                    raise TimeoutError(f"not done after {DEADLINE} seconds")
