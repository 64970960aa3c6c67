"""The page 문제해결 quotes what our code says, and its cures work.

What our code says is produced here and compared, `…` standing for what differs from one time to
the next. What Python, pip and Google say is theirs.
"""

import re
import shlex
import shutil
import ssl
import subprocess
import sys
from unittest import mock

import matplotlib.pyplot as plt
import pytest

from lecture_utils import download, load_movielens
from lecture_utils.notebook import plot
from tests.notebooks import LECTURES, ROOT, cells, source

PAGE, START, PROJECT = (
    (ROOT / name).read_text("utf-8")
    for name in ("book/troubleshooting.md", "book/getting_started.md", "pyproject.toml")
)
ENTRIES = {}  # the messages that a section quotes, and the commands of its cure
for section in PAGE.split("\n## ")[1:-1]:
    title, _, text = section.partition("\n")
    blocks = re.findall(r"^```(\w*)\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    messages = [body for language, body in blocks if language == "text"]
    ENTRIES[title] = messages, [body for language, body in blocks if language != "text"]


def quotes(message: str, produced: str) -> bool:
    """Tell whether the quotation occurs in what was produced; … is anything within a line."""
    return bool(re.search(r"[^\n]*".join(map(re.escape, message.split("…"))), produced))


def test_every_section_is_in_the_list_at_the_top():
    rows = re.findall(r"^- `(.*)`\\\n  \[(.*)\]\(#", PAGE, re.MULTILINE)
    assert [title for _, title in rows] == [*ENTRIES]  # that the anchors exist: test_book
    assert len(ENTRIES) == 10
    for words, title in rows:
        assert any(quotes(words, message) for message in ENTRIES[title][0]), words


def test_no_package():
    """When the first cell says so: doors/test_clone."""
    [_, message], _ = ENTRIES["강의 패키지가 없을 때"]
    failed, why = message.removeprefix("RuntimeError: …").split(". ")
    bootstrap = source(cells(LECTURES[0], "code")[0])
    assert f"{{SOURCE}}{failed}. {{why}}" in bootstrap and f'"{why}"' in bootstrap


def test_no_download(cache, archive, monkeypatch):
    [message], [cure] = ENTRIES["데이터를 내려받지 못할 때"]
    reason = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"
    error = ssl.SSLCertVerificationError(1, f"{reason} (_ssl.c:1000)")
    monkeypatch.setattr(download.requests, "get", mock.Mock(side_effect=error))
    with pytest.warns(UserWarning) as caught:
        load_movielens()
    assert quotes(message, f"UserWarning: {caught[0].message}")
    names = {"load_movielens": load_movielens}
    exec(cure.replace("압축을 푼 ml-100k 폴더", archive.as_posix()), names)
    assert names["data"].name == "ml-100k"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: plt.style.use("default"),
        lambda: plt.style.use("seaborn-v0_8"),
        lambda: plt.rc("font", family="NotHere"),
        lambda: plt.rcParams.update({"font.family": "sans-serif", "font.sans-serif": ["Arial"]}),
    ],
    ids=["style", "theme", "family", "sans-serif"],
)
def test_boxes(spoil, caplog):
    def draw():
        figure = plt.figure()
        figure.suptitle("평점 -1")
        figure.canvas.draw()
        plt.close(figure)

    [glyph, _], [cure] = ENTRIES["그림의 한글이 네모로 나올 때"]
    with plt.rc_context():
        spoil()
        with pytest.warns(UserWarning) as caught:
            draw()
        assert quotes(glyph.removeprefix("UserWarning: "), str(caught[0].message))
        caplog.clear()
        exec(cure)
        draw()  # a warning would be an error
        assert not caplog.text
        assert plt.rcParams["font.family"][0] == plot.FONT
        assert not plt.rcParams["axes.unicode_minus"]  # the font has no U+2212


def test_drive_without_the_folder(archive, tmp_path):
    """What is said: test_colab."""
    [off, unzip] = ENTRIES["구글 드라이브가 안 될 때"][1]
    assert any(off in (s := source(c)) and "mount_drive" in s for c in cells(LECTURES[1], "code"))
    drive = tmp_path / "My Drive"
    shutil.make_archive(drive / "ml-100k", "zip", archive.parent, "ml-100k")
    _, *arguments = shlex.split(unzip.replace("/content/gdrive", tmp_path.as_posix()))
    subprocess.run([sys.executable, *arguments], check=True)
    assert load_movielens(root=drive / "ml-100k").name == "ml-100k"


def test_no_torch():
    windows, unix = ENTRIES["다른 파이썬이 노트북을 열었을 때"][1]
    assert unix == ".venv/bin/python -m jupyterlab lectures"
    assert windows == unix.replace("/bin/", "\\Scripts\\").replace("/", "\\")


def test_folder_in_a_folder(monkeypatch, tmp_path):
    [message], [windows, unix] = ENTRIES["데이터 폴더에 파일이 없을 때"]
    monkeypatch.setenv(download.ENVIRONMENT, str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        load_movielens()
    assert quotes(message, f"FileNotFoundError: {caught.value}")
    assert unix.startswith('export LECTURE_DATA_DIR="$HOME/Downloads/ml-100k/ml-100k"\n')
    unix = unix.replace("export LECTURE_DATA_DIR=", "$env:LECTURE_DATA_DIR = ")
    assert windows == unix.replace("/bin/", "/Scripts/").replace("/", "\\")


def test_another_python():
    """What pip quotes of pyproject.toml is there; the launcher and make take the version."""
    [_, *messages], commands = ENTRIES["내 컴퓨터에 맞는 PyTorch가 없을 때"]
    for message, line in zip(messages, ('"(torch>=.*)"', 'python = "(.*)"')):
        assert re.search(line, PROJECT)[1] in message
    windows, unix = (command.splitlines() for command in commands)
    assert windows[1] == "py -3.13 -m venv .venv" and f"\n{windows[1]}\n" in START
    assert not re.search(r"\bpy -m", PAGE + START)  # which picks the newest
    assert unix == ["rm -rf .venv", "make lab PYTHON=python3.13"]
    assert "$(PYTHON) -m venv .venv\n" in (ROOT / "Makefile").read_text("utf-8")


def test_an_environment_of_ones_own():
    """The commands are those of 시작하기, for another shell."""
    [command] = ENTRIES["시스템 파이썬에 설치하려 했을 때"][1]
    assert command in START.replace("py -3.13", "python3").replace("\\Scripts\\", "/bin/")
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert {*re.findall(r"torch==[\d.]+", PAGE)} <= {*pins}
