"""Frames from a capture: of the whole of it, while it is read and once it has been, or of a part of its time."""

import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from csyspy.capture.seek import SeekableCapture
from csyspy.capture.walker import OpenCapture, open_capture
from csyspy.engine.gate import Gate
from csyspy.engine.groupby import GroupBy
from csyspy.errors import CaptureError, CsyspyError
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.filters.passing import EVERYTHING, Passing
from csyspy.rules.directions import Directions
from csyspy.tui.arrange import arranged
from csyspy.tui.frame import Can, Frame, Gauge, IsCancelled, Publish, Query, State, Window
from csyspy.tui.no_containers import why_not_recorded
from csyspy.tui.pace import Pace
from csyspy.tui.time_index import TimeIndex
from csyspy.tui.trends import CaptureTrends, has_trends
from csyspy.views.aggregate import NS_PER_S, ViewAggregation
from csyspy.views.format import short_bytes, short_count
from csyspy.views.timeline import Timeline
from csyspy.views.view import View

STEP_EVENTS = 2048
"""Events between two looks at the clock, and at whether the screen has something to do; 0.7 ms."""
TREND_STEP_EVENTS = 128
"""As STEP_EVENTS, where a short time is cut into parts, and for the first FEW_EVENTS: they may be all there are."""
FEW_EVENTS = 16_384
ALL_NEEDS = 31
"""Need bits of whoever writes: all the state there is."""
REFRESH_S = 0.5
FIRST_REFRESH_S = 0.02
GAUGES = (("EVENTS", None), ("FILE", "evt.buflen.file"), ("NET", "evt.buflen.net"), ("ERRORS", "evt.failed"))
"""Label, and the field whose sum over time it shows; None: how many events."""


class ReplayFeed:
    """A capture, walked anew for every question; the first walk to its end fills the index and the gauges.

    Opens the capture at once, to see that it can be. Raises CaptureError. `give_way` is called before each step of a walk, and
    returns when others need the interpreter less.
    """

    can = Can.EVENTS | Can.SEEK
    directions: Directions = "auto"
    lost = 0

    def __init__(self, capture: str, give_way: Callable[[], object] = lambda: None) -> None:
        self._give_way = give_way
        self.source = PurePath(capture).name
        self.index = TimeIndex()
        self._capture = SeekableCapture(capture)
        self._gauges: tuple[Gauge, ...] = ()
        self._progress = 0.0
        """Of the first walk."""
        self._closed = threading.Event()

    def close(self) -> None:
        self._closed.set()
        self._capture.close()

    def why_not(self, view: View) -> str:
        return ""

    def why_no_filter(self, filter_text: str) -> str:
        return ""

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        aggregation = ViewAggregation(query.view, query.filter_text, containers=query.containers)
        answer = _Answer(query, aggregation, None if self.index.is_complete else _Pulse())
        state, notice = State.MOMENT if query.window else State.END, ""
        try:
            self._read(answer, publish, is_cancelled)
        except CaptureError as error:
            state = State.PARTIAL if answer.state is not None and answer.state.events else State.FAILED
            where = f" (at byte {error.offset:,})" if error.offset >= 0 else ""
            notice = f"{error.message}{where}" + ("; shown up to there" if state is State.PARTIAL else "")
            self.index.is_complete = True
        if self._is_over(is_cancelled):
            return
        if answer.pulse is not None and self.index.is_complete:
            self._gauges = answer.pulse.gauges()
        frame = self._frame(answer, state, notice)
        publish(frame)
        if query.trends and state in (State.END, State.MOMENT) and has_trends(frame.snapshot):
            trends = self._trends(query, is_cancelled)
            if not self._is_over(is_cancelled):
                publish(replace(frame, snapshot=replace(frame.snapshot, trends=trends)))

    def _trends(self, query: Query, is_cancelled: IsCancelled) -> Mapping[Hashable, tuple[float, ...]]:
        """How each row went over the time of the query: one more walk, for what the table can do without until then."""
        window = query.window or Window(self.index.start_ns, self.index.end_ns + 1)
        collector = CaptureTrends(query.view, query.filter_text, query.containers, window.start_ns, window.end_ns)
        capture = self._open(collector.sink.needs, query.window)
        try:
            for _ in self._steps(capture, [collector.sink], query.window, TREND_STEP_EVENTS):
                if self._is_over(is_cancelled):
                    return {}
                if capture.state.evt_ts >= window.start_ns:
                    collector.look(capture.state)
            return collector.trends(capture.state)
        except CaptureError:
            return {}
        finally:
            capture.source.close()

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: Passing = EVERYTHING,
    ) -> None:
        needs = 0
        for sink in sinks:
            needs |= sink.needs
        capture = self._open(needs, window)
        try:
            for _ in self._steps(capture, sinks, window):
                if self._is_over(is_cancelled):
                    return
                on_step(capture.state)
        finally:
            capture.walker.finish()
            capture.source.close()

    def reach(self, state: Any, window: Window | None) -> float | None:
        first, last = 0, float(self.index.events)
        if window is not None:
            first, last = self.index.events_before(window.start_ns), float(self.index.events_before(window.end_ns))
        elif not self.index.is_complete:
            last = last / self._progress if self._progress else 0.0
        return max(0.0, min((state.events - first) / (last - first), 1.0)) if last > first else None

    def save(self, path: str, window: Window) -> int:
        from csyspy.capture.writer import open_writer

        if os.path.exists(path):
            raise CsyspyError(f"{path} is there already")
        capture = open_capture([self._capture.path], ALL_NEEDS)
        try:
            writer = open_writer(capture.walker, path, keep=_within(window), fat=True)
            capture.walker.attach([writer])
            capture.walker.open()
            while capture.state.evt_ts < window.end_ns and not self._closed.is_set() and capture.walker.step(STEP_EVENTS):
                self._give_way()
            capture.walker.finish()
        finally:
            capture.source.close()
        return int(writer.count)

    def _is_over(self, is_cancelled: IsCancelled) -> bool:
        return self._closed.is_set() or is_cancelled()

    def _open(self, needs: int, window: Window | None) -> OpenCapture:
        """The capture at its start, or somewhere before the window."""
        return self._capture.open(self.index.events_before(window.start_ns) if window else 0, needs)

    def _steps(self, capture: OpenCapture, sinks: Sequence[Any], window: Window | None, step_events: int = STEP_EVENTS) -> Any:
        """Walk step by step; outside the window only the state is kept up, and behind it nothing is read."""
        walker, state = capture.walker, capture.state
        walker.attach([])
        walker.open()
        yield
        before = self.index.events_before(window.start_ns) if window else 0
        while state.events < before:
            self._give_way()
            if not walker.step(min(STEP_EVENTS, before - state.events)):
                return
            yield
        walker.attach([Gate(list(sinks), filter=_within(window))] if window else sinks)
        goes_on = True
        while goes_on and not (window and state.evt_ts >= window.end_ns):
            self._give_way()
            goes_on = walker.step(step_events if state.events - before >= FEW_EVENTS else TREND_STEP_EVENTS)
            yield

    def _read(self, answer: "_Answer", publish: Publish, is_cancelled: IsCancelled) -> None:
        query, pulse = answer.query, answer.pulse
        capture = self._open(answer.needs, query.window)
        answer.begin(capture)
        due_s = time.monotonic() + FIRST_REFRESH_S
        try:
            for _ in self._steps(capture, answer.sinks, query.window):
                if self._is_over(is_cancelled):
                    return
                if pulse is not None:
                    pulse.note(capture.state)
                    self._index(capture.state)
                    self._capture.keep(capture)
                if time.monotonic() >= due_s:
                    answer.progress = capture.source.progress()
                    if pulse is not None:
                        self._gauges = pulse.gauges()
                        self._progress = answer.progress
                    publish(self._frame(answer, State.LOADING, ""))
                    due_s = time.monotonic() + REFRESH_S
            self.index.is_complete = True
        finally:
            answer.progress = None
            capture.source.close()

    def _index(self, state: Any) -> None:
        if state.first_event_ts:
            if not self.index.events:
                self.index.add(state.first_event_ts, 0)
            self.index.add(state.evt_ts, state.events)

    def _frame(self, answer: "_Answer", state: State, notice: str) -> Frame:
        query = answer.query
        window = query.window
        start_ns = window.start_ns if window else self.index.start_ns
        end_ns = window.end_ns if window else self.index.end_ns
        answer.frames += 1
        snapshot = answer.aggregation.snapshot(
            answer.state, max(end_ns - start_ns, 0), sort=query.sort, seq=query.seq * 1000 + answer.frames, time_ns=end_ns
        )
        total = len(snapshot)
        snapshot = arranged(snapshot, query.sort, query.row_text)
        seconds = f"{(end_ns - start_ns) / NS_PER_S:.1f}s"
        if answer.progress is not None:
            detail = "  ".join(answer.speed(answer.progress))
        else:
            detail = seconds if window else f"{self.index.events:,} events  {seconds}"
        return Frame(
            snapshot,
            state,
            self._gauges,
            total,
            detail=detail,
            progress=answer.progress,
            notice=notice,
            why_empty=() if total else why_not_recorded(query.view, answer.state.containers.values()) or _why_no_times(query.view),
            query_seq=query.seq,
            events=0 if window else self.index.events,
        )


class _Answer:
    """What one query collects."""

    def __init__(self, query: Query, aggregation: ViewAggregation, pulse: "_Pulse | None") -> None:
        self.query = query
        self.aggregation = aggregation
        self.pulse = pulse
        self.sinks = [aggregation.sink] + ([pulse.sink] if pulse is not None else [])
        self.needs = 0
        for sink in self.sinks:
            self.needs |= sink.needs
        self.state: Any = None
        self.progress: float | None = None
        self.frames = 0
        self._pace = Pace()

    def begin(self, capture: OpenCapture) -> None:
        """From here it is walked."""
        self.state = capture.state
        self._pace = Pace(capture.source.progress() or 0.0, capture.state.events)

    def speed(self, progress: float) -> list[str]:
        """How far it has come, how long the rest takes if it goes on so, events a second, events; the most wanted first."""
        return [*self._pace.words(progress, self.state.events), f"{self.state.events:,} events"]


class _Pulse:
    """The gauges of a whole capture, filled as it is walked."""

    def __init__(self) -> None:
        self.sink = GroupBy([], [_total(field) for _, field in GAUGES], None)
        self._timelines = [Timeline() for _ in GAUGES]
        self._span_ns = 0

    def note(self, state: Any) -> None:
        """Remember how far the gauges had come by the time of the event just walked."""
        totals = self.sink.rows()
        self._span_ns = max(state.evt_ts - state.first_event_ts, 0)
        if totals:
            for timeline, total in zip(self._timelines, totals[0][1], strict=True):
                timeline.begin(state.first_event_ts)
                timeline.add(state.evt_ts, total)

    def gauges(self) -> tuple[Gauge, ...]:
        gauges = []
        for (label, field), timeline in zip(GAUGES, self._timelines, strict=True):
            rates = timeline.rates()
            mean = timeline.total * NS_PER_S / self._span_ns if self._span_ns else 0.0
            text = f"{short_bytes(mean)}/s" if field and "buflen" in field else f"{short_count(mean)}/s"
            gauges.append(Gauge(label, text, None, rates, max(rates, default=0) or 1, is_whole=True))
        return tuple(gauges)


def _why_no_times(view: View) -> tuple[str, ...]:
    """Of views of slow calls."""
    if "evt.latency" not in view.filter:
        return ()
    return ("How long a call took is not known where a capture has no begins of calls: newer libs', and csyspy's without --latency.",)


def _within(window: Window) -> Any:
    return compile_filter(f"evt.rawtime>={window.start_ns} and evt.rawtime<{window.end_ns}").program


def _total(field: str | None) -> tuple[object, str, float]:
    return (None, "count", 1.0) if field is None else (compile_field(field), "sum", 1.0)
