"""CPU times of processes from /proc, for tiers without iterators: some of them at a time, so that the ring is read in between."""

import itertools
import os
from collections.abc import Iterator
from typing import Final

CpuTime = tuple[int, int, int]
"""Pid, user and system time in ticks of the clock."""
PIECE: Final = 32
"""Processes that are asked for at once: half a millisecond."""


class ProcCpuTimes:
    """Goes round all processes, over and over."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._left: Iterator[CpuTime] = iter(())
        self._found: list[CpuTime] | None = None

    def more(self) -> list[CpuTime] | None:
        """Those of all processes, once they have been gone through; None before."""
        if self._found is None:
            self._found, self._left = [], self._all()
        piece = list(itertools.islice(self._left, PIECE))
        self._found += piece
        if len(piece) == PIECE:
            return None
        found, self._found = self._found, None
        return found

    def _all(self) -> Iterator[CpuTime]:
        for name in filter(str.isdecimal, os.listdir(self._proc)):
            try:
                with open(f"{self._proc}/{name}/stat", "rb", buffering=0) as file:
                    line = file.read(1024)
            except OSError:
                continue
            words = line[line.rindex(b")") + 2 :].split()
            yield int(name), int(words[11]), int(words[12])
