"""The receiver of http_output and of falcosidekick's webhook: what it takes, and what it does not put up with."""

import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from csyspy.errors import UsageError
from csyspy.rules.alerts import Alert
from csyspy.rules.feeds import http as receiving
from csyspy.rules.feeds.http import HttpFeed

ONE = {"rule": "r", "priority": "Error", "output": "x"}


class Receiver:
    def __init__(self, token: str = "") -> None:
        self.found: list[Alert] = []
        self.audited: list[bytes] = []
        self.feed = HttpFeed("127.0.0.1", 0, self.found.append, token=token, audit=self.audited.append)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.feed.run, args=(self._stop,))
        self._thread.start()

    def post(self, body: bytes, path: str = "/", **headers: str) -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.feed.port, timeout=10)
        client.request("POST", path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        status = client.getresponse().status
        client.close()
        return status

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["falco/http_output_bodies.jsonl", "falcosidekick/webhook_bodies.jsonl"])
def test_bodies_of_both_senders(shared: Path, receiver: Receiver, name: str) -> None:
    bodies = (shared / "samples" / name).read_bytes().splitlines()
    assert [receiver.post(body) for body in bodies] == [200] * len(bodies)
    assert [alert.rule for alert in receiver.found] == [json.loads(body)["rule"] for body in bodies]
    assert {alert.origin for alert in receiver.found} == {f"http://127.0.0.1:{receiver.feed.port}"}


def test_lists_compressed_bodies_and_audit_events(receiver: Receiver) -> None:
    assert receiver.post(json.dumps([ONE, ONE]).encode()) == 200
    assert receiver.post(gzip.compress(json.dumps(ONE).encode()), Content_Encoding="gzip") == 200
    assert receiver.post(b"{}", "/k8s-audit") == 200
    assert (len(receiver.found), receiver.audited) == (3, [b"{}"])


def test_a_bad_body_is_refused_and_the_good_ones_beside_it_are_kept(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", 1000)
    assert receiver.post(b"garbage") == 400
    assert receiver.post(json.dumps([{"x": 1}, ONE]).encode()) == 400
    assert receiver.post(b"x" * 1001) == 413
    assert receiver.post(gzip.compress(b" " * 100_000), Content_Encoding="gzip") == 400
    assert receiver.post(b"\x1f\x8b broken", Content_Encoding="gzip") == 400
    assert (receiver.feed.counts.alerts, receiver.feed.counts.skipped) == (1, 5)


def test_the_token_is_wanted_where_there_is_one() -> None:
    receiver = Receiver("secret")
    try:
        body = json.dumps(ONE).encode()
        assert receiver.post(body) == 401
        assert receiver.post(body, Authorization="Bearer wrong") == 401
        assert receiver.post(body, Authorization="Bearer secret") == 200
    finally:
        receiver.close()
    assert len(receiver.found) == 1


def test_beyond_loopback_a_token_is_a_must() -> None:
    with pytest.raises(UsageError, match="needs a token"):
        HttpFeed("0.0.0.0", 0, list[Alert]().append)


def test_clients_that_stall_hold_nobody_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving._Handler, "timeout", 0.3)
    stalled = [socket.create_connection(("127.0.0.1", receiver.feed.port)) for _ in range(10)]
    for each in stalled:
        each.send(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    assert receiver.post(json.dumps(ONE).encode()) == 200
    for each in stalled:
        each.settimeout(5)
        assert each.recv(100) == b""
        each.close()


def test_where_connections_run_out_the_slowest_has_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_CLIENTS", 4)
    receiver = Receiver()
    stalled = [socket.create_connection(("127.0.0.1", receiver.feed.port)) for _ in range(12)]
    try:
        for each in stalled:
            each.send(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        assert [receiver.post(json.dumps(ONE).encode()) for _ in range(20)] == [200] * 20
    finally:
        for each in stalled:
            each.close()
        receiver.close()
    assert len(receiver.found) == 20


def test_an_alert_of_ten_megabytes_is_taken(receiver: Receiver) -> None:
    assert receiver.post(json.dumps({**ONE, "output": "x" * 10_000_000}).encode()) == 200
    assert len(receiver.found[0].output) == 10_000_000


def test_a_flood_is_taken_as_it_comes(receiver: Receiver) -> None:
    body = json.dumps([ONE] * 1100).encode()
    assert [receiver.post(body) for _ in range(30)] == [200] * 30
    assert len(receiver.found) == 33_000
