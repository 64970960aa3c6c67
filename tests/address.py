"""The repository's address: it stands in _config.yml, and everything else repeats it.

python tests/address.py owner/name      (or: make address REPO=owner/name)
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def address(root: Path = ROOT) -> str:
    """`owner/name` of this repository, from _config.yml."""
    text = (root / "_config.yml").read_text("utf-8")
    return re.search(r"https://github\.com/([\w.-]+/[\w.-]+)", text).group(1)


def forms(repo: str) -> list[str]:
    """The two ways in which links name a repository: on GitHub, and as a published site."""
    owner, name = repo.split("/")
    return [f"{owner}/{name}", f"{owner}.github.io/{name}"]


def read(path: Path) -> str:
    """The text of a file, its line ends as they are; nothing of a picture, a font, a folder."""
    try:
        return path.read_bytes().decode("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        return ""


def spread(new: str, root: Path = ROOT) -> list[str]:
    """Write the address `new` wherever the old one stands in a tracked file; name the files."""
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", new):
        raise SystemExit(f"REPO must look like owner/name, not {new!r}")
    files = subprocess.check_output(["git", "ls-files", "-z"], cwd=root, text=True).split("\0")
    old, changed = address(root), []
    for file in filter(None, files):
        path = root / file
        text = mended = read(path)
        for before, after in zip(forms(old), forms(new)):
            mended = re.sub(rf"(?<![\w.-]){re.escape(before)}(?![\w-])", after, mended)
        if mended != text:
            path.write_bytes(mended.encode("utf-8"))
            changed.append(file)
    return changed


if __name__ == "__main__":
    print("\n".join(spread(sys.argv[1] if len(sys.argv) > 1 else "")))
