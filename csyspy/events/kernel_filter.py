"""What the kernel is asked to decide of a filter: plain data, made by csyspy.filters.kernel_split and obeyed by the live source.

A system call passes where one of the clauses that its name maps to passes; a clause passes where all its tests do. Every test may let too
much through, never too little: the whole filter is asked again afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_CLAUSES: Final = 32
"""As many as a mask of the kernel side has bits."""
Container = tuple[bool, frozenset[str]]
"""(whether the container is to be one of these, or else none of them, ids)"""


@dataclass(frozen=True, slots=True)
class Clause:
    """Tests that have to hold together; None is no test."""

    comms: frozenset[str] | None = None
    """Names that the process has, had when it was executed or forked, or had as a child of such; at most 15 bytes each."""
    pids: frozenset[int] | None = None
    tids: frozenset[int] | None = None
    uids: frozenset[int] | None = None
    """Real or effective."""
    failed: bool = False
    """The call has returned an error."""
    containers: frozenset[Container] = frozenset()
    """Each holds for what the cgroups of the task say."""
    fd_kinds: frozenset[str] | None = None
    """Of the descriptor that is read or written: ``socket``, ``file``, ``pipe`` or ``other``. Tested for FD_CALLS only."""

    def describe(self) -> str:
        """The tests in words."""
        parts = []
        for words, values in (("name", self.comms), ("pid", self.pids), ("tid", self.tids), ("uid", self.uids), ("fd of", self.fd_kinds)):
            if values is not None:
                parts.append(f"{words} {' or '.join(map(str, sorted(values)))}")
        for among, ids in sorted(self.containers, key=repr):
            parts.append(f"container {'' if among else 'not '}{' or '.join(sorted(ids))}")
        if self.failed:
            parts.append("the call failed")
        return ", ".join(parts) or "no further test"


FD_CALLS: Final = frozenset(
    [
        "read",
        "write",
        "pread",
        "pread64",
        "pwrite",
        "pwrite64",
        "readv",
        "writev",
        "preadv",
        "pwritev",
        "sendto",
        "recvfrom",
        "sendmsg",
        "recvmsg",
    ]
)
"""Calls whose first argument is a descriptor that is still open when they have returned."""


@dataclass(frozen=True, slots=True)
class KernelFilter:
    """A filter as far as the kernel decides it."""

    clauses: tuple[Clause, ...]
    calls: Mapping[str, int]
    """Name of a system call -> the clauses that apply to it, as bits; calls that are not in it are not wanted."""
    left: tuple[str, ...] = ()
    """Checks that only the engine can decide, as text."""

    @property
    def watches_names_only(self) -> bool:
        """Nothing passes unless a process of one of certain names is there."""
        return bool(self.clauses) and all(clause.comms is not None for clause in self.clauses)
