"""CPU times of all processes, by the kernel's iterator and from /proc."""

import os
import struct
import threading
import time
from pathlib import Path

import pytest

from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.cpu_times import CpuTimes
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.maps import possible_cpus
from csyspy.capture.live.proc_cpu_times import PIECE, CpuTime, ProcCpuTimes
from csyspy.capture.live.stream import StreamOptions, defines

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def row(pid: int, ticks: int, user: int, system: int, *, tid: int = 0, start: int = 1) -> bytes:
    """struct cpu_time of bpf/stream_cpu_times.h."""
    return struct.pack("<4Q2I", start, ticks * TICK_NS, user * TICK_NS, system * TICK_NS, tid or pid, pid)


def whole(times: ProcCpuTimes) -> tuple[list[CpuTime], int]:
    """(what is found, in how many steps)."""
    steps = 1
    while (found := times.more()) is None:
        steps += 1
    return found, steps


@pytest.mark.usefixtures("kernel")
def test_the_kernel_and_proc_agree() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    end_s = time.process_time() + 0.05
    while time.process_time() < end_s:
        pass
    thread.start()
    try:
        module = compile_module("stream", [Path("stream.c")], defines(StreamOptions(), single_calls=False))
        with Loaded(module, {"ring": 1 << 16, "scratches": possible_cpus()}) as loaded:
            before, _ = whole(ProcCpuTimes())
            iterated = CpuTimes().of_pass(loaded.iterate("stream_cpu_times", "task"))
            after, _ = whole(ProcCpuTimes())
    finally:
        stop.set()
        thread.join()
    least, said, most = (next(user + system for pid, user, system in times if pid == os.getpid()) for times in (before, iterated, after))
    assert least - 1 <= said <= most + 1


def test_threads_are_summed_and_ticks_divide_the_exact_sum() -> None:
    rows = row(7, 60, 2, 1) + row(8, 5, 0, 0) + row(7, 30, 1, 2, tid=9)
    assert CpuTimes().of_pass(memoryview(rows)) == [(7, 45, 45), (8, 5, 0)]


def test_neither_part_ever_shrinks() -> None:
    times = CpuTimes()
    assert times.of_pass(memoryview(row(7, 100, 2, 2))) == [(7, 50, 50)]
    assert times.of_pass(memoryview(row(7, 104, 8, 2))) == [(7, 54, 50)], "by ticks alone it would be 83 and 21"
    assert times.of_pass(memoryview(row(7, 90, 8, 2))) == [(7, 54, 50)], "a thread ended between two of the rows"
    assert times.of_pass(memoryview(b"")) == []
    assert times.of_pass(memoryview(row(7, 3, 1, 0, start=2))) == [(7, 3, 0)], "another process of that number"


def test_proc_is_read_a_piece_at_a_time(tmp_path: Path) -> None:
    for pid in range(1, 2 * PIECE + 2):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a ) b) S 1 1 1 0 -1 4194560 1 2 3 4 {pid} 40 5 6 20 0 1 0 30 0 0\n")
    (tmp_path / "77777").mkdir()  # one that has just gone
    (tmp_path / "uptime").write_text("1 1\n")
    times = ProcCpuTimes(str(tmp_path))
    for _ in range(2):
        found, steps = whole(times)
        assert sorted(found) == [(pid, pid, 40) for pid in range(1, 2 * PIECE + 2)]
        assert steps == 3
