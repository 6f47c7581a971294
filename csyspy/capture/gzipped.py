"""Captures compressed with gzip, inflated by ISA-L in a thread of its own, ahead of the walk.

Members may follow one another, as ``gzopen`` reads them (libs: userspace/libscap/engine/savefile/scap_reader_gzfile.c);
what follows the last one and is no member is left alone.
"""

import queue
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from isal import igzip_lib

from csyspy.errors import CaptureError

PIECE = 1 << 18  # compressed bytes read at once
CHUNK = 1 << 18  # inflated bytes given out at once: small enough to be in the cache still when the walk comes to them
AHEAD = 4  # chunks that may wait for the walk
FREED_ONCE = 8 * CHUNK
"""glibc gives free memory back to the kernel beyond twice the largest piece of its own that was ever freed (mallopt(3),
M_MMAP_THRESHOLD): without one of this size it would give back most chunks, and the kernel clear them anew."""
GZIP_MAGIC = b"\x1f\x8b"
SWITCH_INTERVAL_S = 0.001
PATIENCE_S = 0.5
RESCUE_PIECE = 1 << 14  # compressed bytes inflated at once where a damaged stream is read again: 16 MiB at the most come out of them


class GzipStream:
    """Chunks of what ``file`` holds compressed; ``head`` has been read from it already."""

    def __init__(self, file: BinaryIO, name: str, head: bytes) -> None:
        self._file = file
        self._name = name
        self._head = head
        bytes(FREED_ONCE)  # and gone at once
        self._ready: queue.Queue[bytes | CaptureError | None] = queue.Queue(AHEAD)
        self._closed = threading.Event()
        self._over = False
        self._taken = len(head)
        """Compressed bytes read from the file."""
        self._member_at = 0
        """Where the present member begins in the file."""
        self._given = 0
        """Inflated bytes of the present member that have been handed on."""
        # The walk works without giving the interpreter away; ask for it sooner than the 5 ms of the default.
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(min(self._switch_interval, SWITCH_INTERVAL_S))
        self._thread = threading.Thread(target=self._work, name="csyspy-inflate", daemon=True)
        self._thread.start()

    def read(self) -> memoryview | None:
        """The next chunk. Raises CaptureError where the compressed stream is cut or damaged, behind the last good byte."""
        if self._over:
            return None
        item = self._ready.get()
        if isinstance(item, bytes):
            return memoryview(item)
        self._over = True
        if item is not None:
            raise item
        return None

    def close(self) -> None:
        """End the thread; what it has inflated is thrown away. One that waits for a silent pipe is left to end with the process."""
        self._closed.set()
        give_up = time.monotonic() + PATIENCE_S
        while self._thread.is_alive() and time.monotonic() < give_up:
            try:
                self._ready.get(timeout=0.01)
            except queue.Empty:
                pass
        sys.setswitchinterval(self._switch_interval)

    def _give(self, item: bytes | CaptureError | None) -> bool:
        self._ready.put(item)
        return not self._closed.is_set()

    def _work(self) -> None:
        end: CaptureError | None = None
        try:
            self._inflate()
        except OSError as error:
            end = CaptureError(f"cannot read {self._name}: {error.strerror}")
        except EOFError:
            end = CaptureError(f"{self._name}: the gzip stream ends too early: is the file truncated?")
        except (igzip_lib.IsalError, ValueError) as error:  # type: ignore[misc]
            end = CaptureError(f"{self._name}: the gzip stream is damaged: {error}")
            self._rescue()
        self._give(end)

    def _rescue(self) -> None:
        """Hand on what ISA-L had inflated of a chunk before it met the damage: it keeps that. A pipe cannot be read again."""
        if not self._file.seekable():
            return
        at = 0
        for inflated in _up_to_damage(self._file, self._member_at):
            at += len(inflated)
            if at > self._given and not self._give(inflated[max(0, len(inflated) - (at - self._given)) :]):
                return

    def _inflate(self) -> None:
        """All members one after another. Raises EOFError where the file ends inside one."""
        data = self._head
        while True:
            self._member_at, self._given = self._taken - len(data), 0
            member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            while not member.eof:
                if member.needs_input and not data:
                    data = self._file.read(PIECE)
                    self._taken += len(data)
                    if not data:
                        raise EOFError
                inflated = member.decompress(data, CHUNK)
                data = b""
                self._given += len(inflated)
                if inflated and not self._give(inflated):
                    return
            data = member.unused_data
            while len(data) < len(GZIP_MAGIC):
                more = self._file.read(PIECE)
                if not more:
                    return
                self._taken += len(more)
                data += more
            if not data.startswith(GZIP_MAGIC):
                return


def _up_to_damage(file: BinaryIO, start: int) -> Iterator[bytes]:
    """What the gzip member at `start` of the file holds, to the last byte before it is damaged."""
    file.seek(start)
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while piece := file.read(RESCUE_PIECE):
        before = member.copy()
        try:
            yield member.decompress(piece)
        except zlib.error:
            for byte in piece:
                try:
                    yield before.decompress(bytes([byte]))
                except zlib.error:
                    return
