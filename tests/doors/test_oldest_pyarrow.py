"""Blocks with the oldest pyarrow that pyproject.toml declares, and the NumPy that it asks for."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv

import pytest

from tests.doors.kernel import site_packages
from tests.notebooks import ROOT

pytestmark = pytest.mark.door
OLD = ["numpy==1.26.*", "pandas==2.2.*", "pytz"]  # what pyarrow 15 was built for


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="pyarrow 15 is not built for it")
def test_the_oldest_pyarrow_that_is_declared(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = re.search(r"pyarrow>=([0-9.]+)", str(project["optional-dependencies"]["scale"]))[1]
    venv.create(tmp_path, with_pip=True)
    python = tmp_path / ("Scripts" if os.name == "nt" else "bin") / "python"
    shared = site_packages(python) / "shared.pth"  # torch and pytest are this Python's
    shared.write_text(sysconfig.get_path("purelib") + "\n")
    pip = [python, "-m", "pip", "install", "-q", "--no-deps", f"pyarrow=={oldest}.*", *OLD]
    subprocess.run(pip, check=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    told = subprocess.check_output(
        [python, "-W", "ignore", "-c", "import pyarrow; print(pyarrow.__version__)"], text=True
    )
    assert told.startswith(f"{oldest}.")
    files = ["tests/scale/test_blocks.py", "tests/scale/test_layouts.py"]
    pytest_ = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(pytest_, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
