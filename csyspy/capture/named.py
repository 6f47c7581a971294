"""A live source whose containers get names: what their runtimes tell comes in between as container events, as in sysdig's captures.

So a name reaches fields, filters, views and what -w writes by one way, and looking it up never holds an event back.
"""

import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from csyspy.capture.tables import EVENT_LARGE, container_event
from csyspy.containers import container_of
from csyspy.containers.node import NodeMetadata

NEEDS: Final = 1
"""Of the engine's state (csyspy.engine.state, NEED_THREAD): without threads nobody would see which containers there are."""
SETTLE_S: Final = 0.3
"""For so long the first event waits for the names of the containers that are there already."""
MOST_HELD_BYTES: Final = 64 << 20
"""Of events that come meanwhile; with more it waits no longer."""


class NamedSource:
    """Gives the chunks of a source (csyspy.capture.source), and a container event for everything that `metadata` knows or comes to know."""

    def __init__(self, source: Any, metadata: NodeMetadata, *, on_close: Callable[[], None] | None = None) -> None:
        self._source = source
        self._metadata = metadata
        self._news = metadata.news()
        self._on_close = on_close
        self._chunks = 0
        self._held: deque[tuple[int, bytes | None]] = deque()
        """Chunks that came while the first event waited, and when."""
        self._read_ns = time.time_ns()
        """When the last chunk came: no event in it is newer, and few of the next are older."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def container_of(self, cgroups: list[tuple[bytes, bytes]]) -> tuple[str, int, str] | None:
        """See csyspy.containers.container_of; every container that is seen is looked up."""
        found = container_of(cgroups)
        if found is not None:
            self._metadata.want(found[0])
        return found

    def read(self) -> memoryview | None:
        """The next chunk."""
        # The first chunk holds the list of processes, which says what containers there are.
        if self._chunks == 1:
            self._settle()
        fresh = self._news.take() if self._chunks else []
        self._chunks += 1
        if fresh:
            return memoryview(b"".join(_block(container_event(container, self._read_ns)) for container in fresh))
        if self._held:
            self._read_ns, held = self._held.popleft()
            return memoryview(held) if held is not None else None
        chunk: memoryview | None = self._source.read()
        self._read_ns = time.time_ns()
        return chunk

    def _settle(self) -> None:
        """Wait for names; events are read meanwhile, for which the kernel has no room for so long."""
        end_s, held_bytes = time.monotonic() + SETTLE_S, 0
        while not self._metadata.settle(0) and time.monotonic() < end_s and held_bytes < MOST_HELD_BYTES:
            chunk = self._source.read()
            self._held.append((time.time_ns(), bytes(chunk) if chunk is not None else None))
            if chunk is None:
                break
            held_bytes += len(chunk)

    def faults(self) -> list[str]:
        """See csyspy.containers.node.NodeMetadata."""
        return self._metadata.faults()

    def close(self) -> None:
        """Let go of the source, and of what came with it."""
        self._source.close()
        if self._on_close is not None:
            self._on_close()


def _block(body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", EVENT_LARGE, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
