"""The cache and the files of MovieLens, wherever they come from."""

from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the cache folder, not there yet; no LECTURE_DATA_DIR, past failure or proxy."""
    from lecture_utils import download

    monkeypatch.setattr(download.pooch, "os_cache", lambda name: str(tmp_path / "a b" / name))
    monkeypatch.setattr(download, "failures", [])
    monkeypatch.delenv(download.ENVIRONMENT, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "a b" / "lecture_utils"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked ml-100k in the layout of the archive, with synthetic ratings in it."""
    from lecture_utils.download import SPLITS
    from lecture_utils.synthetic import small as synthetic

    folder = tmp_path_factory.mktemp("data") / "ml-100k"
    folder.mkdir()
    for split in SPLITS:
        train, test, movies, users = synthetic.make(split)
        for part, frame in (("base", train), ("test", test)):
            frame.to_csv(folder / f"{split}.{part}", sep="\t", header=False, index=False)
    train.to_csv(folder / "u.data", sep="\t", header=False, index=False)
    users.to_csv(folder / "u.user", sep="|", header=False, index=False)
    movies.insert(3, "video", "")
    movies.insert(4, "url", "")
    movies.to_csv(folder / "u.item", sep="|", header=False, index=False, encoding="latin-1")
    return folder
