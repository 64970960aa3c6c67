"""Colab's doors with a fake google.colab: Drive there, Drive without the folder, no Colab."""

import sys

import pytest

from lecture_utils import colab


@pytest.fixture
def fake_colab(tmp_path, monkeypatch):
    """A package google.colab whose drive.mount makes `My Drive`; returns the mount point."""
    package = tmp_path / "site" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text(
        "from pathlib import Path\n"
        "def mount(mountpoint):\n"
        "    Path(mountpoint, 'My Drive').mkdir(parents=True)\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    for name in [name for name in sys.modules if name.partition(".")[0] == "google"]:
        monkeypatch.delitem(sys.modules, name)
    yield tmp_path / "gdrive"
    for name in [name for name in sys.modules if name.startswith("google.colab")]:
        del sys.modules[name]


def test_outside_colab():
    assert not colab.in_colab()
    with pytest.raises(RuntimeError, match=r"Colab only.*load_movielens\(root="):
        colab.mount_drive()


def test_drive_has_the_folder(fake_colab):
    folder = fake_colab / "My Drive" / "ml-100k"
    assert colab.in_colab()
    with pytest.raises(FileNotFoundError, match=r"ml-100k does not exist; unzip ml-100k\.zip"):
        colab.mount_drive(mountpoint=str(fake_colab))
    (fake_colab / "My Drive").rmdir()
    fake_colab.rmdir()
    from google.colab import drive

    mount = drive.mount
    drive.mount = lambda path: (mount(path), folder.mkdir())
    assert colab.mount_drive(mountpoint=str(fake_colab)) == folder


def test_drive_has_the_zip_alone(fake_colab):
    """It will do; a folder's name is answered with the zip's."""
    from google.colab import drive

    drive.mount(fake_colab)
    drive.mount = lambda path: None
    archive = fake_colab / "My Drive" / "ml-100k.zip"
    archive.write_bytes(b"")
    assert colab.mount_drive("ml-100k.zip", str(fake_colab)) == archive
    with pytest.raises(FileNotFoundError, match=r"; did you mean 'ml-100k\.zip'\?$"):
        colab.mount_drive("ml-100k", str(fake_colab))
