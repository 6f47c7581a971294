"""What views ask of a source that gives rows."""

import pytest

from csyspy.errors import FilterError
from csyspy.fields import FieldError
from csyspy.views.catalogue import VIEWS
from csyspy.views.demand import asked_of, demand_of
from csyspy.views.view import SYSCALL, Kind


def test_rows_of_a_group_add_up_as_the_view_says() -> None:
    demand = demand_of(VIEWS["procs"])
    assert demand is not None
    assert demand.key == "proc.pid"
    asked = {value.field: (value.operation, value.per_second) for value in demand.values}
    assert asked["thread.cpu"] == ("sum", False)
    assert asked["evt.buflen.file"] == ("sum", True)
    assert asked["proc.nthreads"] == ("max", False)
    assert asked["proc.exeline"] == ("keep", False)


def test_without_groups_events_add_up_as_the_view_says() -> None:
    demand = demand_of(VIEWS["syscalls"])
    assert demand is not None
    asked = [(value.operation, value.per_second) for value in demand.values]
    assert asked == [("sum", True), ("sum", False), ("avg", False), ("quantiles", False), ("keep", False)]


def test_the_users_filter_is_a_condition_beside_the_views() -> None:
    demand = demand_of(VIEWS["containers"], "proc.name=nginx and user.uid>0")
    assert demand is not None
    assert [condition.text for condition in demand.conditions] == ["container.name != host", "proc.name = nginx", "user.uid > 0"]


def test_views_of_events_ask_for_events() -> None:
    others = {view.id for view in VIEWS.values() if view.kind is not Kind.TABLE or view.source != SYSCALL}
    assert {view.id for view in VIEWS.values() if demand_of(view) is None} == others


def test_container_columns_are_asked_for_on_demand() -> None:
    plain, more = (demand_of(VIEWS["threads"], containers=flag) for flag in (False, True))
    assert plain is not None
    assert more is not None
    fields = [{value.field for value in demand.values} for demand in (plain, more)]
    assert fields[1] - fields[0] == {"proc.vpid", "thread.vtid", "container.name"}


def test_only_columns_on_request_ask_for_more() -> None:
    columns = VIEWS["syscalls"].shown_columns(False)
    usual, every = asked_of(columns, VIEWS["syscalls"].usual_columns(False)), asked_of(columns, range(len(columns)))
    assert usual == frozenset()  # though it shows two columns of the field that the one on request has
    assert every == {"evt.latency"}


def test_what_costs_everybody_is_counted_on_request() -> None:
    plain, asked = (demand_of(VIEWS["containers"], asked=fields) for fields in ((), {"evt.count.error"}))
    assert plain is not None
    assert asked is not None
    assert {value.field for value in plain.values if not value.is_counted} == {"evt.count.error"}
    assert all(value.is_counted for value in asked.values)


def test_a_filter_that_is_none_is_refused() -> None:
    with pytest.raises((FieldError, FilterError)):
        demand_of(VIEWS["procs"], "proc.name = ")
