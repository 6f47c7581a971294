"""Sockets that are missing, hang, lie or never end, for every kind of runtime: ids stay right, nothing waits, `csyspy doctor` says it."""

import contextlib
import http.server
import json
import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csyspy.containers import service as lookups
from csyspy.containers import unix_http
from csyspy.containers.cri import client as cri_client
from csyspy.containers.runtime import RuntimeUnavailable
from csyspy.containers.service import MetadataService
from csyspy.containers.sockets import Socket, open_runtime

from .conftest import Runtime, Serve, csyspy_live, state_folder, wait_for
from .conftest import http as answered
from .cristub import CriStub
from .test_crio import APP, POD, container, sandbox
from .test_service import FakeRuntime, full

KINDS = ("docker", "podman", "cri")
NO_SOCKET = "/tmp/csyspy-no-such.sock"
FAULTS = {
    "missing": (b"", "No such file|no such file|connect|unavailable"),
    "hanging": (None, "no answer within"),
    "garbage": (b"\x00\x01\xff garbage\r\n\r\n" * 50, "no HTTP|unavailable"),
    "hanging up": (b"", "no HTTP|reset|closed|unavailable"),
    "10 MB": (answered(b"[" + b"1," * (5 << 20) + b"1]"), "longer than|unavailable|larger than max"),
}


@pytest.fixture
def faulty(server: Serve, fault: str) -> str:
    """Path of a socket with that fault."""
    return NO_SOCKET if fault == "missing" else server(FAULTS[fault][0])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits that a test can wait for."""
    monkeypatch.setattr(unix_http, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(unix_http.get_json, "__defaults__", (0.3,))
    monkeypatch.setattr(cri_client.CriRuntime.__init__, "__defaults__", (0.3,))
    monkeypatch.setattr(lookups, "BACK_OFF_S", (0.1,))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_noted_and_others_answer(kind: str, fault: str, faulty: str) -> None:
    well = FakeRuntime()
    service = MetadataService([open_runtime(Socket(kind, faulty)), well])
    try:
        service.want(full(1))
        known = well.add(2, "web")
        service.want(known)
        wait_for(lambda: service.get(known), "the one that is well does not answer")
        wait_for(lambda: service.notes()[0].fault, "nothing is noted")
        assert re.search(FAULTS[fault][1], service.notes()[0].fault), service.notes()[0].fault
        assert faulty in service.notes()[0].fault
        assert service.notes()[0].fault.isprintable()
        assert service.get(full(1)) is None
    finally:
        service.close()


def test_doctor_names_a_docker_that_says_too_much(server: Serve, csyspy: Any) -> None:
    path = server(FAULTS["10 MB"][0])
    assert said_of(path, csyspy("doctor", "--json", "--docker-host", path).stdout) == ("docker", "warn")


def test_doctor_names_every_fault_of_cri_runtimes_and_a_docker_that_hangs(server: Serve, csyspy: Any) -> None:
    docker = server(None)
    paths = [NO_SOCKET, *(server(answer) for answer, _ in FAULTS.values())]
    told = csyspy("doctor", "--json", "--docker-host", docker, *(word for path in paths for word in ("--cri", path))).stdout
    assert said_of(docker, told) == ("docker", "warn")
    assert [said_of(path, told) for path in paths] == [("cri", "fail"), *[("cri", "warn")] * len(FAULTS)]


def said_of(path: str, told: str) -> tuple[str, str]:
    """(check, state) of the finding that is about a socket."""
    (found,) = [finding for finding in map(json.loads, told.splitlines()) if path in finding["what"]]
    return found["check"], found["state"]


def test_a_message_of_ten_megabytes_from_a_cri_runtime() -> None:
    with state_folder("cri") as folder:
        stub = CriStub(str(folder / "cri.sock"), "containerd").start()
        stub.containers[APP], stub.sandboxes[POD], stub.padding = container(), sandbox(spoofed=True), 10 << 20
        service = MetadataService([open_runtime(Socket("cri", stub.path))])
        try:
            service.want(APP)
            wait_for(lambda: "larger than max" in service.notes()[0].fault, "nothing is noted")
            stub.padding = 0
            wait_for(lambda: service.get(APP), "it is not asked again")
            assert not service.notes()[0].fault
        finally:
            service.close()
            stub.stop()


def test_how_long_a_cri_runtime_may_take_is_an_option(server: Serve) -> None:
    runtime = open_runtime(Socket("cri", server(None)), cri_timeout_s=0.05)
    with pytest.raises(RuntimeUnavailable, match=r"no answer within 0\.05 s"):
        runtime.version()
    runtime.close()


class _Docker(http.server.BaseHTTPRequestHandler):
    """Describes whatever it is asked about."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        if self.path.startswith("/events"):  # nothing happens
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.connection.recv(1)
            return
        name = self.path.split("/")[-2]  # of /containers/ID/json; of /version nothing
        body = json.dumps({"Id": name, "Name": f"/name-of-{name[:4]}", "Config": {"Image": "busybox:lab"}}).encode()
        self.wfile.write(answered(body))


@contextlib.contextmanager
def docker_at(path: str) -> Iterator[None]:
    """A Docker that answers, on that socket."""
    server = socketserver.ThreadingUnixStreamServer(path, _Docker)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        Path(path).unlink()


@contextlib.contextmanager
def cri_at(path: str) -> Iterator[None]:
    """A CRI runtime with one container, on that socket."""
    stub = CriStub(path).start()
    stub.containers[APP], stub.sandboxes[POD] = container(), sandbox(spoofed=True)
    try:
        yield
    finally:
        stub.stop()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", KINDS)
def test_a_runtime_that_was_restarted_is_asked_again(kind: str) -> None:
    at = cri_at if kind == "cri" else docker_at
    with state_folder("again") as folder:
        path = str(folder / "r.sock")
        service = MetadataService([open_runtime(Socket(kind, path))])
        try:
            with at(path):
                service.want(APP)
                wait_for(lambda: service.get(APP), "the container is not known")
            service.want("e5" * 32)
            wait_for(lambda: service.notes()[0].fault, "nothing is noted")
            assert service.get(APP) is not None  # what was known stays
            with at(path):
                wait_for(lambda: not service.notes()[0].fault, "it is not asked again")
                if kind != "cri":
                    wait_for(lambda: service.get("e5" * 32), "what was asked for meanwhile is not known")
        finally:
            service.close()


@pytest.mark.parametrize("fault", ["hanging", "garbage"])
def test_ids_are_right_all_the_same(docker: Runtime, server: Serve, fault: str) -> None:
    full_id = docker.run("run", "-d", "--network", "none", "busybox:lab")
    sockets = [word for option in ("--docker-host", "--cri") for word in (option, server(FAULTS[fault][0]))]
    try:
        table = json.loads(csyspy_live("-v", "containers", "--json", "--once", *sockets))
    finally:
        docker.run("rm", "-f", full_id)
    rows = {row["ID"]: row["NAME"] for row in table["rows"]}
    assert rows[full_id[:12]] == full_id[:12]
