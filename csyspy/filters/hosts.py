"""Host names in filters: fd.cip.name, fd.sip.name, fd.lip.name, fd.rip.name.

A name is looked up once, when the filter is made (libs: userspace/libsinsp/dns_manager.cpp). Rules name dozens of hosts, and no
events should wait for a resolver that does not answer: theirs are looked up in the background.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

# field of a name -> field of its address
ADDRESS_OF: Final = {f"fd.{end}ip.name": f"fd.{end}ip" for end in "cslr"}
MOST_KNOWN: Final = 10_000
"""Names whose addresses are remembered."""
OPERATORS: Final = ("=", "!=", "in", "exists")


@lru_cache(maxsize=MOST_KNOWN)
def addresses(name: str) -> list[bytes]:
    """IPv4 and IPv6 addresses of a host, 4 or 16 bytes each; empty where the resolver knows none."""
    try:
        found = socket.getaddrinfo(name, None)
    except (OSError, UnicodeError):
        return []
    texts = sorted({(family, str(entry[0])) for family, _, _, _, entry in found if family in (socket.AF_INET, socket.AF_INET6)})
    return [socket.inet_pton(family, text.partition("%")[0]) for family, text in texts]


_WORKERS: Final = 16
_PATIENCE_S: Final = 0.3
"""So long a resolver may take for all names together before events go on without it."""


class Lookups:
    """Names to look up at once, in threads that nobody waits for when csyspy ends."""

    def __init__(self) -> None:
        self._todo: queue.SimpleQueue[tuple[str, Callable[[list[bytes]], object]]] = queue.SimpleQueue()
        self._left = threading.Semaphore(0)
        self._count = 0

    def add(self, name: str, found: Callable[[list[bytes]], object]) -> None:
        """Look up a name; `found` is given its addresses, from another thread."""
        self._todo.put((name, found))
        self._count += 1

    def run(self) -> None:
        """Begin, and wait for as long as a resolver that works takes."""
        for _ in range(min(self._count, _WORKERS)):
            threading.Thread(target=self._work, daemon=True).start()
        deadline = time.monotonic() + _PATIENCE_S
        for _ in range(self._count):
            if not self._left.acquire(timeout=max(0.0, deadline - time.monotonic())):
                return

    def _work(self) -> None:
        while True:
            try:
                name, found = self._todo.get_nowait()
            except queue.Empty:
                return
            found(addresses(name))
            self._left.release()
