"""Captures written: the lists before the events, then the blocks that the engine makes of events.

A file begins with the blocks that were read, copied as they are, so that nothing is lost; only where they no longer fit
(a later file of a row, a filtered process list, no users) they are made anew from the state.
"""

import os
import struct
import sys
import time
from collections.abc import Iterable
from typing import Any, Protocol

from csyspy.capture.rotation import Rotation, check
from csyspy.capture.tables import CALLS_BY_NUMBER, Block, blocks
from csyspy.engine.dump import Dump, descriptors, passing
from csyspy.engine.walk import Walker
from csyspy.errors import CsyspyError

STDOUT = "-"
SECTION_HEADER = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 2, -1, 28)
USER_BLOCKS = (0x206, 0x220, 0x8012ABCD)
GZIP_LEVEL = 2


class Output(Protocol):
    """Where the bytes of one file go."""

    def write(self, data: bytes) -> None:
        """Take all of ``data``. Raises OSError."""

    def close(self) -> None:
        """End the file."""


class PlainOutput:
    """A file without compression. Of what could not be written whole the last, half block is taken back; readers find none."""

    def __init__(self, path: str, *, compressed: bool = False) -> None:
        """`compressed`: what is written is no blocks but a stream, good to its last byte."""
        self._compressed = compressed
        self._fd = os.dup(sys.stdout.fileno()) if path == STDOUT else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._size = 0

    def write(self, data: bytes) -> None:
        """Take all of ``data``."""
        view = memoryview(data)
        done = 0
        try:
            while done < len(view):
                done += os.write(self._fd, view[done:])
        except OSError:
            self._take_back(self._size + (done if self._compressed else _whole_blocks(view[:done])))
            raise
        self._size += done

    def _take_back(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            pass  # a pipe keeps what it has

    def close(self) -> None:
        """End the file."""
        os.close(self._fd)


class GzipOutput:
    """A file compressed with gzip (``-z``)."""

    def __init__(self, path: str) -> None:
        from isal import isal_zlib

        self._file = PlainOutput(path, compressed=True)
        self._deflate = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, 31)
        self._broken = False

    def write(self, data: bytes) -> None:
        """Take all of ``data``."""
        self._put(self._deflate.compress(data))

    def _put(self, packed: bytes) -> None:
        """Write a piece of the stream; behind one that is missing nothing could be read."""
        if not packed or self._broken:
            return
        try:
            self._file.write(packed)
        except OSError:
            self._broken = True
            raise

    def close(self) -> None:
        """End the stream and the file."""
        try:
            self._put(self._deflate.flush())
        finally:
            self._file.close()


class CaptureWriter:
    """Target of a Dump sink: opens files, writes what stands before the events, hands the events on."""

    def __init__(
        self, walker: Walker, path: str, *, compress: bool, rotation: Rotation, users: bool, processes_by: Any | None
    ) -> None:
        check(rotation, path)
        self._walker = walker
        self._path = path
        self._compress = compress
        self._rotation = rotation
        self._users = users
        self._processes_by = processes_by
        self._output: Output | None = None
        self._waiting = bytearray()
        """Lists of a first file that cannot be named before its first event."""
        self.files: list[str] = []
        """Names of the files written so far, in order."""

    def begin(self, state: Any) -> None:
        """A section of the input was read: write its lists, at the beginning of the first file or further on."""
        if self._output is None and not self._rotation.names_by_time(self._path):
            self._open(state.evt_ts)
        if self._processes_by is not None:
            self._write_blocks(self._made(state, passing(state, self._processes_by), containers=False))
            self._write_frames(block for block in self._walker.sections if _is_event(block[0]))
        else:
            self._write_blocks(block for block in self._walker.sections if self._users or block[0] not in USER_BLOCKS)

    def full(self, events: int, size: int, ts: int) -> bool:
        """Whether the event at ``ts`` begins another file."""
        if self._output is None:
            self._open(ts)
        return self._rotation.full(events, size, ts)

    def next(self, state: Any) -> None:
        """Begin another file, with the lists as they would be read now."""
        self.close()
        self._open(state.evt_ts)
        threads = [(thread, descriptors(thread)) for thread in state.threads.all()]
        self._write_blocks(self._made(state, threads, containers=True))

    def write(self, data: bytes) -> None:
        """Take whole blocks."""
        if self._output is None:
            self._waiting += data
            return
        try:
            self._output.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CsyspyError(f"cannot write {self.files[-1]}: {error.strerror}") from None

    def close(self) -> None:
        """End the file in hand, if there is one; one without any event is called by the time of day."""
        if self._waiting:
            self._open(time.time_ns())
        output, self._output = self._output, None
        if output is not None:
            try:
                output.close()
            except OSError as error:
                raise CsyspyError(f"cannot write {self.files[-1]}: {error.strerror}") from None

    def _open(self, ts: int) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        name = self._rotation.next_name(self._path, ts)
        try:
            self._output = GzipOutput(name) if self._compress else PlainOutput(name)
        except OSError as error:
            raise CsyspyError(f"cannot write {name}: {error.strerror}") from None
        self.files.append(name)
        if waiting:
            self.write(waiting)

    def _made(self, state: Any, processes: Iterable[Any], *, containers: bool) -> Iterable[Block]:
        wide = state.producer > 0 or bool(state.machine.get("flags", 0) & CALLS_BY_NUMBER)
        return blocks(state, processes, users=self._users, wide=wide, containers=containers)

    def _write_blocks(self, chosen: Iterable[Block]) -> None:
        self.write(SECTION_HEADER)
        self._write_frames(chosen)

    def _write_frames(self, chosen: Iterable[Block]) -> None:
        for kind, body in chosen:
            size = struct.pack("<I", len(body) + 12)
            self.write(b"".join((struct.pack("<I", kind), size, body, size)))


def _whole_blocks(data: memoryview) -> int:
    """Bytes of the blocks that lie whole in ``data``, which begins with one."""
    at = 0
    while at + 8 <= len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        if size < 12 or at + size > len(data):
            break
        at += size
    return at


def _is_event(kind: int) -> bool:
    return kind in (0x204, 0x208, 0x216, 0x217, 0x221, 0x222, 0x8010ABCD)


def open_writer(
    walker: Walker,
    path: str,
    *,
    keep: Any | None = None,
    compress: bool = False,
    rotation: Rotation | None = None,
    fat: bool = False,
    filter_processes: bool = False,
    users: bool = True,
    state_events: bool = False,
    most: int = 0,
    duration_ns: int = 0,
) -> Dump:
    """A sink for ``walker`` that writes the events which pass the filter ``keep`` to ``path`` (``-``: standard output).

    Call it before the walker opens its source. ``fat`` keeps, hidden, what the filter rejects and readers need; ``state_events`` of that
    only what the source sent hidden, and what keeps the names of children that run a program of their own while their parents wait;
    ``filter_processes`` leaves out processes that do not pass; ``most`` ends the walk after so many events that pass,
    ``duration_ns`` so long after the first of them. Raises UsageError for what cannot work; the walk raises CsyspyError
    where the file cannot be written.
    """
    rotation = rotation or Rotation()
    walker.keep_sections = True
    processes_by = keep if filter_processes else None
    target = CaptureWriter(walker, path, compress=compress, rotation=rotation, users=users, processes_by=processes_by)
    whole_state = bool(rotation) or filter_processes
    return Dump(
        target,
        keep,
        fat=fat,
        rotates=bool(rotation),
        whole_state=whole_state,
        state_events=state_events,
        most=most,
        duration_ns=duration_ns,
    )
