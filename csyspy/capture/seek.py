"""Walk a capture from anywhere: checkpoints of the state along the file, and compressed files kept inflated beside.

The first walk from start to end leaves checkpoints; a later one begins at the nearest before what it is after. They are a
bounded number: where a capture is long they stand further apart.
"""

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from csyspy.capture.source import GZIP_MAGIC, Source, open_source
from csyspy.capture.walker import OpenCapture, open_capture

if TYPE_CHECKING:
    from csyspy.engine.checkpoint import Checkpoint

FIRST_SPACING_EVENTS = 100_000
MOST_CHECKPOINTS = 64
MOST_WEIGHT = 600_000
"""Threads and descriptors that all checkpoints together hold, about 300 bytes each."""
EVENTS_PER_WEIGHT = 50
"""Events between checkpoints for every thread and descriptor of one: copying it costs as much as walking five, so a walk gets slower
by a tenth at most."""
MOST_INFLATED_BYTES = 4 << 30
EVERYTHING = 31
"""Need bits: a checkpoint serves whoever comes."""


class SeekableCapture:
    """One capture file, walked again and again. Opens it at once; raises CaptureError where that is not possible."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._checkpoints: list[Checkpoint] = []
        self._spacing_events = FIRST_SPACING_EVENTS
        with open_source([path]):
            pass
        self._inflated = _Inflated() if _is_gzip(path) else None

    def close(self) -> None:
        """Let go of what was kept."""
        self._checkpoints.clear()
        if self._inflated is not None:
            self._inflated.close()

    def open(self, events: int = 0, needs: int = 0) -> OpenCapture:
        """The capture, ready to be walked on from the nearest checkpoint with at most `events` events before it, else from its start.

        What was walked so far is ``.state.events``; the walk goes on from there with ``step()``. `needs`: Need bits of who will look.
        Fields that add up over the events that they are asked about (thread.cpu, evt.deltatime) begin there.
        """
        at = next((point for point in reversed(self._checkpoints) if point.events <= events), None)
        if at is None:
            kept = self._inflated
            keeping = _KeepingSource(self.path, kept) if kept is not None and kept.is_wanted else None
            return open_capture([self.path], needs | EVERYTHING, keeping)
        source = self._source_at(at.offset)
        walker = at.resume(source)
        return OpenCapture(source, walker.state, walker)

    def keep(self, capture: OpenCapture) -> None:
        """Take a checkpoint of where a walk from the start stands, if one is due; for between two steps."""
        from csyspy.engine.checkpoint import take

        last = self._checkpoints[-1] if self._checkpoints else None
        due = max(self._spacing_events, last.weight * EVENTS_PER_WEIGHT) + last.events if last else self._spacing_events
        if capture.state.events < due or capture.state.needs & EVERYTHING != EVERYTHING:
            return
        point = take(capture.walker)
        if point is None:
            return
        self._checkpoints.append(point)
        while len(self._checkpoints) > MOST_CHECKPOINTS or sum(point.weight for point in self._checkpoints) > MOST_WEIGHT:
            if len(self._checkpoints) < 2:
                break
            del self._checkpoints[::2]
            self._spacing_events *= 2

    def _source_at(self, offset: int) -> Source:
        if self._inflated is not None and self._inflated.is_complete:
            return _NamedSource(self._inflated.path, self.path, offset)
        return Source([self.path], offset)


class _Inflated:
    """What a compressed file holds, in a file without a name."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self.is_complete = False
        self.is_busy = False
        """Somebody is reading the file from its start."""
        self._size = 0
        self._most = 0

    @property
    def is_wanted(self) -> bool:
        """Whether the next walk from the start should keep what it reads."""
        return not self.is_complete and not self.is_busy

    @property
    def path(self) -> str:
        assert self._file is not None
        return f"/proc/self/fd/{self._file.fileno()}"

    def begin(self) -> None:
        """Forget what was there."""
        self.close()
        self.is_busy = True
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._size = 0
        self._most = min(MOST_INFLATED_BYTES, shutil.disk_usage(tempfile.gettempdir()).free // 4)

    def add(self, chunk: memoryview) -> None:
        """Another chunk; where it gets too much, nothing is kept."""
        if self._file is None:
            return
        self._size += len(chunk)
        try:
            if self._size > self._most:
                raise OSError
            self._file.write(chunk)
        except OSError:
            self.close()

    def end(self) -> None:
        """That was all of it."""
        if self._file is not None:
            self._file.flush()
            self.is_complete = True

    def close(self) -> None:
        self.is_complete = False
        if self._file is not None:
            self._file.close()
            self._file = None


class _KeepingSource(Source):
    """A compressed file read from its start, every chunk of which is kept."""

    def __init__(self, path: str, kept: _Inflated) -> None:
        self._kept = kept
        kept.begin()
        super().__init__([path])

    def read(self) -> memoryview | None:
        chunk = super().read()
        if chunk is None:
            self._kept.end()
        else:
            self._kept.add(chunk)
        return chunk

    def close(self) -> None:
        super().close()
        self._kept.is_busy = False


class _NamedSource(Source):
    """A file that stands for another, whose name it says."""

    def __init__(self, path: str, name: str, start: int) -> None:
        self._shown_name = name
        super().__init__([path], start)

    @property
    def name(self) -> str:
        return self._shown_name if self._file is not None else super().name


def _is_gzip(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            return os.path.isfile(path) and file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    except OSError:
        return False
