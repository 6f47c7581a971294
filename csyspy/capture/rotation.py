"""Which file a written event goes to: one, or a row of them (libs: userspace/libsinsp/sinsp_cycledumper.cpp)."""

import os
import time
from dataclasses import dataclass, field

from csyspy.errors import UsageError

NS_PER_S = 1_000_000_000


@dataclass
class Rotation:
    """When another file begins, and what it is called. Nothing set: everything goes to one file."""

    size_bytes: int = 0
    """A file ends once it is longer than this (``-C``)."""
    seconds: int = 0
    """A file ends this long after it began (``-G``), in whole seconds of the clock, as cyclewriter.cpp compares them."""
    events: int = 0
    """A file ends with this many events (``-e``)."""
    files: int = 0
    """So many files are kept, then the first is written again (``-W``)."""
    _index: int = field(default=0, init=False)
    _began_s: int | None = field(default=None, init=False)
    _past: list[str] = field(default_factory=list, init=False)

    def __bool__(self) -> bool:
        return bool(self.size_bytes or self.seconds or self.events)

    def full(self, events: int, size: int, ts: int) -> bool:
        """Whether the event at ``ts`` (ns) goes to another file than the ``events`` events of ``size`` bytes before it."""
        if self._began_s is None:
            self._began_s = ts // NS_PER_S
        if self.seconds and ts // NS_PER_S - self._began_s >= self.seconds:
            return True
        return bool(self.size_bytes and size > self.size_bytes) or bool(self.events and events >= self.events)

    def names_by_time(self, base: str) -> bool:
        """Whether the name of a file says when it begins."""
        return bool(self.seconds) and "%" in base

    def next_name(self, base: str, ts: int) -> str:
        """Name of the file that begins with the event at ``ts`` (ns; 0 before there is any); a file that leaves the ring is deleted."""
        if not self:
            return base
        if self.files and self._index >= self.files:
            self._index = 0
        index = self._index
        self._index += 1
        self._began_s = ts // NS_PER_S if ts else None
        if self.names_by_time(base):
            name = time.strftime(base, time.localtime(ts // NS_PER_S))
            self._forget(index, name)
        else:
            name = base
        if self.size_bytes:
            return f"{name}{index:0{len(str(self.files)) if self.files else 1}d}"
        if self.events or name == base:
            return f"{base}{index}"
        return name

    def _forget(self, index: int, name: str) -> None:
        """Delete the file that had the place of ``name`` in the ring."""
        if not self.files:
            return
        if index < len(self._past):
            old, self._past[index] = self._past[index], name
            if old not in self._past:
                try:
                    os.unlink(old)
                except FileNotFoundError:
                    pass
        else:
            self._past.append(name)


def check(rotation: Rotation, path: str) -> None:
    """Refuse what cannot work: a pipe has no second file."""
    if rotation and path == "-":
        raise UsageError("standard output cannot be cut into files", "give -w a file name, or leave out -C, -G and -e")
