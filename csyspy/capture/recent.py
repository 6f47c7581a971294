"""The last seconds of a stream, kept in memory, and written as a capture when somebody asks for them.

What is kept are chapters: the lists as they were at some event, and the events from there on. A file begins with the oldest chapter, so
it holds the seconds asked for and up to half as many more.
"""

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from csyspy.capture.tables import blocks
from csyspy.capture.writer import SECTION_HEADER, PlainOutput
from csyspy.engine.dump import Dump, descriptors

RING_BYTES: Final = 64_000_000
"""Most that is kept in memory; then the time kept is shorter."""
MOST_FILES: Final = 100


@dataclass(slots=True)
class _Chapter:
    begin_ns: int
    lists: bytes
    events: list[bytes] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _File:
    output: PlainOutput
    path: str
    until_ns: int
    size: int = 0


class Recent:
    """Keeps the last `window_ns` of events. `sink` goes into the walker, before whoever asks; `keep` begins a file.

    No file grows beyond `most_bytes`, of which at most three quarters are for what was before; there are no more than `most_files` of
    them. `files` are those written so far.
    """

    def __init__(self, window_ns: int, *, most_bytes: int = 0, most_files: int = MOST_FILES) -> None:
        self.files: list[str] = []
        self.left_out = 0
        """How often a file was asked for when there were enough of them."""
        self.problem = ""
        """What went wrong with the last file that could not be written."""
        self._window_ns = window_ns
        self._most_bytes = most_bytes
        self._chapter_bytes = min(RING_BYTES // 4, most_bytes // 2 or RING_BYTES)
        self._most_files = most_files
        self._chapters: list[_Chapter] = []
        self._file: _File | None = None
        self._now_ns = 0
        self.sink = Dump(self, rotates=True, whole_state=True, state_events=True)

    def keep(self, path: str, ts_ns: int, behind_ns: int) -> bool:
        """Write what is kept, up to `behind_ns` after `ts_ns`, to `path`; the file in hand, if there is one, goes on instead.

        False where there are enough files, or this one cannot be written.
        """
        self._now_ns = ts_ns
        self.sink.flush()
        if self._file is not None:
            self._file.until_ns = max(self._file.until_ns, ts_ns + behind_ns)
            return True
        if len(self.files) >= self._most_files:
            self.left_out += 1
            return False
        try:
            self._file = _File(PlainOutput(path), path, ts_ns + behind_ns)
        except OSError as error:
            self.problem = f"cannot write {path}: {error.strerror}"
            return False
        self.files.append(path)
        first = self._first()
        self._append(SECTION_HEADER + self._chapters[first].lists)
        for chapter in self._chapters[first:]:
            for piece in chapter.events:
                self._append(piece)
        return True

    def _first(self) -> int:
        """The oldest chapter that goes into a file, so that what comes last has room in it."""
        first, room = len(self._chapters) - 1, self._most_bytes * 3 // 4
        room -= self._chapters[first].size
        while first and (not self._most_bytes or self._chapters[first - 1].size + len(self._chapters[first - 1].lists) <= room):
            first -= 1
            room -= self._chapters[first].size
        return first

    def _append(self, data: bytes) -> None:
        file = self._file
        if file is None:
            return
        if self._most_bytes and file.size + len(data) > self._most_bytes:
            self._end_file()
            return
        try:
            file.output.write(data)
            file.size += len(data)
        except OSError as error:
            self.problem = f"cannot write {file.path}: {error.strerror}"
            self._end_file()

    def _end_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.output.close()

    # --- target of the Dump ---

    def begin(self, state: Any) -> None:
        """A section of the input was read."""
        self._end_file()
        self._chapters = []
        self.next(state)

    def full(self, events: int, size: int, ts: int) -> bool:
        """Whether the event at `ts` begins another chapter; it is told of every event."""
        self._now_ns = ts
        if self._file is not None and ts >= self._file.until_ns:
            self.sink.flush()
            self._end_file()
        chapter = self._chapters[-1]
        chapter.begin_ns = chapter.begin_ns or ts
        return ts - chapter.begin_ns >= self._window_ns // 2 or chapter.size >= self._chapter_bytes

    def next(self, state: Any) -> None:
        """Begin another chapter, and forget those that are too old."""
        self._chapters.append(_Chapter(self._now_ns, _lists(state)))
        while len(self._chapters) > 1 and (
            self._now_ns - self._chapters[1].begin_ns >= self._window_ns or sum(each.size for each in self._chapters) > RING_BYTES
        ):
            del self._chapters[0]

    def write(self, data: bytes) -> None:
        """Take whole blocks."""
        chapter = self._chapters[-1]
        chapter.events.append(data)
        chapter.size += len(data)
        self._append(data)

    def close(self) -> None:
        """No more events come."""
        self._end_file()


def _lists(state: Any) -> bytes:
    threads = [(thread, descriptors(thread)) for thread in state.threads.all()]
    out = []
    for kind, body in blocks(state, threads, users=True, wide=state.producer > 0, containers=True):
        size = struct.pack("<I", len(body) + 12)
        out += [struct.pack("<I", kind), size, body, size]
    return b"".join(out)
