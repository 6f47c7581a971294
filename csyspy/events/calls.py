"""System calls of the running kernel by number: what their events are called, and what a failure of theirs is about."""

from functools import cache
from typing import Final

from csyspy.events import EVENT_TABLE

NUMBER_32: Final = 0x800
"""Set in numbers of calls that 32-bit code makes, which has numbers of its own."""
_NO_NAME: Final = "syscall"
"""The name of events that carry the call's code instead."""


@cache
def call_names() -> dict[int, str]:
    """Number on x86-64 -> the value of evt.type."""
    names = {}
    for row in EVENT_TABLE["syscalls_x86_64"]:
        name = _events()[row["enter"]]["name"]
        names[row["nr"]] = EVENT_TABLE["ppm_sc"].get(str(row["ppm_sc"]), row["name"]) if name == _NO_NAME else name
    return names


@cache
def errno_name(number: int) -> str:
    """The name of an error number, as evt.res shows it."""
    return str(EVENT_TABLE["errno"].get(str(number), number))


# Modes of inodes >> 12, and 13 for IP sockets (bpf/calls.c, kind_of).
_FILES: Final = frozenset({8, 4, 2, 6, 10})
_SOCKETS: Final = frozenset({12, 13})


@cache
def fails_on(number: int, descriptor: int) -> str:
    """What a failed call counts as in evt.count.error.*: `file`, `net`, `memory` or `other`.

    `descriptor`: what its first argument is as a descriptor, the mode of the inode >> 12, 13 for IP sockets, 0 for none."""
    row = next((row for row in EVENT_TABLE["syscalls_x86_64"] if row["nr"] == number), None)
    if row is None:
        return "other"
    event = _events()[row["enter"]]
    if "USES_FD" in event["flags"]:
        if descriptor in _FILES:
            return "file"
        if descriptor in _SOCKETS:
            return "net"
    if "CREATES_FD" in event["flags"]:
        return {"file": "file", "net": "net"}.get(_category(event), "other")
    return "memory" if _category(event) == "memory" else "other"


def _category(event: dict[str, object]) -> str:
    return str(event["category"]).removeprefix("EC_").lower()


@cache
def _events() -> dict[int, dict[str, object]]:
    return {event["id"]: event for event in EVENT_TABLE["events"]}
