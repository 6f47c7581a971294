"""Names of ports and hosts, for who would rather read those. Asking for one never waits: what is not known yet comes later."""

import socket
import threading
from collections.abc import Callable
from queue import SimpleQueue

PORTS = frozenset({"fd.port", "fd.lport", "fd.rport", "fd.sport", "fd.cport"})
HOSTS = frozenset({"fd.ip", "fd.lip", "fd.rip", "fd.sip", "fd.cip"})
MOST_NAMES = 10_000
"""Addresses that are asked for; who sees more than these reads numbers."""


class Names:
    """Of ports from this machine's list of services, of hosts from its resolver, each asked once; `on_news` is called from a thread."""

    def __init__(self, on_news: Callable[[], object]) -> None:
        self._on_news = on_news
        self._known: dict[tuple[str, object], str] = {}
        """(kind, value) -> name; empty where there is none, or none yet."""
        self._wanted: SimpleQueue[str] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def of(self, field: str, value: object) -> str:
        """What the value of a field is called; empty where it has no name, or none yet."""
        if field in PORTS and isinstance(value, int):
            if ("port", value) not in self._known:
                self._known["port", value] = _service(value)
            return self._known["port", value]
        if field in HOSTS and isinstance(value, str) and value:
            if ("host", value) not in self._known and len(self._known) < MOST_NAMES:
                self._known["host", value] = ""
                self._ask(value)
            return self._known.get(("host", value), "")
        return ""

    def _ask(self, address: str) -> None:
        self._wanted.put(address)
        if self._thread is None:  # one that nobody has to wait for at the end: a resolver may take its time
            self._thread = threading.Thread(target=self._look_up, name="names", daemon=True)
            self._thread.start()

    def _look_up(self) -> None:
        while True:
            address = self._wanted.get()
            try:
                name = socket.gethostbyaddr(address)[0]
            except (OSError, UnicodeError):
                continue
            self._known["host", address] = name
            self._on_news()


def _service(port: int) -> str:
    try:
        return socket.getservbyport(port)
    except (OSError, OverflowError):
        return ""
