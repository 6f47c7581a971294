"""What a thread's calls took, where it makes so many that only some are timed (bpf/call_start.h)."""

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from workload import Workload, workload

from csyspy.capture.live.call_events import call_names
from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.probes import PROBE_SETS, defines

pytestmark = pytest.mark.usefixtures("kernel")

EACH = {"TICK_NS": 1 << 40}
"""Ticks so long that no thread makes too many calls in one."""
SLEEPS = (
    "select.poll().poll(60)",
    "select.select([], [], [], 0.06)",
    "signal.sigtimedwait([10], 0.06)",
    "waiting.poll(0.06)",
    "time.sleep(0.06)",
)
"""60 ms each, in five system calls."""


@pytest.fixture
def work() -> Iterator[Workload]:
    with workload() as made:
        yield made


@contextmanager
def timed(macros: Mapping[str, int]) -> Iterator[Loaded]:
    chosen = PROBE_SETS["latencies"]
    with Loaded(compile_module("calls", [Path(chosen.source)], macros)) as loaded:
        for hook in chosen.hooks:
            (loaded.attach_btf if hook.typed else loaded.attach_raw)(hook.program, hook.tracepoint)
        yield loaded


def calls_of(loaded: Loaded, tid: int) -> dict[str, tuple[int, int]]:
    """Call -> how many, and how long they took in all, of a thread."""
    slots = loaded.map("call_slots").lookup(bytes(4))
    assert slots is not None
    rows = [*struct.iter_unpack("=4Q", slots)]
    _, keys, values = loaded.map("calls").entries_read()  # those whose slot was taken
    rows += [(*key, *value) for key, value in zip(struct.iter_unpack("=Q", keys), struct.iter_unpack("=3Q", values), strict=True)]
    names = call_names()
    return {names[key & 0xFFF]: (calls, latency_ns) for key, calls, latency_ns, _ in rows if key >> 32 == tid}


def test_calls_that_are_drawn_stand_for_the_others(work):
    with timed(defines()) as by_lot, timed(EACH) as each:
        work.do("with open('/dev/zero', 'rb', 0) as zero:\n  room = bytearray(16384)\n  for _ in range(400_000): zero.readinto(room)")
        (calls, latency_ns), (calls_each, latency_each_ns) = (calls_of(one, work.pid)["read"] for one in (by_lot, each))
    assert calls == calls_each >= 400_000
    assert latency_ns == pytest.approx(latency_each_ns, rel=0.4)


def test_a_long_call_among_many_stands_for_itself(work):
    with timed(defines()) as loaded:
        work.do("import select, signal\nglobal waiting\nsignal.pthread_sigmask(signal.SIG_BLOCK, [10])\nwaiting = select.epoll()")
        for sleep in SLEEPS:
            work.do(f"import select, signal\nfor _ in range(3000): os.getppid()\n{sleep}")
        found = calls_of(loaded, work.pid)
    assert found.pop("getppid")[0] == 3000 * len(SLEEPS)
    found.pop("read")  # in which it waits for us
    slept = {name: latency_ns for name, (_, latency_ns) in found.items() if latency_ns > 20e6}
    assert len(slept) == len(SLEEPS)
    assert all(50e6 < latency_ns < 200e6 for latency_ns in slept.values()), slept


def test_calls_of_a_thread_that_makes_few_are_all_timed(work):
    work.do("global zero\nzero = os.open('/dev/zero', os.O_RDONLY)")
    with timed(defines()) as by_lot, timed(EACH) as each:
        for _ in range(10):
            work.do("time.sleep(0.01)\nfor _ in range(100): os.pread(zero, 65536, 0)")
            calls, latency_ns = calls_of(by_lot, work.pid)["pread"]
            assert (calls, pytest.approx(latency_ns, rel=0.1)) == calls_of(each, work.pid)["pread"]
    assert calls == 1000
