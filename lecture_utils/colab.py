"""Google Colab: are we there, and a folder of the reader's own Drive."""

import importlib.util
from pathlib import Path


def in_colab() -> bool:
    """Tell whether this notebook runs in Google Colab."""
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:  # not even a package named google
        return False


def mount_drive(name: str = "ml-100k", mountpoint: str = "/content/gdrive") -> Path:
    """Mount Google Drive as document 000 does.

    Args:
        name: The folder with the unpacked archive in My Drive, or "ml-100k.zip" itself.
        mountpoint: Where the Drive is to appear.

    Returns:
        The path `My Drive/<name>`, for `load_movielens(root=...)`.

    Raises:
        RuntimeError: Outside Colab.
        FileNotFoundError: Where Drive has no such folder or zip.
    """
    if not in_colab():
        raise RuntimeError(
            "mount_drive works in Google Colab only; here, pass load_movielens(root=...) a folder"
        )
    from google.colab import drive

    drive.mount(mountpoint)
    path = Path(mountpoint, "My Drive", name)
    if not path.exists():
        nearby = sorted(found.name for found in path.parent.glob("*ml-100k*"))
        question = f"; did you mean {' or '.join(map(repr, nearby))}?" if nearby else ""
        raise FileNotFoundError(
            f"{path} does not exist; unzip ml-100k.zip into My Drive, "
            f"or call load_movielens() without root to download it{question}"
        )
    return path
