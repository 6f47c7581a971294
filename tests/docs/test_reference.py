"""The pages, the man page and the completions say what the tables say."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def test_they_are_up_to_date(root: Path) -> None:
    command = [sys.executable, root / "tools" / "reference_docs.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("shell", "options", "script"), [("bash", "-n", "csyspy.bash"), ("zsh", "-n", "_csyspy"), ("fish", "-n", "csyspy.fish")]
)
def test_shells_can_read_their_completion(shell: str, options: str, script: str, root: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    result = subprocess.run([shell, options, root / "completions" / script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["csyspy", "-c", "topprocs_c"], "topprocs_cpu"),
        (["csyspy", "-v", "conne"], "connections"),
        (["csyspy", "proc.na"], "proc.name"),
        (["csyspy", "--json-"], None),
        (["csyspy", "doc"], "doctor"),
        (["csyspy", "--displ"], "--displayflt"),
    ],
)
def test_bash_offers(words: list[str], offered: str | None, root: Path) -> None:
    script = f"""
        source {root}/completions/csyspy.bash
        COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}
        compopt() {{ :; }}
        _csyspy; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert (offered in found) if offered else not found


def test_the_man_page_has_no_errors(root: Path) -> None:
    if shutil.which("man") is None:
        pytest.skip("needs man")
    command = ["man", "--warnings", "-l", str(root / "docs" / "csyspy.1")]
    environment = {"MANWIDTH": "80", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0
    assert "topprocs" in result.stdout or "--chisel" in result.stdout
    assert result.stderr == ""
