"""Rows of latencies as colours: short calls at the left, long ones at the right, the newest period at the bottom."""

import math
import time
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from csyspy.tui.collect.latency import BUCKETS, DECADES, LatencyRow
from csyspy.tui.widgets.painted import PaintedScroll
from csyspy.views.format import short_duration

TIME_CELLS = 15
LEVELS = 16
STEP = math.log(1.6)
"""One level is 1.6 times as many calls, as csysdig has it."""
GLYPHS = "·░▒▓█"


class Spectrogram(PaintedScroll):
    """Shows rows; a box over them can be dragged with the mouse, or a row chosen with the keys."""

    HEADER_LINES = 1

    class Boxed(Message):
        """The user wants the calls of rows [first, last] whose buckets are in [low, high]."""

        def __init__(self, first: int, last: int, low: int, high: int) -> None:
            super().__init__()
            self.first, self.last, self.low, self.high = first, last, low, high

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[LatencyRow] = []
        self._period_ns = 1
        self._heat: list[Style] = []
        self._decade: int | None = None
        """The one that the keys have chosen; None: all."""
        self._pressed: tuple[int, int] | None = None
        self._dragged: tuple[int, int] | None = None
        self.follows = True

    @property
    def line_count(self) -> int:
        return len(self._rows)

    def show(self, rows: list[LatencyRow], period_ns: int) -> None:
        self._rows, self._period_ns = rows, period_ns
        self.virtual_size = Size(self.scrollable_content_region.width, len(rows) + self.HEADER_LINES)
        if self.follows and rows:
            self.cursor = len(rows) - 1
            self.scroll_to(y=max(len(rows) - self.page_lines, 0), animate=False, immediate=True)
        self.refresh()

    def notify_style_update(self) -> None:
        self._heat = []
        super().notify_style_update()

    # drawing

    @property
    def _cells(self) -> int:
        return max(self.scrollable_content_region.width - TIME_CELLS, 1)

    def _bucket_at(self, cell: int) -> int:
        return min(cell * BUCKETS // self._cells, BUCKETS - 1) + 1

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self.painted([(self._scale(), "header")], width).apply_style(self.style_of("header"))
        line = self.scroll_offset.y + y - 1
        rows = self._rows[line : line + 1]  # the oldest may go at any time
        if not rows:
            return Strip.blank(width, self.rich_style)
        row, is_cursor = rows[0], line == self.cursor
        clock = time.strftime("%H:%M:%S", time.localtime(row.start_ns // 10**9)) + f".{row.start_ns // 10**6 % 1000:03}"
        segments = [Segment(f"{'▸' if is_cursor else ' '} {clock} ", self.style_of("cursor" if is_cursor else "faint"))]
        segments += [self._cell(row, line, cell) for cell in range(self._cells)]
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _cell(self, row: LatencyRow, line: int, cell: int) -> Segment:
        first, last = self._bucket_at(cell), max(self._bucket_at(cell), self._bucket_at(cell + 1) - 1)
        count = sum(row.counts.get(bucket, 0) for bucket in range(first, last + 1))
        is_chosen = self._is_chosen(line, cell)
        if not count:
            return Segment(" ", self.style_of("cursor") if is_chosen else self.rich_style)
        per_s = count * 1e9 / self._period_ns
        level = min(int(math.log(2 * per_s + 1) / STEP), LEVELS - 1)
        style = self._heat_styles()[level]
        return Segment(GLYPHS[level * len(GLYPHS) // LEVELS], style + self.style_of("cursor") if is_chosen else style)

    def _is_chosen(self, line: int, cell: int) -> bool:
        if self._pressed and self._dragged:
            (x0, y0), (x1, y1) = self._pressed, self._dragged
            return min(y0, y1) <= line <= max(y0, y1) and min(x0, x1) <= cell <= max(x0, x1)
        if line != self.cursor or self._decade is None:
            return False
        return self._decade * self._cells // DECADES <= cell < (self._decade + 1) * self._cells // DECADES

    def _scale(self) -> str:
        line = " " * TIME_CELLS
        for decade in range(DECADES):
            at, end = (TIME_CELLS + math.ceil(each * self._cells / DECADES) for each in (decade, decade + 1))
            text = "│" + short_duration(10.0**decade).replace(".00", "").replace(".0", "")
            line = line.ljust(at) + text[: end - at]  # where it is narrow, 100us is 100u
        return line

    def _heat_styles(self) -> list[Style]:
        """From few calls to many."""
        if not self._heat:
            low, middle, high = (Color.from_rich_color(self.style_of(role).color) for role in ("low", "mid", "high"))
            ground = Color.from_rich_color(self.rich_style.bgcolor) if self.rich_style.bgcolor else Color(0, 0, 0)
            stops = [(0.0, ground.blend(low, 0.35)), (0.4, low), (0.7, middle), (1.0, high)]
            for level in range(LEVELS):
                part = level / (LEVELS - 1)
                (from_part, from_color), (to_part, to_color) = next(
                    pair for pair in pairwise(stops) if part <= pair[1][0]
                )
                color = from_color.blend(to_color, (part - from_part) / (to_part - from_part))
                self._heat.append(Style(color=color.rich_color))
        return self._heat

    # choosing

    def cursor_moved(self) -> None:
        self.follows = self.cursor == len(self._rows) - 1

    def action_sideways(self, direction: int) -> None:
        decades = [None, *range(DECADES)]
        self._decade = decades[(decades.index(self._decade) + direction) % len(decades)]
        self.refresh()

    def choose(self) -> None:
        """Take the row of the cursor, in the decade that was chosen."""
        if self._rows:
            low, high = 1, BUCKETS
            if self._decade is not None:
                low = self._decade * (BUCKETS - 1) // DECADES + 1
                high = (self._decade + 1) * (BUCKETS - 1) // DECADES
            self.post_message(self.Boxed(self.cursor, self.cursor, low, high))

    def _place_at(self, event: events.MouseEvent) -> tuple[int, int]:
        line = self.scroll_offset.y + event.y - self.HEADER_LINES
        return max(0, min(event.x - TIME_CELLS, self._cells - 1)), max(0, min(line, len(self._rows) - 1))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._rows and event.y >= self.HEADER_LINES and event.x < TIME_CELLS + self._cells:
            self._pressed = self._dragged = self._place_at(event)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._pressed is not None:
            self._dragged = self._place_at(event)
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        pressed, self._pressed, self._dragged = self._pressed, None, None
        if pressed is None:
            return
        (x0, y0), (x1, y1) = pressed, self._place_at(event)
        self.refresh()
        self.post_message(
            self.Boxed(min(y0, y1), max(y0, y1), self._bucket_at(min(x0, x1)), self._bucket_at(max(x0, x1) + 1) - 1)
        )
