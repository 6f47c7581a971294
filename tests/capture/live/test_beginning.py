"""What stands before the first event: everything that has events and was not seen to begin."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csyspy.capture.live.beginning import threads
from csyspy.capture.live.initial_threads import processes
from csyspy.capture.live.stream import LiveSource, StreamOptions

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 30
VFORKING = "import subprocess\nwhile True: subprocess.run(['/bin/sleep', '0.01'])"
LISTS = 20


@contextmanager
def child(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait(DEADLINE_S)


def test_who_waits_for_a_child_is_in_the_list() -> None:
    """Also where the child, until it runs a program of its own, has the same memory."""
    with child(sys.executable, "-c", VFORKING) as one, child(sys.executable, "-c", VFORKING) as other:
        for _ in range(LISTS):
            found = {leader.pid: leader for leader, _ in processes()}
            assert {one.pid, other.pid} <= found.keys()


def test_own_threads_are_not() -> None:
    ready, over = threading.Event(), threading.Event()

    def wait() -> None:
        ready.set()
        over.wait(DEADLINE_S)

    thread = threading.Thread(target=wait)
    thread.start()
    ready.wait(DEADLINE_S)
    try:
        found = {entry.tid for entry in threads()}
        assert os.getppid() in found
        assert found.isdisjoint({os.getpid(), thread.native_id})
    finally:
        over.set()
        thread.join()


@pytest.mark.xdist_group("live")
@pytest.mark.usefixtures("kernel", "root_user")
def test_who_ends_while_the_list_is_made_has_a_name(tmp_path: Path) -> None:
    name, path = tmp_path / "csyspy-brief", tmp_path / "brief.scap"
    name.symlink_to("/bin/cat")
    with child(name) as brief:
        assert brief.stdin is not None
        brief.stdin.write(b"\n")
        brief.stdin.flush()
        assert brief.stdout is not None
        brief.stdout.readline()  # it runs the program
        source = LiveSource(StreamOptions())
        try:
            brief.stdin.close()
            brief.wait(DEADLINE_S)
            path.write_bytes(b"".join(bytes(source.read() or b"") for _ in range(2)))  # the list, and what happened meanwhile
        finally:
            source.close()
    run = subprocess.run(
        [COMMAND, "-r", path, "-p", "%proc.name", f"evt.type=procexit and thread.tid={brief.pid}"],
        capture_output=True, text=True, timeout=DEADLINE_S, check=True,
    )  # fmt: skip
    assert run.stdout.split() == [name.name]
