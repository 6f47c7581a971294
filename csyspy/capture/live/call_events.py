"""System calls of the running kernel by number: what their events are called, and what a failure of theirs is about."""

from functools import cache
from typing import Any, Final

from csyspy.capture.live.call_table import CALLS
from csyspy.events import EVENT_TABLE

NUMBER_32: Final = 0x800
"""Set in numbers of calls that 32-bit code makes, which has numbers of its own."""
FIFTH: Final = 4
_NO_NAME: Final = "syscall"
"""The name of events that carry the call's code instead."""


@cache
def call_names() -> dict[int, str]:
    """Number on x86-64 -> the value of evt.type."""
    names = {}
    for row in EVENT_TABLE["syscalls_x86_64"]:
        name = _event(row)["name"]
        names[row["nr"]] = EVENT_TABLE["ppm_sc"].get(str(row["ppm_sc"]), row["name"]) if name == _NO_NAME else name
    return names


@cache
def call_kinds() -> dict[int, int]:
    """Number on x86-64 -> what the call has to do with descriptors, as bpf/files.c wants it: 1 uses one, 2 makes one, 4 reads,
    8 writes, 16 opens a file, 32 has it as the fifth argument, not the first."""
    kinds = {}
    for row in EVENT_TABLE["syscalls_x86_64"]:
        event = _event(row)
        flags = set(event["flags"])
        kind = ("USES_FD" in flags) | ("CREATES_FD" in flags) << 1 | ("READS_FROM_FD" in flags) << 2 | ("WRITES_TO_FD" in flags) << 3
        is_fifth = [param["name"] for param in event["params"]].index("fd") == FIFTH if event["name"] == "mmap" else False
        if kind:
            kinds[row["nr"]] = int(kind) | (event["name"] in _FILE_OPENS) << 4 | is_fifth << 5
    return kinds


@cache
def errno_name(number: int) -> str:
    """The name of an error number, as evt.res shows it."""
    return str(EVENT_TABLE["errno"].get(str(number), number))


# Modes of inodes >> 12, and 13 for IP sockets (bpf/calls.c, kind_of).
_FILES: Final = frozenset({8, 4, 2, 6, 10})
_SOCKETS: Final = frozenset({12, 13})
# Of these what fails leaves no descriptor (csyspy/engine/extract/evt_result.pyx).
_FILE_OPENS: Final = frozenset({"open", "creat", "openat", "openat2", "open_by_handle_at"})
_NET_OPENS: Final = frozenset({"accept", "accept4", "connect"})


@cache
def fails_on(number: int, descriptor: int) -> str:
    """What a failed call counts as in evt.count.error.*: `file`, `net`, `memory` or `other`; empty where its event has no result.

    `descriptor`: what its first argument is as a descriptor, the mode of the inode >> 12, 13 for IP sockets, 0 for none."""
    row = next((row for row in EVENT_TABLE["syscalls_x86_64"] if row["nr"] == number), None)
    event = _event(row) if row is not None else None
    if event is None or event["name"] == _NO_NAME:
        return ""
    if event["category"] == "memory":
        return "memory"
    if "USES_FD" in event["flags"] and descriptor in _FILES:
        return "file"
    if "USES_FD" in event["flags"] and descriptor in _SOCKETS:
        return "net"
    return "file" if event["name"] in _FILE_OPENS else "net" if event["name"] in _NET_OPENS else "other"


def _event(row: Any) -> Any:
    """The event that a call begins with, as the stream encodes it: the youngest that all readers know."""
    call = CALLS.get(row["name"])
    return _events()[f"{call.event}_E" if call is not None and call.event else row["enter"]]


@cache
def _events() -> dict[int | str, Any]:
    """By number and by name."""
    return {key: event for event in EVENT_TABLE["events"] for key in (event["id"], event["enum"])}
