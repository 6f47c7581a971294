"""The /proc source: what can be known about processes without watching a single event.

The third tier of live sources (no privilege, no kernel feature needed). It fills tables and makes no events, so it sees no network
bytes, no errors and no system calls; bytes of other users' files only as root.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")
Row = dict[str, int | float | str | None]
"""Field name -> value; None where the source cannot know it."""


@dataclass(frozen=True, slots=True)
class HostSample:
    """The machine as a whole, between two samples."""

    cpu_percent: float | None
    """Of all CPUs together, 0 to 100; None on the first sample."""
    cpus: int
    memory_used_bytes: int
    memory_total_bytes: int
    disk_bytes_per_s: float | None
    net_bytes_per_s: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one pass over /proc found."""

    time_ns: int
    interval_s: float
    """Since the pass before; 0 on the first, which therefore has no rates."""
    processes: tuple[Row, ...]
    host: HostSample


class ProcfsSource:
    """Samples all processes; rates are taken between one pass and the next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_s: float | None = None
        self._cpu_s: dict[psutil.Process, float] = {}
        self._io_bytes: dict[psutil.Process, int] = {}
        self._host_cpu: tuple[float, float] | None = None
        self._disk_bytes: int | None = None
        self._net_bytes: int | None = None

    def sample(self) -> Sample:
        """One pass over /proc. Processes that end while it runs are left out."""
        now_s = self._clock()
        interval_s = 0.0 if self._last_s is None else max(now_s - self._last_s, 1e-3)
        self._last_s = now_s
        cpu_s: dict[psutil.Process, float] = {}
        io_bytes: dict[psutil.Process, int] = {}
        rows = []
        for process in psutil.process_iter():
            try:
                rows.append(self._process_row(process, interval_s, cpu_s, io_bytes))
            except (psutil.NoSuchProcess, psutil.ZombieProcess, ProcessLookupError, FileNotFoundError):
                continue
        self._cpu_s, self._io_bytes = cpu_s, io_bytes
        return Sample(time.time_ns(), interval_s, tuple(rows), self._host(interval_s))

    def host(self) -> HostSample:
        """The machine as a whole since the last sample() or host(), without looking at processes."""
        now_s = self._clock()
        interval_s = 0.0 if self._last_s is None else max(now_s - self._last_s, 1e-3)
        self._last_s = now_s
        return self._host(interval_s)

    def _process_row(
        self, process: psutil.Process, interval_s: float, cpu_s: dict[psutil.Process, float], io_bytes: dict[psutil.Process, int]
    ) -> Row:
        with process.oneshot():
            times, memory, name = process.cpu_times(), process.memory_info(), process.name()
            row: Row = {
                "proc.pid": process.pid,
                "proc.ppid": process.ppid(),
                "proc.name": name,
                "proc.nthreads": process.num_threads(),
                "thread.vmsize.b": memory.vms,
                "thread.vmrss.b": memory.rss,
                "user.name": _or_none(process.username),
                # A kernel thread has no command line; its exe is then its name (libs: userspace/libscap/linux/scap_procs.c).
                "proc.exeline": " ".join(_or_none(process.cmdline) or ()).strip() or name,
            }
            cpu_s[process] = times.user + times.system
            counters = _or_none(process.io_counters)
        # A process that the pass before did not meet began after it: all it has used falls into this interval.
        row["thread.cpu"] = _rate(self._cpu_s.get(process, 0.0), cpu_s[process], interval_s, 100)
        if counters is not None:
            io_bytes[process] = counters.read_bytes + counters.write_bytes
            row["evt.buflen.file"] = _rate(self._io_bytes.get(process, 0), io_bytes[process], interval_s)
        return row

    def _host(self, interval_s: float) -> HostSample:
        cpu, memory = psutil.cpu_times(), psutil.virtual_memory()
        idle_s = cpu.idle + cpu.iowait
        total_s = sum(cpu) - cpu.guest - cpu.guest_nice
        cpu_percent = None
        if self._host_cpu is not None and total_s > self._host_cpu[0]:
            cpu_percent = 100 * (1 - (idle_s - self._host_cpu[1]) / (total_s - self._host_cpu[0]))
        self._host_cpu = (total_s, idle_s)
        disk, net = psutil.disk_io_counters(), psutil.net_io_counters()
        disk_bytes = disk.read_bytes + disk.write_bytes if disk else None
        net_bytes = net.bytes_recv + net.bytes_sent if net else None
        host = HostSample(
            cpu_percent,
            os.cpu_count() or 1,
            memory.total - memory.available,
            memory.total,
            _rate(self._disk_bytes, disk_bytes, interval_s),
            _rate(self._net_bytes, net_bytes, interval_s),
        )
        self._disk_bytes, self._net_bytes = disk_bytes, net_bytes
        return host


def _rate(before: float | None, now: float | None, interval_s: float, scale: float = 1) -> float | None:
    """Per second since the pass before; None on the first pass, or where it is not known."""
    if before is None or now is None or not interval_s:
        return None
    return max(now - before, 0) * scale / interval_s


def _or_none(read: Callable[[], T]) -> T | None:
    """What read gives; None where the kernel does not let this user see it."""
    try:
        return read()
    except (psutil.AccessDenied, PermissionError, KeyError):
        return None
