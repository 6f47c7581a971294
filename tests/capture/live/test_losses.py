"""Events that found no room: where they are missing is in the stream, and sysdig reads the rest as csyspy does."""

import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import pytest

from csyspy.capture.live.losses import Gaps, losses
from csyspy.capture.live.maps import Map
from csyspy.capture.live.stream import LiveSource, StreamOptions

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 60
CALLS = 20_000
STORM = f"""
import os, sys
print(flush=True)
for _ in range(2):
    sys.stdin.readline()
    for _ in range({CALLS}):
        os.getppid()
    print(flush=True)
"""


class Counters:
    """The kernel's map, of two CPUs."""

    value_stride = 24

    def __init__(self) -> None:
        self.cpus = [(0, 0, 0), (0, 0, 0)]

    def lookup(self, key: bytes) -> bytes:
        return b"".join(struct.pack("<QQQ", *cpu) for cpu in self.cpus)


def test_a_gap_is_told_once_the_stream_is_behind_it() -> None:
    table = Counters()
    found = Gaps(cast(Map, table))
    found.look(100)
    assert list(found.passed(1_000)) == []
    table.cpus = [(20, 0, 500), (10, 7, 400)]
    found.look(110)  # 10 came and 30 did not
    assert list(found.passed(499)) == []
    assert list(found.passed(500)) == [4]
    assert list(found.passed(1_000)) == []
    found.look(200)
    assert list(found.passed(1_000)) == []
    assert [entry.foreign for entry in losses(cast(Map, table))] == [0, 7]


def test_a_gap_in_which_nothing_came_has_a_ratio_all_the_same() -> None:
    table = Counters()
    found = Gaps(cast(Map, table))
    table.cpus = [(5, 0, 10), (0, 0, 0)]
    found.look(0)
    assert list(found.passed(10)) == [6]


@pytest.fixture
def lossy(tmp_path: Path) -> tuple[Path, int]:
    """A recording with two gaps, and the process whose calls are missing."""
    path = tmp_path / "lossy.scap"
    source = LiveSource(StreamOptions(ring_bytes=1 << 16, known_to_sysdig=True))
    child = subprocess.Popen([sys.executable, "-c", STORM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        with path.open("wb") as file:
            file.write(source.read() or b"")
            for _ in range(2):
                child.stdin.write(b"\n")
                child.stdin.flush()
                child.stdout.readline()
                end_s = time.monotonic() + DEADLINE_S
                before = source.overhead().lost
                assert before
                for _ in range(20):  # what comes behind the gap
                    assert time.monotonic() < end_s
                    file.write(source.read() or b"")
    finally:
        child.kill()
        child.communicate()
        source.close()
    return path, child.pid


def lines(command: str | Path, path: Path, *words: str) -> list[str]:
    run = subprocess.run([command, "-r", path, *words], capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    return run.stdout.splitlines()


@pytest.mark.xdist_group("live")
@pytest.mark.usefixtures("kernel", "root_user")
def test_the_recording_says_where_events_are_missing(lossy: tuple[Path, int], sysdig: str) -> None:
    path, pid = lossy
    told = lines(COMMAND, path, "-D", "-p", "%evt.dir %evt.rawarg.ratio %evt.rawtime", "evt.type=drop")
    assert len(told) >= 4
    assert all(int(line.split()[1]) >= 2 for line in told)
    times = [int(line.split()[2]) for line in told]
    assert times == sorted(times)
    ours = lines(COMMAND, path, f"thread.tid={pid} and evt.type=getppid")
    assert 0 < len(ours) < 4 * CALLS
    assert ours == lines(sysdig, path, f"thread.tid={pid} and evt.type=getppid")
    assert [line for line in lines(sysdig, path, "-D") if " drop ratio=" in line] == lines(COMMAND, path, "-D", "evt.type=drop")
