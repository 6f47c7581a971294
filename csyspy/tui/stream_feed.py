"""Live frames that need events: the kernel's stream, walked as a capture without an end."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from csyspy.capture.live.stream import LiveSource, StreamOptions
from csyspy.capture.named import NamedSource
from csyspy.capture.walker import OpenCapture, open_capture
from csyspy.errors import CaptureError
from csyspy.filters.passing import EVERYTHING, Passing, passing
from csyspy.tui.arrange import arranged
from csyspy.tui.frame import Can, Frame, IsCancelled, Publish, Query, State, Window, loss_text
from csyspy.tui.kernel_feed import KernelFeed
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.tui.live_feed import FIRST_INTERVAL_S
from csyspy.tui.stream_plan import stream_options
from csyspy.tui.trends import LiveTrends
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.format import short_count
from csyspy.views.view import Kind, View

if TYPE_CHECKING:
    from csyspy.capture.source import Source

STEP_EVENTS = 64
"""Events between two looks at the clock."""
LOSS_S = 0.5
"""How often a walk looks at what it lost."""
ECHO_SNAPLEN = 2000
"""Bytes of each buffer that are kept where data is looked at, as csysdig keeps them."""


class StreamFeed(KernelFeed):
    """What runs on this machine: from the kernel's tables where they answer, else from its events."""

    can = Can.EVENTS

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        if kernel_plan(query.view, query.filter_text, containers=query.containers, asked=query.asked) is not None:
            super().answer(query, publish, is_cancelled)
            return
        aggregation = ViewAggregation(query.view, query.filter_text, containers=query.containers)
        asked = stream_options(passing(aggregation.filter_text, switches=False), aggregation.sink.needs)
        with self._opened(asked, is_cancelled) as source:
            capture = self._walkable(source, aggregation.sink.needs, is_cancelled)
            capture.walker.attach([aggregation.sink])
            trends = LiveTrends()
            for start_ns in self._beats(capture, is_cancelled):
                publish(self._events_frame(aggregation, capture, source, query, start_ns, trends))
                if query.view.kind is not Kind.LIST and (not query.view.rows_are_events or len(aggregation.sink) > query.view.capacity):
                    aggregation.clear()

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
        with self._opened(stream_options(wanted, needs, snaplen=ECHO_SNAPLEN), is_cancelled) as source:
            capture = self._walkable(source, needs, is_cancelled)
            capture.walker.attach([])
            capture.walker.open()
            on_step(capture.state)
            capture.walker.attach(list(sinks))
            due_s, lost = time.monotonic() + LOSS_S, 0
            while capture.walker.step(STEP_EVENTS) and not self._is_over(is_cancelled):
                on_step(capture.state)
                if time.monotonic() >= due_s:
                    due_s, lost = time.monotonic() + LOSS_S, self._note_loss(source, lost)
            self._note_loss(source, lost)
            capture.walker.finish()

    def _note_loss(self, source: NamedSource, before: int) -> int:
        """Count what a walk has lost beyond what was noted of it before; how much that is now."""
        lost: int = source.overhead().lost
        with self._lock:
            self.lost += lost - before
        return lost

    def why_not(self, view: View) -> str:
        return ""

    def why_no_filter(self, filter_text: str) -> str:
        return ""

    @contextmanager
    def _opened(self, asked: StreamOptions, is_cancelled: IsCancelled) -> Iterator[NamedSource]:
        """The kernel's events. Who closes them before the first one has come leaves what would be damage in a file: no error here."""
        source = NamedSource(LiveSource(asked), self._metadata)
        try:
            yield source
        except CaptureError:
            if not self._is_over(is_cancelled):
                raise
        finally:
            source.close()

    def _walkable(self, source: NamedSource, needs: int, is_cancelled: IsCancelled) -> OpenCapture:
        return open_capture([source.name], needs, cast("Source", _Until(source, lambda: self._is_over(is_cancelled))))

    def _is_over(self, is_cancelled: IsCancelled) -> bool:
        return self._closed.is_set() or is_cancelled()

    def _beats(self, capture: OpenCapture, is_cancelled: IsCancelled) -> Any:
        """Walk on; gives the begin of each interval that is over, ns since the epoch."""
        pause_s = min(FIRST_INTERVAL_S, self._interval_s)
        start_ns, due_s = time.time_ns(), time.monotonic() + pause_s
        while capture.walker.step(STEP_EVENTS) and not self._is_over(is_cancelled):
            if time.monotonic() >= due_s:
                yield start_ns
                start_ns, due_s = time.time_ns(), time.monotonic() + self._interval_s

    def _events_frame(
        self,
        aggregation: ViewAggregation,
        capture: OpenCapture,
        source: NamedSource,
        query: Query,
        start_ns: int,
        trends: LiveTrends,
    ) -> Frame:
        now_ns = time.time_ns()
        with self._lock:
            self._seq += 1
            snapshot = aggregation.snapshot(capture.state, now_ns - start_ns, sort=query.sort, seq=self._seq, time_ns=now_ns)
            if query.view.kind is not Kind.LIST:
                snapshot = trends.of(snapshot)
            cost = source.overhead()
            rate = cost.events / cost.seconds if cost.seconds > 0 else 0.0
            return Frame(
                arranged(snapshot, query.sort, query.row_text),
                State.LIVE,
                self._host_gauges(self._procfs.host()),
                total_rows=len(snapshot),
                loss=loss_text(cost.lost, cost.events),
                detail=f"{self._interval_s:g}s  {short_count(rate)} ev/s" + ("" if cost.lost else "  none lost"),
                why_empty=self._why_empty(query, len(snapshot)),
                query_seq=query.seq,
            )


class _Until:
    """A source that ends when nobody wants it any more."""

    def __init__(self, source: NamedSource, is_over: Callable[[], bool]) -> None:
        self._source = source
        self._is_over = is_over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self) -> memoryview | None:
        """The next chunk of the source."""
        return None if self._is_over() else self._source.read()
