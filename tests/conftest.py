"""Fixtures every room uses: the captures and oracles that lie beside the project, the csyspy command, the real sysdig."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMAND = Path(sys.executable).with_name("csyspy")
Csyspy = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared with captures, oracles and conformance cases; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "captures").is_dir():
        pytest.skip(f"needs {folder}, which is not on this machine")
    return folder


@pytest.fixture(scope="session")
def captures(shared: Path) -> Path:
    """Captures made by real engines (../shared/captures)."""
    return shared / "captures"


@pytest.fixture(scope="session")
def csyspy() -> Csyspy:
    """Run the csyspy command in a process of its own: ``csyspy("-r", path, "-n", 3)`` gives the CompletedProcess, text decoded."""

    def run(*args: object, timeout: float = 120, **kwargs: object) -> "subprocess.CompletedProcess[str]":
        command = [COMMAND, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", timeout=timeout, **kwargs)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def sysdig() -> str:
    """Path of the installed real sysdig; the test is skipped where there is none."""
    path = shutil.which("sysdig")
    if path is None:
        pytest.skip("needs the real sysdig (Debian package sysdig)")
    return path


LIVE = (
    "tests/capture/live",
    "tests/containers/test_runtimes.py",
    "tests/containers/test_cluster.py",
    "tests/containers/test_everywhere.py",
    "tests/containers/test_live_rules.py",
    "tests/containers/test_faults.py::test_ids_are_right",
    "tests/tui/test_alerts.py::test_live",
    "tests/tui/test_stream_feed.py",
    "tests/tui/test_kernel_feed.py",
    "tests/rules/test_live",
)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that watch the running kernel, or flood it, come one after the other (pytest -n, --dist loadgroup)."""
    for item in items:
        if item.nodeid.startswith(LIVE):
            item.add_marker(pytest.mark.xdist_group("live"))
