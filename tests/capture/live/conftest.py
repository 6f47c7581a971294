"""What tests on the running kernel need, and why they are skipped elsewhere."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csyspy.capture.live import tier
from csyspy.capture.live.tier import Tier

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 30


@pytest.fixture
def kernel() -> None:
    """The test loads programs; it is skipped where that is not possible."""
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")


@pytest.fixture
def root_user() -> None:
    """The test needs root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")


def _cgroup_root() -> Path | None:
    roots = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
    return next((root for root in roots if os.access(root / "cgroup.procs", os.W_OK)), None)


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A control group whose processes are in the container `c0ffee111111`."""
    root = _cgroup_root()
    if root is None:
        pytest.skip("no control group can be made here")
    parent = root / f"csyspy-test-{os.getpid()}"
    group = parent / ("c0ffee" + "1" * 58)
    group.mkdir(parents=True)
    yield group
    deadline = time.monotonic() + 5
    while group.exists() and time.monotonic() < deadline:
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.05)
    parent.rmdir()


@contextmanager
def recording(path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """csyspy writes what passes to a file, from the moment on that this yields."""
    process = subprocess.Popen([COMMAND, "-w", path, *words], stderr=subprocess.PIPE, text=True)
    try:
        end_s = time.monotonic() + DEADLINE_S
        while not (path.exists() and path.stat().st_size):  # the process list is written once all probes are attached
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < end_s
            time.sleep(0.02)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(DEADLINE_S)
        finally:
            process.kill()
