"""File and socket events for small captures."""

import ipaddress
import struct
from collections.abc import Sequence

from process_events import simple, u32
from scap_builder import Process, fd_list, i64, interface_list, machine, process_list, section

TCP = 2
INET, INET6, UNIX = 2, 10, 1
AT_FDCWD = -100
O_CLOEXEC, O_DIRECTORY = 1 << 12, 1 << 10


def with_fds(entries: Sequence[tuple[int, int, bytes]], *events: bytes, interfaces: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """A capture of process 10 with these fds (number, type, tail), then the events."""
    tables = machine() + (interface_list(2, interfaces) if interfaces else b"")
    tables += process_list(9, [Process(1, ptid=0, comm=b"init"), Process(10)]) + fd_list(2, 10, entries)
    return section() + tables + b"".join(events)


def packed(address: str) -> bytes:
    """An IP address as bytes."""
    return ipaddress.ip_address(address).packed


def sock_address(address: str, port: int) -> bytes:
    """The parameter of bind() and connect()."""
    ip = packed(address)
    return bytes([INET if len(ip) == 4 else INET6]) + ip + struct.pack("<H", port)


def sock_tuple(source: str, sport: int, dest: str, dport: int) -> bytes:
    """The tuple of a connection or a datagram."""
    return sock_address(source, sport) + packed(dest) + struct.pack("<H", dport)


def unix_tuple(source: int, dest: int, path: bytes) -> bytes:
    """The tuple of a unix socket."""
    return struct.pack("<BQQ", UNIX, source, dest) + path + b"\0"


def openat(fd: int, name: bytes, dirfd: int = AT_FDCWD, flags: int = 1) -> bytes:
    """openat, enter and exit, as sysdig 0.29.3 writes them."""
    enter = simple("OPENAT_2_E", 10, i64(dirfd), name + b"\0", u32(flags), u32(0))
    return enter + simple("OPENAT_2_X", 10, i64(fd), i64(dirfd), name + b"\0", u32(flags), u32(0), u32(0xFE02), struct.pack("<Q", 77))


def close(fd: int, result: int = 0) -> bytes:
    return simple("CLOSE_E", 10, i64(fd)) + simple("CLOSE_X", 10, i64(result))


def socket(fd: int, domain: int = INET, kind: int = 1, protocol: int = 0) -> bytes:
    """socket, with its arguments in both events."""
    arguments = (u32(domain), u32(kind), u32(protocol))
    return simple("SOCKET_E", 10, *arguments) + simple("SOCKET_X", 10, i64(fd), *arguments)


def connect(fd: int, tuple_: bytes, address: bytes, result: int = 0) -> bytes:
    return simple("CONNECT_E", 10, i64(fd), address) + simple("CONNECT_X", 10, i64(result), tuple_, i64(fd))


def bind(fd: int, address: bytes) -> bytes:
    return simple("BIND_E", 10, i64(fd)) + simple("BIND_X", 10, i64(0), address, i64(fd))


def recvfrom(fd: int, tuple_: bytes) -> bytes:
    return simple("RECVFROM_E", 10, i64(fd), u32(64)) + simple("RECVFROM_X", 10, i64(4), b"data", tuple_)


def sendto(fd: int, tuple_: bytes) -> bytes:
    return simple("SENDTO_E", 10, i64(fd), u32(4), tuple_) + simple("SENDTO_X", 10, i64(4), b"data")


def read(fd: int) -> bytes:
    """read, as sysdig 0.29.3 writes it: the fd is in the enter event only."""
    return simple("READ_E", 10, i64(fd), u32(8)) + simple("READ_X", 10, i64(2), b"xy")
