"""The page 문제해결 quotes what students see, and its cures work.

What our code says is produced here and compared, `…` standing for what differs from one time to
the next. The cures of a running notebook are tried in one.
"""

import os
import re
import shlex
import shutil
import sys
import zipfile

import pytest

from lecture_utils import download, load_movielens
from tests.kernel import Notebook, run
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
SHORT = re.findall(r"^- `(.*)`\\$", PAGE[PAGE.index("## 짧은 답") :], re.MULTILINE)
NO_TORCH, SYSTEM = "내 컴퓨터에 맞는 PyTorch가 없을 때", "시스템 파이썬에 설치하려 했을 때"
NUMPY = "Colab에서 numpy를 바꾸었을 때"
NOT_HERE = {  # why nothing below produces it
    "MessageError: Error: credential propagation was unsuccessful":
        "Google's servers say so, and only in Colab",
    "이 시스템에서 스크립트를 실행할 수 없으므로": "needs a Korean Windows with PowerShell",
    "No space left on device": "would fill a disk",
    "no such option: --group": "an old pip says so",
    "'utf-8' codec can't decode byte 0xe9": "Python says so, whatever we do",
    ENTRIES[NUMPY][0][0]: "what was compiled for another numpy says so",
} | dict.fromkeys(ENTRIES[NO_TORCH][0] + ENTRIES[SYSTEM][0], "pip says so, elsewhere")  # fmt: skip
TRIED: set[str] = set()


def tries(title: str) -> pytest.MarkDecorator:
    """Give the test this section's messages, all of which it produces, and its commands."""
    TRIED.add(title)
    said, commands = ENTRIES[title]
    values = pytest.param([m for m in said if m not in NOT_HERE], commands, id=str(len(TRIED)))
    return pytest.mark.parametrize(("messages", "commands"), [values])


def quotes(message: str, produced: str) -> bool:
    """Tell whether the quotation occurs in what was produced; … is anything within a line."""
    return bool(re.search(r"[^\n]*".join(map(re.escape, message.split("…"))), produced))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    running = Notebook(tmp_path_factory.mktemp("python"))
    yield running
    running.close()


@pytest.fixture
def notebook(kernel):
    """A notebook that was just opened; the package is not installed."""
    kernel.restart()
    return kernel


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    """Downloads/ml-100k/ml-100k, as Windows unpacks it."""
    home = tmp_path_factory.mktemp("home")
    return shutil.copytree(archive, home / "Downloads" / "ml-100k" / "ml-100k")


@pytest.mark.parametrize("message", NOT_HERE)
def test_not_produced(message):
    pytest.skip(f"{message}: {NOT_HERE[message]}")


def test_every_section_is_tried_and_in_the_list_at_the_top():
    assert len(ENTRIES) == 10 and ENTRIES.keys() == TRIED | {NUMPY}
    assert {*SHORT} <= NOT_HERE.keys() and 'encoding="latin-1"' in PAGE
    rows = re.findall(r"^- `(.*)`\\\n  \[(.*)\]\(#", PAGE, re.MULTILINE)
    assert [title for _, title in rows] == [*ENTRIES]  # that the anchors exist: test_book
    for words, title in rows:
        assert any(quotes(words, message) for message in ENTRIES[title][0]), words


BOOTSTRAP = source(cells(LECTURES[0], "code")[0])


@tries("앞의 셀을 실행하지 않았을 때")
def test_a_cell_on_its_own(messages, commands, notebook):
    [message] = messages
    *before, cell = [source(cell) for cell in cells(LECTURES[0], "code")[:3]]
    assert quotes(message, notebook.run(f"torch.tensor(1)\n{cell}", fails=True))
    notebook.run(cell, fails=True)
    for each in [*before, cell]:
        notebook.run(each)


@tries("강의 패키지가 없을 때")
def test_no_package(messages, commands, notebook, tmp_path):
    missing, unreachable = messages
    assert quotes(missing, notebook.run("import lecture_utils", fails=True))
    nowhere, changed = re.subn("SOURCE = .*", 'SOURCE = "http://127.0.0.1:9/none.zip"', BOOTSTRAP)
    assert changed == 1 and nowhere.startswith("# 준비:")
    notebook.run(f"import os; os.chdir({str(tmp_path)!r})")
    assert quotes(unreachable, notebook.run(nowhere, fails=True))
    notebook.run(f"os.chdir({str(ROOT / 'lectures')!r})")
    assert notebook.run(f"{nowhere}\nimport lecture_utils") == ""


EXPIRED = """
import ssl
from lecture_utils import download, load_movielens
def get(url, **_):
    tried.append(url)
    reason = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"
    raise ssl.SSLCertVerificationError(1, reason + " (_ssl.c:1000)")
tried, download.requests.get = [], get
download.pooch.os_cache = lambda name: {cache!r}
"""


@tries("데이터를 내려받지 못할 때")
def test_no_download(messages, commands, notebook, unpacked, tmp_path):
    [message], [root] = messages, commands
    begin = BOOTSTRAP + EXPIRED.format(cache=str(tmp_path))
    assert quotes(message, notebook.run(f"{begin}load_movielens()"))
    again = "download.find_movielens()"
    notebook.run(again, fails=True)
    assert notebook.run("print(len(tried))") == "2\n"  # it remembers, and does not try again
    root = root.replace("압축을 푼 ml-100k 폴더", unpacked.as_posix())
    assert notebook.run(f"{root}\nprint(data.name)") == "ml-100k\n"
    notebook.restart()
    notebook.run(begin + again, fails=True)
    assert notebook.run("print(len(tried))") == "2\n"  # it tries again


BREAKS = [
    "pass",  # nothing has set the font yet
    "plt.rc('font', family='NanumGothic')",
    "plt.style.use('default')",
    "plt.style.use('seaborn-v0_8')",
    "plt.rcParams.update({'font.family': ['sans-serif'], 'font.sans-serif': ['Arial']})",
]


@tries("그림의 한글이 네모로 나올 때")
def test_boxes(messages, commands, notebook):
    notebook.run(f"{BOOTSTRAP}\nimport warnings; warnings.simplefilter('always')")
    draw = "import matplotlib.pyplot as plt; {}; plt.title('평점 -1'); plt.show()"
    drawn = []
    for line in BREAKS:
        drawn.append(notebook.run(draw.format(line)))
        cured = notebook.run(f"{commands[0]}\n{draw.format('pass')}")
        assert "Glyph" not in cured and "findfont" not in cured, line
    assert all("Glyph" in printed for printed in drawn[:1] + drawn[2:])
    glyph, font = messages
    assert quotes(glyph, drawn[0])
    assert quotes(font, drawn[1]) or not drawn[1]  # this computer has NanumGothic


@tries("구글 드라이브가 안 될 때")
def test_drive_without_the_folder(messages, commands, notebook, tmp_path):
    """With a google.colab whose drive is mounted and does nothing."""
    package = tmp_path / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text("def mount(mountpoint): pass\n")
    notebook.run(f"{BOOTSTRAP}\nsys.path.insert(0, {str(tmp_path)!r})")
    printed = notebook.run("from lecture_utils import colab; colab.mount_drive()", fails=True)
    [message], [off, unzip] = messages, commands
    assert quotes(message, printed.replace("\\", "/"))
    cell = next(s for c in cells(LECTURES[1], "code") if "mount_drive" in (s := source(c)))
    assert off in cell and "None" in notebook.run(cell)

    (tmp_path / "My Drive").mkdir()
    with zipfile.ZipFile(tmp_path / "My Drive" / "ml-100k.zip", "w") as archive:
        archive.writestr("ml-100k/u.data", "")
    notebook.run(unzip.replace("/content/gdrive", tmp_path.as_posix()))
    found = f"print(*colab.mount_drive(mountpoint={str(tmp_path)!r}).iterdir())"
    assert "u.data" in notebook.run(found)


@tries("다른 파이썬이 노트북을 열었을 때")
def test_no_torch(messages, commands):
    [message], [windows, unix] = messages, commands
    assert quotes(message, run(sys.executable, "-S", "-c", "import torch"))  # nothing installed
    assert unix == ".venv/bin/python -m jupyterlab lectures"
    assert windows == unix.replace("/bin/", "\\Scripts\\").replace("/", "\\")


@tries("데이터 폴더에 파일이 없을 때")
def test_folder_in_a_folder(messages, commands, unpacked, monkeypatch):
    [message], home = messages, unpacked.parents[2]
    monkeypatch.setenv(download.ENVIRONMENT, str(unpacked.parent))
    with pytest.raises(FileNotFoundError) as caught:
        load_movielens()
    assert quotes(message, f"FileNotFoundError: {caught.value}")
    for command in commands:  # PowerShell's and bash's
        path = re.search(r'LECTURE_DATA_DIR ?= ?"\$HOME(.*)"', command)[1].replace("\\", "/")
        monkeypatch.setenv(download.ENVIRONMENT, f"{home}{path}")
        assert load_movielens().name == "ml-100k"
    if os.name == "posix":
        script = commands[1].replace(".venv/bin/python", shlex.quote(sys.executable))
        printed = run("sh", "-c", script, HOME=str(home), PYTHONPATH=str(ROOT))
        assert "MovieLens 100K: LECTURE_DATA_DIR" in printed and "파일이 없습니다" not in printed


@tries(NO_TORCH)
def test_another_python(messages, commands):
    """What pip quotes of pyproject.toml is there; the launcher and make take the version."""
    assert not messages
    for message, line in zip(ENTRIES[NO_TORCH][0][1:], ('"(torch>=.*)"', 'python = "(.*)"')):
        assert re.search(line, PROJECT)[1] in message
    windows, unix = (command.splitlines() for command in commands)
    assert windows[1] == "py -3.13 -m venv .venv" and f"\n{windows[1]}\n" in START
    assert not re.search(r"\bpy -m", PAGE + START)  # which picks the newest
    assert unix[0] == "rm -rf .venv"
    if os.name == "posix":
        made = run("make", "--dry-run", "--always-make", *unix[1].split()[1:])
        assert "python3.13 -m venv .venv\n" in made


@tries(SYSTEM)
def test_an_environment_of_ones_own(messages, commands):
    """The commands are those of 시작하기, for another shell."""
    assert not messages
    windows = START.replace("py -3.13", "python3").replace("\\Scripts\\", "/bin/")
    assert commands[0] in windows
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert {*re.findall(r"torch==[\d.]+", PAGE)} <= {*pins}
