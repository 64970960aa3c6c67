"""Google Colab: are we there, and a folder of the reader's own Drive."""

import importlib.util
from pathlib import Path


def in_colab() -> bool:
    """Whether this notebook runs in Google Colab."""
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:  # not even a package named google
        return False


def mount_drive(folder: str = "ml-100k", mountpoint: str = "/content/gdrive") -> Path:
    """Mount Google Drive as document 000 does and return `My Drive/<folder>`.

    Raises RuntimeError outside Colab and FileNotFoundError where Drive has no such folder.
    """
    if not in_colab():
        raise RuntimeError(
            "mount_drive works in Google Colab only; here, pass load_movielens(root=...) a folder"
        )
    from google.colab import drive

    drive.mount(mountpoint)
    path = Path(mountpoint, "My Drive", folder)
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path} does not exist; unzip ml-100k.zip into My Drive, "
            "or call load_movielens() without root to download it"
        )
    return path
