"""`csyspy rules --from …`: alerts of a Falco that runs elsewhere, beside those of rules that run here."""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from csyspy.cli.exits import INTERRUPTED, OK
from csyspy.cli.pod_logs import KUBERNETES, PodLogFeed
from csyspy.errors import CsyspyError, UsageError
from csyspy.rules.alerts import Alert
from csyspy.rules.audit_fields import AuditEvent
from csyspy.rules.audit_log import AuditReader
from csyspy.rules.engine import local_hostname
from csyspy.rules.feeds import Feed
from csyspy.rules.feeds.file import FileFeed, StreamFeed, pieces_of
from csyspy.rules.feeds.http import HttpFeed
from csyspy.rules.feeds.lines import Take

STANDARD_INPUT, AUDIT, HTTP = "-", "audit:", "http://"
TICK_S = 0.05

Receive = Callable[[Alert], object]


TakeAudit = Callable[[AuditEvent], object]
"""Takes an audit event, from one thread at a time."""
Say = Callable[[str], object]


class Feeds:
    """The feeds of the command line (`specs`), each in a thread; `say` is told what is wrong with one, from its thread.

    `standard_input` is the descriptor that `-` reads. Raises UsageError for what is none, CsyspyError for an address not to be had.
    """

    def __init__(
        self,
        specs: Sequence[str],
        token: str,
        receive: Receive,
        audit: TakeAudit | None,
        say: Say | None = None,
        standard_input: int = 0,
    ) -> None:
        self._receive = receive
        self._token = token
        self._audit = audit
        self._say = say or _say_on_stderr
        self._standard_input = standard_input
        self._reader = AuditReader(local_hostname())
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.feeds = [self._feed(spec) for spec in specs]

    def _feed(self, spec: str) -> Feed:
        if spec == STANDARD_INPUT:
            return StreamFeed("standard input", pieces_of(self._standard_input), self._receive)
        if spec.startswith(HTTP):
            return self._http(spec)
        if spec.startswith(KUBERNETES):
            return PodLogFeed(spec, self._receive)
        if spec.startswith(AUDIT):
            if self._audit is None:
                raise UsageError(f"{spec} needs rules of the source k8s_audit", "name them with --rules FILE")
            return self._file(spec.removeprefix(AUDIT), self._take_audit)
        return self._file(spec)

    def _file(self, path: str, take: Take | None = None) -> FileFeed:
        if not os.path.exists(path):
            self._say(f"{path} is not there yet: csyspy waits for it")
        return FileFeed(path, self._receive, take=take)

    def read_audit_log(self, path: str) -> None:
        """Take an audit log from its beginning, and go on with what is written to it."""
        self.feeds.append(FileFeed(path, self._receive, whole=True, take=self._take_audit))

    def _http(self, spec: str) -> HttpFeed:
        address = urlsplit(spec)
        try:
            port = address.port
        except ValueError:
            port = None
        if port is None or not address.hostname:
            raise UsageError(f"{spec} names no address and port", "for example http://127.0.0.1:2801")
        audit = self._take_audit if self._audit is not None else None
        try:
            return HttpFeed(address.hostname, port, self._receive, token=self._token, audit=audit)
        except OSError as error:
            raise CsyspyError(f"cannot receive on {spec}: {error.strerror or error}") from None

    def _take_audit(self, body: bytes) -> None:
        assert self._audit is not None
        with self._lock:
            for event in self._reader.read(body):
                self._audit(event)

    def start(self) -> None:
        """Let them run."""
        for feed in self.feeds:
            thread = threading.Thread(target=self._run, args=(feed,), daemon=True, name=feed.origin)
            thread.start()
            self._threads.append(thread)

    def _run(self, feed: Feed) -> None:
        try:
            feed.run(self._stop)
        except (OSError, CsyspyError) as error:
            self._say(f"{feed.origin}: {getattr(error, 'strerror', None) or error}")
        except ModuleNotFoundError as error:
            self._say(f"{feed.origin} needs the Python package {error.name}, which is not here")

    @property
    def goes_on(self) -> bool:
        """Whether any of them may still have alerts."""
        return any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End them, and say what was no alert."""
        self._stop.set()
        for thread in self._threads:
            thread.join(0.5)
        for feed in self.feeds:
            if feed.counts.skipped:
                self._say(f"{feed.origin}: {feed.counts.skipped} were no alerts, the last: {feed.counts.problem}")
        if self._reader.skipped:
            self._say(f"{self._reader.skipped} were no audit events: {self._reader.problem}")


def _say_on_stderr(text: str) -> None:
    print(f"csyspy: {text}", file=sys.stderr)


def run_alone(feeds: Feeds, flush: Callable[[], object], duration_s: int) -> int:
    """Let feeds run until they end, or for `duration_s` (0: as long as they do); the exit code."""
    ends_s = time.monotonic() + duration_s if duration_s else float("inf")
    feeds.start()
    try:
        while feeds.goes_on and time.monotonic() < ends_s:
            time.sleep(TICK_S)
            flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        feeds.stop()
        flush()
    return OK
