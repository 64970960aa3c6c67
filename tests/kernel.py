"""A running notebook, to break and to mend."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from lecture_utils import download
from tests.notebooks import ROOT


def environment(**variables: str) -> dict[str, str]:
    """Return the variables without those that would lead to the package, the data or an index."""
    ours = {"PYTHONPATH", "MPLBACKEND", download.ENVIRONMENT}
    plain = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("PIP_")}
    more = {"PYTHONUTF8": "1", "NO_PROXY": "*", "OMP_NUM_THREADS": "1", "PIP_RETRIES": "0"}
    return plain | more | {"PIP_CONFIG_FILE": os.devnull} | variables


def run(*command: str, **variables: str) -> str:
    """Return what a process prints."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    return subprocess.run(command, cwd=ROOT, env=environment(**variables), **pipe).stdout


class Notebook:
    """A kernel in lectures/ that runs a student's cells."""

    def __init__(self, folder: Path) -> None:
        """Make a Python with all that the course depends on but not the course, as Colab's."""
        if Path(sysconfig.get_path("purelib"), "lecture_utils").exists():
            pytest.skip("the package is installed, not editable: nothing can hide it")
        subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", folder])
        (site,) = folder.rglob("site-packages")
        (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.manager = KernelManager()
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self.manager._kernel_spec = KernelSpec(argv=argv)
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"  # for `!python`
        variables = environment(PATH=path, IPYTHONDIR=str(folder))
        self.manager.start_kernel(cwd=str(ROOT / "lectures"), env=variables)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def run(self, code: str, fails: bool = False) -> str:
        """Run a cell, which must fail or must not, and return what it prints."""
        printed = []

        def listen(message: dict) -> None:
            content = message["content"]
            printed.append(content.get("text") or "\n".join(content.get("traceback", [])))

        reply = self.client.execute_interactive(code, output_hook=listen, timeout=120)
        text = re.sub(r"\x1b\[[\d;]*m", "", "".join(printed))
        assert (reply["content"]["status"] == "error") == fails, text
        return text

    def restart(self) -> None:
        """Do what Kernel → Restart does."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=120)

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
