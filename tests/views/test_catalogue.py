"""The built-in views against csysdig's own (../shared/reference/views.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from csyspy.views.catalogue import VIEWS
from csyspy.views.view import Column

OURS = {"cpus", "dig", "echo", "immutability", "k8s_audit"}
"""Views that csysdig has no table for, or whose table never loads."""
UNWANTED = ("mesos", "marathon", "span", "trace", "spectro_traces")
SLIPS = {"procs_fd_usage": {"The container this process belongs to.": "Container"}}
"""Column names that upstream's file mixes up with a description, and ours."""

OTHERWISE = {"evt.count.procinfo": "MAX", "evt.count.threadinfo": "MAX"}
"""Fields that are worth something else today than when csysdig averaged them, and what comes to the same."""


INSTEAD = {
    "evt.type.is.3": "evt.count.open",
    "evt.type=open and evt.dir=<": "evt.type in (open, openat, openat2, creat, open_by_handle_at) and evt.dir=<",
}
"""What csysdig asks of open(2) alone, which hardly any program calls today, and what stands for it."""


def as_csysdig(column: Column) -> dict[str, object]:
    """A column with views.json's keys; widths and descriptions are ours to choose."""
    described: dict[str, object] = {"name": column.name, "field": column.field, "shown": column.shown}
    if column.aggregation != "NONE":
        described["aggregation"] = str(column.aggregation)
    if column.groupby_aggregation != "NONE":
        described["groupby_aggregation"] = str(column.groupby_aggregation)
    for flag in ("is_key", "is_groupby_key", "is_sorting"):
        if getattr(column, flag):
            described[flag] = True
    if column.tags:
        described["tags"] = list(column.tags)
    return described


def corrected(column: dict[str, Any]) -> dict[str, Any]:
    column = column | {"field": INSTEAD.get(column["field"], column["field"])}
    return column | ({"aggregation": OTHERWISE[column["field"]]} if column["field"] in OTHERWISE else {})


def of_csysdig(shared: Path) -> dict[str, dict[str, Any]]:
    views = json.loads((shared / "reference" / "views.json").read_text())["views"]
    return {view["id"]: view for view in views if not view["id"].startswith(UNWANTED)}


def test_every_view_of_csysdig_is_there(shared: Path) -> None:
    assert VIEWS.keys() - OURS == of_csysdig(shared).keys()


@pytest.mark.parametrize("view_id", sorted(VIEWS.keys() - OURS))
def test_columns_and_keys_are_csysdigs(shared: Path, view_id: str) -> None:
    theirs = of_csysdig(shared)[view_id]
    view = VIEWS[view_id]
    slips = SLIPS.get(view_id, {})
    columns = [corrected(column) for column in theirs["columns"]]
    assert [as_csysdig(column) for column in view.columns if "csyspy" not in column.tags] == [
        {key: slips.get(value, value) if key == "name" else value for key, value in column.items() if key not in ("colsize", "meaning")}
        for column in columns
    ]
    assert view.filter == INSTEAD.get(theirs["filter"], theirs["filter"])
    for key in ("name", "is_root", "use_defaults", "propagate_filter"):
        assert getattr(view, key) == theirs[key]
    assert view.kind == theirs["kind"]
    assert view.drilldown_target == (theirs["drilldown_target"] or "")
    assert list(view.tags) == theirs["tags"]
    assert set(view.applies_to) == {field for field in theirs["applies_to"] if not field.startswith(("mesos", "marathon"))}


@pytest.mark.parametrize("view_id", sorted(VIEWS.keys() - OURS))
def test_actions_are_csysdigs(shared: Path, view_id: str) -> None:
    theirs = of_csysdig(shared)[view_id]["actions"]
    # upstream's label for stopping a container runs `docker stats` in one of two views; kubectl takes services/NAME as two words, too
    slips = {"docker stats": "docker stop", "services/": "services "}
    commands = []
    for a in theirs:
        command = a["command"]
        for wrong, right in slips.items():
            command = command.replace(wrong, right)
        commands.append((a["hotkey"], a["label"], command, a["wait_finish"]))
    actions = [(a.hotkey, a.label, a.command, a.wait_finish) for a in VIEWS[view_id].actions if not a.command.startswith("crictl ")]
    assert actions == commands


def test_what_a_row_opens_into_exists() -> None:
    for view in VIEWS.values():
        assert not view.drilldown_target or view.drilldown_target in VIEWS, view.id


def test_what_removes_something_asks_first() -> None:
    for view in VIEWS.values():
        for action in view.actions:
            assert action.ask_confirmation or not {"kill", "delete"} & set(action.command.split()), action


def test_what_no_event_tells_is_shown_live_alone() -> None:
    view = VIEWS["connections"]
    names = [column.name for column in view.shown_columns()]
    live, captured = ([names[index] for index in view.usual_columns(has_tables=has_tables)] for has_tables in (True, False))
    assert set(live) ^ set(captured) == {"RTT", "LAT p50/p99", "LAT MAX"}
    assert "RTT" in live
    assert {column.field for each in VIEWS.values() for column in each.columns if column.of_tables} == {"fd.rtt"}


def test_every_column_explains_itself() -> None:
    for view in VIEWS.values():
        assert view.description
        assert all(column.description for column in view.columns if column.shown), view.id
        assert sum(column.is_sorting for column in view.columns) <= 1
