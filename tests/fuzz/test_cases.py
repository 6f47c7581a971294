"""The first cases of ``make fuzz``, without the sanitizer: no crash, no hang, no exception that a user would see as a traceback."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_first_cases_find_nothing(root: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--cases", "600", "--processes", "1"]
    done = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 findings" in done.stdout
