"""What the kernel side of tier B cannot tell of a process that was made, or runs another program.

A child is as its parent was; what a program was called with was read when the call began; the rest is read from /proc as the record is
encoded, when the process may be gone already: it then keeps what is known.
"""

import contextlib
import os
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from csyspy.capture.live.initial_threads import InitialThread, running

Value = TypeVar("Value")
NS_PER_S: Final = 1_000_000_000
FACTS: Final = struct.Struct("<QQQqQQ3Q3Q3I2Ii3II4i4I16s")
"""struct process_facts of bpf/stream_process.h."""
FLAGS, PARENT, UID, GID, VTID, VPID, COMM = 4, 17, 18, 19, 22, 23, 30
"""Places in it that the record has from helpers of the kernel."""
PROCESS, ARGUMENTS, ENVIRONMENT, PROGRAM, EXECUTABLE = range(5)
"""Places of what is fetched at the end of exec; clone has the first two (csyspy.capture.live.call_table)."""
MAX_LIST: Final = 4096
MOST: Final = 8192
"""Threads that are remembered."""


class ProcFacts:
    """Fills the gaps of records; `name_cgroups` is told the text of each set of cgroups by a number that stands for it.

    `environment` reads that of a process, where more of it is wanted than captures keep; it may find none.
    """

    def __init__(self, name_cgroups: Callable[[int, bytes], None], environment: Callable[[int], bytes] | None = None) -> None:
        self._environment = environment
        self._name_cgroups = name_cgroups
        self._known: OrderedDict[int, InitialThread] = OrderedDict()
        self._begun: OrderedDict[int, Sequence[bytes]] = OrderedDict()

    def begins(self, tid: int, fetched: Sequence[bytes]) -> None:
        """A thread is about to run a program: the arguments and the name that it gives."""
        _remember(self._begun, tid, fetched)

    def __call__(self, tid: int, result: int, fetched: Sequence[bytes]) -> tuple[bytes, ...]:
        """What was fetched of a call that made a process or ran a program (`result` as in the child: 0), without its gaps."""
        known = FACTS.unpack(fetched[PROCESS])
        begun = self._begun.pop(tid, None)
        thread = self._executed(tid, known[PARENT], begun) if begun is not None else self._cloned(tid, result, known[PARENT])
        thread.comm = known[COMM].rstrip(b"\0")
        thread.uid, thread.gid = known[UID], known[GID]
        thread.ptid = known[PARENT] or thread.ptid
        _remember(self._known, tid, thread)
        filled = list(fetched)
        filled[PROCESS] = self._facts(thread, known)
        filled[ARGUMENTS] = _list((thread.exe, *thread.args)) if thread.exe else b""
        if begun is not None:
            filled[ENVIRONMENT] = (self._environment and self._environment(tid)) or _list(thread.env)
            filled[PROGRAM] = begun[1]
            filled[EXECUTABLE] = b"".join(part + b"\0" for part in reversed(thread.exepath.strip(b"/").split(b"/")))
        return tuple(filled)

    def _executed(self, tid: int, parent: int, begun: Sequence[bytes]) -> InitialThread:
        thread = _running(tid) or self._cloned(tid, 0, parent)
        arguments, program = begun[0], begun[1].rstrip(b"\0")
        thread.exe, *thread.args = arguments.removesuffix(b"\0").split(b"\0")
        if thread.exepath.rpartition(b"/")[2] != program.rpartition(b"/")[2]:
            with contextlib.suppress(OSError):  # it is gone, or runs the next already
                thread.exepath = os.path.realpath(os.path.join(thread.cwd, program), strict=True)
        return thread

    def _cloned(self, tid: int, result: int, parent: int) -> InitialThread:
        """The thread that goes on after it made another, or the new one, which is as its parent is."""
        known = self._known.get(tid)
        if known is None and result == 0 and parent:
            of_parent = self._known.get(parent) or _running(parent)
            known = replace(of_parent, tid=tid, vtid=tid, vpid=tid, ptid=parent) if of_parent is not None else None
        return known or _running(tid) or InitialThread(tid, tid)

    def _facts(self, thread: InitialThread, known: Sequence[int]) -> bytes:
        cgroups = _list([subsystem + b"=" + path for subsystem, path in thread.cgroups])
        key = zlib.crc32(cgroups)
        self._name_cgroups(key, cgroups)
        mode, owner, group = 0, 0, 0
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{thread.tid}/exe")
            mode, owner, group = status.st_mode, status.st_uid, status.st_gid
        changed_s, changed_ns = divmod(thread.exe_ino_ctime, NS_PER_S)
        modified_s, modified_ns = divmod(thread.exe_ino_mtime, NS_PER_S)
        return FACTS.pack(
            key,
            thread.pfmajor,
            thread.pfminor,
            thread.fdlimit,
            known[FLAGS],
            0,
            thread.cap_inheritable,
            thread.cap_permitted,
            thread.cap_effective,
            thread.exe_ino,
            changed_s,
            modified_s,
            thread.vmsize_kb,
            thread.vmrss_kb,
            thread.vmswap_kb,
            changed_ns,
            modified_ns,
            thread.ptid,
            thread.uid,
            thread.gid,
            thread.loginuid & 0xFFFFFFFF,
            thread.tty,
            thread.vtid if thread.vtid > 0 else known[VTID],
            thread.vpid if thread.vpid > 0 else known[VPID],
            thread.vpgid,
            thread.pgid,
            int(thread.vtid not in (thread.tid, -1)),
            mode,
            owner,
            group,
            thread.comm,
        )


def _running(tid: int) -> InitialThread | None:
    """A thread as /proc shows it; None where it is gone."""
    try:
        return running(tid)
    except (OSError, ValueError, LookupError):
        return None


def _remember(kept: OrderedDict[int, Value], tid: int, value: Value) -> None:
    """Put it in; what was put in longest ago goes."""
    kept[tid] = value
    kept.move_to_end(tid)
    if len(kept) > MOST:
        kept.popitem(last=False)


def _list(parts: Sequence[bytes]) -> bytes:
    return b"".join(part + b"\0" for part in parts)[:MAX_LIST]
