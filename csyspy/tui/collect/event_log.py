"""Many events in little memory: packed into blocks, taken out as rows one by one.

As Python objects an event takes some 460 bytes, spread over the heap so that what is let go cannot be given back while anything that
was made in between is still in use. Packed it takes about a quarter, in pieces that go back whole.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, NamedTuple, overload

BLOCK_EVENTS = 4096
_RECORD = Struct("<QQQqIHHHB")
"""number, time_ns, latency_ns, tid, end of its text among those of the block, cpu, process, type, flags."""
_ENTER, _FAILED = 1, 2


class EventRow(NamedTuple):
    """One event."""

    number: int
    time_ns: int
    cpu: int
    process: str
    tid: int
    is_enter: bool
    type: str
    latency_ns: int
    """From its enter event; 0 where there is none."""
    failed: bool
    info: str

    def fields(self) -> dict[str, Any]:
        """Field -> value, of what the row has."""
        return {
            "evt.num": self.number, "evt.rawtime": self.time_ns, "evt.type": self.type, "evt.dir": ">" if self.is_enter else "<",
            "evt.args": self.info, "evt.failed": self.failed, "evt.latency": self.latency_ns, "proc.name": self.process,
            "thread.tid": self.tid, "evt.cpu": self.cpu,
        }


class EventLog(Sequence[EventRow]):
    """Rows in the order they came. One thread appends, others may read at the same time."""

    def __init__(self) -> None:
        self._blocks: deque[_Block] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> EventRow: ...
    @overload
    def __getitem__(self, at: slice) -> list[EventRow]: ...
    def __getitem__(self, at: int | slice) -> EventRow | list[EventRow]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(self._count))]
        if at < 0:
            at += self._count
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._blocks[at // BLOCK_EVENTS].row(at % BLOCK_EVENTS)

    def __iter__(self) -> Iterator[EventRow]:
        return (self[at] for at in range(self._count))

    def append(self, row: EventRow) -> None:
        if self._count % BLOCK_EVENTS == 0:
            if self._blocks:
                self._blocks[-1].close()
            self._blocks.append(_Block())
        self._blocks[-1].put(self._count % BLOCK_EVENTS, row)
        self._count += 1

    def drop_oldest(self) -> int:
        """Let a block of the oldest rows go; how many they were. For logs of more than one block."""
        self._count -= BLOCK_EVENTS
        self._blocks.popleft()
        return BLOCK_EVENTS


class _Block:
    """BLOCK_EVENTS events: records of one size, and the texts and names that they refer to."""

    __slots__ = ("_names", "_numbers", "_records", "_texts")

    def __init__(self) -> None:
        self._records = bytearray(_RECORD.size * BLOCK_EVENTS)
        self._texts: bytearray | bytes = bytearray()
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def put(self, at: int, row: EventRow) -> None:
        assert isinstance(self._texts, bytearray)
        self._texts += row.info.encode("utf-8", "surrogatepass")
        _RECORD.pack_into(
            self._records, at * _RECORD.size, row.number, row.time_ns, row.latency_ns, row.tid, len(self._texts), row.cpu,
            self._number(row.process), self._number(row.type), row.is_enter * _ENTER | row.failed * _FAILED,
        )

    def row(self, at: int) -> EventRow:
        number, time_ns, latency_ns, tid, end, cpu, process, type_, flags = _RECORD.unpack_from(self._records, at * _RECORD.size)
        start = _RECORD.unpack_from(self._records, (at - 1) * _RECORD.size)[4] if at else 0
        info = self._texts[start:end].decode("utf-8", "surrogatepass")
        names = self._names
        return EventRow(
            number, time_ns, cpu, names[process], tid, bool(flags & _ENTER), names[type_], latency_ns, bool(flags & _FAILED), info
        )

    def close(self) -> None:
        """It is full: no more than it needs."""
        self._texts = bytes(self._texts)
        self._numbers = {}

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number
