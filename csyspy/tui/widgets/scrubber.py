"""The time of a capture as a line: how many events when, where the screen stands, marks. Drag to choose a part."""

import math
import time
from itertools import groupby

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from csyspy.tui.graph import spark
from csyspy.tui.time_travel import NS_PER_S, TimeTravel

CLOCK_CELLS = 10
"""` 14:02:11 `."""
TAIL_CELLS = 22
MARK, ALERT, POSITION = "◆", "▲", "█"


class Scrubber(Widget):
    """`14:02:11 ▁▁▂▇█▃ 14:09:58  ×4 ▶ 00:03:12/00:07:47`."""

    DEFAULT_CSS = """
    Scrubber { height: 1; background: $background; color: $foreground; }
    """

    class Sought(Message):
        """The user wants that time."""

        def __init__(self, time_ns: int) -> None:
            super().__init__()
            self.time_ns = time_ns

    class RangeChosen(Message):
        """The user wants what lies between two times."""

        def __init__(self, start_ns: int, end_ns: int) -> None:
            super().__init__()
            self.start_ns = start_ns
            self.end_ns = end_ns

    class Stepped(Message):
        """The user turned the wheel: so many samples on."""

        def __init__(self, samples: int) -> None:
            super().__init__()
            self.samples = samples

    def __init__(self) -> None:
        super().__init__()
        self._travel: TimeTravel | None = None
        self._is_loading = False
        self._pressed_at: int | None = None
        self._alerts: tuple[tuple[int, str], ...] = ()

    def show(self, travel: TimeTravel, *, is_loading: bool) -> None:
        self._travel = travel
        self._is_loading = is_loading
        self.refresh()

    def show_alerts(self, alerts: tuple[tuple[int, str], ...]) -> None:
        """Rules matched at these times, each in a colour; the last stands before the others."""
        self._alerts = alerts
        self.refresh()

    @property
    def _track_cells(self) -> int:
        return max(self.size.width - 2 * CLOCK_CELLS - TAIL_CELLS, 8)

    def render(self) -> Content:
        travel = self._travel
        if travel is None or not travel.index.events:
            return Content.styled(" reading …", "$faint")
        index, width = travel.index, self._track_cells
        rates = index.histogram(width)
        # the root of the rate: one burst would make all the rest of a capture look like nothing
        heights = [math.sqrt(rate + 0.001) for rate in rates]
        track = list(spark(heights, width, max(heights))) if heights else [" "] * width
        styles = ["$faint"] * width
        first, last = 0, width - 1
        if travel.window is not None:
            first, last = self._cell(travel.window.start_ns), self._cell(travel.window.end_ns)
        for cell in range(first, min(last, width - 1) + 1):
            styles[cell] = "$primary"
        for time_ns, colour in self._alerts:
            track[self._cell(time_ns)], styles[self._cell(time_ns)] = ALERT, colour
        for time_ns in travel.marks:
            track[self._cell(time_ns)], styles[self._cell(time_ns)] = MARK, "$secondary"
        if travel.range_start_ns is not None:
            cell = self._cell(travel.range_start_ns)
            track[cell], styles[cell] = "[", "bold $accent"
        if travel.window is not None:
            track[min(last, width - 1)], styles[min(last, width - 1)] = POSITION, "$accent"
        runs = groupby(zip(track, styles, strict=True), key=lambda cell: cell[1])
        drawn = Content.assemble(*[("".join(text for text, _ in run), style) for style, run in runs])
        return Content.assemble(
            (f" {_clock(index.start_ns)} ", "$faint"), drawn, (f" {_clock(index.end_ns)} ", "$faint"), self._tail(travel)
        )

    def _tail(self, travel: TimeTravel) -> Content:
        index = travel.index
        if self._is_loading:
            return Content.styled(f" reading  {index.events:,} events", "$faint")
        glyph = "▶" if travel.is_playing else "Ⅱ" if travel.window else "■"
        passed = _duration(travel.position_ns - index.start_ns)
        return Content.assemble((f" {glyph} ×{travel.speed:g}", "bold"), (f" {passed}/{_duration(index.span_ns)}", ""))

    def _cell(self, time_ns: int) -> int:
        travel = self._travel
        if travel is None or not travel.index.span_ns:
            return 0
        part = (time_ns - travel.index.start_ns) / travel.index.span_ns
        return max(0, min(int(part * self._track_cells), self._track_cells - 1))

    def _time_at(self, x: int, *, end: bool = False) -> int | None:
        """Time under x; of the cell's end with `end`."""
        if self._travel is None or not self._travel.index.span_ns:
            return None
        part = min(max((x - CLOCK_CELLS + (1 if end else 0)) / self._track_cells, 0.0), 1.0)
        return self._travel.index.start_ns + int(part * self._travel.index.span_ns)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._pressed_at = event.x
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        pressed, self._pressed_at = self._pressed_at, None
        if pressed is None:
            return
        left, right = sorted((pressed, event.x))
        start_ns, end_ns = self._time_at(left), self._time_at(right, end=True)
        if start_ns is None or end_ns is None:
            return
        self.post_message(self.Sought(end_ns) if left == right else self.RangeChosen(start_ns, end_ns))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Stepped(-1))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Stepped(1))


def _clock(time_ns: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time_ns // NS_PER_S))


def _duration(span_ns: int) -> str:
    seconds = max(span_ns, 0) / NS_PER_S
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
