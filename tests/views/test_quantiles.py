"""The median and the 99th percentile of a row's latencies, against those of all its numbers."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from process_events import capture, simple
from scap_builder import i64

from csyspy.capture.walker import open_capture
from csyspy.cli.main import main
from csyspy.engine.groupby import GroupBy
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.arrange import arranged
from csyspy.tui.completion import values_on_screen
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.format import cell_text, csv_value, json_value
from csyspy.views.snapshot import Quantiles, Snapshot, Sort
from csyspy.views.view import Aggregation, Column, Unit, View

LONGEST_NS = 2**40
"""What is longer counts as that."""
OFF_BY = 1 / 16


def exactly(numbers: Iterable[int]) -> tuple[int, int]:
    """p50 and p99 by nearest rank."""
    ordered = sorted(numbers)
    return ordered[math.ceil(len(ordered) * 0.5) - 1], ordered[math.ceil(len(ordered) * 0.99) - 1]


def agree(found: object, numbers: Iterable[int]) -> bool:
    assert isinstance(found, Quantiles)
    wanted = exactly(numbers)
    return all(abs(a - b) <= b * OFF_BY for a, b in zip((found.p50, found.p99), wanted, strict=True))


def walked(path: Path, view: View, filter_text: str = "") -> Snapshot:
    aggregation = ViewAggregation(view, filter_text)
    opened = open_capture([str(path)], aggregation.sink.needs)
    with opened.source:
        opened.walker.run([aggregation.sink])
    return aggregation.snapshot(opened.state, 10**9)


def by_key(snapshot: Snapshot, name: str = "LAT p50/p99") -> dict[object, object]:
    column = [column.name for column in snapshot.columns].index(name)
    return dict(zip(snapshot.keys, snapshot.values[column], strict=True))


def latencies(path: Path, key: str, field: str, filter_text: str) -> dict[object, list[int]]:
    """By key, every value of the field above 0."""
    table = GroupBy([compile_field(key), compile_field(field)], [(None, "count", 1.0)], compile_filter(filter_text).program)
    opened = open_capture([str(path)], table.needs)
    with opened.source:
        opened.walker.run([table])
    found = defaultdict(list)
    for (name, ns), (count,) in table.rows():
        found[name] += [ns] * int(count) if ns else []
    return found


@pytest.fixture(scope="module")
def demo(root: Path) -> Path:
    return root / "examples" / "demo.scap"


def test_close_to_those_of_any_numbers(tmp_path: Path) -> None:
    numbers = random.Random(4)
    view = View(
        "mine", "Mine", "For a test.", (
            Column("NA", "evt.type", is_key=True),
            Column("LAT p50/p99", "evt.latency", Unit.DURATION_NS, 14, Aggregation.QUANTILES),
        ), filter="evt.type=close", use_defaults=True,
    )  # fmt: skip
    for size in (1, 2, 3, 99, 100, 101, 500):
        spans = [int(min(numbers.lognormvariate(11, 5) + 1, LONGEST_NS - 1)) for _ in range(size)]
        events, now = [], 10**9
        for ns in spans:
            events += [simple("CLOSE_E", 10, i64(3), ts=now), simple("CLOSE_X", 10, i64(0), ts=now + ns)]
            now += ns + 1
        path = tmp_path / f"{size}.scap"
        path.write_bytes(capture(*events))
        found = by_key(walked(path, view))["close"]
        assert agree(found, spans)
        assert max(found) <= max(spans)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("view_id", "key", "field", "has_all"),
    [("syscalls", "evt.type", "evt.latency", ""), ("connections", "fd.name", "evt.latency.io", " and fd.lip exists and fd.rip exists")],
)
def test_close_to_those_of_a_capture(demo: Path, view_id: str, key: str, field: str, has_all: str) -> None:
    exact = latencies(demo, key, field, f"({VIEWS[view_id].filter}){has_all}")
    found = by_key(walked(demo, VIEWS[view_id]))
    assert len(found) > 20
    assert all(agree(value, exact[name]) if value is not None else not exact.get(name) for name, value in found.items())


def test_of_a_group_they_are_those_of_all_its_rows(demo: Path) -> None:
    latency = Column("LAT p50/p99", "evt.latency", Unit.DURATION_NS, 14, Aggregation.QUANTILES)
    filter_text = "syscall.type exists"
    columns = Column("NA", "thread.tid", Unit.ID, is_key=True), Column("NA", "proc.pid", Unit.ID, is_groupby_key=True), latency
    found = by_key(walked(demo, View("mine", "Mine", "For a test.", columns, filter=filter_text, use_defaults=True)))
    exact = latencies(demo, "proc.pid", "evt.latency", filter_text)
    assert all(agree(found[pid], numbers) for pid, numbers in exact.items() if numbers)


def test_what_waits_for_somebody_to_call_is_no_io(demo: Path) -> None:
    whole, calls = (latencies(demo, "evt.type", field, "fd.type in (ipv4, ipv6)") for field in ("evt.latency", "evt.latency.io"))
    assert whole["accept"]
    assert {name for name, numbers in calls.items() if numbers} == {
        "read", "readv", "recvfrom", "recvmsg", "sendmsg", "sendto", "write", "writev",
    }  # fmt: skip


def test_golden(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-r", str(demo), "-v", "connections", "-j", "fd.rport=7777 and fd.type=ipv6"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["LAT p50/p99"] == {"p50": 43008, "p99": 11885700}
    assert main(["-r", str(demo), "-v", "connections", "--csv", "fd.rport=7777 and fd.type=ipv6"]) == 0
    assert ",43008/11885700," in capsys.readouterr().out
    assert main(["-r", str(demo), "-v", "connections", "--once", "fd.rport=7777 and fd.type=ipv6"]) == 0
    assert " 43.0us/11.9ms " in capsys.readouterr().out


def test_rows_sort_by_the_slow_ones(demo: Path) -> None:
    snapshot = walked(demo, VIEWS["connections"])
    column = [column.name for column in snapshot.columns].index("LAT p50/p99")
    values = snapshot.values[column]
    cells = [values[row] for row in arranged(snapshot, Sort(column, True)).order]
    known = [cell.p99 for cell in cells if isinstance(cell, Quantiles)]
    assert known == sorted(known, reverse=True)
    assert cells[len(known) :] == [None] * (len(cells) - len(known))
    assert "evt.latency.io" not in values_on_screen(snapshot)


def test_as_text_and_for_programs() -> None:
    value = Quantiles(p99=9_100_000, p50=200_000)
    assert cell_text(value, Unit.DURATION_NS) == "200us/9.10ms"
    assert cell_text(Quantiles(870, 43), Unit.DURATION_NS) == "43ns/ 870ns"
    assert json_value(value) == {"p50": 200_000, "p99": 9_100_000}
    assert csv_value(value) == "200000/9100000"


@pytest.mark.parametrize("view_id", ["connections", "syscalls", "syscall_procs", "io_by_type"])
def test_live_the_kernel_counts_the_rest_until_somebody_asks(view_id: str) -> None:
    """It has no single latencies, so these come with the events."""
    view = VIEWS[view_id]
    (column,) = (column for column in view.columns if column.aggregation is Aggregation.QUANTILES)
    filter_text = "evt.type=read" if view_id == "syscall_procs" else ""
    assert column.on_request
    assert kernel_plan(view, filter_text) is not None
    assert kernel_plan(view, filter_text, asked={column.field}) is None
