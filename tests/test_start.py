"""What a text-mode run loads: the heavy packages stay out of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import json, sys
sys.argv = ["csyspy", *sys.argv[1:]]
from csyspy.cli.main import main
try:
    main()
except SystemExit:
    pass
sys.stdout.flush()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""
HEAVY = {"textual", "bcc", "kubernetes", "psutil", "asyncio", "hypothesis"}


def loaded_by(*args: str) -> tuple[str, set[str]]:
    """Standard output and top-level module names after csyspy ran with args."""
    run = subprocess.run([sys.executable, "-c", PROBE, *args], capture_output=True, text=True, timeout=60)
    return run.stdout, set(json.loads(run.stderr.splitlines()[-1]))


@pytest.fixture(autouse=True)
def _cli_is_there() -> None:
    pytest.importorskip("csyspy.cli.main")


def test_printing_fields_of_a_capture_loads_no_heavy_package(captures: Path) -> None:
    out, modules = loaded_by("-r", str(captures / "medium.scap"), "-n", "2", "-p", "*%evt.num %proc.name")
    assert len(out.splitlines()) == 2
    assert not modules & HEAVY
    assert "rich" not in modules


def test_version_loads_no_heavy_package() -> None:
    out, modules = loaded_by("--version")
    assert out.strip()
    assert not modules & (HEAVY | {"rich", "isal"})
