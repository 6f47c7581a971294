"""The table every view is drawn with: only the lines that are on the screen become text."""

from collections.abc import Hashable, Mapping, Sequence

from rich.segment import Segment
from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from csyspy.tui.cells import cell_segments, header_style, header_text
from csyspy.tui.columns import MARKER_WIDTH, NO_NEEDS, Placed, fit, most_skipped, needs_of
from csyspy.tui.names import Names
from csyspy.tui.widgets.painted import PaintedScroll
from csyspy.views.snapshot import Snapshot, Sort

MOST_STRIPS = 500
"""Drawn lines that are kept, a few screens of them."""


class GridView(PaintedScroll):
    """Shows a snapshot. Cursor and scroll follow the key of the selected row, not its number."""

    HEADER_LINES = 1

    class SortChosen(Message):
        """The user picked a column to sort by."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    class RowOpened(Message):
        """The user clicked a row twice."""

    class RowMenu(Message):
        """The user wants to know what can be done with the row."""

    class NamesKnown(Message):
        """Hosts that were asked for have names."""

    class CursorMoved(Message):
        """Another row is selected."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None
        self._placed: tuple[Placed, ...] = ()
        self._needs: Mapping[int, int] = NO_NEEDS
        self._positions: dict[Hashable, int] = {}
        self._known: frozenset[Hashable] = frozenset()
        self._gone: frozenset[Hashable] = frozenset()
        self._cursor_key: Hashable | None = None
        self._strips: dict[tuple[int, bool], Strip] = {}
        self._guides: Mapping[int, str] = {}
        self._names = Names(lambda: self.post_message(self.NamesKnown()))
        self.shows_names = False
        self._chosen: Mapping[str, Sequence[int]] = {}
        self._skip = 0

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown; None before the first."""
        return self._snapshot

    @property
    def line_count(self) -> int:
        return len(self._snapshot.order) if self._snapshot is not None else 0

    @property
    def cursor_row(self) -> int | None:
        """Number of the selected row in the snapshot; None where there is none."""
        if self._snapshot is None or not self._snapshot.order:
            return None
        return self._snapshot.order[self.cursor]

    @property
    def cursor_key(self) -> Hashable | None:
        """Key of the selected row; None where there is none."""
        row = self.cursor_row
        return None if row is None or self._snapshot is None else self._snapshot.keys[row]

    @property
    def gone(self) -> frozenset[Hashable]:
        """Keys of rows that are shown for the last time."""
        return self._gone

    @property
    def top(self) -> int:
        """The first line on the screen."""
        return self.scroll_offset.y

    @property
    def shown_columns(self) -> tuple[int, ...]:
        """Numbers of the columns that are on the screen."""
        return tuple(placed.index for placed in self._placed if not placed.is_trend)

    def choose_columns(self, chosen: Mapping[str, Sequence[int]]) -> None:
        """By view id: show only these columns, in this order; other views have their own choice."""
        self._chosen = chosen
        self._place()

    def apply(
        self,
        snapshot: Snapshot,
        *,
        mark_new: bool = False,
        gone: frozenset[Hashable] = frozenset(),
        guides: Mapping[int, str] | None = None,
        follow: bool = False,
    ) -> None:
        """Show snapshot. The selected row keeps its place on the screen wherever it has moved to in the table.

        With mark_new, rows that the snapshot before did not have carry a + until the next. `gone`: keys of rows that are there for
        the last time. `guides`: what the last cell of a row begins with. With `follow` the last row is selected at first, and as long
        as the cursor is on the last one."""
        before = self._snapshot
        if before is not None and before.seq != snapshot.seq:
            self._known = frozenset(before.keys) - self._gone if mark_new and before.view is snapshot.view else frozenset()
        if before is not None and before.columns != snapshot.columns:
            self._skip = self._sideways = 0
        self._needs = needs_of(snapshot, self._needs if before is not None and before.columns == snapshot.columns else NO_NEEDS)
        self._snapshot, self._gone, self._guides = snapshot, gone, guides or {}
        self._positions = {snapshot.keys[row]: line for line, row in enumerate(snapshot.order)}
        line_on_screen = self.cursor - self.scroll_offset.y
        is_other = before is None or before.view is not snapshot.view or not before.order
        goes_on = follow and (is_other or (before is not None and self.cursor == len(before.order) - 1))
        if self._cursor_key is not None and self._cursor_key in self._positions:
            self.cursor = self._positions[self._cursor_key]
        else:
            self.cursor = min(self.cursor, max(self.line_count - 1, 0))
        self._place()
        if goes_on:
            self.go(self.line_count - 1)
        elif self._cursor_key is not None:
            self.scroll_to(y=max(self.cursor - line_on_screen, 0), animate=False, immediate=True)

    def select(self, key: Hashable | None, line_on_screen: int = 0) -> None:
        """Select the row of that key, at that line of the screen, now or as soon as it comes; None: the first row."""
        self._cursor_key = key
        self.cursor = self._positions.get(key, 0) if key is not None else 0
        self.scroll_to(y=max(self.cursor - line_on_screen, 0), animate=False, immediate=True)
        self.forget_drawn()
        self.refresh()

    def on_resize(self) -> None:
        self._place()

    def forget_drawn(self) -> None:
        self._strips.clear()

    @property
    def _among(self) -> Sequence[int] | None:
        """The columns chosen of the view that is shown, which is not always the one that was asked for last."""
        return self._chosen.get(self._snapshot.view.id) if self._snapshot is not None else None

    def _place(self) -> None:
        """Fit the columns to the width, and forget what was drawn."""
        self._strips.clear()
        if self._snapshot is not None:
            columns = self._snapshot.columns
            trend_of = next((i for i, column in enumerate(columns) if column.is_sorting), None) if self._snapshot.trends else None
            width = self.scrollable_content_region.width
            needs = NO_NEEDS if self.shows_names else self._needs  # names come later, and may be longer
            self._placed = fit(columns, width, trend_of=trend_of, among=self._among, skip=self._skip, needs=needs)
            self.virtual_size = Size(width, self.line_count + self.HEADER_LINES)
        self.refresh()

    def show_names(self, shows_names: bool) -> None:
        """Whether ports and hosts are shown by their names; those that take time come when they are known."""
        self.shows_names = shows_names
        self._place()

    @on(NamesKnown)
    def _names_known(self) -> None:
        self.forget_drawn()
        self.refresh()

    # drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._snapshot is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self._header(self._snapshot).adjust_cell_length(width, self.style_of("header"))
        line = self.scroll_offset.y + y - 1
        if line >= self.line_count:
            return Strip.blank(width, self.rich_style)
        is_cursor = line == self.cursor
        strip = self._strips.get((line, is_cursor))
        if strip is None:
            if len(self._strips) >= MOST_STRIPS:
                self._strips.clear()
            strip = self.painted(self._row(self._snapshot, line, is_cursor), width, is_cursor=is_cursor)
            self._strips[line, is_cursor] = strip
        return strip

    def _header(self, snapshot: Snapshot) -> Strip:
        segments = [Segment(" " * MARKER_WIDTH, self.style_of("header"))]
        for placed in self._placed:
            style = self.style_of(header_style(placed, snapshot.sort))
            segments.append(Segment(header_text(snapshot.columns[placed.index], placed, snapshot.sort), style))
        return Strip(segments)

    def _row(self, snapshot: Snapshot, line: int, is_cursor: bool) -> list[tuple[str, str]]:
        row = snapshot.order[line]
        is_new = bool(self._known) and snapshot.keys[row] not in self._known
        is_gone = snapshot.keys[row] in self._gone
        cells = [("▸ " if is_cursor else "× " if is_gone else "+ " if is_new else "  ", "faint" if is_gone else "new")]
        for placed in self._placed:
            guide = self._guides.get(row, "") if placed is self._placed[-1] else ""
            cells += cell_segments(snapshot, row, placed, self._sideways, guide, self._names.of if self.shows_names else None)
        return [(text, "faint") for text, _ in cells] if is_gone else cells

    # moving

    def action_sideways(self, direction: int) -> None:
        """First whole columns leave, then the text of the last one."""
        most = most_skipped(self._snapshot.columns, self._among) if self._snapshot is not None else 0
        if (direction > 0 and self._skip < most) or (direction < 0 and not self._sideways and self._skip):
            self._skip += direction
            self._place()
        else:
            super().action_sideways(direction)

    def cursor_moved(self) -> None:
        self._cursor_key = self.cursor_key
        self.post_message(self.CursorMoved())

    def column_at(self, x: int) -> int | None:
        """Number of the column that is drawn at x; None where there is none."""
        left = MARKER_WIDTH
        for placed in self._placed:
            if left <= x < left + placed.width:
                return placed.index
            left += placed.width
        return None

    def on_click(self, event: events.Click) -> None:
        if self._snapshot is None:
            return
        if event.y == 0:
            column = self.column_at(event.x)
            if column is not None:
                self.post_message(self.SortChosen(column))
            return
        line = self.scroll_offset.y + event.y - self.HEADER_LINES
        if line < self.line_count:
            self.go(line)
            if event.button == 3:
                self.post_message(self.RowMenu())
            elif event.chain == 2:
                self.post_message(self.RowOpened())

    def next_sort(self, column: int) -> Sort | None:
        """The order after the user picked a column by its number; None where there is no such column."""
        if self._snapshot is None or not 0 <= column < len(self._snapshot.columns):
            return None
        return self._snapshot.sort.by(column, self._snapshot.columns)
