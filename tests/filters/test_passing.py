"""What those who look at live events ask of the kernel."""

import pytest

from csyspy.filters.kernel_split import split
from csyspy.filters.parser import parse
from csyspy.filters.passing import EVERYTHING, passing, passing_any
from csyspy.tui.stream_plan import stream_options
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import SYSCALL, Kind

TABLES = [view_id for view_id, view in VIEWS.items() if view.kind in (Kind.TABLE, Kind.LIST) and view.source == SYSCALL]


def test_without_a_filter_everything_passes() -> None:
    assert passing("") == passing("  ") == EVERYTHING


def test_a_filter_is_split() -> None:
    found = passing("proc.name=nano and evt.type=openat").kernel_filter
    assert found is not None
    alone = split(parse("proc.name=nano and evt.type=openat"))
    assert (found.clauses, dict(found.calls)) == (alone.clauses, dict(alone.calls))


@pytest.mark.parametrize(
    ("text", "where_it_may", "where_it_has_to"),
    [
        ("evt.type=switch", True, True),
        ("evt.type in (read, switch)", True, True),
        ("proc.pid=3", True, False),
        ("evt.type=openat", False, False),
        ("proc.name=x and evt.type!=switch", False, False),
    ],
)
def test_switches_come_where_they_can_pass(text: str, where_it_may: bool, where_it_has_to: bool) -> None:
    assert passing(text).switches == where_it_may
    assert passing(text, switches=False).switches == where_it_has_to


def test_what_passes_one_of_several_filters_passes() -> None:
    found = passing_any(parse(text) for text in ("proc.name=a and evt.type=open", "evt.type=close")).kernel_filter
    assert found is not None
    assert {"open", "close"} <= found.calls.keys()
    assert "read" not in found.calls


@pytest.mark.parametrize("view_id", TABLES)
def test_a_view_asks_for_what_its_events_are(view_id: str) -> None:
    view = VIEWS[view_id]
    aggregation = ViewAggregation(view, "proc.name=nano")
    asked = stream_options(passing(aggregation.filter_text, switches=False), aggregation.sink.needs)
    assert asked.kernel_filter is not None
    assert asked.kernel_filter.watches_names_only or not asked.kernel_filter.clauses
    shown = " ".join(column.field for column in view.shown_columns())
    assert asked.enters == ("latency" in f"{shown} {view.filter}")
