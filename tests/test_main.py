"""python -m lecture_utils: one screen, one remedy per fault, and an exit status."""

import importlib.metadata
import subprocess
import sys

import pytest

from lecture_utils import __main__, download
from lecture_utils.download import HASHES, Source


@pytest.fixture
def healthy(monkeypatch, tmp_path):
    monkeypatch.setattr(download, "describe", lambda: Source("cache", tmp_path, []))


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


def test_runs_without_torch(tmp_path):
    """The diagnosis must speak where a package cannot even be imported."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.metadata as m\n"
        "for name in ('torch', 'numpy', 'pandas', 'matplotlib', 'pooch'):\n"
        "    sys.modules[name] = None\n"
        "def gone(name): raise m.PackageNotFoundError(name)\n"
        "m.version = gone\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "lecture_utils"],
        env={"PYTHONPATH": f"{tmp_path}:.", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 1, run.stderr
    assert run.stdout.count("없음") == 5 and "Traceback" not in run.stderr


def test_damaged_movielens(monkeypatch, tmp_path, capsys):
    problem = f"u.data has sha256 {0:064x}, not {HASHES['u.data']}"
    monkeypatch.setattr(download, "describe", lambda: Source("cache", tmp_path, [problem]))
    assert __main__.main([]) == 1
    out = capsys.readouterr().out
    assert problem in out and "고치려면: LECTURE_DATA_DIR=" in out


def test_need_movielens(healthy, monkeypatch, capsys):
    def gone():
        raise download.DownloadError([("http://127.0.0.1/ml-100k.zip", "refused")])

    monkeypatch.setattr(download, "find_movielens", gone)
    assert __main__.main([]) == 0
    assert __main__.main(["--need-movielens"]) == 1
    assert "✗ MovieLens 100K를 구하지 못했습니다" in capsys.readouterr().out
