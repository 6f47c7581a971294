"""A source whose containers get names: what comes while the first event waits for them."""

from collections.abc import Iterator
from typing import Any

from csyspy.capture import named
from csyspy.capture.named import NamedSource


class Events:
    """Chunks of a source."""

    def __init__(self, chunks: list[bytes | None]) -> None:
        self._chunks: Iterator[bytes | None] = iter(chunks)
        self.reads = 0

    def read(self) -> memoryview | None:
        self.reads += 1
        chunk = next(self._chunks)
        return memoryview(chunk) if chunk is not None else None


class Metadata:
    """Has its names once the source has been read so many times."""

    def __init__(self, source: Events, after_reads: int) -> None:
        self._source, self._after_reads = source, after_reads
        self._told = False

    def settle(self, timeout_s: float) -> bool:
        return self._source.reads >= self._after_reads

    def news(self) -> "Metadata":
        return self

    def take(self) -> list[dict[str, Any]]:
        if self._told or not self.settle(0):
            return []
        self._told = True
        return [{"id": "c0ffee111111", "type": 0, "name": "web"}]


def read_all(source: NamedSource) -> list[bytes]:
    found = []
    while (chunk := source.read()) is not None:
        found.append(bytes(chunk))
    return found


def test_events_are_read_while_the_first_waits_and_come_behind_the_names() -> None:
    events = Events([b"list", b"one", b"", b"two", b"three", None])
    first, names, *rest = read_all(NamedSource(events, Metadata(events, 4)))  # type: ignore[arg-type]
    assert first == b"list"
    assert b"web" in names
    assert rest == [b"one", b"", b"two", b"three"]


def test_a_source_that_ends_meanwhile_ends_behind_what_it_gave() -> None:
    events = Events([b"list", b"one", None])
    assert read_all(NamedSource(events, Metadata(events, 99))) == [b"list", b"one"]  # type: ignore[arg-type]


def test_no_more_is_held_than_there_is_room_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(named, "MOST_HELD_BYTES", 6)
    events = Events([b"list", b"one", b"two", b"three", b"four", None])
    source = NamedSource(events, Metadata(events, 99))  # type: ignore[arg-type]
    assert [bytes(source.read() or b"") for _ in range(2)] == [b"list", b"one"]
    assert events.reads == 3
