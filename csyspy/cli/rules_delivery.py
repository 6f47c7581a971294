"""Where the alerts of `csyspy rules` go: lines on standard output, and the channels of the settings."""

import json
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from csyspy.cli.rules_command import RulesCommand
from csyspy.rules.alerts import Alert, JsonShape, to_json
from csyspy.rules.settings import Settings

if TYPE_CHECKING:
    from csyspy.rules.outputs import Channel

FLUSH_CHARACTERS = 65536
"""So much waits before it is written, where nobody asks for every alert at once."""


class Delivery:
    """Where alerts go, from whatever thread they come: standard output and the channels of the settings."""

    def __init__(self, command: RulesCommand, settings: Settings) -> None:
        """Make it in the main thread: SIGUSR1 then opens anew what its channels hold open, such as a log that was moved away."""
        self._lock = threading.Lock()
        self._prints = settings.stdout_output
        self._printer = Printer(alert_line(command.json or settings.json_output, settings), unbuffered=command.unbuffered)
        self._channels = _channels(command, settings)
        self._asked = False
        signal.signal(signal.SIGUSR1, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True  # the signal may have come while a queue is locked

    def _reopen_where_asked(self) -> None:
        if self._asked:
            self._asked = False
            for channel in self._channels:
                channel.reopen()

    def receive(self, alert: Alert) -> None:
        """Hand on an alert."""
        with self._lock:
            self._reopen_where_asked()
            if self._prints:
                self._printer.print(alert)
            for channel in self._channels:
                channel.send(alert)

    def flush(self) -> None:
        """Print what waits."""
        with self._lock:
            self._reopen_where_asked()
            self._printer.flush()

    def close(self) -> None:
        """Let all go out."""
        self.flush()
        for channel in self._channels:
            channel.close()


def alert_line(as_json: bool, settings: Settings) -> Callable[[Alert], str]:
    """How an alert becomes a line."""
    if not as_json:
        return lambda alert: f"{_one_line(alert.output)} (from {alert.origin})" if alert.origin else alert.output
    shape = json_shape(settings)
    return lambda alert: to_json(alert, shape)


def _one_line(text: str) -> str:
    """Text of strangers without what would break the line or move the cursor."""
    return text if text.isprintable() else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def json_shape(settings: Settings) -> JsonShape:
    """What the settings want in JSON."""
    return JsonShape(
        settings.json_include_output_property,
        settings.json_include_output_fields_property,
        settings.json_include_tags_property,
        settings.json_include_message_property,
    )


def _channels(command: RulesCommand, settings: Settings) -> "list[Channel]":
    if not (settings.file_output or settings.program_output or settings.http_output or settings.syslog_output):
        return []
    from csyspy.rules.outputs import channels

    line = alert_line(command.json or settings.json_output, settings)
    return channels(settings, line, json_shape(settings), lambda text: print(f"csyspy: {text}", file=sys.stderr))


class Printer:
    """Alerts on standard output, gathered and written in large pieces."""

    def __init__(self, line: Callable[[Alert], str], *, unbuffered: bool) -> None:
        self._line = line
        self._room = 0 if unbuffered or sys.stdout.isatty() else FLUSH_CHARACTERS
        self._waiting: list[str] = []
        self._size = 0

    def print(self, alert: Alert) -> None:
        """Print an alert, sooner or later."""
        line = self._line(alert)
        self._waiting.append(line)
        self._size += len(line)
        if self._size > self._room:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            lines, self._waiting, self._size = self._waiting, [], 0
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
