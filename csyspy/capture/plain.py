"""Captures that are not compressed, read through one buffer.

A buffer and not a mapping: pages of a mapped file count as memory in use, and a file that somebody cuts while it is
read would end the process.
"""

from typing import BinaryIO

from csyspy.errors import CaptureError

CHUNK = 1 << 18  # small enough to stay in the cache until it has been walked


class PlainStream:
    """Chunks of ``file``, of which ``head`` has been read already."""

    def __init__(self, file: BinaryIO, name: str, head: bytes) -> None:
        self._file = file
        self._name = name
        self._head = head
        self._buffer = bytearray(CHUNK)
        self._view = memoryview(self._buffer)

    def read(self) -> memoryview | None:
        """The next chunk; the one before is gone."""
        start = len(self._head)
        self._buffer[:start] = self._head
        self._head = b""
        try:
            n = self._file.readinto(self._view[start:])  # type: ignore[attr-defined]
        except OSError as error:
            raise CaptureError(f"cannot read {self._name}: {error.strerror}") from None
        n = (n or 0) + start
        return self._view[:n] if n else None

    def close(self) -> None:
        """Nothing is held but the file, which its opener closes."""
