"""The table every view is drawn with: only the lines that are on the screen become text."""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from csyspy.tui.cells import cell_segments, header_style, header_text
from csyspy.tui.columns import MARKER_WIDTH, Placed, fit
from csyspy.views.snapshot import Snapshot, Sort

SCROLL_CELLS = 8
"""One press of ← or → moves the last column's text by so much."""


class GridView(ScrollView, can_focus=True):
    """Shows a snapshot. Cursor and scroll follow the key of the selected row, not its number."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header", "grid--sorted", "grid--cursor", "grid--faint", "grid--key", "grid--name", "grid--low", "grid--mid",
        "grid--high", "grid--large", "grid--new", "grid--text",
    }
    DEFAULT_CSS = """
    GridView {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow: hidden scroll;
        scrollbar-color: $border;
        scrollbar-background: $background;
        & > .grid--header { background: $panel; color: $primary; text-style: bold; }
        & > .grid--sorted { background: $panel; color: $accent; text-style: bold; }
        & > .grid--cursor { background: $block-cursor-background; text-style: bold; }
        & > .grid--text { color: $foreground; }
        & > .grid--faint { color: $faint; }
        & > .grid--key { color: $key; }
        & > .grid--name { color: $name; text-style: bold; }
        & > .grid--low { color: $level-low; }
        & > .grid--mid { color: $level-mid; }
        & > .grid--high { color: $level-high; text-style: bold; }
        & > .grid--large { color: $accent; }
        & > .grid--new { color: $new; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
        Binding("left", "sideways(-1)", "Left", show=False),
        Binding("right", "sideways(1)", "Right", show=False),
    ]

    class SortChosen(Message):
        """The user picked a column to sort by."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None
        self._placed: tuple[Placed, ...] = ()
        self._positions: dict[Hashable, int] = {}
        self._known: frozenset[Hashable] = frozenset()
        self._cursor_key: Hashable | None = None
        self._cursor = 0
        self._sideways = 0
        self._strips: dict[tuple[int, bool], Strip] = {}
        self._styles: dict[str, Style] = {}

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown; None before the first."""
        return self._snapshot

    @property
    def cursor_key(self) -> Hashable | None:
        """Key of the selected row; None where there is none."""
        if self._snapshot is None or not self._snapshot.order:
            return None
        return self._snapshot.keys[self._snapshot.order[self._cursor]]

    def apply(self, snapshot: Snapshot, *, mark_new: bool = False) -> None:
        """Show snapshot. The selected row keeps its place on the screen wherever it has moved to in the table.

        With mark_new, rows that the snapshot before did not have carry a + until the next."""
        before = self._snapshot
        if before is not None and before.seq != snapshot.seq:
            self._known = frozenset(before.keys) if mark_new else frozenset()
        self._snapshot = snapshot
        self._positions = {snapshot.keys[row]: line for line, row in enumerate(snapshot.order)}
        line_on_screen = self._cursor - self.scroll_offset.y
        if self._cursor_key is not None and self._cursor_key in self._positions:
            self._cursor = self._positions[self._cursor_key]
        else:
            self._cursor = min(self._cursor, max(len(snapshot) - 1, 0))
        self._place()
        if self._cursor_key is not None:
            self.scroll_to(y=max(self._cursor - line_on_screen, 0), animate=False, immediate=True)

    def on_resize(self) -> None:
        self._place()

    def notify_style_update(self) -> None:
        self._styles = {}
        self._strips.clear()
        super().notify_style_update()

    def _place(self) -> None:
        """Fit the columns to the width, and forget what was drawn."""
        self._strips.clear()
        if self._snapshot is not None:
            columns = self._snapshot.columns
            trend_of = next((i for i, column in enumerate(columns) if column.is_sorting), None) if self._snapshot.trends else None
            width = self.scrollable_content_region.width
            self._placed = fit(columns, width, trend_of=trend_of)
            self.virtual_size = Size(width, len(self._snapshot) + 1)
        self.refresh()

    # drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._snapshot is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self._header(self._snapshot).adjust_cell_length(width, self._style("header"))
        line = self.scroll_offset.y + y - 1
        if line >= len(self._snapshot.order):
            return Strip.blank(width, self.rich_style)
        is_cursor = line == self._cursor
        strip = self._strips.get((line, is_cursor))
        if strip is None:
            base = self._style("cursor") if is_cursor else self.rich_style
            strip = self._row(self._snapshot, line, is_cursor).apply_style(base).adjust_cell_length(width, base)
            self._strips[line, is_cursor] = strip
        return strip

    def _header(self, snapshot: Snapshot) -> Strip:
        segments = [Segment(" " * MARKER_WIDTH, self._style("header"))]
        for placed in self._placed:
            style = self._style(header_style(placed, snapshot.sort))
            segments.append(Segment(header_text(snapshot.columns[placed.index], placed, snapshot.sort), style))
        return Strip(segments)

    def _row(self, snapshot: Snapshot, line: int, is_cursor: bool) -> Strip:
        row = snapshot.order[line]
        key = snapshot.keys[row]
        is_new = bool(self._known) and key not in self._known
        marker = "▸ " if is_cursor else "+ " if is_new else "  "
        segments = [Segment(marker, self._style("new"))]
        for placed in self._placed:
            cells = cell_segments(snapshot, row, placed, self._sideways)
            segments.extend(Segment(text, self._style(role)) for text, role in cells)
        return Strip(segments)

    def _style(self, role: str) -> Style:
        """Foreground and attributes of a role; the background too for headers and the cursor line."""
        style = self._styles.get(role)
        if style is None:
            style = self.get_component_rich_style(f"grid--{role}", partial=role not in ("header", "sorted", "cursor"))
            self._styles[role] = style
        return style

    # moving

    def action_move(self, lines: int) -> None:
        self._go(self._cursor + lines)

    def action_page(self, pages: int) -> None:
        self._go(self._cursor + pages * max(self.size.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        self._go(0 if direction < 0 else len(self._positions))

    def action_sideways(self, direction: int) -> None:
        self._sideways = max(0, self._sideways + direction * SCROLL_CELLS)
        self._strips.clear()
        self.refresh()

    def _go(self, line: int) -> None:
        """Select a line and bring it into sight."""
        if self._snapshot is None or not self._snapshot.order:
            return
        self._cursor = max(0, min(line, len(self._snapshot.order) - 1))
        self._cursor_key = self.cursor_key
        rows = max(self.size.height - 1, 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True)
        elif self._cursor >= top + rows:
            self.scroll_to(y=self._cursor - rows + 1, animate=False, immediate=True)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        if self._snapshot is None:
            return
        if event.y > 0:
            self._go(self.scroll_offset.y + event.y - 1)
            return
        x = MARKER_WIDTH
        for placed in self._placed:
            if x <= event.x < x + placed.width:
                self.post_message(self.SortChosen(placed.index))
                return
            x += placed.width

    def next_sort(self, column: int) -> Sort | None:
        """The order after the user picked a column by its number; None where there is no such column."""
        if self._snapshot is None or not 0 <= column < len(self._snapshot.columns):
            return None
        return self._snapshot.sort.by(column, self._snapshot.columns)
