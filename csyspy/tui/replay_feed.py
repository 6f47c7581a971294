"""Frames from a capture, while it is read and once it has been."""

import threading
import time
from collections.abc import Callable
from pathlib import PurePath

from csyspy.capture.walker import open_capture
from csyspy.engine.groupby import GroupBy
from csyspy.errors import CaptureError
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.tui.frame import Frame, Gauge, State
from csyspy.views.aggregate import NS_PER_S, ViewAggregation
from csyspy.views.format import short_bytes, short_count
from csyspy.views.timeline import Timeline
from csyspy.views.view import View

STEP_EVENTS = 4096
"""Events between two looks at the clock; the screen's thread gets its turn there."""
REFRESH_S = 0.3
GAUGES = (("EVENTS", None), ("FILE", "evt.buflen.file"), ("NET", "evt.buflen.net"), ("ERRORS", "evt.failed"))
"""Label, and the field whose sum over time it shows; None: how many events."""


class ReplayFeed:
    """The view of a whole capture, which grows while the capture is read.

    Opens the capture and compiles the filter at once. Raises FieldError and CaptureError.
    """

    def __init__(self, view: View, capture: str, filter_text: str, *, containers: bool = False) -> None:
        self.source = PurePath(capture).name
        self.filter_text = filter_text
        self._aggregation = ViewAggregation(view, filter_text, containers=containers)
        program = compile_filter(filter_text).program if filter_text else None
        self._pulse = GroupBy([], [_total(field) for _, field in GAUGES], program)
        self._sinks = [self._aggregation.sink, self._pulse]
        needs = 0
        for sink in self._sinks:
            needs |= sink.needs
        self._capture = open_capture([capture], needs)
        self._timelines = [Timeline() for _ in GAUGES]
        self._first_ns = 0
        self._stop = threading.Event()
        self._seq = 0

    def run(self, publish: Callable[[Frame], None]) -> None:
        state, walker = State.END, self._capture.walker
        notice = ""
        try:
            walker.attach(self._sinks)
            self._read(publish)
        except CaptureError as error:
            state = State.PARTIAL if self._capture.state.events else State.FAILED
            where = f" (at byte {error.offset:,})" if error.offset >= 0 else ""
            notice = f"{error.message}{where}" + ("; shown up to there" if state is State.PARTIAL else "")
        finally:
            self._capture.source.close()
        if not self._stop.is_set():
            publish(self._frame(state, notice))

    def stop(self) -> None:
        self._stop.set()

    def _read(self, publish: Callable[[Frame], None]) -> None:
        due_s = time.monotonic() + REFRESH_S
        while not self._stop.is_set() and self._capture.walker.step(STEP_EVENTS):
            self._note_time()
            if time.monotonic() >= due_s:
                publish(self._frame(State.LOADING, ""))
                due_s = time.monotonic() + REFRESH_S
        self._note_time()

    def _note_time(self) -> None:
        """Remember how far the gauges had come by the time of the event just walked."""
        now_ns = self._capture.state.evt_ts
        self._first_ns = self._first_ns or self._capture.state.first_event_ts
        totals = self._pulse.rows()
        if totals:
            for timeline, total in zip(self._timelines, totals[0][1], strict=True):
                timeline.add(now_ns, total)

    def _frame(self, state: State, notice: str) -> Frame:
        self._seq += 1
        capture = self._capture
        now_ns, events = capture.state.evt_ts, capture.state.events
        span_ns = max(now_ns - self._first_ns, 0)
        snapshot = self._aggregation.snapshot(capture.state, span_ns, seq=self._seq, time_ns=now_ns)
        progress = capture.source.progress() if state is State.LOADING else None
        detail = f"{progress:.0%}  {events:,} events" if progress is not None else f"{events:,} events  {span_ns / NS_PER_S:.1f}s"
        return Frame(snapshot, state, self._gauges(span_ns), len(snapshot), detail, progress, notice)

    def _gauges(self, span_ns: int) -> tuple[Gauge, ...]:
        gauges = []
        for (label, field), timeline in zip(GAUGES, self._timelines, strict=True):
            rates = timeline.rates()
            mean = timeline.total * NS_PER_S / span_ns if span_ns else 0.0
            text = f"{short_bytes(mean)}/s" if field and "buflen" in field else f"{short_count(mean)}/s"
            gauges.append(Gauge(label, text, None, rates, max(rates, default=0) or 1, is_whole=True))
        return tuple(gauges)


def _total(field: str | None) -> tuple[object, str, float]:
    return (None, "count", 1.0) if field is None else (compile_field(field), "sum", 1.0)
