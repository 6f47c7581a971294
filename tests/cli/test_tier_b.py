"""The event stream without the kernel's type information: tracepoints of tracefs, and /proc for what only structures of the kernel know."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.tier import Tier

pytestmark = pytest.mark.xdist_group("live")  # while nobody makes a storm of calls
MOUNTED = '{ mountpoint -q /sys/kernel/tracing || mount -t tracefs ours /sys/kernel/tracing; } && exec "$@"'
SHOWN = "%evt.type %evt.dir %proc.name %proc.pname %proc.args %proc.exepath %proc.cwd %user.uid|%evt.args"
DEADLINE_S = 40


@pytest.fixture
def streamed(tmp_path: Path) -> Iterator[Path]:
    """A csyspy that writes what the test's program does; the path of its output. Tracefs is mounted in a namespace of its own."""
    missing = tiers.lacking(Tier.A, tiers.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare to mount tracefs")
    output = tmp_path / "out"
    command = [sys.executable, "-m", "csyspy", "--tier", "B", "--unbuffered", "-p", SHOWN, "proc.name=tierb or proc.pname=tierb"]
    with output.open("w") as out:
        child = subprocess.Popen(["unshare", "-m", "sh", "-c", MOUNTED, "sh", *command], stdout=out, stderr=subprocess.PIPE, text=True)
    try:
        yield output
    finally:
        child.terminate()
        try:
            _, said = child.communicate(timeout=30)
        finally:
            child.kill()  # where it would not end, it would go on watching all other tests
    assert "none lost" in said, said


def test_programs_files_and_connections(streamed: Path, tmp_path: Path) -> None:
    (tmp_path / "tierb").symlink_to(shutil.which("bash") or "/bin/bash")
    (tmp_path / "here").write_text("seen")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"exec 3<here; read -u 3 x; exec 4<>/dev/tcp/127.0.0.1/{port}; cat nowhere one two 2>/dev/null; /bin/true a; :"
        wanted = [
            "execve < tierb |args=-c.exec 3<here",
            "openat <|name=here",
            "read <|data=seen",
            f"connect >|127.0.0.1:{port}",
            "execve < cat tierb nowhere one two ",
            "openat < cat|ENOENT",
            "execve < true tierb a ",
            "procexit > true",
        ]
        give_up = time.monotonic() + DEADLINE_S
        while (lacking := [words for words in wanted if not _has(streamed, words)]) and time.monotonic() < give_up:
            subprocess.run([str(tmp_path / "tierb"), "-c", script], cwd=tmp_path, check=False)
            time.sleep(0.5)
        assert lacking == [], streamed.read_text()[-4000:]
    cats = [line for line in streamed.read_text().splitlines() if line.startswith("execve < cat")]
    assert any(f" {tmp_path}/ {os.geteuid()}|" in line for line in cats), cats


def _has(output: Path, words: str) -> bool:
    parts = words.split("|")
    with contextlib.suppress(OSError):
        return any(line.startswith(parts[0]) and all(part in line for part in parts) for line in output.read_text().splitlines())
    return False
