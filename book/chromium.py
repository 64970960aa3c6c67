"""Find a Chromium and let it write Korean: the tests look through it, `make pdf` prints with it.

`python -m book.chromium FOLDER` prints what FONTCONFIG_FILE must be, for `make lighthouse`: a
reader without a Korean font fetches one, and is not whom Lighthouse's budgets are for.
"""

import os
import shutil
import sys
from pathlib import Path

FONTS = Path(__file__).resolve().parents[1] / "lecture_utils" / "notebook" / "fonts"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
MISSING = "no Chromium: install one (Debian: apt-get install chromium) or set CHROMIUM to its path"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>"""


def find() -> str | None:
    """Return the browser that CHROMIUM names, or else the first that is there."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that show Chromium the lectures' own font; without, it draws boxes.

    `folder` keeps fontconfig's file and cache. Windows and macOS have Korean fonts and no
    fontconfig, so the variable does nothing there.
    """
    config = folder / "fonts.conf"
    config.write_text(CONFIG.format(fonts=FONTS, cache=folder), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(config)}


if __name__ == "__main__":
    print(environment(Path(sys.argv[1]).resolve())["FONTCONFIG_FILE"])
