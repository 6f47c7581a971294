"""Rows become an ordered, immutable snapshot."""

from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Snapshot, Sort, Value, snapshot_of

PROCS = VIEWS["procs"]


def row(pid: int, cpu: float | None, user: str = "root") -> dict[str, Value]:
    return {"proc.pid": pid, "thread.cpu": cpu, "user.name": user, "proc.exeline": f"cmd {pid}"}


def shown(snapshot: Snapshot) -> list[object]:
    return [snapshot.keys[number] for number in snapshot.order]


def test_it_starts_sorted_by_the_views_sorting_column() -> None:
    snapshot = snapshot_of(PROCS, [row(1, 2.0), row(2, 50.0), row(3, 0.0)])
    assert shown(snapshot) == [2, 1, 3]
    assert snapshot.columns[snapshot.sort.column].name == "CPU"
    assert snapshot.sort.descending


def test_unknown_cells_come_last_in_both_directions() -> None:
    snapshot = snapshot_of(PROCS, [row(1, None), row(2, 1.0), row(3, 7.0)])
    assert shown(snapshot) == [3, 2, 1]
    assert shown(snapshot.sorted_by(Sort(snapshot.sort.column, descending=False))) == [2, 3, 1]


def test_equal_cells_keep_the_order_of_their_rows() -> None:
    snapshot = snapshot_of(PROCS, [row(9, 0.0), row(4, 0.0), row(7, 0.0)])
    assert shown(snapshot) == [9, 4, 7]


def test_picking_a_column_sorts_numbers_down_and_text_up_and_again_turns_round() -> None:
    snapshot = snapshot_of(PROCS, [row(1, 2.0, "www"), row(2, 50.0, "bin")])
    user = [column.name for column in snapshot.columns].index("USER")
    sort = snapshot.sort.by(user, snapshot.columns)
    assert shown(snapshot.sorted_by(sort)) == [2, 1]
    assert shown(snapshot.sorted_by(sort.by(user, snapshot.columns))) == [1, 2]
    assert snapshot.sort.by(0, snapshot.columns).descending


def test_a_field_the_source_does_not_give_is_unknown() -> None:
    snapshot = snapshot_of(PROCS, [row(1, 2.0)])
    net = [column.name for column in snapshot.columns].index("NET")
    assert snapshot.values[net] == (None,)


def test_container_columns_are_there_on_demand() -> None:
    names = [column.name for column in snapshot_of(PROCS, [], containers=True).columns]
    assert names == ["PID", "PPID", "VPID", "CPU", "USER", "TH", "VIRT", "RES", "FILE", "NET", "CONTAINER", "Command"]
    assert "CONTAINER" not in [column.name for column in snapshot_of(PROCS, []).columns]
