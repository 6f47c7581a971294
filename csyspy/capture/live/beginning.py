"""What stands before the events of a live capture: the machine, its interfaces and users, and what runs when it begins."""

import os
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from csyspy.capture.live.initial_fds import FdScan, InitialFd
from csyspy.capture.live.initial_threads import InitialThread, processes
from csyspy.capture.tables import CALLS_BY_NUMBER, blocks
from csyspy.capture.writer import SECTION_HEADER

Running = tuple[InitialThread, list[InitialFd]]


@dataclass(slots=True)
class _Beginning:
    """Of the engine's state what csyspy.capture.tables writes down."""

    machine: dict[str, Any]
    interfaces: list[dict[str, Any]]
    users: dict[int, tuple[str, int, str, str]]
    groups: dict[int, str]
    containers: dict[str, Any] = field(default_factory=dict)
    evt_ts: int = 0


def boot_epoch_ns() -> int:
    """Time of the boot, in ns since the epoch: what is added to the kernel's clock to get the time of an event."""
    best, found = 1 << 62, 0
    for _ in range(5):  # between the two readings another process may run
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        now = time.time_ns()
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if after - before < best:
            best, found = after - before, now - (before + after) // 2
    return found


def beginning(boot_ns: int, running: Sequence[Running], gone: Iterable[InitialThread] = ()) -> bytes:
    """A capture up to its first event. ``gone``: threads that ended while ``running`` was made; they have no descriptors."""
    state = _Beginning(_machine(boot_ns), _interfaces(), _users(), _groups())
    parts = [SECTION_HEADER]
    there = {thread.tid for thread, _ in running}
    left: list[Running] = [(thread, []) for thread in gone if thread.tid not in there]
    for kind, body in blocks(state, [*running, *left], users=True, wide=True, containers=False):
        size = struct.pack("<I", len(body) + 12)
        parts += [struct.pack("<I", kind), size, body, size]
    return b"".join(parts)


def threads() -> list[InitialThread]:
    """All threads of now but csyspy's own, without their descriptors."""
    return [thread for leader, others in processes() if leader.pid != os.getpid() for thread in (leader, *others)]


def running_threads() -> list[Running]:
    """All threads of now but csyspy's own; descriptors are their leaders'."""
    scan = FdScan()
    found: list[Running] = []
    for leader, others in processes():
        if leader.pid != os.getpid():
            found.append((leader, scan.of(leader.pid)))
            found += [(thread, []) for thread in others]
    return found


def _machine(boot_ns: int) -> dict[str, Any]:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "num_cpus": os.cpu_count() or 1,
        "memory_bytes": pages,
        "max_pid": 0,
        "hostname": socket.gethostname(),
        "boot_ts_ns": boot_ns,
        "flags": CALLS_BY_NUMBER,
    }


def _interfaces() -> list[dict[str, Any]]:
    import psutil

    found = []
    speeds = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        for entry in addresses:
            if entry.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            four = entry.family == socket.AF_INET

            def packed(text: str | None, family: int = entry.family, empty: int = 4 if four else 16) -> bytes:
                try:
                    return socket.inet_pton(family, (text or "").partition("%")[0])
                except OSError:
                    return bytes(empty)

            found.append(
                {
                    "type": 4 if four else 6,
                    "name": name,
                    "addr": packed(entry.address),
                    "netmask": packed(entry.netmask),
                    "bcast": packed(entry.broadcast),
                    "linkspeed": max(speeds[name].speed, 0) if name in speeds else 0,
                }
            )
    return found


def _users() -> dict[int, tuple[str, int, str, str]]:
    import pwd

    return {user.pw_uid: (user.pw_name, user.pw_gid, user.pw_dir, user.pw_shell) for user in reversed(pwd.getpwall())}


def _groups() -> dict[int, str]:
    import grp

    return {group.gr_gid: group.gr_name for group in reversed(grp.getgrall())}
