"""What all scrolling text of the screen has in common: colours by role, a cursor line, keys to move it."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from csyspy.tui.commands import move_bindings

SURFACES = frozenset({"header", "sorted", "cursor", "match"})
"""Roles that colour the background too."""
SCROLL_CELLS = 8
"""One press of ← or → moves text by so much."""


class PaintedScroll(ScrollView, can_focus=True):
    """Lines drawn one by one, in roles instead of colours. Subclasses say how many there are and draw them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paint--header", "paint--sorted", "paint--cursor", "paint--match", "paint--text", "paint--faint", "paint--key", "paint--name",
        "paint--low", "paint--mid", "paint--high", "paint--large", "paint--new", "paint--gone", "paint--in", "paint--out", "paint--label",
        "paint--critical", "paint--warning", "paint--notice",
    }
    DEFAULT_CSS = """
    PaintedScroll {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow: hidden scroll;
        scrollbar-color: $border;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    PaintedScroll > .paint--header { background: $panel; color: $primary; text-style: bold; }
    PaintedScroll > .paint--sorted { background: $panel; color: $accent; text-style: bold; }
    PaintedScroll > .paint--cursor { background: $block-cursor-background; text-style: bold; }
    PaintedScroll > .paint--match { background: $accent; color: $background; text-style: bold; }
    PaintedScroll > .paint--text { color: $foreground; }
    PaintedScroll > .paint--faint { color: $faint; }
    PaintedScroll > .paint--key { color: $key; }
    PaintedScroll > .paint--name { color: $name; text-style: bold; }
    PaintedScroll > .paint--low { color: $level-low; }
    PaintedScroll > .paint--mid { color: $level-mid; }
    PaintedScroll > .paint--high { color: $level-high; text-style: bold; }
    PaintedScroll > .paint--large { color: $accent; }
    PaintedScroll > .paint--new { color: $new; text-style: bold; }
    PaintedScroll > .paint--gone { color: $faint; text-style: strike; }
    PaintedScroll > .paint--in { color: $dir-in; }
    PaintedScroll > .paint--out { color: $dir-out; }
    PaintedScroll > .paint--label { color: $primary; text-style: bold; }
    PaintedScroll > .paint--critical { color: $level-high; text-style: bold; }
    PaintedScroll > .paint--warning { color: $level-mid; text-style: bold; }
    PaintedScroll > .paint--notice { color: $secondary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*move_bindings()]
    HEADER_LINES = 0

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        """The selected line."""
        self._sideways = 0
        self._styles: dict[str, Style] = {}

    @property
    def line_count(self) -> int:
        """Lines there are, without the header."""
        raise NotImplementedError

    @property
    def page_lines(self) -> int:
        """Lines that fit on the screen."""
        return max(self.size.height - self.HEADER_LINES, 1)

    def style_of(self, role: str) -> Style:
        """Foreground and attributes of a role; the background too where it is a surface."""
        style = self._styles.get(role)
        if style is None:
            style = self.get_component_rich_style(f"paint--{role}", partial=role not in SURFACES)
            self._styles[role] = style
        return style

    def notify_style_update(self) -> None:
        self._styles = {}
        self.forget_drawn()
        super().notify_style_update()

    def forget_drawn(self) -> None:
        """Lines look different now."""

    def painted(self, cells: list[tuple[str, str]], width: int, *, is_cursor: bool = False) -> Strip:
        """A line of (text, role), width cells wide."""
        base = self.style_of("cursor") if is_cursor else self.rich_style
        if is_cursor:  # what is faint elsewhere could not be read on the cursor's ground
            cells = [(text, "text" if role == "faint" else role) for text, role in cells]
        strip = Strip([Segment(text, self.style_of(role)) for text, role in cells])
        return strip.apply_style(base).adjust_cell_length(width, base)

    # moving

    def action_line(self, lines: int) -> None:
        self.go(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        self.go(self.cursor + pages * max(self.page_lines - 1, 1))

    def action_edge(self, direction: int) -> None:
        self.go(0 if direction < 0 else self.line_count - 1)

    def action_sideways(self, direction: int) -> None:
        self._sideways = max(0, self._sideways + direction * SCROLL_CELLS)
        self.forget_drawn()
        self.refresh()

    def go(self, line: int) -> None:
        """Select a line and bring it into sight."""
        if not self.line_count:
            return
        before, top = self.cursor, self.scroll_offset.y
        self.cursor = max(0, min(line, self.line_count - 1))
        self.cursor_moved()
        self.reveal()
        if self.scroll_offset.y != top:
            self.refresh()
            return
        for moved in (before, self.cursor):  # nothing but these two looks different now
            self.refresh(Region(0, self.HEADER_LINES + moved - top, self.size.width, 1))

    def reveal(self) -> None:
        """Bring the cursor into sight, where the wheel has left it behind."""
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + self.page_lines:
            self.scroll_to(y=self.cursor - self.page_lines + 1, animate=False, immediate=True)

    def cursor_moved(self) -> None:
        """The user chose another line."""
