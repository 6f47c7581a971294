"""What becomes of events in a view's table; against csysdig's own tables see test_golden."""

from pathlib import Path

import pytest

from csyspy.capture.walker import OpenCapture, open_capture
from csyspy.fields import FieldError
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Snapshot, Value
from csyspy.views.view import SYSCALL, Aggregation, Column, Kind, Unit, View


def walked(path: Path, aggregation: ViewAggregation) -> OpenCapture:
    capture = open_capture([str(path)], aggregation.sink.needs)
    with capture.source:
        capture.walker.run([aggregation.sink])
    return capture


def table_of(path: Path, view: View, filter_text: str = "", *, containers: bool = False) -> Snapshot:
    aggregation = ViewAggregation(view, filter_text, containers=containers)
    state = walked(path, aggregation).state
    return aggregation.snapshot(state, state.evt_ts - state.first_event_ts)


def rows_of(snapshot: Snapshot) -> dict[object, dict[str, Value]]:
    """By key, what each named column has."""
    names = [column.name for column in snapshot.columns]
    return {key: {name: column[row] for name, column in zip(names, snapshot.values, strict=True)} for row, key in enumerate(snapshot.keys)}


@pytest.fixture(scope="module")
def demo(root: Path) -> Path:
    return root / "examples" / "demo.scap"


def a_view(*columns: Column, filter_text: str = "", use_defaults: bool = True, kind: Kind = Kind.TABLE, capacity: int = 100) -> View:
    return View("mine", "Mine", "For a test.", columns, kind, filter_text, use_defaults=use_defaults, capacity=capacity)


def test_a_filter_narrows_the_rows(demo: Path) -> None:
    every, some = table_of(demo, VIEWS["procs"]), table_of(demo, VIEWS["procs"], "proc.name=sleep")
    assert 0 < len(some) < len(every)
    assert all("sleep" in str(row["Command"]) for row in rows_of(some).values())


def test_idle_processes_have_a_row(demo: Path) -> None:
    assert any(row["CPU"] == 0 and row["FILE"] == 0 for row in rows_of(table_of(demo, VIEWS["procs"])).values())


def test_a_name_known_late_is_shown(demo: Path) -> None:
    assert rows_of(table_of(demo, VIEWS["procs"], containers=True))[884]["CONTAINER"] == "cpu-burner"


def test_asking_again_changes_nothing(demo: Path) -> None:
    aggregation = ViewAggregation(VIEWS["procs_cpu"])
    state = walked(demo, aggregation).state
    first, second = (aggregation.snapshot(state, 10**9) for _ in range(2))
    assert first.values == second.values
    assert first.keys == second.keys


def test_what_is_shown_on_the_way_does_not_change_the_end(demo: Path) -> None:
    aggregation = ViewAggregation(VIEWS["procs"])
    capture = open_capture([str(demo)], aggregation.sink.needs)
    with capture.source:
        capture.walker.attach([aggregation.sink])
        while capture.walker.step(500):
            aggregation.snapshot(capture.state, 10**9)
    state = capture.state
    whole = table_of(demo, VIEWS["procs"])
    assert aggregation.snapshot(state, state.evt_ts - state.first_event_ts).values == whole.values


def test_aggregations_of_one_field(demo: Path) -> None:
    aggregations = (Aggregation.SUM, Aggregation.AVG, Aggregation.MIN, Aggregation.MAX, Aggregation.TIME_AVG, Aggregation.NONE)
    kinds = [Column(str(way), "evt.rawres", Unit.PERCENT, aggregation=way) for way in aggregations]
    view = a_view(Column("NA", "evt.type", is_key=True), Column("N", "evt.count", Unit.COUNT, 8, Aggregation.SUM), *kinds,
                  filter_text="evt.type=read and evt.dir=< and evt.rawres>=0")
    aggregation = ViewAggregation(view)
    state = walked(demo, aggregation).state
    row = rows_of(aggregation.snapshot(state, 2 * 10**9))["read"]
    assert row["SUM"] == pytest.approx(row["AVG"] * row["N"])  # type: ignore[operator]
    assert row["MIN"] <= row["AVG"] <= row["MAX"]  # type: ignore[operator]
    assert row["TIME_AVG"] == pytest.approx(row["SUM"] / 2)  # type: ignore[operator]
    assert row["MIN"] <= row["NONE"] <= row["MAX"]  # type: ignore[operator]


def test_rows_of_a_group_become_one(demo: Path) -> None:
    number = Column("N", "evt.count", Unit.COUNT, 8, Aggregation.SUM, Aggregation.SUM)
    most = Column("MOST", "evt.count", Unit.COUNT, 8, Aggregation.SUM, Aggregation.MAX)
    filter_text = "evt.type!=switch and syscall.type exists"
    threads = a_view(Column("NA", "thread.tid", Unit.ID, is_key=True), Column("PID", "proc.pid", Unit.ID), number, filter_text=filter_text)
    procs = a_view(
        Column("NA", "thread.tid", Unit.ID, is_key=True), Column("NA", "proc.pid", Unit.ID, is_groupby_key=True), number, most,
        filter_text=filter_text,
    )
    single: dict[Value, list[int]] = {}
    for row in rows_of(table_of(demo, threads)).values():
        single.setdefault(row["PID"], []).append(row["N"])  # type: ignore[arg-type]
    merged = rows_of(table_of(demo, procs))
    assert any(len(counts) > 1 for counts in single.values())
    assert {pid: (row["N"], row["MOST"]) for pid, row in merged.items()} == {pid: (sum(n), max(n)) for pid, n in single.items()}


def test_without_defaults_an_event_that_lacks_a_column_does_not_count(demo: Path) -> None:
    number = Column("N", "evt.count", Unit.COUNT, 8, Aggregation.SUM)
    columns = (Column("NA", "proc.pid", Unit.ID, is_key=True), Column("FILE", "fd.name"), number)
    strict, lax = (table_of(demo, a_view(*columns, use_defaults=defaults)) for defaults in (False, True))
    assert 0 < sum(strict.values[1]) < sum(lax.values[1])  # type: ignore[arg-type]


def test_a_list_has_a_row_for_every_event_and_forgets_the_oldest(demo: Path) -> None:
    columns = (Column("NUM", "evt.num", Unit.ID), Column("TYPE", "evt.type"))
    view = a_view(*columns, filter_text="evt.type=openat", kind=Kind.LIST, capacity=100_000)
    short = a_view(*columns, filter_text="evt.type=openat", kind=Kind.LIST, capacity=3)
    every, last = table_of(demo, view), table_of(demo, short)
    assert list(every.values[0]) == sorted(every.values[0])  # type: ignore[type-var]
    assert every.keys == every.values[0]
    assert last.values[0] == every.values[0][-3:]
    assert last.keys == every.keys[-3:]


def test_a_table_that_is_full_goes_on_with_what_it_has(demo: Path) -> None:
    view = a_view(Column("NA", "evt.num", Unit.ID, is_key=True), Column("N", "evt.count", Unit.COUNT, 8, Aggregation.SUM))
    aggregation = ViewAggregation(view)
    aggregation.sink.most = 100
    state = walked(demo, aggregation).state
    assert len(aggregation.snapshot(state, 1)) == 100
    assert aggregation.sink.refused > 1000


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(FieldError):
        ViewAggregation(a_view(Column("NA", "proc.pidd", Unit.ID, is_key=True), Column("N", "evt.count", Unit.COUNT)))


@pytest.mark.parametrize("view_id", sorted(view.id for view in VIEWS.values() if view.source == SYSCALL))
@pytest.mark.parametrize("containers", [False, True])
def test_every_view_reads_a_capture(demo: Path, view_id: str, containers: bool) -> None:
    snapshot = table_of(demo, VIEWS[view_id], containers=containers)
    assert len(snapshot.values) == len(snapshot.columns)
    assert all(len(column) == len(snapshot.keys) for column in snapshot.values)
    assert len(set(snapshot.keys)) == len(snapshot.keys)
