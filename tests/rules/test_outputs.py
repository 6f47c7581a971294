"""Outputs of alerts: what each receiver gets, and what happens where it is slow or gone."""

import contextlib
import gzip
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import syslog
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from csyspy.errors import UsageError
from csyspy.rules import outputs
from csyspy.rules.alerts import Alert, JsonShape, to_json
from csyspy.rules.model import Priority
from csyspy.rules.settings import FileOutput, HttpOutput, ProgramOutput, Settings


def alert(number: int = 0) -> Alert:
    return Alert(1_000_000_000 + number, "r", Priority.WARNING, f"Warning {number}", str(number), fields_json='{"proc.name":"a"}')


def send(settings: Settings, count: int = 3) -> list[str]:
    """What the channels complained of."""
    complaints: list[str] = []
    found = outputs.channels(settings, lambda each: each.output, JsonShape(), complaints.append)
    for number in range(count):
        for channel in found:
            channel.send(alert(number))
    for channel in found:
        channel.close()
    return complaints


@pytest.mark.parametrize("keep_alive", [True, False])
def test_file(tmp_path: Path, keep_alive: bool) -> None:
    path = tmp_path / "alerts"
    path.write_text("before\n")
    assert send(Settings(file_output=FileOutput(str(path), keep_alive))) == []
    assert path.read_text().splitlines() == ["before", "Warning 0", "Warning 1", "Warning 2"]


def test_program_gets_lines_on_its_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "got"
    assert send(Settings(program_output=ProgramOutput(f"cat > {path}", keep_alive=True))) == []
    assert path.read_text() == "Warning 0\nWarning 1\nWarning 2\n"


def test_program_is_started_for_each_alert_without_keep_alive(tmp_path: Path) -> None:
    path = tmp_path / "got"
    assert send(Settings(program_output=ProgramOutput(f"(echo start; cat) >> {path}"))) == []
    assert path.read_text() == "start\nWarning 0\nstart\nWarning 1\nstart\nWarning 2\n"


def test_what_is_held_open_is_opened_anew_where_asked_to(tmp_path: Path) -> None:
    log, moved, got = (tmp_path / name for name in ("alerts", "moved", "got"))
    settings = Settings(file_output=FileOutput(str(log), True), program_output=ProgramOutput(f"(echo start; cat) >> {got}", True))
    complaints: list[str] = []
    found = outputs.channels(settings, lambda each: each.output, JsonShape(), complaints.append)
    for number in range(2):
        for channel in found:
            channel.send(alert(number))
            give_up_s = time.monotonic() + 60
            while channel.sent <= number and time.monotonic() < give_up_s:
                time.sleep(0.005)
        if not number:
            log.rename(moved)
            for channel in found:
                channel.reopen()
    for channel in found:
        channel.close()
    assert (moved.read_text(), log.read_text(), complaints) == ("Warning 0\n", "Warning 1\n", [])
    assert got.read_text() == "start\nWarning 0\nstart\nWarning 1\n"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """URL of a server, and the (content type, body) of each POST."""
    bodies: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = b"unzipped " + gzip.decompress(body)
            bodies.append((self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}/", bodies


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    """A server on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_http_posts_falcos_json(receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, bodies = receiver
    assert send(Settings(http_output=HttpOutput(url))) == []
    assert [body.decode() for _kind, body in bodies] == [to_json(alert(number)) for number in range(3)]
    assert {kind for kind, _body in bodies} == {"application/json"}
    assert json.loads(bodies[0][1])["output_fields"] == {"proc.name": "a"}


def test_http_compresses_where_asked_to(receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, bodies = receiver
    assert send(Settings(http_output=HttpOutput(url, compress_uploads=True)), 1) == []
    assert bodies[0][1].decode() == "unzipped " + to_json(alert())


def test_https_knows_who_answers_and_says_who_asks(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=here -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    askers: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            askers.append(self.connection.getpeercert())  # type: ignore[attr-defined]
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    tls.load_verify_locations(cert)
    tls.verify_mode = ssl.CERT_OPTIONAL
    with serving(Handler, tls) as server:
        url = f"https://127.0.0.1:{server.server_port}/"
        assert "certificate verify failed" in send(Settings(http_output=HttpOutput(url)), 1)[0]
        assert send(Settings(http_output=HttpOutput(url, insecure=True)), 1) == []
        assert send(Settings(http_output=HttpOutput(url, ca_cert=cert)), 1) == []
        assert send(Settings(http_output=HttpOutput(url, ca_bundle=cert, mtls=True, client_cert=cert, client_key=key)), 1) == []
    assert [bool(asker) for asker in askers] == [False, False, True]
    with pytest.raises(UsageError, match="certificate and key in /none and /none"):
        send(Settings(http_output=HttpOutput(url, ca_cert=cert, mtls=True, client_cert="/none", client_key="/none")))
    with pytest.raises(UsageError, match="cannot use the certificates in /none"):
        send(Settings(http_output=HttpOutput(url, ca_cert="/none")))


LOGGED = """
import socket
from csyspy.rules.alerts import Alert, JsonShape
from csyspy.rules.model import Priority
from csyspy.rules.outputs import channels
from csyspy.rules.settings import Settings
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
found = channels(Settings(syslog_output=True), lambda each: each.output, JsonShape(), print)
found[0].send(Alert(1, "r", Priority.CRITICAL, "Critical ü %s", ""))
found[0].close()
print(log.recv(1000).decode())
"""


def test_syslog_is_the_machines(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root for a /dev/log of its own")
    command = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh", sys.executable, "-c", LOGGED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"<10>\w+ +\d+ [\d:]+ csyspy: Critical ü %s\0?\n", done.stdout), done.stdout


def test_syslog_gets_the_line_with_the_alerts_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[tuple[int, str]] = []
    monkeypatch.setattr(syslog, "syslog", lambda priority, text: logged.append((priority, text)))
    assert send(Settings(syslog_output=True), 2) == []
    assert logged == [(syslog.LOG_USER | syslog.LOG_WARNING, "Warning 0"), (syslog.LOG_USER | syslog.LOG_WARNING, "Warning 1")]


def test_all_channels_get_every_alert(tmp_path: Path, receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, bodies = receiver
    path, got = tmp_path / "alerts", tmp_path / "got"
    settings = Settings(
        file_output=FileOutput(str(path)), program_output=ProgramOutput(f"cat > {got}", keep_alive=True), http_output=HttpOutput(url)
    )
    assert send(settings, 20) == []
    assert len(path.read_text().splitlines()) == len(got.read_text().splitlines()) == len(bodies) == 20


def test_a_receiver_that_is_gone_is_named_once_and_its_losses_at_the_end() -> None:
    complaints = send(Settings(http_output=HttpOutput("http://127.0.0.1:1/")))
    assert complaints == ["http://127.0.0.1:1/: Connection refused", "3 of 3 alerts did not reach http://127.0.0.1:1/"]


def test_a_slow_receiver_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "QUEUE_ALERTS", 2)
    monkeypatch.setattr(outputs, "PATIENCE_S", 0.05)
    stuck = threading.Event()

    class Stuck:
        name = "stuck"

        def send(self, alert: Alert) -> None:
            stuck.wait(30)

        def close(self) -> None:
            pass

    complaints: list[str] = []
    channel = outputs.Channel(Stuck(), complaints.append)
    for number in range(10):
        channel.send(alert(number))
    channel.close()
    stuck.set()
    assert channel.dropped >= 7
    assert complaints[0] == "stuck is too slow: alerts for it are dropped"
    assert complaints[-1].endswith("alerts did not reach stuck")


def test_members_of_the_json_are_left_out_and_put_in_as_the_settings_say() -> None:
    plain = json.loads(to_json(alert()))
    assert list(plain) == ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"]
    shape = JsonShape(output=False, output_fields=False, tags=False, message=True)
    found = json.loads(to_json(alert(), shape))
    assert list(found) == ["hostname", "message", "priority", "rule", "source", "time"]
    assert (found["message"], found["time"]) == ("0", "1970-01-01T00:00:01.000000000Z")
