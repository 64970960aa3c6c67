"""What tests of the data, the download and the diagnosis share."""

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the cache folder, not there yet; no LECTURE_DATA_DIR, past failure or proxy."""
    from lecture_utils import download

    monkeypatch.setattr(download.pooch, "os_cache", lambda name: str(tmp_path / "a b" / name))
    monkeypatch.setattr(download, "_failures", [])
    monkeypatch.delenv(download.ENVIRONMENT, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "a b" / "lecture_utils"
