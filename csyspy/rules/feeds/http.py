"""Alerts by HTTP: Falco's http_output and falcosidekick's webhook post one alert each, or a list of them; an API server its audit events.

Only who is asked on the loopback address may do without a token. Bodies are bounded, and so are the connections at a time and the time
that a client may keep silent; where connections run out, who is slowest is sent away.
"""

import gzip
import hmac
import ipaddress
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from csyspy.errors import UsageError
from csyspy.rules.feeds.feed import FeedCounts, Receive
from csyspy.rules.feeds.parse import NotAnAlert, alert_of_json

MOST_BYTES: Final = 16 << 20
"""Of a body, inflated."""
MOST_CLIENTS: Final = 64
CLIENT_S: Final = 10.0
"""A client that sends nothing for so long is sent away."""

Audit = Callable[[bytes], object]
"""Takes a body of audit events, from one thread at a time."""


class HttpFeed:
    """Receives alerts on `host`:`port` (port 0: any). `token`, where there is one, is wanted as `Authorization: Bearer …`.

    `audit` takes what is posted to /k8s-audit. Raises UsageError for an address beyond loopback without a token, OSError for one that
    cannot be had.
    """

    def __init__(self, host: str, port: int, receive: Receive, *, token: str = "", audit: Audit | None = None) -> None:
        if not token and not _is_loopback(host):
            hint = "whoever reaches the address could send alerts: --feed-token WORD"
            raise UsageError(f"receiving alerts on {host} needs a token", hint)
        self.counts = FeedCounts()
        self._receive = receive
        self._token = token.encode()
        self._audit = audit
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(MOST_CLIENTS)
        self._clients: dict[socket.socket, float] = {}
        self._clients_lock = threading.Lock()
        self._server = _Server((host, port), self)
        self.port: int = self._server.server_address[1]
        self.origin = f"http://{host}:{self.port}"

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name=self.origin)
        thread.start()
        stop.wait()
        self._server.shutdown()
        self._server.server_close()

    # --- for the handler ---

    def begin(self, client: socket.socket) -> bool:
        """Whether one more client is taken. Where there are too many, the one that has been at its request for longest has to go."""
        if not self._slots.acquire(blocking=False):
            self._send_away()
            if not self._slots.acquire(timeout=CLIENT_S):
                return False
        self.note_request(client)
        return True

    def note_request(self, client: socket.socket) -> None:
        """A client begins with a request."""
        with self._clients_lock:
            self._clients[client] = time.monotonic()

    def end(self, client: socket.socket) -> None:
        """A client has gone."""
        with self._clients_lock:
            self._clients.pop(client, None)
        self._slots.release()

    def _send_away(self) -> None:
        with self._clients_lock:
            slowest = min(self._clients, key=self._clients.__getitem__, default=None)
            if slowest is not None:
                with suppress(OSError):
                    slowest.shutdown(socket.SHUT_RDWR)

    def allows(self, authorization: str) -> bool:
        """Whether the client knows the token."""
        return not self._token or hmac.compare_digest(authorization.encode("utf-8", "replace"), b"Bearer " + self._token)

    def take(self, path: str, body: bytes) -> tuple[HTTPStatus, str]:
        """A body; the answer to it."""
        with self._lock:
            if path.startswith("/k8s-audit"):
                if self._audit is None:
                    return HTTPStatus.NOT_FOUND, "no rules of the source k8s_audit are running here"
                self._audit(body)
                return HTTPStatus.OK, ""
            return self._alerts(body)

    def _alerts(self, body: bytes) -> tuple[HTTPStatus, str]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            self.counts.skip(f"a body that is no JSON: {error}")
            return HTTPStatus.BAD_REQUEST, "the body is no JSON"
        now_ns, bad = time.time_ns(), 0
        for each in value if isinstance(value, list) else [value]:
            try:
                alert = alert_of_json(each, self.origin, now_ns)
            except NotAnAlert as error:
                self.counts.skip(str(error))
                bad += 1
                continue
            self.counts.alerts += 1
            self._receive(alert)
        return (HTTPStatus.BAD_REQUEST, f"{bad} of the objects are no alerts") if bad else (HTTPStatus.OK, "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], feed: HttpFeed) -> None:
        self.feed = feed
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread for each client, up to a number."""
        if self.feed.begin(request):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The thread of a client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.feed.end(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or sent garbage is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = CLIENT_S
    server: _Server

    def do_POST(self) -> None:
        """An alert, a list of them, or audit events."""
        feed = self.server.feed
        feed.note_request(self.connection)
        if not feed.allows(self.headers.get("Authorization", "")):
            self._answer(HTTPStatus.UNAUTHORIZED, "a token is wanted: Authorization: Bearer …", close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._answer(HTTPStatus.LENGTH_REQUIRED, "a body wants its length", close=True)
            return
        if int(length) > MOST_BYTES:
            feed.counts.skip(f"a body of {length} bytes")
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MOST_BYTES} bytes", close=True)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            feed.counts.skip("a body without its end")
            self.close_connection = True
            return
        if self.headers.get("Content-Encoding", "").lower() == "gzip":
            inflated = _inflated(body)
            if inflated is None:
                feed.counts.skip("a compressed body that is damaged or too large")
                self._answer(HTTPStatus.BAD_REQUEST, "the compressed body is damaged or too large", close=True)
                return
            body = inflated
        self._answer(*feed.take(self.path, body))

    def do_GET(self) -> None:
        """Whether anybody is there."""
        self._answer(HTTPStatus.OK, "alerts are posted here\n")

    def _answer(self, status: HTTPStatus, text: str, *, close: bool = False) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are counted, not logged."""


def _inflated(body: bytes) -> bytes | None:
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        out = inflate.decompress(body, MOST_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return None
    return out if inflate.eof else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
