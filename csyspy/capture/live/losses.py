"""Events that found no room in the ring: how many, and where in the stream they are missing."""

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from csyspy.capture.live.maps import Map

_COUNTERS = struct.Struct("<QQQ")
"""struct counters of bpf/stream_record.h."""


@dataclass(frozen=True, slots=True)
class CpuLosses:
    """What one CPU could not tell."""

    lost: int
    foreign: int
    """System calls of 32-bit programs, which are left out."""
    last_ns: int
    """When the last was lost, in ns since boot."""


def losses(table: Map) -> list[CpuLosses]:
    """Of each CPU so far."""
    raw = table.lookup(struct.pack("<I", 0)) or b""
    stride = table.value_stride
    return [CpuLosses(*_COUNTERS.unpack_from(raw, cpu * stride)) for cpu in range(len(raw) // stride)]


class Gaps:
    """Places of the stream at which events are missing, as `drop` events tell of them: one of `ratio` events came through since the place
    before, rounded up (libs: driver/ppm_events_public.h, PPME_DROP_E)."""

    def __init__(self, table: Map) -> None:
        self._table = table
        self._lost = self._records = 0
        self._waiting: deque[tuple[int, int]] = deque()

    def look(self, records: int) -> None:
        """Ask the kernel; ``records``: how many came through so far."""
        now = losses(self._table)
        lost = sum(entry.lost for entry in now)
        if lost > self._lost:
            kept = max(records - self._records, 1)
            ratio = -(-(kept + lost - self._lost) // kept)
            self._waiting.append((max(entry.last_ns for entry in now), min(ratio, 0xFFFFFFFF)))
            self._lost = lost
        self._records = records

    def passed(self, up_to_ns: int) -> Iterator[int]:
        """Ratios of the gaps that the stream is behind, once its last event is of that time since boot."""
        while self._waiting and self._waiting[0][0] <= up_to_ns:
            yield self._waiting.popleft()[1]
