"""Colab's doors with a fake google.colab: Drive there, Drive without the folder, no Colab."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from lecture_utils import colab
from tests.notebooks import ROOT

PAGE = (ROOT / "book" / "troubleshooting.md").read_text("utf-8")


def test_outside_colab():
    assert not colab.in_colab()
    with pytest.raises(RuntimeError, match=r"Colab only.*load_movielens\(root="):
        colab.mount_drive()


def test_drive(tmp_path, monkeypatch):
    """A zip will do; a folder's name is answered with the zip's."""
    mounted, module = [], ModuleType("google.colab")
    module.__spec__ = ModuleSpec("google.colab", None)
    module.drive = SimpleNamespace(mount=mounted.append)
    monkeypatch.setitem(sys.modules, "google.colab", module)
    drive, place = tmp_path / "My Drive", str(tmp_path)
    drive.mkdir()
    assert colab.in_colab()
    with pytest.raises(FileNotFoundError) as caught:
        colab.mount_drive(mountpoint=place)
    told = str(caught.value).replace(place, "/content/gdrive").replace("\\", "/")
    assert f"FileNotFoundError: {told}\n" in PAGE
    (drive / "ml-100k.zip").touch()
    assert colab.mount_drive("ml-100k.zip", place) == drive / "ml-100k.zip"
    with pytest.raises(FileNotFoundError, match=r"; did you mean 'ml-100k\.zip'\?$"):
        colab.mount_drive("ml-100k", place)
    (drive / "ml-100k").mkdir()
    assert colab.mount_drive(mountpoint=place) == drive / "ml-100k"
    assert mounted == [place] * 4
