"""Listings in sysdig's layout."""

import re
from pathlib import Path

import pytest

from csyspy.cli import listing
from csyspy.cli.main import main


def test_fields_stand_in_sysdigs_columns() -> None:
    lines = list(listing.list_fields(types=False))
    assert lines[0] == "-------------------------------"
    assert lines[1] == "Field Class:                  evt (All event types)"
    assert lines[2].startswith("Description:                  ")
    assert lines[3] == ""
    assert lines[4].startswith("evt.num                       ")
    assert max(map(len, lines)) <= 120
    assert lines[-1] == ""


def test_long_names_stand_on_a_line_of_their_own() -> None:
    lines = list(listing.list_fields(types=True))
    at = lines.index("proc.is_container_readiness_probe")
    assert lines[at + 1].startswith(" " * 30 + "(Type: BOOL) ")


def test_fields_that_no_capture_answers_say_so() -> None:
    text = " ".join("\n".join(listing.list_fields(types=False)).split())
    assert re.search(r"mesos\.task\.name Mesos task name\. \(Not available: ", text)


def test_every_field_for_filters_is_listed_once() -> None:
    names = list(listing.list_names())
    assert len(names) == len(set(names))
    assert {"evt.num", "proc.name", "fd.sport", "container.id", "k8s.pod.name", "syslog.message", "fs.path.name"} <= set(names)
    assert not {"evt.outputtime", "evt.latency.quantized"} & set(names)


def test_markdown_has_a_table_a_class() -> None:
    lines = list(listing.list_markdown())
    assert lines[:5] == ["", "## Field Class: evt (All event types)", "", "Fields that every event has.", ""]
    assert lines[5:7] == ["Name | Type | Description", ":----|:-----|:-----------"]
    assert lines[7].startswith("`evt.num` | UINT64 | ")


def test_events_are_listed_in_their_newest_form() -> None:
    lines = list(listing.list_events())
    assert "> close(FD fd)" in lines
    assert "> open(FSPATH name, FLAGS32 flags, UINT32 mode)" in lines
    assert sum(line.startswith("< clone(") for line in lines) == 1
    assert not any("procinfo" in line or "NA1(" in line for line in lines)


def test_all_events_of_sysdig_are_listed(shared: Path) -> None:
    recorded = (shared / "captures/oracle/_static/sysdig_L.txt").read_text().splitlines()
    heads = {line.partition("(")[0] for line in listing.list_events()}
    assert {line.partition("(")[0] for line in recorded} - {"< tracer"} <= heads  # its exit event is gone


def test_a_filter_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain-filter", "proc.name=nano and evt.type=openat"]) == 0
    out = capsys.readouterr().out
    assert "  openat: name nano\n" in out
    assert out.splitlines()[-1].startswith("Left to the engine")


@pytest.mark.parametrize("words", [[], ["prc.name=x"]])
def test_no_filter_to_explain(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain-filter", *words]) == 2
    assert capsys.readouterr().err
