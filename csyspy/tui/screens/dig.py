"""The events of a selection, one a line (csysdig's F6)."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from csyspy.tui.cells import Cells
from csyspy.tui.collect.event_log import EventRow
from csyspy.tui.collect.events import MOST_EVENTS, EventCollector
from csyspy.tui.commands import Place, bindings
from csyspy.tui.frame import Feed, Window
from csyspy.tui.moments import Moment, read_moment
from csyspy.tui.scope import condition, joined
from csyspy.tui.screens.card import CardScreen
from csyspy.tui.screens.prompt import Prompt
from csyspy.tui.screens.searching import Searching
from csyspy.tui.screens.stream import StreamScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView
from csyspy.views.format import clock, printable, short_duration

SLOW_NS = 1_000_000
"""A call that takes longer is marked (csysdig's Slow I/O)."""
NARROW_CELLS = 100
PROCESS_CELLS, NARROW_PROCESS_CELLS = 22, 18
TYPE_CELLS, NARROW_TYPE_CELLS = 16, 11
TIME_DIGITS, NARROW_TIME_DIGITS = 6, 3


class DigScreen(Searching, StreamScreen):
    """Number, time, latency, CPU, process, direction, type and parameters of each event."""

    PLACE = Place.EVENTS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.EVENTS)
    heading = "Events"

    _events: EventCollector | None = None

    def __init__(
        self,
        feed: Feed,
        scope_filter: str,
        filter_text: str,
        crumbs: tuple[str, ...],
        window: Window | None,
        first_ns: int = 0,
        first_event: int = 0,
    ) -> None:
        super().__init__(feed, scope_filter, filter_text, crumbs, window)
        self._first_ns = first_ns
        """Time of the event to begin at."""
        self._first_event = first_event
        """Its number."""

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        yield FilterBar(self.filter_text)
        yield LinesView(self._line, header=self._header, when_empty=self.why_empty)
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        lines = self.query_one(LinesView)
        lines.follows = self.is_endless
        lines.focus()

    def about(self) -> tuple[str, str]:
        return "Events", "Every event of the selection. ! marks a call that failed, ● one that took longer than a millisecond."

    def has_selection(self) -> bool:
        return bool(self.rows)

    @property
    def rows(self) -> Sequence[EventRow]:
        return self._events.rows if self._events is not None else ()

    def collector(self) -> EventCollector:
        self._events = EventCollector(self.whole_filter, keeps_newest=self.is_endless)
        return self._events

    def draw(self) -> None:
        lines = self.query_one(LinesView)
        lines.show_count(len(self.rows))
        if self._first_ns and self.rows and self.rows[-1].time_ns >= self._first_ns:
            lines.go(bisect_left(self.rows, self._first_ns, key=lambda row: row.time_ns))
            self._first_ns = 0
        if self._first_event and self.rows and self.rows[-1].number >= self._first_event:
            lines.go(bisect_left(self.rows, self._first_event, key=lambda row: row.number))
            self._first_event = 0
        notes = [f"{len(self.rows):,} events"]
        if self._events is not None and self._events.is_full:
            notes.append(f"the first {MOST_EVENTS:,}: narrow them with F4 or the time")
        if self.problem:
            notes.append(self.problem)
        self.show_state(*notes)
        self.show_position()

    # drawing

    @property
    def _is_narrow(self) -> bool:
        return self.size.width < NARROW_CELLS

    def _widths(self) -> tuple[int, int, int]:
        """Cells of process and type, digits of the second."""
        if self._is_narrow:
            return NARROW_PROCESS_CELLS, NARROW_TYPE_CELLS, NARROW_TIME_DIGITS
        return PROCESS_CELLS, TYPE_CELLS, TIME_DIGITS

    def _header(self, width: int) -> Cells:
        process, type_, digits = self._widths()
        latency = "" if self._is_narrow else "   LAT CPU "
        text = f"  {'EVT#':>9} {'TIME':<{digits + 9}} {latency}{'PROC(TID)':<{process}} D {'TYPE':<{type_}} INFO"
        return [(text.ljust(width), "header")]

    def _line(self, number: int) -> Cells:
        try:
            row = self.rows[number]
        except IndexError:  # the oldest were let go since the lines were counted
            return []
        is_slow = row.latency_ns >= SLOW_NS
        process_cells, type_cells, digits = self._widths()
        cells: Cells = [(f"{row.number:>9} ", "faint"), (f"{clock(row.time_ns, digits)} ", "text")]
        if not self._is_narrow:
            latency = short_duration(row.latency_ns) if row.latency_ns and not row.is_enter else "—"
            cells += [(f"{latency:>6}{'●' if is_slow else ' '}", "mid" if is_slow else "faint"), (f"{row.cpu:>3} ", "faint")]
        process = printable(f"{row.process}({row.tid})")
        cells += [
            (f"{process[:process_cells]:<{process_cells}} ", "name"),
            (("> " if row.is_enter else "< "), "in" if row.is_enter else "out"),
            (f"{row.type[:type_cells]:<{type_cells}} ", "key"),
            ("! " if row.failed else "", "high"),  # before what may be longer than the line
            (printable(row.info), "text"),
        ]
        return cells

    # commands

    def _selected(self) -> EventRow | None:
        cursor = self.query_one(LinesView).cursor
        return self.rows[cursor] if cursor < len(self.rows) else None

    @on(LinesView.Opened)
    def _opened(self) -> None:
        self.action_command("drill")

    def command_drill(self) -> None:
        row = self._selected()
        if row is not None:
            # what is live cannot be walked again: then what was kept of it is all there is
            known, note = None, ""
            if self.is_endless and self._events is not None:
                known = self._events.whole(row)
                if known is None:
                    known, note = row.fields(), "more came than could be kept whole; F4 narrows"
            self.app.push_screen(CardScreen(self.feed, row.number, known, note), self._card_closed)

    def _card_closed(self, condition_text: str | None) -> None:
        if condition_text:
            self.use_filter(joined(self.filter_text, condition_text))

    def command_include(self) -> None:
        self._add(negated=False)

    def command_exclude(self) -> None:
        self._add(negated=True)

    def _add(self, *, negated: bool) -> None:
        row = self._selected()
        if row is not None:
            self.use_filter(joined(self.filter_text, condition("evt.type", row.type, negated=negated)))

    def command_copy(self) -> None:
        row = self._selected()
        if row is not None:
            text = condition("evt.num", row.number)
            self.app.copy_to_clipboard(text)
            self.notify(text, title="Copied", timeout=2, markup=False)

    def command_clear(self) -> None:
        if self._events is not None:
            self._events.clear()
            self.draw()

    def command_follow(self) -> None:
        lines = self.query_one(LinesView)
        lines.follows = not lines.follows
        lines.show_count(len(self.rows))

    @property
    def line_count(self) -> int:
        return len(self.rows)

    def line_text(self, line: int) -> str:
        row = self.rows[line]
        return f"{row.process} {row.type} {row.info}"

    def command_go_to(self) -> None:
        about = "a time (14:02:11.5), seconds from the beginning (+3.5), an event's number (#12345), or a line's number"
        self.app.push_screen(Prompt("Go to", about), self.go_to)

    def go_to(self, text: str | None) -> None:
        if not text:
            return
        wanted = text.strip().lstrip("#").replace(",", "")
        if text.strip().startswith("#") and wanted.isdigit():
            line = bisect_left(self.rows, int(wanted), key=lambda row: row.number)
        else:
            moment = read_moment(text, self.feed.index)
            if moment is None:
                self.notify(f"neither a time nor a number: {text}", severity="warning", markup=False)
                return
            line = moment.number - 1
            if moment.kind is Moment.Kind.TIME:
                line = bisect_left(self.rows, moment.number, key=lambda row: row.time_ns)
        self.query_one(LinesView).go(line)
