"""The page 문제해결 quotes what students really see, and its cures work.

Each message in a ```text block is produced here and compared with the quotation, `…` standing for
what differs from one time to the next; then the cure is carried out, with the page's own commands.
"""

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import sysconfig
import threading
import traceback
import zipfile
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lecture_utils import colab, download, load_movielens
from lecture_utils.synthetic import small as synthetic
from tests.notebooks import LECTURES, ROOT, cells, source

PAGE = (ROOT / "book" / "troubleshooting.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


@dataclass
class Entry:
    """One section of the page."""

    messages: list[str]
    commands: list[str]  # of the cure


def parse(page: str) -> dict[str, Entry]:
    entries = {}
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        blocks = BLOCK.findall(text)
        messages = [body for language, body in blocks if language == "text"]
        entries[title] = Entry(messages, [body for lang, body in blocks if lang != "text"])
    return entries


ENTRIES = parse(PAGE)
SHORT = re.findall(r"^- `(.*)`\\$", PAGE[PAGE.index("## 짧은 답") :], re.MULTILINE)
del ENTRIES["짧은 답"]
NOT_HERE = {  # why nothing below produces it
    "MessageError: Error: credential propagation was unsuccessful":
        "Google's servers say so, and only in Colab",
    "이 시스템에서 스크립트를 실행할 수 없으므로": "needs a Korean Windows with PowerShell",
    "No space left on device": "would fill a disk",
}  # fmt: skip
SHOWN: set[str] = set()


def shows(title: str, number: int = 0) -> pytest.MarkDecorator:
    """The test produces this message of this section; it gets it, and the cure's commands."""
    message = ENTRIES[title].messages[number]
    SHOWN.add(message)
    values = pytest.param(message, ENTRIES[title].commands, id=str(len(SHOWN)))
    return pytest.mark.parametrize(("message", "commands"), [values])


def shows_short(number: int) -> pytest.MarkDecorator:
    SHOWN.add(SHORT[number])
    return pytest.mark.parametrize("message", [pytest.param(SHORT[number], id="short")])


def quotes(message: str, produced: str) -> bool:
    """Whether the quotation occurs in what was produced; … is anything within a line."""
    wanted = r"[^\n]*".join(map(re.escape, message.split("…")))
    return re.search(wanted, produced) is not None


def run(python: Path | str, *arguments: str, cwd: Path, **variables: str) -> str:
    """What a process prints, an exit status other than 0 in front."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    more = {
        "PYTHONUTF8": "1", "MPLBACKEND": "Agg", "NO_PROXY": "*", "OMP_NUM_THREADS": "1",
        "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip
    done = subprocess.run(
        [python, *arguments],
        cwd=cwd,
        env=plain | more | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
    )
    return (f"exit status {done.returncode}\n" if done.returncode else "") + done.stdout


def failure(code: str, namespace: dict | None = None) -> str:
    """The last line of the traceback, "" where the code runs."""
    try:
        exec(code, {} if namespace is None else namespace)
    except Exception as error:
        return "".join(traceback.format_exception_only(error))
    return ""


def venv(folder: Path) -> Path:
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", folder])
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Another Python of the same computer: nothing installed."""
    return venv(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory):
    """A Python with all that the course depends on, without the course's package, as in Colab."""
    folder = tmp_path_factory.mktemp("dependencies")
    python = venv(folder)
    if Path(sysconfig.get_path("purelib"), "lecture_utils").exists():
        pytest.skip("the package is installed, not editable: nothing can hide it")
    (site,) = folder.rglob("site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Downloads/ml-100k/ml-100k, as Windows unpacks it: ratings of the synthetic set in `ua`."""
    folder = tmp_path_factory.mktemp("home") / "Downloads" / "ml-100k" / "ml-100k"
    folder.mkdir(parents=True)
    for name in download.FILES:
        (folder / name).touch()
    train, test, movies, users = synthetic.make("ua")
    for part, frame in (("base", train), ("test", test)):
        frame.to_csv(folder / f"ua.{part}", sep="\t", header=False, index=False)
    movies.insert(3, "video", "")
    movies.insert(4, "url", "")
    movies.to_csv(folder / "u.item", sep="|", header=False, index=False)
    users.to_csv(folder / "u.user", sep="|", header=False, index=False)
    return folder


# The page itself


def test_ten_entries_and_most_of_them_reproduced():
    assert len(ENTRIES) == 10
    assert sum(bool(SHOWN & {*entry.messages}) for entry in ENTRIES.values()) >= 9


def test_every_message_is_produced_below_or_excused():
    quoted = {message for entry in ENTRIES.values() for message in entry.messages} | {*SHORT}
    assert quoted == SHOWN | NOT_HERE.keys()
    assert not SHOWN & NOT_HERE.keys()


@pytest.mark.parametrize("message", NOT_HERE)
def test_not_produced(message):
    pytest.skip(f"{message}: {NOT_HERE[message]}")


def test_list_at_the_top_leads_to_each_entry():
    rows = re.findall(r"^- `(.*)`\\\n  \[(.*)\]\(#", PAGE, re.MULTILINE)
    assert [title for _, title in rows] == [*ENTRIES]  # that the anchors exist: test_book
    for words, title in rows:
        assert any(quotes(words, message) for message in ENTRIES[title].messages), words


def test_torch_on_the_page_is_the_one_that_is_pinned():
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert {*re.findall(r"torch==[\d.]+", PAGE)} == {p for p in pins if p.startswith("torch==")}


@pytest.mark.parametrize(
    ("message", "produced", "same"),
    [
        ("a … c", "x a b c y", True),
        ("a … c", "a b\nc", False),
        ("a…", "a", True),
        ("File (not) found", "File (not) found", True),
        ("File (not) found", "File not found", False),
        ("one\ntwo", "zero\none\ntwo", True),
    ],
)
def test_quotation(message, produced, same):
    assert quotes(message, produced) == same


# What it quotes, and its cures


@shows("앞의 셀을 실행하지 않았을 때")
def test_a_cell_on_its_own(message, commands):
    code = [source(cell) for cell in cells(LECTURES[0], "code")]
    number = next(n for n, cell in enumerate(code) if quotes(message, failure(cell)))
    namespace: dict = {}
    assert [failure(cell, namespace) for cell in code[: number + 1]] == [""] * (number + 1)


BOOTSTRAP = source(cells(LECTURES[0], "code")[0])
NOWHERE, OFFLINE = re.subn("SOURCE = .*", 'SOURCE = "http://127.0.0.1:9/none.zip"', BOOTSTRAP)


@shows("강의 패키지가 없을 때")
def test_no_lecture_utils(message, commands, dependencies, tmp_path):
    code = "import lecture_utils"
    assert quotes(message, run(dependencies, "-c", code, cwd=tmp_path))
    assert "# 준비:" in BOOTSTRAP
    assert run(dependencies, "-c", f"{BOOTSTRAP}\n{code}", cwd=ROOT / "lectures") == ""


@shows("강의 패키지가 없을 때", 1)
def test_no_way_to_the_package(message, commands, dependencies, tmp_path):
    assert OFFLINE == 1
    code = f"{NOWHERE}\nimport lecture_utils"
    assert quotes(message, run(dependencies, "-c", code, cwd=tmp_path, PIP_RETRIES="0"))
    assert run(dependencies, "-c", code, cwd=ROOT / "lectures") == ""


OPENSSL = """
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = address
[any]
commonName = supplied
[address]
subjectAltName = IP:127.0.0.1
[req]
distinguished_name = nobody
[nobody]
"""


@pytest.fixture
def expired(tmp_path, monkeypatch):
    """The address of a server that we trust, but its certificate ended in 2020."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl command to make a certificate with")
    (tmp_path / "openssl.cnf").write_text(OPENSSL)
    (tmp_path / "index.txt").touch()
    for command in (
        "req -new -newkey rsa:2048 -nodes -config openssl.cnf -subj /CN=me -keyout key -out csr",
        "ca -selfsign -batch -notext -config openssl.cnf -keyfile key -in csr -out crt"
        " -startdate 200101000000Z -enddate 200102000000Z",
    ):
        subprocess.run(["openssl", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "crt"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/ml-100k.zip"
    server.shutdown()
    server.server_close()


@shows("데이터를 내려받지 못할 때")
def test_expired_certificate(message, commands, expired, unpacked, tmp_path, monkeypatch):
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: str(tmp_path / "cache" / name))
    monkeypatch.setattr(download, "URLS", (expired, "http://127.0.0.1:9/ml-100k.zip"))
    monkeypatch.setattr(download, "_failures", [])
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv(download.ENVIRONMENT, raising=False)
    with pytest.warns(UserWarning) as caught:
        load_movielens()
    assert quotes(message, f"UserWarning: {caught[0].message}")
    assert download._failures  # so the same process does not try again

    code = commands[0].replace("압축을 푼 ml-100k 폴더", unpacked.as_posix())
    namespace = {"load_movielens": load_movielens}
    assert code != commands[0] and failure(code, namespace) == ""
    assert namespace["data"].name == "ml-100k"


DRAW = "import matplotlib.pyplot as plt; plt.title('평점'); plt.savefig('x.png')"
NANUM = "import matplotlib.pyplot as plt; plt.rcParams['font.family'] = 'NanumGothic'\n"


@shows("그림의 한글이 네모로 나올 때")
def test_no_glyphs(message, commands, tmp_path):
    assert quotes(message, run(sys.executable, "-c", DRAW, cwd=tmp_path))
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{commands[0]}\n{DRAW}"
    assert run(sys.executable, "-c", code, cwd=tmp_path) == ""


@shows("그림의 한글이 네모로 나올 때", 1)
def test_no_font(message, commands, tmp_path):
    assert "NanumGothic" in PAGE and "font.family" in PAGE  # its cure: leave out the line NANUM
    produced = run(sys.executable, "-c", NANUM + DRAW, cwd=tmp_path)
    if not produced:
        pytest.skip("this computer has the font NanumGothic")
    assert quotes(message, produced)


@shows("다른 파이썬이 노트북을 열었을 때")
def test_no_torch(message, commands, empty, tmp_path):
    assert quotes(message, run(empty, "-c", "import torch", cwd=tmp_path))
    assert [*map(shlex.split, commands[1:])] == [
        [".venv/bin/python", "-m", "jupyterlab", "lectures"]
    ]
    assert commands[0] == commands[1].replace("/bin/", "\\Scripts\\").replace("/", "\\")
    # Whatever opens the notebook asks for the kernel python3; here that is the Python beside it.
    code = "from jupyter_client import KernelManager as M; print(M().format_kernel_cmd()[0])"
    kernel = run(sys.executable, "-c", code, cwd=tmp_path)
    assert run(kernel.strip(), "-c", "import torch", cwd=tmp_path) == ""


@shows("데이터 폴더에 파일이 없을 때")
def test_folder_in_a_folder(message, commands, unpacked, tmp_path, monkeypatch):
    home = unpacked.parents[2]
    monkeypatch.setenv(download.ENVIRONMENT, str(unpacked.parent))
    assert quotes(message, failure("load_movielens()", {"load_movielens": load_movielens}))
    lost = "u.data 파일이 없습니다"
    assert lost in run(sys.executable, "-m", "lecture_utils", cwd=ROOT)
    for command in commands:  # PowerShell's and bash's
        path = re.search(r'LECTURE_DATA_DIR ?= ?"\$HOME(.*)"', command)[1].replace("\\", "/")
        monkeypatch.setenv(download.ENVIRONMENT, f"{home}{path}")
        assert load_movielens().name == "ml-100k"
    if os.name == "posix":
        script = commands[1].replace(".venv/bin/python", shlex.quote(sys.executable))
        produced = run("sh", "-c", script, cwd=ROOT, HOME=str(home))
        assert "MovieLens 100K: LECTURE_DATA_DIR" in produced and lost not in produced


@pytest.fixture
def google(tmp_path, monkeypatch):
    """A google.colab whose drive is mounted and does nothing."""
    package = tmp_path / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text("def mount(mountpoint): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "google"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "google"]:
        del sys.modules[name]


@shows("구글 드라이브가 안 될 때", 1)
def test_drive_without_the_folder(message, commands, google, tmp_path):
    produced = failure("colab.mount_drive()", {"colab": colab})
    assert quotes(message, produced.replace("\\", "/"))

    cell = next(s for c in cells(LECTURES[1], "code") if "mount_drive" in (s := source(c)))
    off, unzip = commands
    namespace: dict = {}
    assert off in cell and failure(cell, namespace) == "" and namespace["root"] is None

    (tmp_path / "My Drive").mkdir()
    with zipfile.ZipFile(tmp_path / "My Drive" / "ml-100k.zip", "w") as archive:
        archive.writestr("ml-100k/u.data", "")
    command = shlex.split(unzip.replace("/content/gdrive", tmp_path.as_posix()))
    assert command[0] == "!python" and run(sys.executable, *command[1:], cwd=tmp_path) == ""
    assert (colab.mount_drive(mountpoint=str(tmp_path)) / "u.data").is_file()


CHANGED = """
import shutil, sys, zipfile
sys.path.insert(0, {folder!r})
import numpy  # the new one, as Colab's kernel has it from the start
assert "numpy.random" not in sys.modules
shutil.rmtree({folder!r} + "/numpy")  # pip install, while the kernel goes on
zipfile.ZipFile({wheel!r}).extractall({folder!r})
import numpy.random
"""


@pytest.mark.full  # downloads 18 MB
@shows("Colab에서 numpy를 바꾸었을 때")
def test_numpy_changed_under_the_kernel(message, commands, tmp_path):
    command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "numpy==1.26.4"]
    if subprocess.call([*command, "--only-binary", ":all:", "--dest", tmp_path]):
        pytest.skip("no numpy 1.26 for this Python, or no network")
    for path in Path(sysconfig.get_path("platlib")).glob("numpy*"):
        if path.is_dir():
            shutil.copytree(path, tmp_path / "site" / path.name)
    (wheel,) = tmp_path.glob("*.whl")
    code = CHANGED.format(folder=str(tmp_path / "site"), wheel=str(wheel))
    assert quotes(message, run(sys.executable, "-c", code, cwd=tmp_path))
    restarted = "import numpy.random; print(numpy.__version__)"
    produced = run(sys.executable, "-c", restarted, cwd=tmp_path, PYTHONPATH="site")
    assert produced == "1.26.4\n"


def wheel(folder: Path, name: str, version: str, tag: str, more: str = "") -> None:
    """A wheel with nothing in it but its description."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as archive:
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", head + more)
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path):
    """What PyPI offers to a Mac: torch for Intel ended with 2.2.2."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    python, torch = re.search('requires-python = "(.*)"', project)[1], '"torch>=2.6"'
    assert torch in project
    more = f"Requires-Python: {python}\nRequires-Dist: {torch[1:-1]}\n"
    wheel(tmp_path, "lecture_utils", "0.1.0", "py3-none-any", more)
    for version in ("2.2.1", "2.2.2"):
        wheel(tmp_path, "torch", version, "cp312-none-macosx_10_9_x86_64")
    wheel(tmp_path, "torch", "2.13.0", "cp312-none-macosx_11_0_arm64")
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    return tmp_path


def install(index: Path, *what: str, python: str = "3.12", chip: str = "x86_64") -> str:
    """What pip says on a Mac."""
    options = "-m pip install --dry-run --no-index --find-links . --target t --only-binary :all:"
    mac = ["--python-version", python, "--platform", f"macosx_14_0_{chip}"]
    return run(sys.executable, *options.split(), *mac, *what, cwd=index)


PINNED = ("lecture-utils", "-c", "constraints.txt")
NO_TORCH = "내 컴퓨터에 맞는 PyTorch가 없을 때"


@shows(NO_TORCH)
def test_intel_mac(message, commands, index):
    assert quotes(message, install(index, *PINNED))
    assert "Would install lecture_utils-0.1.0 torch-2.13.0" in install(index, *PINNED, chip="arm64")


@shows(NO_TORCH, 1)
def test_intel_mac_without_pins(message, commands, index):
    assert quotes(message, install(index, "torch>=2.6"))


@shows(NO_TORCH, 2)
def test_old_python(message, commands, index):
    package = "./lecture_utils-0.1.0-py3-none-any.whl"
    assert quotes(message, install(index, package, python="3.9", chip="arm64"))
    assert "Would install" in install(index, package, python="3.12", chip="arm64")


@pytest.mark.skipif(os.name == "nt", reason="needs make")
def test_make_takes_another_python():
    remove, make = ENTRIES[NO_TORCH].commands[0].splitlines()
    assert remove == "rm -rf .venv"
    produced = run("make", "--dry-run", "--always-make", *make.split()[1:], cwd=ROOT)
    assert "python3.13 -m venv .venv\n" in produced


PIP = """
import runpy, sys, sysconfig
real = sysconfig.get_path
sysconfig.get_path = lambda name, *a, **k: {folder!r} if name == "stdlib" else real(name, *a, **k)
if {system}:
    sys.base_prefix = sys.prefix  # not in a virtual environment
sys.argv = ["pip", "install", "--dry-run", "--no-index", "--no-deps", {wheel!r}]
runpy.run_module("pip", run_name="__main__")
"""


@shows("시스템 파이썬에 설치하려 했을 때")
def test_python_of_the_system(message, commands, index):
    """The mark that Debian and Homebrew put beside the standard library, and then a .venv."""
    (index / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=Ask apt.\n")
    package = "./lecture_utils-0.1.0-py3-none-any.whl"
    for system in (True, False):
        code = PIP.format(folder=str(index), system=system, wheel=package)
        produced = run(sys.executable, "-c", code, cwd=index)
        assert quotes(message, produced) == system
        assert ("Would install lecture_utils-0.1.0" in produced) == (not system)
    assert commands[0].startswith("python3 -m venv .venv\n.venv/bin/python -m pip install")


@shows_short(0)
def test_old_pip(message, index):
    """A new .venv has the pip that came with Python."""
    import ensurepip

    bundled = Path(ensurepip.__file__).with_name("_bundled")
    pips = {tuple(map(int, re.findall(r"\d+", p.name)[:2])): p for p in bundled.glob("pip-*.whl")}
    if not pips or max(pips) >= (25, 1):
        pytest.skip("this Python comes with no pip, or with one that knows --group")
    (index / "pyproject.toml").write_text('[dependency-groups]\nlab = ["what-a-lab-needs"]\n')
    wheel(index, "what_a_lab_needs", "1", "py3-none-any")
    group = shlex.split("-m pip install --dry-run --no-index --find-links . --group lab")
    old = run(sys.executable, *group, cwd=index, PYTHONPATH=str(pips[max(pips)]))
    assert quotes(message, old)
    assert "Would install what_a_lab_needs-1" in run(sys.executable, *group, cwd=index)


@shows_short(1)
def test_latin_1(message, tmp_path):
    import pandas as pd

    path = tmp_path / "u.item"
    path.write_bytes("543|Misérables, Les (1995)\n".encode("latin-1"))
    code = f"with open({str(path)!r}, encoding='utf-8') as file: file.read()"
    assert quotes(message, failure(code))
    assert quotes("'cp949' codec", failure(code.replace("utf-8", "cp949")))
    read = f"pd.read_csv({str(path)!r}, sep='|')"
    assert quotes(message, failure(read, {"pd": pd}))
    cure = 'encoding="latin-1"'
    assert cure in PAGE
    assert failure(read.replace(")", f", {cure})"), {"pd": pd}) == ""
    assert failure(code.replace("encoding='utf-8'", cure)) == ""
