"""Where the bytes of captures come from: files one after another, plain or gzip, or a pipe."""

import os
import sys
from collections.abc import Sequence
from typing import BinaryIO, Protocol

from csyspy.errors import CaptureError

STDIN = "-"
GZIP_MAGIC = b"\x1f\x8b"


class Stream(Protocol):
    """The inflated bytes of one file."""

    def read(self) -> memoryview | None:
        """The next chunk, good until the next call; None at the end. Raises CaptureError where the file cannot be read on."""

    def close(self) -> None:
        """Let go of the file."""


class Source:
    """Captures read in sequence. ``read()`` gives the chunks of one file, ``next_file()`` goes on to the following one."""

    def __init__(self, paths: Sequence[str], start: int = 0) -> None:
        """`start`: bytes of the first file, inflated, that are passed over."""
        if not paths:
            raise ValueError("a source needs at least one path")
        self._paths = list(paths)
        self._sizes = [_size(path) for path in self._paths]
        self._index = 0
        self._file: BinaryIO | None = None
        self._stream: Stream | None = None
        self._left: memoryview | None = None
        self.offset = 0
        """Bytes of the present file that have been given out, inflated, or passed over."""
        self._open()
        if start:
            self._pass_over(start)

    @property
    def name(self) -> str:
        """Path of the present file; ``-`` for a pipe."""
        return self._paths[self._index]

    def _open(self) -> None:
        path = self.name
        try:
            self._file = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) if path == STDIN else open(path, "rb", buffering=0)  # noqa: SIM115
            head = _read_head(self._file)
        except (OSError, ValueError) as error:
            self.close()
            raise CaptureError(f"cannot open {path}: {_reason(error)}") from None
        self.offset = 0
        if head == GZIP_MAGIC:
            from csyspy.capture.gzipped import GzipStream

            self._stream = GzipStream(self._file, path, head)
        else:
            from csyspy.capture.plain import PlainStream

            self._stream = PlainStream(self._file, path, head)

    def _pass_over(self, count: int) -> None:
        """Go on `count` bytes: in a plain file at once, in a compressed one by inflating what lies before."""
        from csyspy.capture.plain import PlainStream

        if isinstance(self._stream, PlainStream) and self._file is not None:
            self._file.seek(count)
            self._stream = PlainStream(self._file, self.name, b"")
            self.offset = count
            return
        while self.offset < count:
            chunk = self.read()
            if chunk is None:
                return
            if self.offset > count:
                self._left = chunk[len(chunk) - (self.offset - count) :]
                self.offset = count

    def read(self) -> memoryview | None:
        """The next chunk of the present file, good until the next call; None at its end. Raises CaptureError with the place."""
        if self._left is not None:
            left, self._left = self._left, None
            self.offset += len(left)
            return left
        if self._stream is None:
            return None
        try:
            chunk = self._stream.read()
        except CaptureError as error:
            if error.offset < 0:
                error.offset = self.offset
            raise
        if chunk is not None:
            self.offset += len(chunk)
        return chunk

    def next_file(self) -> bool:
        """Go on to the next file; False where there is none."""
        self._close_file()
        if self._index + 1 >= len(self._paths):
            return False
        self._index += 1
        self._open()
        return True

    def progress(self) -> float:
        """Part of all files that has been read, 0 to 1, by their sizes on disk; 0 for a pipe."""
        total = sum(self._sizes)
        if total == 0:
            return 0.0
        done = sum(self._sizes[: self._index])
        if self._file is None:
            done += self._sizes[self._index]
        elif self._sizes[self._index]:
            try:
                done += self._file.tell()
            except (OSError, ValueError):
                pass
        return min(1.0, done / total)

    @property
    def total_bytes(self) -> int:
        """Size of all files on disk, 0 for a pipe."""
        return sum(self._sizes)

    def _close_file(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Let go of everything; reading on gives the end."""
        self._close_file()

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_source(paths: Sequence[str]) -> Source:
    """Open captures to be read one after another; ``-`` is standard input. Raises CaptureError where the first cannot be opened."""
    return Source(paths)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size if path != STDIN and os.path.isfile(path) else 0
    except OSError:
        return 0


def _read_head(file: BinaryIO) -> bytes:
    """The first two bytes, which a pipe may give one by one."""
    head = b""
    while len(head) < len(GZIP_MAGIC):
        part = file.read(len(GZIP_MAGIC) - len(head))
        if not part:
            break
        head += part
    return head


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
