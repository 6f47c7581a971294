"""Alerts from a file that grows (falco: file_output, or its standard output in a file), and from a pipe."""

import os
import threading
from collections.abc import Iterator
from typing import IO, Final

from csyspy.rules import audit_log
from csyspy.rules.feeds.feed import FeedCounts, Receive
from csyspy.rules.feeds.lines import LONGEST_BYTES, LineReader, Take, alert_taker

PIECE_BYTES: Final = 1 << 18
POLL_S: Final = 0.1
TAIL_BYTES: Final = 128
"""Of what was read last; a file that was cut and has grown again has something else there."""


class FileFeed:
    """Follows a file through rotation (another file of the name) and truncation.

    It begins behind what is there when it is made, or with `whole` at its beginning. A file that is not there is waited for.
    `take` gets the lines in the place of `receive`, which gets alerts: audit events are lines, too.
    """

    def __init__(self, path: str, receive: Receive, *, whole: bool = False, take: Take | None = None) -> None:
        self.origin = path
        self.counts = FeedCounts()
        self._path = path
        self._behind = 0 if whole else _size(path)
        longest_bytes = LONGEST_BYTES if take is None else audit_log.LONGEST_BYTES
        self._lines = LineReader(take or alert_taker(path, receive, self.counts), self.counts, longest_bytes)
        self._file: IO[bytes] | None = None
        self._tail = b""

    def run(self, stop: threading.Event) -> None:
        """Hand on alerts until `stop` is set."""
        try:
            self._open()
            while not stop.is_set():
                if not self._read() and not self._reopen():
                    stop.wait(POLL_S)
        finally:
            self._close()

    def _open(self) -> None:
        try:
            self._file = open(self._path, "rb", buffering=0)  # noqa: SIM115
        except FileNotFoundError:
            return
        behind, self._behind = self._behind, 0
        at = self._file.seek(behind if behind <= os.fstat(self._file.fileno()).st_size else 0)
        size = min(at, TAIL_BYTES)
        self._tail = os.pread(self._file.fileno(), size, at - size)

    def _read(self) -> bool:
        """Whether there was anything new."""
        if self._file is None:
            return False
        if self._was_cut(self._file):
            self._lines.drop_half()
            self._file.seek(0)
            self._tail = b""
        piece = self._file.read(PIECE_BYTES)
        if piece:
            self._tail = (self._tail + piece)[-TAIL_BYTES:]
            self._lines.feed(piece)
        return bool(piece)

    def _was_cut(self, file: IO[bytes]) -> bool:
        """Whether what was read last is no longer where it was, as after `copytruncate`."""
        size = len(self._tail)
        return os.pread(file.fileno(), size, file.tell() - size) != self._tail

    def _reopen(self) -> bool:
        """Whether there is another file to read."""
        try:
            there = os.stat(self._path)
        except OSError:
            return False
        if self._file is None:
            self._open()
            return self._file is not None
        here = os.fstat(self._file.fileno())
        if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
            if self._read():
                return True  # what was written to the old file last
            self._lines.end()
            self._close()
            self._open()
            return self._file is not None
        return False

    def _close(self) -> None:
        file, self._file, self._tail = self._file, None, b""
        if file is not None:
            file.close()


class StreamFeed:
    """Pieces of bytes until there are no more: standard input, a log of Kubernetes."""

    def __init__(self, origin: str, pieces: Iterator[bytes], receive: Receive) -> None:
        self.origin = origin
        self.counts = FeedCounts()
        self._pieces = pieces
        self._lines = LineReader(alert_taker(origin, receive, self.counts), self.counts)

    def run(self, stop: threading.Event) -> None:
        """Hand on alerts until `stop` is set or the stream ends."""
        for piece in self._pieces:
            self._lines.feed(piece)
            if stop.is_set():
                return
        self._lines.end()


def pieces_of(fd: int) -> Iterator[bytes]:
    """What can be read from a file descriptor, as it comes."""
    while piece := os.read(fd, PIECE_BYTES):
        yield piece


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
