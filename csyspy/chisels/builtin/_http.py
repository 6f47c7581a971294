"""HTTP requests and their responses, paired on the descriptor that carried both."""

import re
from dataclasses import dataclass
from typing import Any

from csyspy.chisels.api import Chisel
from csyspy.chisels.context import Context

# Buffers come as they are printed: bytes that cannot be are dots, so a line ends in two of them.
REQUEST = re.compile(r"([A-Z]+) ([!-~]+)")
HOST = re.compile(r"Host: ([!-~]+)\.\.")
RESPONSE = re.compile(r"HTTP/[!-~]+ ([0-9]+)")
LENGTH = re.compile(r"Content-Length: ([0-9]+)\.\.")
DIRECTIONS = {"read": "<", "write": ">"}


@dataclass
class Transaction:
    """A request, and what came back. Times are ns as doubles, so a latency is as exact as 256 ns."""

    method: str
    url: str
    direction: str  # `>` the process asked, `<` it was asked
    container: str
    asked_ns: float
    answered_ns: float = 0.0
    code: float = 0.0
    length: float = 0.0


class HttpChisel(Chisel):
    """Sees the I/O of sockets and calls `on_transaction` for each pair of a request and the next response."""

    category = "Application"
    filter = "evt.is_io = true and evt.buflen > 0 and (fd.sockfamily = ip or fd.sockfamily = unix)"
    fields = {
        "buffer": "evt.buffer",
        "fd": "fd.num",
        "pid": "proc.pid",
        "direction": "evt.io_dir",
        "datetime": "evt.datetime",
        "container": "container.name",
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.open: dict[tuple[object, object], Transaction] = {}

    def on_event(self, event: Any) -> None:
        buffer = event["buffer"]
        if buffer is None:
            return
        text = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in buffer) if isinstance(buffer, bytes) else buffer
        key = event["pid"], event["fd"]
        transaction = self.open.get(key)
        if transaction is None:
            request = REQUEST.match(text)
            if request is not None:
                self.open[key] = self._begin(event, request, text)
            return
        response = RESPONSE.search(text)
        if response is None:
            return
        length = LENGTH.search(text)
        transaction.code = float(response[1])
        transaction.length = float(length[1]) if length is not None else 0.0
        transaction.answered_ns = float(event.ts)
        del self.open[key]
        self.on_transaction(event, transaction)

    def _begin(self, event: Any, request: re.Match[str], text: str) -> Transaction:
        host = HOST.search(text)
        url = (host[1] if host is not None else "") + request[2]
        direction = DIRECTIONS.get(event["direction"], "<NA>")
        return Transaction(request[1], url, direction, event["container"] or "", float(event.ts))

    def on_transaction(self, event: Any, transaction: Transaction) -> None:
        """A response came; `event` is the one that carried it."""
