"""The blocks before the events, written anew from the state (libs: userspace/libscap/scap_savefile.c, the write side).

Block bodies only; csyspy.capture.writer puts the frames round them. A file written here stands alone at the place in
the walk where the state is.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

MACHINE, PROCESSES, FDS, INTERFACES, USERS, EVENT_LARGE = 0x201, 0x215, 0x218, 0x219, 0x220, 0x221
IPV4_SOCK, IPV6_SOCK, IPV4_SERVER, IPV6_SERVER, UNIX_SOCK, FILE_V2, FD_UNKNOWN = 3, 4, 5, 6, 8, 16, 0
ROLE_SERVER = 1 << 3  # of FdInfo.flags
MAX_PATH = 1023
MAX_LIST = 4096
MAX_NAME = 255
MAX_SIZE_KB = (1 << 32) - 1
CONTAINER_JSON_2 = 324
CALLS_BY_NUMBER = 1 << 32
"""Bit of the machine's flags in csyspy's live captures: generic events of calls that sysdig 0.29.3 has no code for (it would read beyond
its table) have code 0, and are called by their number, which other producers' are not."""
NOBODY = (1 << 64) - 1  # tid of events that are no thread's

Block = tuple[int, bytes]
Process = tuple[Any, Sequence[Any]]
"""A ThreadInfo and those of its FdInfo that are to be written."""


def blocks(state: Any, processes: Iterable[Process], *, users: bool, wide: bool, containers: bool) -> Iterator[Block]:
    """(type, body) of all blocks before the events. ``wide`` writes the fields that libs 0.10 added, which older readers misread.

    ``containers`` adds the container events that tell a reader what the state knows of containers.
    """
    for kind, body in _bodies(state, list(processes), users, wide, containers):
        yield kind, body + b"\0" * (-len(body) % 4)


def _bodies(state: Any, chosen: Sequence[Process], users: bool, wide: bool, containers: bool) -> Iterator[Block]:
    if state.machine:
        yield MACHINE, _machine(state.machine)
    if state.interfaces:
        yield INTERFACES, b"".join(_interface(entry) for entry in state.interfaces)
    if users and (state.users or state.groups):
        yield USERS, _users(state.users, state.groups)
    if chosen:
        yield PROCESSES, b"".join(_process(thread, wide) for thread, _ in chosen)
    served = {info.dport for _, infos in chosen for info in infos if info.type in (IPV4_SERVER, IPV6_SERVER)}
    for thread, infos in chosen:
        entries = b"".join(_descriptor(info, served) for info in infos if info.type > FD_UNKNOWN)
        if entries:
            yield FDS, struct.pack("<q", thread.tid) + entries
    if containers:
        for container in state.containers.values():
            yield EVENT_LARGE, container_event(container, state.evt_ts)


def _text(text: bytes | str, most: int) -> bytes:
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    raw = raw[:most]
    return struct.pack("<H", len(raw)) + raw


def _machine(machine: dict[str, Any]) -> bytes:
    host = machine["hostname"].encode("utf-8", "surrogateescape")[:127]
    sizes = machine["num_cpus"], machine["memory_bytes"], machine["max_pid"]
    return struct.pack("<IQQ128sQQQQ", *sizes, host, machine["boot_ts_ns"], machine["flags"], 0, 0)


def _interface(entry: dict[str, Any]) -> bytes:
    name = entry["name"].encode("utf-8", "surrogateescape")[:MAX_PATH]
    kind = 1 if entry["type"] == 4 else 2
    body: bytes = struct.pack("<HH", kind, len(name)) + entry["addr"] + entry["netmask"] + entry["bcast"]
    body += struct.pack("<Q", entry["linkspeed"]) + name
    return struct.pack("<I", len(body)) + body


def _users(users: dict[Any, Any], groups: dict[Any, Any]) -> bytes:
    """Those of the host; what containers call theirs is in events."""
    out = []
    for uid, (name, gid, home, shell) in users.items():
        if isinstance(uid, int):
            texts = b"".join(_text(part, MAX_NAME) for part in (name, home, shell))
            out.append(b"\0" + struct.pack("<II", uid & 0xFFFFFFFF, gid & 0xFFFFFFFF) + texts)
    for gid, name in groups.items():
        if isinstance(gid, int):
            out.append(b"\1" + struct.pack("<I", gid & 0xFFFFFFFF) + _text(name, MAX_NAME))
    return b"".join(struct.pack("<I", len(entry) + 4) + entry for entry in out)


def _list(parts: Sequence[bytes]) -> bytes:
    """NUL-separated pieces, cut at the end of one where there are too many."""
    joined = b"".join(part + b"\0" for part in parts)
    if len(joined) > MAX_LIST:
        joined = joined[: joined.rfind(b"\0", 0, MAX_LIST) + 1] or joined[:MAX_LIST]
    return _text(joined, MAX_LIST)


def _process(thread: Any, wide: bool) -> bytes:
    """An entry of the process list, version 9."""
    cgroups = [subsystem + b"=" + path for subsystem, path in thread.cgroups]
    body = struct.pack("<qqqqq", thread.tid, thread.pid, thread.ptid, thread.sid, thread.vpgid)
    body += _text(thread.comm, MAX_PATH) + _text(thread.exe, MAX_PATH) + _text(thread.exepath, MAX_PATH)
    body += _list(thread.args) + _text(thread.cwd, MAX_PATH)
    body += struct.pack("<qIII", thread.fdlimit, thread.flags, thread.uid, thread.gid)
    # Programs that reserve more than 4 TiB of addresses are common (sanitizers, garbage collectors); the format has 32 bits.
    sizes_kb = (min(size_kb, MAX_SIZE_KB) for size_kb in (thread.vmsize_kb, thread.vmrss_kb, thread.vmswap_kb))
    body += struct.pack("<IIIQQ", *sizes_kb, thread.pfmajor, thread.pfminor)
    body += _list(thread.env) + struct.pack("<qq", thread.vtid, thread.vpid) + _list(cgroups) + _text(thread.root, MAX_PATH)
    if wide:
        body += struct.pack("<QI", thread.pidns_init_start_ts, thread.tty)
    capabilities = thread.cap_inheritable, thread.cap_permitted, thread.cap_effective
    body += struct.pack("<IBQQQ", thread.loginuid, thread.exe_writable, *capabilities)
    if wide:
        times = thread.exe_ino, thread.exe_ino_ctime, thread.exe_ino_mtime
        body += struct.pack("<BQQQBBq", thread.exe_upper_layer, *times, thread.exe_from_memfd, thread.exe_lower_layer, thread.pgid)
    return struct.pack("<I", len(body) + 4) + body


def _descriptor(info: Any, served: set[int]) -> bytes:
    """An entry of an fd list, version 2. ``served`` are the ports that some process of the file listens on."""
    tail = b""
    if info.type in (IPV4_SOCK, IPV6_SOCK, IPV4_SERVER, IPV6_SERVER):
        source, source_port, destination, destination_port = info.addresses
        if info.type in (IPV4_SERVER, IPV6_SERVER):
            tail = destination + struct.pack("<HB", destination_port, info.l4proto)
        else:
            if info.type == IPV4_SOCK and info.flags & ROLE_SERVER and destination_port in served:
                # The list has the local end first; the reader turns it round again.
                source, source_port, destination, destination_port = destination, destination_port, source, source_port
            tail = source + destination + struct.pack("<HHB", source_port, destination_port, info.l4proto)
    elif info.type == UNIX_SOCK:
        tail = struct.pack("<QQ", info.unix_source, info.unix_dest) + _text(info.name, MAX_PATH)
    elif info.type == FILE_V2:
        tail = struct.pack("<I", info.open_flags) + _text(info.name, MAX_PATH) + struct.pack("<I", info.dev)
    else:
        tail = _text(info.name, MAX_PATH)
    return struct.pack("<IqQB", 21 + len(tail), info.fd, info.ino, info.type) + tail


def container_event(container: dict[str, Any], ts: int) -> bytes:
    """Body of the block of a container event, which readers of all ages take in before the first event proper."""
    text = json.dumps({"container": container}).encode() + b"\0"
    event = struct.pack("<QQIHI", ts, NOBODY, 26 + 4 + len(text), CONTAINER_JSON_2, 1) + struct.pack("<I", len(text)) + text
    return b"\0\0" + event
