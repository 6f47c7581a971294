"""Kubernetes audit logs: lines or bodies of JSON → audit events.

An API server writes one event a line into its log file, and posts `EventList`s to its webhook.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from csyspy.rules.audit_fields import AuditEvent

LONGEST_BYTES: Final = 16 * 1024 * 1024
"""A longer line or body is left out."""
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)")


@dataclass
class AuditReader:
    """Turns JSON into events; `skipped` counts what is none, `problem` says what the first of it was."""

    hostname: str = ""
    events: int = 0
    skipped: int = 0
    problem: str = ""

    def read_lines(self, lines: Iterable[bytes]) -> Iterator[AuditEvent]:
        """The events of a log, line by line."""
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield from self.read(line, f"line {number}")

    def read(self, text: bytes, place: str = "body") -> list[AuditEvent]:
        """The events of one JSON text: an event, an EventList, or a list of events."""
        if len(text) > LONGEST_BYTES:
            return self._skip(f"{place} is longer than {LONGEST_BYTES >> 20} MiB")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return self._skip(f"{place} is not JSON: {error}")
        found: list[AuditEvent] = []
        for each in _events(value):
            time_ns = _time_ns(each)
            if time_ns is None:
                self._skip(f"{place} is no audit event: it needs auditID and stageTimestamp")
                continue
            self.events += 1
            found.append(AuditEvent(self.events, time_ns, each, self.hostname))
        return found

    def _skip(self, problem: str) -> list[AuditEvent]:
        self.skipped += 1
        self.problem = self.problem or problem
        return []


def _events(value: Any) -> list[Any]:
    if isinstance(value, Mapping) and str(value.get("kind", "")).endswith("List"):
        items = value.get("items")
        return items if isinstance(items, list) else [None]
    return value if isinstance(value, list) else [value]


def _time_ns(event: Any) -> int | None:
    """When the stage of an event began, in ns from the epoch; None where it is no audit event."""
    if not isinstance(event, Mapping) or "auditID" not in event:
        return None
    found = _TIME.fullmatch(str(event.get("stageTimestamp")))
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
        seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
    return seconds * 1_000_000_000 + int((found[2] or "").ljust(9, "0"))
