"""Captures on the screen: what the feed answers."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest

from csyspy.errors import CaptureError
from csyspy.fields.errors import FieldError
from csyspy.tui.collect.events import EventCollector
from csyspy.tui.frame import Frame, Query, State, Window
from csyspy.tui.pace import short_time
from csyspy.tui.replay_feed import STEP_EVENTS, ReplayFeed
from csyspy.views.catalogue import VIEWS

PROCS = VIEWS["procs"]


def never() -> bool:
    return False


def frames_of(path: Path, query: Query = Query(PROCS)) -> list[Frame]:  # noqa: B008
    frames: list[Frame] = []
    ReplayFeed(str(path)).answer(query, frames.append, never)
    return frames



def test_the_last_frame_shows_the_whole_capture(demo: Path) -> None:
    last = frames_of(demo)[-1]
    assert last.state is State.END
    assert len(last.snapshot) > 200
    assert "180,434 events" in last.detail
    assert [gauge.label for gauge in last.gauges] == ["EVENTS", "FILE", "NET", "ERRORS"]
    assert all(gauge.is_whole and max(gauge.history) > 0 for gauge in last.gauges)


def test_a_filter_leaves_what_passes(demo: Path) -> None:
    last = frames_of(demo, Query(PROCS, "container.name=cpu-burner"))[-1]
    assert 0 < len(last.snapshot) < 100


def test_a_text_leaves_the_rows_that_contain_it_and_counts_the_others(demo: Path) -> None:
    last = frames_of(demo, Query(PROCS, row_text="NGINX"))[-1]
    assert 0 < len(last.snapshot.order) < 10
    assert last.total_rows > 200


def test_a_window_holds_the_events_of_its_time_and_idle_processes_too(demo: Path) -> None:
    feed = ReplayFeed(str(demo))
    feed.answer(Query(PROCS), lambda frame: None, never)
    middle_ns = (feed.index.start_ns + feed.index.end_ns) // 2
    halves = [Window(feed.index.start_ns, middle_ns), Window(middle_ns, feed.index.end_ns + 1)]
    counts = []
    for window in halves:
        collector = EventCollector("")
        feed.walk(collector.sinks, window, never, lambda state: None)
        assert all(window.start_ns <= row.time_ns < window.end_ns for row in collector.rows)
        counts.append(len(collector.rows))
    collector = EventCollector("")
    feed.walk(collector.sinks, None, never, lambda state: None)
    assert sum(counts) == len(collector.rows)
    frames: list[Frame] = []
    feed.answer(Query(PROCS, window=halves[0]), frames.append, never)
    assert frames[-1].state is State.MOMENT
    assert len(frames[-1].snapshot) > 20


def test_the_index_knows_which_events_came_before_a_time(demo: Path) -> None:
    feed = ReplayFeed(str(demo))
    feed.answer(Query(PROCS), lambda frame: None, never)
    index = feed.index
    assert index.is_complete
    assert index.events == 180_434
    assert index.events_before(index.start_ns) == 0
    assert 0 < index.events_before((index.start_ns + index.end_ns) // 2) < index.events
    assert sum(index.histogram(10)) == pytest.approx(index.events, rel=0.01)
    assert len(index.histogram(500)) == 500


def test_a_cut_capture_is_shown_up_to_the_cut(demo: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.scap"
    cut.write_bytes(gzip.decompress(demo.read_bytes())[:2_000_000])
    last = frames_of(cut)[-1]
    assert last.state is State.PARTIAL
    assert "shown up to there" in last.notice
    assert len(last.snapshot) > 10


def test_what_is_no_capture_fails_with_the_reason(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello\n" * 10)
    last = frames_of(other)[-1]
    assert last.state is State.FAILED
    assert last.notice


def test_a_missing_capture_is_refused_before_the_screen_opens(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        ReplayFeed(str(tmp_path / "none.scap"))


def test_a_wrong_filter_is_refused(demo: Path) -> None:
    with pytest.raises(FieldError):
        frames_of(demo, Query(PROCS, "nonsense ="))


def test_what_is_cancelled_or_closed_publishes_nothing(demo: Path) -> None:
    frames: list[Frame] = []
    feed = ReplayFeed(str(demo))
    feed.answer(Query(PROCS), frames.append, lambda: True)
    feed.close()
    feed.answer(Query(PROCS), frames.append, never)
    assert frames == []


def test_loading_says_how_far_it_is_and_how_long_the_rest_takes(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("replay_feed.FIRST_REFRESH_S", "replay_feed.REFRESH_S", "pace.LEAST_MEASURED_S"):
        monkeypatch.setattr(f"csyspy.tui.{pause}", 0.0)
    details = [frame.detail for frame in frames_of(demo, Query(PROCS, trends=False)) if frame.state is State.LOADING]
    assert re.fullmatch(r"\d+%  (\d+ s|\d+:\d\d) left  [\d.]+[kMG]? ev/s  [\d,]+ events", details[-1]), details[-1]
    assert [short_time(seconds) for seconds in (0.2, 99, 125)] == ["1 s", "99 s", "2:05"]


def test_before_each_step_whoever_reads_gives_way(demo: Path, tmp_path: Path) -> None:
    ways: list[int] = []
    feed = ReplayFeed(str(demo), lambda: ways.append(feed.index.events))
    feed.answer(Query(PROCS, trends=False), lambda frame: None, never)
    assert max(later - earlier for earlier, later in pairwise(ways)) <= STEP_EVENTS
    assert feed.index.events - ways[-1] <= STEP_EVENTS
    whole = Window(feed.index.start_ns, feed.index.end_ns + 1)
    for read in (
        lambda: feed.answer(Query(PROCS, window=whole, trends=False), lambda frame: None, never),
        lambda: feed.walk(EventCollector("evt.num=1").sinks, None, never, lambda state: None),
        lambda: feed.save(str(tmp_path / "saved.scap"), whole),
    ):
        ways.clear()
        read()
        assert len(ways) >= feed.index.events // STEP_EVENTS


def test_a_walk_says_how_far_it_has_come(demo: Path) -> None:
    feed = ReplayFeed(str(demo))
    feed.answer(Query(PROCS, trends=False), lambda frame: None, never)
    middle_ns = (feed.index.start_ns + feed.index.end_ns) // 2
    for window in (None, Window(middle_ns, feed.index.end_ns)):
        parts: list[float | None] = []
        feed.walk([], window, never, lambda state, window=window, parts=parts: parts.append(feed.reach(state, window)))  # type: ignore[misc]
        known = [part for part in parts if part is not None]
        assert len(known) == len(parts)
        assert known == sorted(known)
        assert known[0] == pytest.approx(0, abs=0.05)
        assert known[-1] == pytest.approx(1, abs=0.05)
