"""A server that speaks Docker's API for a node of very many containers, in a process of its own: ``python -m bench.docker_stub``."""

import contextlib
import hashlib
import json
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ANSWER_S = 0.003
"""What a busy dockerd takes for a description."""


def full_id(number: int) -> str:
    """The id of a container."""
    return hashlib.sha256(str(number).encode()).hexdigest()


class Docker(socketserver.ThreadingUnixStreamServer):
    """Describes every container it is asked about, and tells of those that `start`."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who asked has gone."""

    def __init__(self, path: str) -> None:
        super().__init__(path, _Handler)
        self.started: list[str] = []
        self.news = threading.Condition()

    def start(self, number: int) -> str:
        """A container starts."""
        with self.news:
            self.started.append(full_id(number))
            self.news.notify_all()
        return full_id(number)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Docker

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        """One of the requests that csyspy makes."""
        if self.path.startswith("/events"):
            self._events()
            return
        time.sleep(ANSWER_S)
        if self.path == "/_ping":
            self._answer({"Version": "20.10"})
            return
        name = self.path.split("/")[2]
        number = _NUMBERS.get(name[:12])
        if self.path.startswith("/images"):
            self._answer({"RepoTags": ["shop/app:1.2"], "RepoDigests": []})
        elif number is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            labels = {f"label-{i}": "x" * 40 for i in range(20)}
            config = {"Image": "shop/app:1.2", "Labels": labels, "Env": ["A=b"] * 20}
            self._answer(
                {"Id": full_id(number), "Name": f"/app-{number}", "Image": "sha256:" + "8b" * 32, "Config": config, "HostConfig": {}}
            )

    def _answer(self, what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        told = len(self.server.started)
        while True:
            with self.server.news:
                while len(self.server.started) == told:
                    self.server.news.wait()
                new, told = self.server.started[told:], len(self.server.started)
            try:
                for container_id in new:
                    self.wfile.write(json.dumps({"Actor": {"ID": container_id}}).encode() + b"\n")
                self.wfile.flush()
            except OSError:
                return


_NUMBERS: dict[str, int] = {}


def serve(path: str, containers: int, per_minute: int, minutes: float) -> None:
    """Be the server, in a process of its own, until standard input ends: a number there starts that container, an empty line all of them,
    one after the other; of those it tells on standard output, one `number time` a line."""
    for number in range(containers + int(per_minute * minutes) + 1):
        _NUMBERS[full_id(number)[:12]] = number
    server = Docker(path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip():
            server.start(int(line))
            continue
        for i in range(int(per_minute * minutes)):
            time.sleep(60 / per_minute)
            server.start(containers + i)
            print(containers + i, time.time(), flush=True)
        print("end", flush=True)


@contextlib.contextmanager
def served(path: str, containers: int, per_minute: int, minutes: float) -> Iterator["subprocess.Popen[str]"]:
    """That server as a process which is ready; `begin` or `start` let it go on."""
    words = [sys.executable, "-m", "bench.docker_stub", path, str(containers), str(per_minute), str(minutes)]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield server
    finally:
        server.kill()
        server.wait()


def begin(server: "subprocess.Popen[str]") -> None:
    """Let all containers start, so many a minute."""
    _tell(server, "")


def start(server: "subprocess.Popen[str]", number: int) -> None:
    """Let one start."""
    _tell(server, str(number))


def _tell(server: "subprocess.Popen[str]", line: str) -> None:
    assert server.stdin is not None
    server.stdin.write(f"{line}\n")
    server.stdin.flush()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
