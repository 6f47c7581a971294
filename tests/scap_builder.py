"""Small captures, byte by byte, for tests: every block version, sound or not."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

EV1, EVF1, EV2, EVF2, EV2_LARGE, EVF2_LARGE = 0x204, 0x208, 0x216, 0x217, 0x221, 0x222
PROCESS_BLOCKS = {1: 0x202, 2: 0x207, 3: 0x209, 4: 0x210, 5: 0x211, 6: 0x212, 7: 0x213, 8: 0x214, 9: 0x215}
OPEN_E, OPEN_X, CLOSE_E, CLOSE_X, READ_X, BRK_1_X, PROCINFO, CONTAINER_JSON, CONTAINER_JSON_2 = 2, 3, 4, 5, 7, 11, 234, 272, 324


def block(kind: int, body: bytes, trailer: int | None = None) -> bytes:
    """A framed block, padded to four bytes."""
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size if trailer is None else trailer)


def section(options: bytes = b"", magic: int = 0x1A2B3C4D, major: int = 1) -> bytes:
    """A section header."""
    return block(0x0A0D0D0A, struct.pack("<IHHq", magic, major, 2, -1) + options)


def text(raw: bytes) -> bytes:
    """A counted string."""
    return struct.pack("<H", len(raw)) + raw


def machine(host: bytes = b"host", cpus: int = 2) -> bytes:
    """A machine block."""
    return block(0x201, struct.pack("<IQQ128sQQQQ", cpus, 1 << 30, 32768, host, 7, 0, 0, 0))


def user_list(version: int, users: Sequence[tuple[int, int, bytes]], groups: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """Users (uid, gid, name) and groups (gid, name)."""
    entries = [b"\0" + struct.pack("<II", uid, gid) + text(name) + text(b"/home/" + name) + text(b"/bin/sh") for uid, gid, name in users]
    entries += [b"\1" + struct.pack("<I", gid) + text(name) for gid, name in groups]
    if version == 2:
        entries = [struct.pack("<I", len(entry) + 4) + entry for entry in entries]
    return block(0x206 if version == 1 else 0x220, b"".join(entries))


def interface_list(version: int, entries: Sequence[tuple[int, bytes]]) -> bytes:
    """Interfaces (type 1 to 4, name), with the address 10.0.0.1 or one of 16 bytes."""
    out = b""
    for kind, name in entries:
        width = 4 if kind in (1, 3) else 16
        entry = struct.pack("<HH", kind, len(name)) + bytes([10, *[0] * (width - 2), 1]) + b"\xff" * width + b"\xee" * width
        entry += (struct.pack("<Q", 1000) if kind in (1, 2) else b"") + name
        out += (struct.pack("<I", len(entry)) if version == 2 else b"") + entry
    return block(0x205 if version == 1 else 0x219, out)


@dataclass
class Process:
    """An entry of a process list."""

    tid: int
    pid: int = 0
    ptid: int = 1
    comm: bytes = b"sh"
    args: list[bytes] = field(default_factory=lambda: [b"-c", b"true"])
    env: list[bytes] = field(default_factory=lambda: [b"A=1"])
    cwd: bytes = b"/tmp"
    loginuid: int = 1000
    tail: str = "full"
    """Which fields of version 9 it has: none, old (before libs 0.10), full, or more than anybody knows."""


def process_list(version: int, processes: Sequence[Process]) -> bytes:
    """A process list of the given version."""
    out = b""
    for process in processes:
        entry = struct.pack("<QQq", process.tid, process.pid or process.tid, process.ptid)
        entry += struct.pack("<q", 5) if version >= 6 else b""
        entry += struct.pack("<q", 6) if version >= 8 else b""
        entry += text(process.comm) + text(b"/bin/" + process.comm)
        entry += text(b"/usr/bin/" + process.comm) if version >= 7 else b""
        entry += text(b"\0".join(process.args)) + text(process.cwd) + struct.pack("<qIII", 1024, 0, 1000, 100)
        entry += struct.pack("<IIIQQ", 11, 12, 13, 14, 15) if version >= 2 else b""
        entry += text(b"".join(item + b"\0" for item in process.env)) if version >= 3 else b""
        entry += struct.pack("<qq", process.tid, process.pid or process.tid) + text(b"cpu=/x\0memory=/y") if version >= 4 else b""
        entry += text(b"/") if version >= 5 else b""
        if version >= 9:
            entry += _tail(process)
            entry = struct.pack("<I", len(entry) + 4) + entry
        out += entry
    return block(PROCESS_BLOCKS[version], out)


def _tail(process: Process) -> bytes:
    old = struct.pack("<IBQQQ", process.loginuid, 1, 1, 2, 3)
    if process.tail == "none":
        return b""
    if process.tail == "old":
        return old
    full = struct.pack("<QI", 99, 34816) + old + struct.pack("<BQQQBBq", 1, 21, 22, 23, 1, 0, 77)
    return full + (b"\xaa" * 9 if process.tail == "more" else b"")


def fd_list(version: int, tid: int, entries: Sequence[tuple[int, int, bytes]]) -> bytes:
    """File descriptors (number, type, tail behind the type byte) of a thread."""
    out = struct.pack("<q", tid)
    for fd, kind, tail in entries:
        entry = struct.pack("<qQB", fd, 42, kind) + tail
        out += (struct.pack("<I", len(entry) + 4) if version == 2 else b"") + entry
    return block(0x203 if version == 1 else 0x218, out)


def event(
    kind: int,
    params: Sequence[bytes] = (),
    *,
    ts: int = 1_000,
    tid: int = 10,
    cpu: int = 0,
    block_type: int = EV2,
    flags: int = 0,
    wide: bool = False,
) -> bytes:
    """An event block; ``wide`` for types whose parameter lengths have four bytes."""
    lengths = b"".join(struct.pack("<I" if wide else "<H", len(param)) for param in params)
    data = lengths + b"".join(params)
    old = block_type in (EV1, EVF1)
    header = struct.pack("<QqIH", ts, tid, len(data) + (22 if old else 26), kind) + (b"" if old else struct.pack("<I", len(params)))
    marks = struct.pack("<I", flags) if block_type in (EVF1, EVF2, EVF2_LARGE) else b""
    return block(block_type, struct.pack("<H", cpu) + marks + header + data)


def i64(number: int) -> bytes:
    """A parameter of eight bytes."""
    return struct.pack("<q", number)


def small_capture(events: int = 3) -> bytes:
    """A capture with all lists and some events of thread 10."""
    tables = machine() + user_list(2, [(0, 0, b"root"), (1000, 100, b"me")], [(100, b"us")]) + interface_list(2, [(1, b"eth0")])
    tables += process_list(9, [Process(10), Process(11, pid=10)]) + fd_list(2, 10, [(3, 1, text(b"/etc/hosts"))])
    return section() + tables + b"".join(event(CLOSE_E, [i64(3)], ts=1_000 + i) for i in range(events))
