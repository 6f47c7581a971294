"""HTTP over a unix socket, as Docker and Podman speak it: http.client on another kind of socket, with limits.

The other end is not trusted: it may hang, send garbage or never stop.
"""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

from csyspy.containers.runtime import RuntimeUnavailable

TIMEOUT_S: Final = 2.0
MAX_BYTES: Final = 4 << 20
"""An answer about one container is a few kilobytes; one of many megabytes is a mistake or an attack."""
MAX_LINE: Final = 1 << 20
PIECE: Final = 1 << 16


class UnixConnection(http.client.HTTPConnection):
    """A connection to a server behind a unix socket."""

    def __init__(self, path: str, timeout: float = TIMEOUT_S) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def get_json(path: str, target: str, timeout_s: float = TIMEOUT_S) -> Any:
    """What `GET target` answers, read from JSON; None for 404.

    The whole answer has to come within `timeout_s`. Raises RuntimeUnavailable."""
    answer, body = _answer(path, target, timeout_s)
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return None
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeUnavailable(f"{path}: {answer.status} {answer.reason} to {target}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RuntimeUnavailable(f"{path}: the answer to {target} is no JSON") from None


def header(path: str, target: str, name: str, timeout_s: float = TIMEOUT_S) -> str:
    """A header of the answer to `GET target`; empty where it has none. Raises RuntimeUnavailable."""
    return _answer(path, target, timeout_s)[0].getheader(name) or ""


def _answer(path: str, target: str, timeout_s: float) -> tuple[http.client.HTTPResponse, bytes]:
    """What is answered, whatever the status, and its body."""
    give_up = time.monotonic() + timeout_s
    connection = UnixConnection(path, timeout_s)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = bytearray()
        while piece := answer.read1(PIECE):
            body += piece
            if len(body) > MAX_BYTES:
                raise RuntimeUnavailable(f"{path}: the answer to {target} is longer than {MAX_BYTES >> 20} MiB")
            if time.monotonic() > give_up:
                raise TimeoutError
    except TimeoutError:
        raise RuntimeUnavailable(f"{path}: no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise RuntimeUnavailable(f"{path}: {error.strerror or error}") from None
    except (http.client.HTTPException, ValueError) as error:
        raise RuntimeUnavailable(f"{path}: this is no HTTP: {type(error).__name__}") from None
    finally:
        connection.close()
    return answer, bytes(body)


def stream_json(path: str, target: str, open_sockets: list[socket.socket]) -> Iterator[Any]:
    """The objects, one a line, that `GET target` goes on answering. The socket is in `open_sockets` meanwhile, so that another
    thread can shut it down. Raises RuntimeUnavailable where it breaks off."""
    connection = UnixConnection(path)
    wire: socket.socket | None = None
    try:
        connection.request("GET", target)
        wire = connection.sock  # the connection lets go of it where the answer has no length
        open_sockets.append(wire)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeUnavailable(f"{path}: {answer.status} {answer.reason} to {target}")
        wire.settimeout(None)  # silence is no fault from here on
        while line := answer.readline(MAX_LINE):
            if len(line) >= MAX_LINE:
                raise RuntimeUnavailable(f"{path}: an event is longer than {MAX_LINE >> 20} MiB")
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue
        raise RuntimeUnavailable(f"{path}: the stream of events ended")
    except TimeoutError:
        raise RuntimeUnavailable(f"{path}: no answer within {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise RuntimeUnavailable(f"{path}: {error.strerror or error}") from None
    except (http.client.HTTPException, ValueError, AttributeError) as error:
        raise RuntimeUnavailable(f"{path}: this is no HTTP: {type(error).__name__}") from None
    finally:
        open_sockets[:] = [other for other in open_sockets if other is not wire]
        connection.close()
