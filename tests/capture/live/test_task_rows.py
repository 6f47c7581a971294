"""Both ways to all threads: the walk and the kernel's iterator."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from csyspy.capture.live.identities import Identities
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.probes import attach
from csyspy.capture.live.task_rows import WALK, TaskRows
from csyspy.capture.live.tasks import TaskTable

pytestmark = pytest.mark.usefixtures("kernel")

BURN_NS = 50_000_000


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    with attach("tasks") as tasks:
        yield tasks


def burn() -> None:
    begin_ns = time.thread_time_ns()
    while time.thread_time_ns() - begin_ns < BURN_NS:
        pass


def own(table: TaskTable) -> dict[int, float]:
    return {
        tid: cpu_ns
        for pid, tid, cpu_ns in zip(table.column("proc.pid"), table.column("thread.tid"), table.column("thread.exectime"), strict=True)
        if pid == os.getpid()
    }


def test_both_tell_the_same_threads(loaded):
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    table, found = TaskTable(Identities()), []
    rows = TaskRows(loaded)
    try:
        for _ in range(3):  # the iterator, the walk, and the walk when nearly all are idle
            table.update(rows.read(), b"", time.clock_gettime_ns(time.CLOCK_BOOTTIME))
            found.append(set(own(table)))
        assert (WALK in loaded.program_fds()) == (WALK in loaded.module.functions)
    finally:
        rows.close()
        stop.set()
    assert {thread.native_id for thread in threads} <= found[0] == found[1] == found[2]
    assert not any(thread.join() for thread in threads)


def test_a_thread_that_is_told_twice_is_one_row_with_the_sum(loaded):
    table = TaskTable(Identities())
    told = []
    for _ in range(3):
        told.append(bytes(loaded.iterate("csp_tasks", "task")))
        burn()
    table.update(told[0], b"", 1)
    table.update(told[1] + told[2], b"", 2)
    assert own(table)[threading.get_native_id()] == pytest.approx(2 * BURN_NS, rel=0.2)
    assert len(table.column("thread.tid")) == len(set(table.column("thread.tid")))
