"""What screens gather."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.arrange import arranged, tree
from csyspy.tui.collect.card import CardCollector
from csyspy.tui.collect.chisel import ChiselCollector
from csyspy.tui.collect.detail import DetailCollector
from csyspy.tui.collect.echo import Display, EchoCollector, lines_of
from csyspy.tui.collect.events import EventCollector
from csyspy.tui.collect.latency import BUCKETS, LatencyCollector, latency_ns
from csyspy.tui.collect.overview import OverviewCollector
from csyspy.tui.export import rows_as_csv, rows_as_json
from csyspy.tui.find import next_line
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Sort, snapshot_of


def walked(demo: Path, collector: Any, step: Any = None) -> Any:
    ReplayFeed(str(demo)).walk(collector.sinks, None, lambda: collector_is_full(collector), step or (lambda state: None))
    return collector


def collector_is_full(collector: Any) -> bool:
    return bool(getattr(collector, "is_full", False))


def test_events_as_rows(demo: Path) -> None:
    rows = walked(demo, EventCollector("evt.type=openat and evt.dir=<")).rows
    assert len(rows) > 1000
    assert {row.type for row in rows} == {"openat"}
    assert any(row.failed and "ENOENT" in row.info for row in rows)
    assert all(row.latency_ns >= 0 and not row.is_enter for row in rows)


def test_data_in_three_ways(demo: Path) -> None:
    data = walked(demo, EchoCollector("proc.name=curl"))
    assert data.line_count > 100
    chunk, text = data.line(0)
    assert text is None
    assert chunk.moved_bytes > 0
    dotted = data.line_count
    data.use(Display.HEX)
    assert data.line_count != dotted
    assert data.line(1)[1].startswith("000000  ")


@given(st.binary(max_size=200))
def test_data_never_reaches_the_terminal_raw(data: bytes) -> None:
    for display in Display:
        assert all(line.isprintable() for line in lines_of(data, display))


def test_a_card_has_every_field_that_has_a_value(demo: Path) -> None:
    number = walked(demo, EventCollector("evt.type=openat and evt.dir=< and proc.name=curl")).rows[0].number
    card = walked(demo, CardCollector(number)).result()
    assert next(iter(card)) == "evt.num"
    assert card["evt.num"] == number
    assert card["proc.name"] == "curl"
    assert len(card) > 60


def test_details_are_the_busiest_first(demo: Path) -> None:
    detail = walked(demo, DetailCollector("proc.name=redis-server")).result()
    assert detail.calls[0][1] >= detail.calls[-1][1] > 0
    assert detail.fds


def test_latencies_by_period(demo: Path) -> None:
    collector = walked(demo, LatencyCollector("evt.dir=<", 500_000_000))
    collector.end()
    assert 100 < len(collector.rows) < 150
    assert all(before.start_ns < now.start_ns for before, now in pairwise(collector.rows))
    assert {bucket for row in collector.rows for bucket in row.counts} <= set(range(1, BUCKETS + 1))


def test_latencies_of_a_time_that_nobody_knows_fit_into_a_few_rows(demo: Path) -> None:
    collector = walked(demo, LatencyCollector("evt.dir=<", 1_000_000, 50))
    collector.end()
    assert 25 <= len(collector.rows) <= 50
    assert all(now.start_ns - before.start_ns == collector.period_ns for before, now in pairwise(collector.rows))
    whole = walked(demo, LatencyCollector("evt.dir=<", 500_000_000))
    whole.end()
    assert sum((Counter(row.counts) for row in collector.rows), Counter()) == sum((Counter(row.counts) for row in whole.rows), Counter())


def test_latencies_that_come_without_end_are_those_of_late(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = walked(demo, LatencyCollector("evt.type=openat", 500_000_000)).rows
    monkeypatch.setattr("csyspy.tui.collect.latency.MOST_ROWS", 50)
    newest = walked(demo, LatencyCollector("evt.type=openat", 500_000_000)).rows
    assert 45 <= len(newest) <= 50
    assert newest == every[-len(newest) :]
    assert latency_ns(1) == 1
    assert latency_ns(BUCKETS) == 10**11


def test_topics_of_a_capture(demo: Path) -> None:
    collector = OverviewCollector("")
    walked(demo, collector, collector.note)
    tiles = {tile.topic.title: tile for tile in collector.tiles()}
    assert tiles["Files opened"].total > 1000
    assert max(tiles["Files opened"].rates) > 0
    assert all(tile.topic.view_id in VIEWS for tile in tiles.values())


def test_a_chisel_prints_lines(demo: Path) -> None:
    collector = ChiselCollector("topprocs_cpu", "", "")
    walked(demo, collector, collector.step)
    collector.end()
    assert collector.lines[0].startswith("CPU%")
    assert len(collector.lines) > 5


def test_rows_in_order_and_below_their_parents() -> None:
    processes = ((1, 0, 0.0), (2, 1, 5.0), (3, 1, 9.0), (4, 4, 1.0))
    rows = [{"proc.pid": pid, "proc.ppid": parent, "thread.cpu": cpu} for pid, parent, cpu in processes]
    snapshot = snapshot_of(VIEWS["procs"], rows)
    assert [snapshot.keys[row] for row in snapshot.order] == [3, 2, 4, 1]
    hung, guides = tree(snapshot)
    assert [hung.keys[row] for row in hung.order] == [4, 1, 3, 2]
    assert [guides[row] for row in hung.order] == ["", "", "├─ ", "└─ "]
    assert [snapshot.keys[row] for row in arranged(snapshot, Sort(0, False)).order] == [1, 2, 3, 4]
    assert arranged(snapshot, None, "nothing has this").order == ()


def test_rows_as_files() -> None:
    snapshot = snapshot_of(VIEWS["procs"], [{"proc.pid": 1, "thread.cpu": 2.5, "proc.exeline": 'a,"b"'}])
    columns = tuple(range(len(snapshot.columns)))
    assert rows_as_csv(snapshot, columns).splitlines()[1].endswith('"a,""b"""')
    assert '"Command": "a,\\"b\\""' in rows_as_json(snapshot, columns)


def test_saved_rows_have_columns_of_one_field_and_raw_data() -> None:
    snapshot = snapshot_of(VIEWS["syscalls"], [{"evt.type": "read", "evt.latency": 5}])
    (row,) = map(json.loads, rows_as_json(snapshot, range(len(snapshot.columns))).splitlines())
    assert (row["TOT TIME"], row["AVG TIME"]) == (5, 5)
    raw = replace(snapshot, values=tuple((b"a\n\xff",) for _ in snapshot.columns))
    assert json.loads(rows_as_json(raw, (0,))) == {"CALLS/S": "a.."}
    assert rows_as_csv(raw, (0,)).splitlines()[1] == "a.."


@pytest.mark.parametrize(("at", "step", "stay", "found"), [(0, 1, False, 2), (0, 1, True, 0), (2, -1, False, 0), (2, 1, False, 0)])
def test_finding_goes_round(at: int, step: int, stay: bool, found: int) -> None:
    lines = ["Match", "other", "a MATCH"]
    assert next_line(lines.__getitem__, 3, at, "match", step, stay) == found
    assert next_line(lines.__getitem__, 3, at, "absent", step, stay) is None
    assert next_line(lines.__getitem__, 3, at, "", step, stay) is None
