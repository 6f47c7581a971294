"""Where alerts go: a file, a program, a URL, syslog.

Each has a thread and a queue of its own: whoever is slow, or gone, holds up neither the events nor the others. What does not fit in
the queue is dropped and counted. Facts: falco: userspace/falco/outputs_{file,program,http,syslog}.cpp.
"""

import gzip
import queue
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, Final, Protocol

from csyspy.errors import UsageError
from csyspy.rules.alerts import Alert, JsonShape, to_json
from csyspy.rules.model import Priority
from csyspy.rules.settings import FileOutput, HttpOutput, ProgramOutput, Settings

TAG: Final = "csyspy"
"""Who the system's log says that alerts are from."""
QUEUE_ALERTS: Final = 50_000
PATIENCE_S: Final = 5.0
"""A receiver that takes nothing for so long is given up, at the end or for one alert."""

Line = Callable[[Alert], str]


class Receiver(Protocol):
    """Takes alerts one by one; OSError where it cannot."""

    name: str

    def send(self, alert: Alert) -> None:
        """Hand over an alert."""

    def close(self) -> None:
        """Let go of what is open; what comes after all opens it anew."""


class FileReceiver:
    """Lines at the end of a file."""

    def __init__(self, output: FileOutput, line: Line) -> None:
        self.name = output.filename
        self._keep = output.keep_alive
        self._line = line
        self._file: IO[str] | None = None

    def send(self, alert: Alert) -> None:
        if self._file is None:
            self._file = open(self.name, "a", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._file.write(self._line(alert) + "\n")
        self._file.flush()
        if not self._keep:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()


class ProgramReceiver:
    """Lines on the standard input of a shell command; started anew where it has ended."""

    def __init__(self, output: ProgramOutput, line: Line) -> None:
        self.name = output.program
        self._keep = output.keep_alive
        self._line = line
        self._process: subprocess.Popen[bytes] | None = None

    def send(self, alert: Alert) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            self.close()
            process = self._process = subprocess.Popen(self.name, shell=True, stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(self._line(alert).encode(errors="replace") + b"\n")
        process.stdin.flush()
        if not self._keep:
            self.close()

    def close(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin is not None
        try:
            process.stdin.close()
            process.wait(PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()


class HttpReceiver:
    """One POST of Falco's JSON for each alert."""

    def __init__(self, output: HttpOutput, shape: JsonShape) -> None:
        self.name = output.url
        self._output = output
        self._shape = shape
        self._tls = _tls(output) if output.url.startswith("https:") else None

    def send(self, alert: Alert) -> None:
        body = to_json(alert, self._shape).encode(errors="replace")
        headers = {"Content-Type": "application/json", "User-Agent": self._output.user_agent}
        if self._output.compress_uploads:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        request = urllib.request.Request(self.name, body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE_S, context=self._tls) as answer:
            answer.read(65536)

    def close(self) -> None:
        """Nothing stays open."""


def _tls(output: HttpOutput) -> ssl.SSLContext:
    """Raises UsageError where a certificate cannot be used."""
    ca_file, ca_folder = output.ca_cert or output.ca_bundle, output.ca_path
    try:
        context = ssl.create_default_context(cafile=ca_file or None, capath=None if ca_file else ca_folder or None)
    except OSError as error:
        raise UsageError(f"http_output: cannot use the certificates in {ca_file or ca_folder}: {error.strerror or error}") from None
    if output.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if output.mtls:
        try:
            context.load_cert_chain(output.client_cert, output.client_key)
        except OSError as error:
            files = f"{output.client_cert} and {output.client_key}"
            raise UsageError(f"http_output: cannot use the certificate and key in {files}: {error.strerror or error}") from None
    return context


class SyslogReceiver:
    """The system's log, with the alert's own priority: the numbers are the same."""

    name = "syslog"

    def __init__(self, line: Line) -> None:
        import syslog

        self._line = line
        syslog.openlog(TAG)

    def send(self, alert: Alert) -> None:
        import syslog

        syslog.syslog(syslog.LOG_USER | int(Priority(alert.priority)), self._line(alert))

    def close(self) -> None:
        import syslog

        syslog.closelog()
        syslog.openlog(TAG)


class Channel:
    """A receiver behind its queue. `complain` is told the first trouble, and once more what was lost."""

    def __init__(self, receiver: Receiver, complain: Callable[[str], object], capacity: int = 0) -> None:
        self.dropped = 0
        self.failed = 0
        self.sent = 0
        self._receiver = receiver
        self._complain = complain
        self._is_moved = threading.Event()
        self._queue: queue.Queue[Alert | None] = queue.Queue(capacity or QUEUE_ALERTS)
        self._thread = threading.Thread(target=self._work, daemon=True, name=f"alerts to {receiver.name}")
        self._thread.start()

    def send(self, alert: Alert) -> None:
        """Queue an alert; never waits."""
        try:
            self._queue.put_nowait(alert)
        except queue.Full:
            if not self.dropped:
                self._complain(f"{self._receiver.name} is too slow: alerts for it are dropped")
            self.dropped += 1

    def reopen(self) -> None:
        """Open anew what the receiver holds open, for the next alert that it takes."""
        self._is_moved.set()

    def close(self) -> None:
        """Let what is queued go out, as long as the receiver takes something now and then."""
        taken, since_s = -1, time.monotonic()
        while self._queue.qsize() and time.monotonic() - since_s < PATIENCE_S:
            if self.sent + self.failed != taken:
                taken, since_s = self.sent + self.failed, time.monotonic()
            time.sleep(0.01)
        left = self._queue.qsize()
        if not left:
            self._queue.put(None)
            self._thread.join(2 * PATIENCE_S)
        lost = left + self.dropped + self.failed
        if lost:
            self._complain(f"{lost} of {lost + self.sent} alerts did not reach {self._receiver.name}")

    def _work(self) -> None:
        while (alert := self._queue.get()) is not None:
            try:
                if self._is_moved.is_set():
                    self._is_moved.clear()
                    self._receiver.close()
                self._receiver.send(alert)
                self.sent += 1
            except (OSError, ValueError) as error:
                if not self.failed:
                    self._complain(f"{self._receiver.name}: {_reason(error)}")
                self.failed += 1
        try:
            self._receiver.close()
        except OSError as error:
            if not self.failed:
                self._complain(f"{self._receiver.name}: {_reason(error)}")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        error = error.reason if isinstance(error.reason, Exception) else error
    return str(getattr(error, "strerror", None) or error)


def channels(settings: Settings, line: Line, shape: JsonShape, complain: Callable[[str], object]) -> list[Channel]:
    """The channels that the settings ask for, beside standard output. Raises UsageError where a certificate cannot be used."""
    receivers: list[Receiver] = []
    if settings.file_output is not None:
        receivers.append(FileReceiver(settings.file_output, line))
    if settings.program_output is not None:
        receivers.append(ProgramReceiver(settings.program_output, line))
    if settings.http_output is not None:
        receivers.append(HttpReceiver(settings.http_output, shape))
    if settings.syslog_output:
        receivers.append(SyslogReceiver(line))
    return [Channel(receiver, complain, settings.outputs_queue_capacity) for receiver in receivers]
