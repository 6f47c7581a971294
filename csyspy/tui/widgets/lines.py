"""Lines of text to scroll through: events, data, help. Only those on the screen are drawn."""

from collections.abc import Callable

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from csyspy.tui.cells import Cells, window_of
from csyspy.tui.widgets.painted import PaintedScroll

MARKER_WIDTH = 2


class LinesView(PaintedScroll):
    """Draws line `n` as `draw(n)` gives it. With `follows`, the newest line stays in sight. Without `has_cursor` it is only looked at.

    `when_empty()` says why there is no line."""

    class Opened(Message):
        """The user wants to know more about the line under the cursor."""

    class Moved(Message):
        """Another line is under the cursor."""

    def __init__(
        self,
        draw: Callable[[int], Cells],
        *,
        header: Callable[[int], Cells] | None = None,
        has_cursor: bool = True,
        when_empty: Callable[[], str] = str,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.can_focus = self._has_cursor = has_cursor
        self._draw = draw
        self._header = header
        self.HEADER_LINES = 1 if header is not None else 0
        self._when_empty = when_empty
        self._count = 0
        self.follows = False

    @property
    def line_count(self) -> int:
        return self._count

    def show_count(self, count: int) -> None:
        """There are so many lines now."""
        self._count = count
        self.virtual_size = Size(self.scrollable_content_region.width, count + self.HEADER_LINES)
        self.cursor = min(self.cursor, max(count - 1, 0))
        if self.follows and count:
            self.cursor = count - 1
            self.scroll_to(y=max(count - self.page_lines, 0), animate=False, immediate=True)
        self.refresh()

    def cursor_moved(self) -> None:
        self.follows = self.follows and self.cursor == self._count - 1
        self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < self.HEADER_LINES and self._header is not None:
            return self.painted(self._header(width), width).apply_style(self.style_of("header"))
        line = self.scroll_offset.y + y - self.HEADER_LINES
        if not self._count and y == self.HEADER_LINES + 1:
            return self.painted(window_of([("  ", "faint"), (self._when_empty(), "faint")], 0, width), width)
        if line >= self._count:
            return Strip.blank(width, self.rich_style)
        is_cursor = self._has_cursor and line == self.cursor
        cells = window_of(self._draw(line), self._sideways, max(width - MARKER_WIDTH, 1))
        return self.painted([("▸ " if is_cursor else "  ", "new"), *cells], width, is_cursor=is_cursor)

    def on_click(self, event: events.Click) -> None:
        line = self.scroll_offset.y + event.y - self.HEADER_LINES
        if self._has_cursor and event.y >= self.HEADER_LINES and line < self._count:
            self.go(line)
            if event.chain == 2:
                self.post_message(self.Opened())
