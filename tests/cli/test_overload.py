"""More events than anybody can read: the tool stays responsive, says what was lost, and leaves nothing behind when it is killed."""

import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.stream import LiveSource, StreamOptions
from csyspy.capture.live.syscalls import programs_loaded
from csyspy.capture.live.tier import Tier

pytestmark = pytest.mark.xdist_group("live")  # a storm of calls would cost others their events
DEADLINE_S = 30
CALLS = 400_000
STORM = f"""
import os, sys
os.sched_setaffinity(0, [int(sys.argv[1])])
print(flush=True)
sys.stdin.readline()
for _ in range({CALLS}):
    os.getppid()
"""
EVENT_BLOCK, GENERIC_X, NR_GETPPID = 0x216, 1, 110


@pytest.fixture(autouse=True)
def kernel() -> None:
    missing = tiers.lacking(Tier.A, tiers.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")


@pytest.fixture
def storms() -> Iterator[list["subprocess.Popen[str]"]]:
    """A process on each CPU that makes CALLS calls as fast as it can, once it reads a line."""
    children = [
        subprocess.Popen([sys.executable, "-c", STORM, str(cpu)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for cpu in sorted(os.sched_getaffinity(0))
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    yield children
    for child in children:
        child.kill()
        child.communicate()


def release(storms: list["subprocess.Popen[str]"]) -> None:
    for child in storms:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()


def getppid_exits(chunk: memoryview, pids: set[int]) -> int:
    """Exit events of getppid by those processes in a chunk of blocks."""
    count = at = 0
    while at < len(chunk):
        kind, size = struct.unpack_from("<II", chunk, at)
        if kind == EVENT_BLOCK:
            tid, _, event = struct.unpack_from("<QIH", chunk, at + 18)
            if event == GENERIC_X and tid in pids and struct.unpack_from("<H", chunk, at + 10 + 26 + 4 + 2)[0] == NR_GETPPID:
                count += 1
        at += size
    return count


def test_every_call_is_seen_or_counted_as_lost(storms: list["subprocess.Popen[str]"]) -> None:
    source = LiveSource(StreamOptions(ring_bytes=1 << 20))
    pids = {child.pid for child in storms}
    try:
        assert source.read()
        release(storms)
        while source.overhead().lost == 0:  # nobody reads, so the ring fills
            assert all(child.poll() is None for child in storms)
            time.sleep(0.01)
        seen = 0
        give_up = time.monotonic() + DEADLINE_S
        while any(child.poll() is None for child in storms) or source.overhead().ring_peak_bytes == 0:
            assert time.monotonic() < give_up
            chunk = source.read()
            assert chunk is not None
            seen += getppid_exits(chunk, pids)
        for _ in range(200):
            chunk = source.read()
            assert chunk is not None
            seen += getppid_exits(chunk, pids)
            if not chunk:
                break
        cost = source.overhead()
    finally:
        source.close()
    assert 0 < seen < CALLS * len(storms)
    assert seen + cost.lost >= CALLS * len(storms)
    assert re.search(r"LOST \(cpu \d+: \d+", cost.summary())


def test_it_answers_in_the_storm_and_says_what_was_lost(storms: list["subprocess.Popen[str]"], tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        command = [sys.executable, "-m", "csyspy", "--unbuffered", "-p", "%evt.num", "evt.type=getppid"]
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
        give_up = time.monotonic() + DEADLINE_S
        release(storms)
        while not (tmp_path / "out").stat().st_size:
            assert time.monotonic() < give_up
            if all(storm.poll() is not None for storm in storms):
                os.getppid()  # it began late: one more to see
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 130
    assert re.match(r"csyspy: \d+ events in .*(none lost|\d+ LOST)", said), said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words",
    [("--text", "evt.type=getppid"), ("-w", "/dev/null"), ("--tier", "B", "-w", "/dev/null"), ("-v", "syscalls", "--text")],
    ids=["one call", "everything", "tracepoints", "tables"],
)
def test_kill_9_leaves_no_probe_behind(words: tuple[str, ...], storms: list["subprocess.Popen[str]"]) -> None:
    """In the middle of a storm. Whatever hooks a program in keeps it loaded, so where no program is left no hook is."""
    child = subprocess.Popen([sys.executable, "-m", "csyspy", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + DEADLINE_S
    before: set[int] = set()
    while not (loaded := programs_of(child.pid)) or loaded != before:  # until all are there
        assert time.monotonic() < give_up
        before = loaded
        time.sleep(0.2)
    assert loaded <= programs_loaded()
    release(storms)
    child.kill()
    child.wait()
    while loaded & programs_loaded():  # the kernel frees them a moment later
        assert time.monotonic() < give_up
        time.sleep(0.05)


def programs_of(pid: int) -> set[int]:
    """Numbers of the programs that a process holds."""
    found = set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            number = re.search(r"prog_id:\s*(\d+)", path.read_text())
        except OSError:
            continue
        if number is not None:
            found.add(int(number[1]))
    return found
