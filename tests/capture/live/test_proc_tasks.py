"""Rows of threads from /proc: the same as the kernel's iterator gives, and enough for what needs no event."""

import os
import threading
from pathlib import Path

import pytest

from csyspy.capture.live.plan import Needs, Plan, Wanted, plan
from csyspy.capture.live.probes import attach
from csyspy.capture.live.proc_tasks import ROW, ProcTasks
from csyspy.capture.live.rows import KernelTables
from csyspy.capture.live.tasks import ROW_BYTES
from csyspy.capture.live.tier import Tier

NAMES = (
    "start_ns", "cpu_ns", "user_ns", "system_ns", "minor_faults", "major_faults", "read_bytes", "written_bytes", "vm_pages", "rss_pages",
    "group_minor_faults", "group_major_faults", "fd_limit", "cgroup", "memory_cgroup", "tid", "pid", "parent_pid", "virtual_tid",
    "virtual_pid", "uid", "threads", "exec_count", "flags", "exit_code", "comm",
)  # fmt: skip
SAME = ("fd_limit", "tid", "pid", "parent_pid", "virtual_tid", "virtual_pid", "uid", "threads", "comm")


def rows(data: bytes) -> dict[int, dict[str, object]]:
    made = [dict(zip(NAMES, row, strict=True)) for row in ROW.iter_unpack(data)]
    return {int(str(row["tid"])): row for row in made if row["pid"] == os.getpid()}


def planned(*fields: str) -> Plan:
    found = plan(Needs(("proc.pid",), tuple(Wanted(field, "sum") for field in fields)))
    assert found is not None
    return found


def test_the_layout_is_that_of_the_iterator() -> None:
    assert ROW.size == ROW_BYTES


@pytest.mark.usefixtures("kernel")
def test_proc_and_the_iterator_agree() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with attach("tasks") as loaded:
            iterated = rows(loaded.iterate("csp_tasks", "task"))
        read = rows(ProcTasks().read())
    finally:
        stop.set()
        thread.join()
    assert read.keys() == iterated.keys()
    for tid, row in read.items():
        assert [row[name] for name in SAME] == [iterated[tid][name] for name in SAME]
        assert row["cpu_ns"] >= iterated[tid]["cpu_ns"]  # type: ignore[operator]
        assert row["start_ns"] == pytest.approx(iterated[tid]["start_ns"], abs=2e7)


@pytest.mark.parametrize("tier", [Tier.B, Tier.C])
def test_tables_without_the_kernel(tier: Tier) -> None:
    with KernelTables([planned("thread.exectime")], tier=tier) as tables:
        tables.sample()
        began = os.times().user
        while os.times().user - began < 0.1:
            pass
        tables.sample()
        keys, (cpu_ns,) = tables.answer(planned("thread.exectime"))
        assert 0.09e9 < dict(zip(keys, cpu_ns, strict=True))[os.getpid()] < 10e9  # type: ignore[operator]
        _, (unknown,) = tables.answer(planned("evt.buflen.net"))
        assert set(unknown) == {None}


def test_a_thread_that_ends_meanwhile_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "7" / "task" / "7").mkdir(parents=True)
    (tmp_path / "7" / "cgroup").write_text("0::/\n")
    (tmp_path / "7" / "task" / "7" / "stat").write_text("7 (a) b) S 1")
    assert ProcTasks(str(tmp_path)).read() == b""
