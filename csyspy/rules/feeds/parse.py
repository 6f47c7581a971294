"""A line or a body → an alert: Falco's JSON, falcosidekick's, Falco's text with either time, bare or in a syslog line.

Facts: falco: userspace/engine/formats.cpp; falcosidekick: types/types.go. Nothing of what comes is trusted: wrong types are no alert,
and control characters stay in the text for whoever prints it to escape.
"""

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from csyspy.rules.alerts import Alert
from csyspy.rules.model import SYSCALL, Priority

MOST_FIELDS: Final = 1000
NO_RULE: Final = "(no rule named)"
"""Rule of an alert that came as text: Falco's text names none."""

_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)")
_TEXT: Final = re.compile(
    r"(?P<time>\d\d:\d\d:\d\d\.\d{1,9}|\d{4}-\d\d-\d\dT[0-9:.]+[+-]\d{4}): (?P<priority>[A-Za-z]+) (?P<message>.*)", re.S
)
_SYSLOG: Final = re.compile(r"<\d{1,3}>(?:1 )?(?:\w{3} [ \d]\d \d\d:\d\d:\d\d|\S+) (?P<host>\S+) [^\s\[:]+(?:\[\d+\])?: (?P<rest>.*)", re.S)


class NotAnAlert(Exception):
    """The text is no alert; says why."""


def parse_alert(text: str, origin: str, now_ns: int | None = None) -> Alert:
    """The alert that a line or body is. Raises NotAnAlert.

    `now_ns` stands in for the date of a time that has none, and for a time that is missing.
    """
    text = text.strip()
    now_ns = time.time_ns() if now_ns is None else now_ns
    hostname = ""
    syslog = _SYSLOG.fullmatch(text)
    if syslog is not None:
        hostname, text = syslog["host"], syslog["rest"]
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotAnAlert(f"no JSON: {error}") from None
        return alert_of_json(value, origin, now_ns, hostname)
    return _alert_of_text(text, origin, now_ns, hostname)


def alert_of_json(value: Any, origin: str, now_ns: int, hostname: str = "") -> Alert:
    """The alert that a JSON object is. Raises NotAnAlert."""
    if not isinstance(value, Mapping):
        raise NotAnAlert("no JSON object")
    rule, priority = value.get("rule"), Priority.parse(_text(value, "priority"))
    if not isinstance(rule, str) or not rule or priority is None:
        raise NotAnAlert("a JSON object without rule and priority")
    output, message = _text(value, "output"), _text(value, "message")
    found = _TEXT.fullmatch(output)
    message = message or (found["message"] if found is not None else output)
    fields = value.get("output_fields")
    fields = dict(fields) if isinstance(fields, Mapping) and len(fields) <= MOST_FIELDS else {}
    tags = value.get("tags")
    return Alert(
        _iso_ns(_text(value, "time")) or now_ns,
        rule,
        priority,
        output or message,
        message,
        _text(value, "source") or SYSCALL,
        tuple(sorted(tag for tag in tags if isinstance(tag, str))) if isinstance(tags, list) else (),
        _text(value, "hostname") or hostname,
        json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        origin,
    )


def _alert_of_text(text: str, origin: str, now_ns: int, hostname: str) -> Alert:
    found = _TEXT.fullmatch(text)
    priority = Priority.parse(found["priority"]) if found is not None else None
    if found is None or priority is None:
        raise NotAnAlert("neither JSON nor `TIME: Priority text`")
    time_ns = _iso_ns(found["time"]) or _clock_ns(found["time"], now_ns) or now_ns
    return Alert(time_ns, NO_RULE, priority, text, found["message"], hostname=hostname, origin=origin)


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _iso_ns(text: str) -> int:
    found = _ISO.fullmatch(text)
    if found is None:
        return 0
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    zone = found[8]
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return 0
    offset_s = 0 if zone == "Z" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return max((int(at.timestamp()) - offset_s) * 1_000_000_000 + int((found[7] or "").ljust(9, "0") or 0), 0)


def _clock_ns(text: str, now_ns: int) -> int:
    """A time of the day, local: today's, or yesterday's where that is nearer."""
    clock, _, rest = text.partition(".")
    try:
        hour, minute, second = map(int, clock.split(":"))
        day = datetime.fromtimestamp(now_ns / 1e9).astimezone()
        at = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return 0
    time_ns = int(at.timestamp()) * 1_000_000_000 + int(rest.ljust(9, "0"))
    return time_ns - 86_400_000_000_000 if time_ns - now_ns > 43_200_000_000_000 else time_ns
