"""The /proc source on this machine."""

import os
import subprocess
import sys
import time

from csyspy.capture.procfs import ProcfsSource


def test_this_process_is_seen_with_its_command_and_memory() -> None:
    sample = ProcfsSource().sample()
    me = next(row for row in sample.processes if row["proc.pid"] == os.getpid())
    assert me["proc.ppid"] == os.getppid()
    assert isinstance(me["thread.vmrss.b"], int)
    assert me["thread.vmrss.b"] > 1_000_000
    assert "py" in str(me["proc.exeline"])
    assert sample.host.memory_total_bytes > sample.host.memory_used_bytes > 0


def test_the_first_pass_knows_no_rates_and_the_second_does() -> None:
    source = ProcfsSource()
    first = source.sample()
    assert first.interval_s == 0
    assert all(row["thread.cpu"] is None for row in first.processes)
    second = source.sample()
    assert second.interval_s > 0
    assert all(row["thread.cpu"] is not None for row in second.processes)


def test_cpu_is_what_was_used_since_the_pass_before() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        now_s = [100.0]
        source = ProcfsSource(clock=lambda: now_s[0])
        source.sample()
        time.sleep(0.3)
        now_s[0] = 101.0  # the source is told that one second went by, so percent is the CPU time used, whatever the machine's load
        row = next(row for row in source.sample().processes if row["proc.pid"] == busy.pid)
        assert isinstance(row["thread.cpu"], float)
        assert 0 < row["thread.cpu"] < 100
    finally:
        busy.kill()
        busy.wait()


def test_a_command_line_without_words_gives_the_name() -> None:
    assert all(row["proc.exeline"] for row in ProcfsSource().sample().processes)
