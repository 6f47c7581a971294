"""Outputs of alerts: what each receiver gets, and what happens where it is slow or gone."""

import gzip
import json
import syslog
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", bodies
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
