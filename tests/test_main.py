"""The diagnosis fits a screen, names one remedy per fault and sets the exit status."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from lecture_utils import __main__, diagnosis, download
from lecture_utils.download import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]


def diagnose(
    path: Path, encoding: str = "utf-8", options: Sequence[str] = (), **more: str
) -> subprocess.CompletedProcess:
    """Run python -m lecture_utils in a process that imports from `path` first."""
    return subprocess.run(
        [sys.executable, *options, "-m", "lecture_utils"],
        env=os.environ | {"PYTHONPATH": str(path), "PYTHONIOENCODING": encoding} | more,
        cwd=path,
        capture_output=True,
        encoding=encoding,
    )


@pytest.fixture
def healthy(monkeypatch, tmp_path):
    """MovieLens is where it is said to be."""
    monkeypatch.setattr(diagnosis, "find_problems", lambda *_: [])


def test_all_is_well(healthy, capsys):
    assert __main__.main([]) == 0
    out = capsys.readouterr().out
    assert "✗" not in out and "torch 2." in out and "한글 글꼴 Lecture Gothic" in out
    assert len(out.splitlines()) <= 24


def test_missing_and_old_packages(healthy, monkeypatch, capsys):
    real = importlib.metadata.version

    def version(name):
        if name == "pooch":
            raise importlib.metadata.PackageNotFoundError(name)
        return "2.1.4" if name == "pandas" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert __main__.main([]) == 1
    out = capsys.readouterr().out
    assert '✗ pooch 없음\n    고치려면: pip install "pooch>=1.8"' in out
    assert '✗ pandas 2.1\n    고치려면: pip install "pandas>=2.2"' in out
    assert "✓ torch" in out


def test_runs_without_torch():
    """The diagnosis speaks where no package is installed."""
    run = diagnose(ROOT, options=["-S"])
    assert run.returncode == 1, run.stderr
    assert run.stdout.count("없음") == 5 and "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("published", "expected"),
    [("3.0rc1", (3, 0)), ("3rc1", (3, 0)), ("2.13.0+cpu", (2, 13)), ("2.14.0.dev1", (2, 14)),
     ("2", (2, 0)), ("2.6a0+git1", (2, 6)), ("unknown", (0, 0))],
)  # fmt: skip
def test_versions(published, expected, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: published)
    assert diagnosis.read_version("pandas") == expected


def test_cp949_terminal(tmp_path):
    """On a Korean Windows the output of > file is cp949, which has Hangul but no check mark."""
    run = diagnose(ROOT, encoding="cp949", **{ENVIRONMENT: str(tmp_path)})
    assert (run.returncode, run.stderr) == (1, "")
    assert "\n? torch" in run.stdout and "고치려면" in run.stdout


def test_font_that_is_gone(tmp_path):
    package = tmp_path / "lecture_utils"
    shutil.copytree(ROOT / "lecture_utils", package, ignore=shutil.ignore_patterns("*.ttf"))
    run = diagnose(tmp_path)
    assert (run.returncode, run.stderr) == (1, "")
    fault, remedy = run.stdout.splitlines()[-2:]
    assert fault.startswith("✗ 한글 글꼴을 읽지 못했습니다") and str(package) in fault
    assert remedy.startswith("    고치려면: pip install") and diagnosis.ARCHIVE in remedy
    (package / "notebook" / "fonts" / "LectureGothic.ttf").write_text("not a font")
    (tmp_path / ".git").mkdir()
    fault, remedy = diagnose(tmp_path).stdout.splitlines()[-2:]
    assert fault.startswith("✗ 한글 글꼴을 읽지 못했습니다")
    assert remedy == f'    고치려면: git -C "{tmp_path}" checkout -- lecture_utils/notebook/fonts'


def remedies(capsys, *arguments: str) -> list[str]:
    """Run the diagnosis, which must fail, and return its remedy for MovieLens by lines."""
    assert __main__.main([*arguments]) == 1
    _, lines = capsys.readouterr().out.split("✗ MovieLens 100K")
    assert len(lines.splitlines()) <= 10  # one screen
    return lines[lines.index("고치려면: ") : lines.index("\n✓ 한글")].splitlines()


def test_file_where_the_cache_should_be(cache, capsys):
    """The remedy is a command that mends it."""
    cache.parent.mkdir(parents=True)
    cache.touch()
    (remedy,) = remedies(capsys, "--need-movielens")
    shell = ["powershell", "-Command"] if os.name == "nt" else ["sh", "-c"]
    command = remedy.removeprefix("고치려면: ")
    subprocess.run([*shell, command], check=True, stdin=subprocess.DEVNULL)
    assert cache.parent.exists() and diagnosis.find_problems(*download.locate()) == []


def test_nothing_of_others_is_removed(cache, capsys):
    cache.parent.touch()
    (remedy,) = remedies(capsys)
    assert f"{ENVIRONMENT}" in remedy and "rm" not in remedy and "Remove" not in remedy


def test_environment_without_movielens(cache, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "named"))
    first, second = remedies(capsys, "--need-movielens")
    unset = "Remove-Item Env:" if os.name == "nt" else "unset "
    assert first == f"고치려면: {unset}{ENVIRONMENT}"
    assert f"{tmp_path / 'named'} 폴더에" in second


def test_folder_in_a_folder(cache, monkeypatch, tmp_path, capsys):
    """The remedy names the inner folder."""
    inner = tmp_path / "named" / "ml-100k"
    inner.mkdir(parents=True)
    (inner / "u.data").touch()
    monkeypatch.setenv(ENVIRONMENT, str(inner.parent))
    (remedy,) = remedies(capsys)
    assert f'{ENVIRONMENT}="{inner}"' in remedy.replace(" = ", "=")


def test_problems_fit_on_the_screen(monkeypatch, tmp_path, capsys):
    problems = diagnosis.find_problems("root", tmp_path)
    monkeypatch.setattr(diagnosis, "find_problems", lambda *_: problems)
    assert __main__.main([]) == 1
    out = capsys.readouterr().out
    assert all(problem in out for problem in problems[:3]) and problems[3] not in out
    assert "그 밖에 14건" in out


def test_need_movielens(cache, monkeypatch, capsys):
    address = "http://127.0.0.1:1/ml-100k.zip"
    monkeypatch.setattr(download, "URLS", (address,))
    assert __main__.main([]) == 0
    assert "아직 없음, 처음 쓸 때 내려받음" in capsys.readouterr().out
    (remedy,) = remedies(capsys, "--need-movielens")
    assert f"{ENVIRONMENT}" in remedy and remedy.endswith("python -m lecture_utils")
    assert __main__.main([]) == 1  # it failed in this process
    told = f"아직 없음 ({cache / 'ml-100k.zip'}); {address}: ConnectionRefusedError"
    assert told in capsys.readouterr().out


def test_requirements_are_those_of_the_project(monkeypatch, tmp_path):
    """From pyproject.toml in a clone, from the package's own description where it is installed."""
    here, project = diagnosis.read_requirements(), (ROOT / "pyproject.toml").read_text("utf-8")
    lines = [f"{name}>={oldest}" for name, oldest in here.items()]
    assert lines == tomllib.loads(project)["project"]["dependencies"]
    monkeypatch.setattr(diagnosis, "ROOT", tmp_path)
    described = {"lecture-utils": [*lines, 'tqdm>=4; extra == "scale"']}
    monkeypatch.setattr(importlib.metadata, "requires", described.get)
    assert diagnosis.read_requirements() == here


def test_only_what_lacks_is_named(monkeypatch):
    """With the command that installs it, for the Python that runs."""
    gone = {"torch": None, "pooch": None}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: gone.get(name, name))
    with pytest.raises(ModuleNotFoundError, match="'torch', 'pooch'. 이 파이썬") as caught:
        diagnosis.require_packages()
    command = f'"{sys.executable}" -m pip install "torch>=2.6" "pooch>=1.8"'
    assert str(caught.value).endswith(command)


def test_help_lists_the_commands(capsys):
    assert __main__.main(["--help"]) == 0
    out = capsys.readouterr().out
    for words in ("train", "prepare", "recommend"):
        assert f"python -m lecture_utils {words}" in out
    assert __main__.NEED in out and len(out.splitlines()) <= 10


def test_unknown_option(capsys):
    assert __main__.main(["--need-movielen"]) == 2
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == "✗ --need-movielen: 그런 옵션은 없습니다."


def test_any_word_is_a_command(monkeypatch):
    """Of scale's, which knows them and asks "did you mean train"."""
    monkeypatch.setattr(__main__, "run_scale", lambda arguments: arguments)
    assert __main__.main(["trian", "--data", "x"]) == ["trian", "--data", "x"]
