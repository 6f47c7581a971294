"""File descriptors that processes have open when a live capture begins (libs: userspace/libscap/scap_fds.c)."""

import contextlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csyspy.capture.live.native import Conversion, conversions
from csyspy.capture.live.socket_tables import Socket, sockets_of

DIRECTORY, FIFO, UNSUPPORTED, FILE_V2 = 2, 7, 10, 16
ANONYMOUS: Final = {"[eventfd]": 9, "[signalfd]": 11, "[eventpoll]": 12, "inotify": 13, "[timerfd]": 14}
"""Name of an inode without a place -> type in captures. The younger types are left out: sysdig 0.29.3 refuses a file with one of them."""


@dataclass(slots=True)
class InitialFd:
    """An entry of an fd list (csyspy.capture.tables)."""

    fd: int
    type: int
    ino: int = 0
    name: bytes = b""
    open_flags: int = 0
    dev: int = 0
    addresses: tuple[bytes, int, bytes, int] = (b"", 0, b"", 0)
    l4proto: int = 0
    unix_source: int = 0
    unix_dest: int = 0
    flags: int = 0

    @property
    def dport(self) -> int:
        """Port of a listening socket."""
        return self.addresses[3]


class FdScan:
    """Reads the descriptors of one process after another; each network namespace's sockets once."""

    def __init__(self, proc: Path = Path("/proc"), sockets: Callable[[int], dict[int, Socket]] = sockets_of) -> None:
        self._proc = proc
        self._sockets = sockets
        self._by_namespace: dict[str, dict[int, Socket]] = {}
        self._open_flags = conversions()["open_flags"]

    def of(self, pid: int) -> list[InitialFd]:
        """All descriptors of a process; those that vanish meanwhile are left out."""
        folder = f"{self._proc}/{pid}/fd"
        found = []
        try:
            names = os.listdir(folder)
        except OSError:
            return []
        for name in names:
            with contextlib.suppress(OSError, ValueError):
                entry = self._one(pid, int(name), f"{folder}/{name}")
                if entry is not None:
                    found.append(entry)
        return found

    def _one(self, pid: int, fd: int, path: str) -> InitialFd | None:
        status = os.stat(path)
        link = os.readlink(path)
        raw = os.fsencode(link)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFSOCK:
            return self._socket(pid, fd, status.st_ino)
        if kind == stat.S_IFIFO:
            return InitialFd(fd, FIFO, status.st_ino, raw)
        if kind == stat.S_IFDIR:
            return InitialFd(fd, DIRECTORY, status.st_ino, raw)
        if kind in (stat.S_IFREG, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFLNK):
            return InitialFd(fd, FILE_V2, status.st_ino, raw, self._flags(pid, fd), _device(status.st_dev))
        name = link.removeprefix("anon_inode:")
        return InitialFd(fd, ANONYMOUS.get(name, UNSUPPORTED), status.st_ino)

    def _flags(self, pid: int, fd: int) -> int:
        with open(f"{self._proc}/{pid}/fdinfo/{fd}") as file:
            for line in file:
                if line.startswith("flags:"):
                    return converted(self._open_flags, int(line.split()[1], 8))
        return 0

    def _socket(self, pid: int, fd: int, ino: int) -> InitialFd | None:
        try:
            namespace = os.readlink(f"{self._proc}/{pid}/ns/net")
        except OSError:
            namespace = ""
        if namespace not in self._by_namespace:
            self._by_namespace[namespace] = self._sockets(pid)
        socket = self._by_namespace[namespace].get(ino)
        if socket is None:
            return None
        return InitialFd(
            fd, socket.type, ino, socket.name, addresses=socket.addresses, l4proto=socket.l4proto, unix_source=socket.unix_source
        )


def converted(conversion: Conversion, value: int) -> int:
    """What csyspy/capture/live/special.pyx, convert() makes of a number."""
    out, found = 0, False
    for mask, match, bits in conversion.rules:
        if value & mask == match:
            out, found = out | bits, True
            if conversion.first_only:
                break
    return out if found else conversion.otherwise


def _device(dev: int) -> int:
    """st_dev of 64 bits -> the 32 bits of stat(2) that captures keep."""
    major, minor = os.major(dev), os.minor(dev)
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
