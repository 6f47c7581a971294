"""Every shape in which a Falco's alerts come, and what is none."""

import json
from pathlib import Path

import pytest

from csyspy.rules.feeds.parse import NO_RULE, NotAnAlert, parse_alert
from csyspy.rules.model import Priority

NOON_NS = 1_773_489_600_000_000_000
JSON_SAMPLES = (
    *("stdout_json.jsonl", "stdout_json_lean.jsonl", "file_output.jsonl", "program_output_stdin.jsonl", "http_output_bodies.jsonl"),
    "k8s_audit_source.jsonl",
)


@pytest.mark.parametrize("name", [*(f"falco/{each}" for each in JSON_SAMPLES), "falcosidekick/webhook_bodies.jsonl"])
def test_json_of_each_channel(shared: Path, name: str) -> None:
    for line in (shared / "samples" / name).read_text().splitlines():
        norm = json.loads(line)
        alert = parse_alert(line, "there")
        assert (alert.rule, alert.priority.label, alert.source) == (norm["rule"], norm["priority"], norm["source"])
        assert alert.time.rstrip("Z0") == norm["time"].rstrip("Z0")
        assert (alert.hostname, alert.origin) == (norm["hostname"], "there")
        assert alert.output_fields == norm.get("output_fields", {})
        assert alert.tags == tuple(sorted(norm.get("tags") or ()))
        assert alert.message == norm.get("message") or norm["output"].endswith(f": {alert.priority.label} {alert.message}")


@pytest.mark.parametrize("name", ["stdout_text.log", "stdout_text_iso8601.log", "syslog.log"])
def test_text_of_each_channel(shared: Path, name: str) -> None:
    for line in (shared / "samples" / "falco" / name).read_text().splitlines():
        alert = parse_alert(line, "there", NOON_NS)
        assert alert.rule == NO_RULE
        assert line.endswith(alert.output)
        assert f": {alert.priority.label} {alert.message}" in alert.output
        assert alert.hostname == ("node-a" if name == "syslog.log" else "")


def test_a_time_with_a_zone_is_taken_as_it_is() -> None:
    assert parse_alert("2026-03-14T09:26:57.274392154+0000: Notice x", "").time == "2026-03-14T09:26:57.274392154Z"
    assert parse_alert("2026-03-14T11:26:57.5+0200: Notice x", "").time == "2026-03-14T09:26:57.500000000Z"


@pytest.mark.parametrize(
    "text",
    [
        *("garbage", "{", "[1]", "{}", '{"rule": "r"}', '{"rule": "r", "priority": "urgent"}', '{"rule": 1, "priority": "Error"}'),
        *("09:26:57.274392154: Whatever text", "[" * 100_000, '{"rule": "", "priority": "Error"}', "\x00\xff"),
    ],
)
def test_what_is_no_alert_is_refused(text: str) -> None:
    with pytest.raises(NotAnAlert):
        parse_alert(text, "there")


def test_members_of_the_wrong_type_count_as_missing() -> None:
    text = '{"rule": "r", "priority": "info", "time": 5, "tags": ["b", 1, "a"], "output": [], "output_fields": "x", "hostname": {}}'
    alert = parse_alert(text, "there", NOON_NS)
    assert (alert.priority, alert.tags, alert.output_fields, alert.time_ns) == (Priority.INFORMATIONAL, ("a", "b"), {}, NOON_NS)
