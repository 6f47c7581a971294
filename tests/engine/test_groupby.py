"""Sums per key, and sinks with a clock, driven by a walk over the example capture."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from csyspy.capture import open_source
from csyspy.engine.callback import CallbackSink, EventView
from csyspy.engine.gate import Tally
from csyspy.engine.groupby import GroupBy
from csyspy.engine.state import State
from csyspy.engine.transform import Combined, Literal
from csyspy.engine.walk import Walker


@pytest.fixture(scope="module")
def demo(root: Path) -> str:
    return str(root / "examples" / "demo.scap")


def walk(path: str, *sinks: Any) -> int:
    """Give the sinks all events of a capture; how many there were."""
    state = State()
    state.needs = 0
    tally = Tally()
    for sink in sinks:
        sink.wants_hidden = True
    Walker(state, open_source([path])).run([*sinks, tally])
    named, generic = tally.calls()
    return sum(named.values()) + sum(generic.values())


class Source:
    """An extractor whose values a test makes up, one for each event that asks."""

    def __init__(self, *values: bytes | None) -> None:
        self.values = values
        self.asked = 0

    def extractor(self) -> Any:
        def value(_: object) -> bytes | None:
            self.asked += 1
            return self.values[(self.asked - 1) % len(self.values)]

        return Combined((Literal(b""),), value, False)


def test_counts_per_key(demo: str) -> None:
    groups = GroupBy([Source(b"a", b"b", b"b", b"").extractor()], [(None, "count", 1.0)])
    events = walk(demo, groups)
    rows = dict(groups.rows())
    assert sum(total for (total,) in rows.values()) == events
    assert len(groups) == 3
    assert rows["b",][0] == pytest.approx(events / 2, abs=2)
    groups.clear()
    assert groups.rows() == []


def test_events_without_a_key_are_left_out_or_kept(demo: str) -> None:
    left = GroupBy([Source(b"a", None).extractor(), Literal(b"x")], [(None, "count", 1.0)])
    kept = GroupBy([Source(b"a", None).extractor(), Literal(b"x")], [(None, "count", 1.0)], None, False, True)
    events = walk(demo, left, kept)
    assert [key for key, _ in left.rows()] == [("a", "x")]
    assert {key for key, _ in kept.rows()} == {("a", "x"), (None, "x")}
    assert sum(total for _, (total,) in kept.rows()) == events


def test_many_keys_grow_the_table_and_stay_apart(demo: str) -> None:
    names = [b"key-%d" % n + b"\0" * (n % 9) for n in range(5000)]
    groups = GroupBy([Source(*names).extractor()], [(None, "count", 1.0)])
    events = walk(demo, groups)
    rows = groups.rows()
    assert len(rows) == min(5000, events)
    assert [key[0].encode() for key, _ in rows] == names[: len(rows)]
    assert sum(total for _, (total,) in rows) == events


def test_keys_that_run_into_each_other_stay_apart(demo: str) -> None:
    groups = GroupBy([Source(b"ab", b"a").extractor(), Source(b"c", b"bc").extractor()], [(None, "count", 1.0)])
    walk(demo, groups)
    assert {key for key, _ in groups.rows()} == {("ab", "c"), ("a", "bc")}


def test_text_that_is_no_number_sums_to_nothing(demo: str) -> None:
    kept = GroupBy([Literal(b"all")], [(Literal(b"7"), "sum", 1.0), (None, "count", 1.0), (Literal(b"7"), "max", 1.0)])
    positive = GroupBy([Literal(b"all")], [(Literal(b"7"), "sum", 1.0)], None, True)
    events = walk(demo, kept, positive)
    [(_, (total, count, largest))] = kept.rows()
    assert (total, count) == (0, events)
    assert largest != largest  # NaN: there was no value
    assert positive.rows() == []


@pytest.mark.parametrize("columns", [[], [(None, "sum", 1.0)], [(None, "median", 1.0)]])
def test_wrong_columns_are_refused(columns: list[Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        GroupBy([], columns)


def test_a_callback_sees_every_event(demo: str) -> None:
    seen: list[tuple[int, int, str, Any]] = []
    view = EventView({"label": Literal(b"caf\xc3\xa9\xff")})
    events = walk(demo, CallbackSink(view, lambda event: seen.append((event.num, event.ts, event.type, event["label"]))))
    assert len(seen) == events
    assert [num for num, *_ in seen] == sorted(num for num, *_ in seen)
    assert seen[0][3] == "café\udcff"
    with pytest.raises(KeyError):
        view["other"]


def test_an_exception_of_a_callback_ends_the_walk(demo: str) -> None:
    def fail(event: Any) -> None:
        raise LookupError("enough")

    def rename(error: Exception) -> None:
        raise RuntimeError(f"named: {error}")

    with pytest.raises(LookupError):
        walk(demo, CallbackSink(EventView({}), fail))
    with pytest.raises(RuntimeError, match="named: enough"):
        walk(demo, CallbackSink(EventView({}), fail, None, rename))


def test_periods_run_on_the_time_of_the_events(demo: str) -> None:
    times: list[int] = []
    calls: list[tuple[int, int]] = []
    sink = CallbackSink(EventView({}), lambda event: times.append(event.ts))
    sink.every(500_000_000, lambda ts, delta: calls.append((ts, delta)))
    walk(demo, sink)
    begun = [ts // 500_000_000 for ts in times]
    assert len(calls) == sum(a != b for a, b in pairwise(begun))
    assert calls[0][1] == 0
    assert all(delta == ts - before for (before, _), (ts, delta) in pairwise(calls))


def test_precise_periods_come_one_by_one(demo: str) -> None:
    calls: list[tuple[int, int]] = []
    times: list[int] = []
    sink = CallbackSink(EventView({}), lambda event: times.append(event.ts))
    sink.every(100_000_000, lambda ts, delta: calls.append((ts, delta)), True)
    walk(demo, sink)
    assert [ts for ts, _ in calls] == [times[0] + n * 100_000_000 for n in range(len(calls))]
    assert {delta for _, delta in calls} == {100_000_000}
    with pytest.raises(ValueError):
        sink.every(0, print)
