"""The commands that the pages tell a student to type, typed into a fresh clone of HEAD.

Line by line and as they stand there, but for the address to clone. What is for Windows is
translated elsewhere: `py` is this Python, .venv\\Scripts is .venv/bin. JupyterLab opens no browser
here, and is ended as soon as it answers.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.address import address
from tests.notebooks import LECTURES, ROOT

WINDOWS = os.name == "nt"
START = "book/getting_started.md"

pytestmark = pytest.mark.door


def commands(page: str, heading: str, language: str) -> list[str]:
    """The lines of the first block in `language` under `heading`."""
    text = (ROOT / page).read_text("utf-8")
    _, section = re.split(rf"^#+ {heading}$", text, flags=re.MULTILINE)
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1].splitlines()


def translated(line: str) -> str:
    """A PowerShell line for sh."""
    line = re.sub(r"^py (-3\.\d+ )?", f"{sys.executable} ", line)
    return re.sub(r"\.venv([\w-]*)\\Scripts\\", r".venv\1/bin/", line)


class Terminal:
    """A student's terminal: one line after the other, `cd` included."""

    last: subprocess.Popen | None = None

    def __init__(self, folder: Path):
        self.folder = folder / "desk"
        self.folder.mkdir()
        config = folder / "config"
        config.mkdir()
        settings = {"ServerApp": {"open_browser": False, "allow_root": True}}
        (config / "jupyter_server_config.json").write_text(json.dumps(settings))
        self.servers = folder / "servers"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_RUNTIME_DIR": str(self.servers),
        }

    def start(self, line: str) -> subprocess.Popen:
        shell = ["powershell", "-Command"] if WINDOWS else ["sh", "-c"]
        print("$", line)
        self.last = subprocess.Popen(
            [*shell, line], cwd=self.folder, env=self.environment, start_new_session=True
        )
        return self.last

    def close(self) -> None:
        """End what the last line started, should it still run."""
        if self.last and self.last.poll() is None:
            self.last.kill() if WINDOWS else os.killpg(self.last.pid, signal.SIGTERM)

    def type(self, line: str) -> None:
        if line.startswith("git clone "):
            line = line.replace(f"https://github.com/{address()}", str(ROOT))
            assert str(ROOT) in line
        if line.startswith("cd "):
            self.folder = self.folder / line.removeprefix("cd ")
        else:
            assert self.start(line).wait() == 0, line

    def opens(self, line: str) -> list[str]:
        """Type a line that starts JupyterLab; the lectures that it shows."""
        process = self.start(line)
        deadline = time.monotonic() + 600  # make lab installs everything first
        while not (found := [p for p in self.servers.glob("jpserver-*.json") if p.stat().st_size]):
            assert process.poll() is None, f"{line} ended at once"
            assert time.monotonic() < deadline, f"{line} started no server"
            time.sleep(0.2)
        server = json.loads(found[0].read_text("utf-8"))

        def ask(path: str, **more) -> bytes:
            headers = {"Authorization": f"token {server['token']}"}
            request = urllib.request.Request(server["url"] + path, headers=headers, **more)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()

        assert b"JupyterLab" in ask("lab")
        shown = json.loads(ask("api/contents"))["content"]
        ask("api/shutdown", data=b"", method="POST")
        assert process.wait(60) == 0
        return sorted(entry["name"] for entry in shown if entry["type"] == "notebook")


@pytest.fixture
def terminal(tmp_path):
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def follow(terminal: Terminal, lines: list[str]) -> None:
    """Type all lines; the last one opens the lectures."""
    *before, last = lines
    for line in before:
        terminal.type(line)
    assert terminal.opens(last) == [path.name for path in LECTURES]


@pytest.mark.skipif(WINDOWS, reason="no make")
def test_make_lab(terminal):
    lines = commands(START, "Linux", "bash")
    assert commands(START, "macOS", "bash") == lines and lines[2:] == ["make lab"]
    follow(terminal, lines)


@pytest.mark.skipif(
    not (WINDOWS or os.environ.get("EVERY_DOOR")),
    reason="installs everything once more: on Windows, or translated for sh with EVERY_DOOR=1",
)
def test_windows(terminal):
    """Installation, lectures and diagnosis of a student; then book and tests of a contributor."""
    here = (lambda line: line) if WINDOWS else translated
    follow(terminal, [here(line) for line in commands(START, "Windows", "powershell")])
    contributing = commands("CONTRIBUTING.md", "On Windows", "powershell")
    assert sum("pytest" in line for line in contributing) == 1
    for line in commands(START, "잘 되었는지 보기", "powershell") + contributing:
        terminal.type(here(line) + " --collect-only -q" * ("-m pytest" in line))
    assert (terminal.folder / "_build" / "html" / "book" / "getting_started.html").is_file()
