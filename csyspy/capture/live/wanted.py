"""Which system calls the stream sends, and what the kernel asks before it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from csyspy.capture.live.call_table import CALLS, FD_CALLS, STATE_CALLS
from csyspy.capture.live.prefilter import Prefilter, call_masks, has_fd
from csyspy.events import EVENT_TABLE

MAX_CALLS: Final = 512
FEW: Final = 8
"""So many system calls have tracepoints of their own; for more, the one of all calls is cheaper."""
_NAMES: Final = {row["nr"]: row["name"] for row in EVENT_TABLE["syscalls_x86_64"]}
_OF_DIRECTORIES: Final = frozenset(("open", "openat", "openat2", "close", "close_range", "dup", "dup2", "dup3", "fcntl"))
"""What is to be known of descriptors where only paths are named relative to them."""
_ON_PATHS: Final = STATE_CALLS - {"fchdir"} | frozenset((
    "open", "openat", "openat2", "creat", "stat", "lstat", "newfstatat", "access", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod", "fchmodat", "chown", "lchown",
    "fchownat", "mount", "umount2", "kill", "tkill", "tgkill", "ptrace", "prctl",
))  # fmt: skip
"""Calls whose events name no descriptor but directories, or what they make themselves."""
_TRACEPOINTS: Final = {
    "stat": "newstat", "lstat": "newlstat", "fstat": "newfstat", "umount2": "umount", "uname": "newuname", "sendfile": "sendfile64",
}  # fmt: skip
"""Calls whose tracepoint has another name."""


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A system call that is sent."""

    clauses: int = 0
    """Clauses of the filter, by bit; 0: nothing is asked."""
    is_state: bool = False
    """Sent whoever calls it: the table of threads follows from it."""
    has_fd: bool = False


def wanted_calls(prefilter: Prefilter | None, follow_fds: bool) -> dict[int, WantedCall]:
    """Number -> how it is wanted. Without a filter: all, and nothing is asked. ``follow_fds``: somebody shows or tests descriptors."""
    if prefilter is None:
        return dict.fromkeys(range(MAX_CALLS), WantedCall())
    asked = call_masks(prefilter.kernel, _event_names())
    found = {nr: WantedCall(mask, has_fd=has_fd(nr)) for nr, mask in asked.items()}
    followed = _followed(asked) if follow_fds else frozenset()
    for nr, name in _NAMES.items():
        if name in STATE_CALLS:
            found[nr] = WantedCall(is_state=True)
        elif name in followed:
            found[nr] = WantedCall(_fd_mask(prefilter, asked.get(nr)), has_fd=has_fd(nr))
    return found


def _followed(asked: Mapping[int, int]) -> frozenset[str]:
    """Calls that change what the wanted ones show of descriptors."""
    return _OF_DIRECTORIES if {_NAMES[nr] for nr in asked} <= _ON_PATHS else FD_CALLS


def _fd_mask(prefilter: Prefilter, asked: int | None) -> int:
    return prefilter.fd_clauses | (asked or 0) if prefilter.fd_clauses and asked != 0 else 0


def tracepoints(prefilter: Prefilter | None, wanted: Mapping[int, WantedCall]) -> list[str]:
    """Names of the tracepoints for the ends of the wanted calls, where the filter wants few; none where it wants many."""
    if prefilter is None or len(call_masks(prefilter.kernel, _event_names())) > FEW:
        return []
    return [_TRACEPOINTS.get(_NAMES[nr], _NAMES[nr]) for nr in sorted(wanted)]


def _event_names() -> dict[int, str]:
    """Number -> what the events of a call are called, where an older event stands for it."""
    names = {event["enum"]: event["name"] for event in EVENT_TABLE["events"]}
    return {nr: names[CALLS[name].event + "_E"] for nr, name in _NAMES.items() if name in CALLS and CALLS[name].event}
