"""Alerts: what a rule says when it fires, in the form that all parts of csyspy pass on, whoever found it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from csyspy.rules.model import SYSCALL, Priority


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    `output` is the whole text, with time and priority in front of `message`. `time_ns` counts from the epoch. `fields_json` is the
    JSON object of the output's fields. `origin` names who found it: empty for the rules that csyspy runs itself, else the feed.
    `event` is the number of the event, `tid` its thread, `container` the id of the container that it is in (empty: none, or unknown), where
    the rules ran here.
    """

    time_ns: int
    rule: str
    priority: Priority
    output: str
    message: str
    source: str = SYSCALL
    tags: tuple[str, ...] = ()
    hostname: str = ""
    fields_json: str = field(default="{}", repr=False)
    origin: str = ""
    event: int = 0
    tid: int = -1
    container: str = ""

    @property
    def output_fields(self) -> dict[str, Any]:
        """Values by field: null where the event had none."""
        fields: dict[str, Any] = json.loads(self.fields_json)
        return fields

    @property
    def time(self) -> str:
        """`2026-11-21T00:54:30.970049800Z`."""
        return iso_time(self.time_ns)


def iso_time(time_ns: int) -> str:
    """ISO 8601 in UTC with all nine digits of the nanoseconds."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09}Z"


@dataclass(frozen=True, slots=True)
class JsonShape:
    """Which of the optional members a JSON alert has (falco.yaml: json_include_…_property)."""

    output: bool = True
    output_fields: bool = True
    tags: bool = True
    message: bool = False


def to_json(alert: Alert, shape: JsonShape = JsonShape()) -> str:
    """The alert as Falco writes it, keys sorted (falco: userspace/engine/formats.cpp, format_event).

    That of another Falco says in `origin` where it came from.
    """
    parts = [f'"hostname":{quoted(alert.hostname)}']
    if shape.message:
        parts.append(f'"message":{quoted(alert.message)}')
    if alert.origin:
        parts.append(f'"origin":{quoted(alert.origin)}')
    if shape.output:
        parts.append(f'"output":{quoted(alert.output)}')
    if shape.output_fields:
        parts.append(f'"output_fields":{alert.fields_json}')
    parts += [f'"priority":"{alert.priority.label}"', f'"rule":{quoted(alert.rule)}', f'"source":{quoted(alert.source)}']
    if shape.tags:
        parts.append(f'"tags":[{",".join(map(quoted, sorted(alert.tags)))}]')
    parts.append(f'"time":"{alert.time}"')
    return "{" + ",".join(parts) + "}"


quoted = json.JSONEncoder(ensure_ascii=False).encode
"""A text as JSON has it."""
