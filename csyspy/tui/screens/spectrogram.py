"""Latency of the selection's calls over time (csysdig's F12)."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from csyspy.filters.passing import Passing, passing
from csyspy.tui.collect.latency import BUCKETS, LatencyCollector, latency_ns
from csyspy.tui.commands import Place, bindings
from csyspy.tui.frame import Feed, Window
from csyspy.tui.scope import joined
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.page import legend_page
from csyspy.tui.screens.picker import Choice, Picker
from csyspy.tui.screens.stream import Collector, StreamScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.spectrogram import Spectrogram
from csyspy.views.format import short_duration
from csyspy.views.view import Kind, View

NO_LATENCIES = (
    "No call here took a time that is known: none passes the filter, or the capture has no begins of calls (newer libs', and csyspy's "
    "without --latency)."
)
LIVE_PERIOD_NS = 500_000_000
ROWS_OF_A_CAPTURE = 120
"""A capture is drawn in about so many rows, twice as many at most, however long it is."""
SHORTEST_PERIOD_NS = 1_000_000


class SpectrogramScreen(StreamScreen):
    """A row per period; a box over rows and latencies opens the events in it."""

    PLACE = Place.SPECTRO
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.SPECTRO)

    def __init__(
        self,
        feed: Feed,
        views: Mapping[str, View],
        view_id: str,
        scope_filter: str,
        filter_text: str,
        crumbs: tuple[str, ...],
        window: Window | None,
    ) -> None:
        super().__init__(feed, scope_filter, filter_text, crumbs, window)
        self._views = views
        self.view = views[view_id]
        self.heading = self.view.name
        self._latencies: LatencyCollector | None = None

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        yield FilterBar(self.filter_text)
        yield Spectrogram()
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        picture = self.query_one(Spectrogram)
        picture.follows = self.is_endless
        picture.focus()

    def about(self) -> tuple[str, str]:
        return self.view.name, (
            f"{self.view.description}\nDrag a box with the mouse, or choose a row (and with ← → a decade) and press Enter: "
            "the events in it are shown."
        )

    def collector(self) -> LatencyCollector:
        coarser_at = 0 if self.is_endless else 2 * ROWS_OF_A_CAPTURE
        self._latencies = LatencyCollector(joined(self.whole_filter, self.view.filter), self._period_ns(), coarser_at)
        return self._latencies

    def passing(self, collector: Collector) -> Passing:
        return passing(joined(self.whole_filter, self.view.filter), switches=False)

    def _period_ns(self) -> int:
        if self.is_endless:
            return LIVE_PERIOD_NS
        # of a capture that is read for the first time nobody knows how long it is: its rows grow with it
        span_ns = self.window.end_ns - self.window.start_ns if self.window else self.feed.index.span_ns
        return max(span_ns // ROWS_OF_A_CAPTURE, SHORTEST_PERIOD_NS)

    def draw(self) -> None:
        if self._latencies is None:
            return
        if not self.is_reading:
            self._latencies.end()
        rows = self._latencies.rows
        self.query_one(Spectrogram).show(rows, self._latencies.period_ns)
        note = self.problem or f"{short_duration(self._latencies.period_ns)} a row"
        if rows and not self.problem and not self.is_reading and not any(row.counts for row in rows):
            note = "no latency known"
            self.notify(NO_LATENCIES, timeout=10)
        self.show_state(note)
        self.query_one(KeyBar).show_position(f"{len(rows):,} rows")

    def on_key(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key == "enter":
            self.query_one(Spectrogram).choose()

    @on(Spectrogram.Boxed)
    def _boxed(self, box: Spectrogram.Boxed) -> None:
        if self._latencies is None or not self._latencies.rows:
            return
        rows, period_ns = self._latencies.rows, self._latencies.period_ns
        window = Window(rows[box.first].start_ns, rows[min(box.last, len(rows) - 1)].start_ns + period_ns)
        latency = f"evt.latency>={latency_ns(box.low)}"
        if box.high < BUCKETS:
            latency += f" and evt.latency<{latency_ns(box.high + 1)}"
        crumbs = (*self.crumbs, f"{short_duration(latency_ns(box.low))} to {short_duration(latency_ns(min(box.high + 1, BUCKETS)))}")
        self.app.push_screen(DigScreen(self.feed, joined(self.scope_filter, self.view.filter, latency), self.filter_text, crumbs, window))

    def command_views(self) -> None:
        entries = [Choice(view.id, view.name, view.description) for view in self._views.values() if view.kind is Kind.SPECTROGRAM]
        self.app.push_screen(Picker("Select spectrogram", entries, self.view.id), self._view_picked)

    def _view_picked(self, view_id: str | None) -> None:
        if view_id is not None:
            self.view = self._views[view_id]
            self.heading = self.view.name
            self.start()

    def command_dig(self) -> None:
        crumbs = self.crumbs
        self.app.push_screen(DigScreen(self.feed, joined(self.scope_filter, self.view.filter), self.filter_text, crumbs, self.window))

    def command_legend(self) -> None:
        self.app.push_screen(legend_page(self, self.view))

    def command_whole(self) -> None:
        self.window = None
        self.start()
