"""Whether look-ups slow events down: the same storm walked with containers starting and being named meanwhile, and without."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "demo.scap"
PIECE = 1 << 16
EVENT = 0x216
"""Block type of the demo's events: a piece ends before one, never among the lists of a section, which no name may come between."""


class Storm:
    """A source whose events are those of a capture, over and over. Like a live one it tells nothing until something happens: the storm,
    once `is_calm()`."""

    def __init__(self, rounds: int, is_calm: Callable[[], bool]) -> None:
        from csyspy.capture.source import Source

        source, whole = Source([str(DEMO)]), bytearray()
        while (chunk := source.read()) is not None:
            whole += chunk
        source.close()
        self._left = list(_pieces(bytes(whole))) * rounds
        self._left.reverse()
        self._is_calm = is_calm
        self._reads = 0
        self.began_s = self.began_cpu_s = 0.0
        """When the list of processes had been taken in, and the names of what was there."""
        self.name = str(DEMO)
        self.offset = 0

    def read(self) -> memoryview | None:
        """The next chunk."""
        self._reads += 1
        if self._reads > 1 and not self.began_s:
            if not self._is_calm():
                time.sleep(0.001)
                return memoryview(b"")
            self.began_s, self.began_cpu_s = time.monotonic(), time.process_time()
        return memoryview(self._left.pop()) if self._left else None

    def next_file(self) -> bool:
        """There is one only."""
        return False

    def close(self) -> None:
        """Nothing is held."""


def _pieces(capture: bytes) -> Iterator[bytes]:
    """Whole blocks together, as a live source gives them: names come in between."""
    begin = end = 0
    while end < len(capture):
        end += int.from_bytes(capture[end + 4 : end + 8], "little")
        before_event = int.from_bytes(capture[end : end + 4], "little") == EVENT
        if (end - begin >= PIECE and before_event) or end >= len(capture):
            yield capture[begin:end]
            begin = end


def walked(metadata: Any, rounds: int) -> tuple[float, float]:
    """(CPU of the whole process, wall time) of one storm, in s. Its events make up the table of processes, names come from `metadata`."""
    from csyspy.capture.named import NamedSource
    from csyspy.capture.walker import open_capture
    from csyspy.views.aggregate import ViewAggregation
    from csyspy.views.catalogue import VIEWS

    aggregation = ViewAggregation(VIEWS["procs"])
    storm = Storm(rounds, lambda: metadata.settle(0))
    source: Any = NamedSource(storm, metadata, on_close=metadata.close)
    capture = open_capture([], aggregation.sink.needs, source)
    capture.walker.run([aggregation.sink])
    cost = time.process_time() - storm.began_cpu_s, time.monotonic() - storm.began_s
    source.close()
    return cost
