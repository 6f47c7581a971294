"""The screen of a view: context, filter, pulse, table, keys."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from csyspy.tui.frame import Frame, State
from csyspy.tui.screens.sort_picker import SortPicker
from csyspy.tui.widgets.context_bar import ContextBar, FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.tui.widgets.pulse import Pulse
from csyspy.views.snapshot import Sort

SMALLEST = (60, 15)
"""Columns and lines under which there is nothing sensible to draw."""
SORT_KEYS = "exclamation_mark,at,number_sign,dollar_sign,percent_sign,circumflex_accent,ampersand,asterisk,left_parenthesis"
"""Shift+1 … Shift+9, as csysdig has them."""


class TableScreen(Screen[None]):
    """Shows the frames it is given; `paused` holds the display while the feed goes on."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    DEFAULT_CSS = """
    TableScreen { background: $background; }
    TableScreen #too-small { display: none; width: 100%; height: 100%; content-align: center middle; color: $warning; }
    TableScreen.-tall GaugeBox {
        height: 5;
        border: round $border;
        border-title-color: $primary;
        border-title-style: bold;
        border-subtitle-color: $foreground;
        padding: 0 1;
    }
    TableScreen.-too-small > * { display: none; }
    TableScreen.-too-small #too-small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", id="pause"),
        Binding("f9,greater_than_sign", "pick_sort", "Sort", key_display="F9", id="sort"),
        *(
            Binding(key, f"sort({index})", f"Sort by column {index + 1}", show=False, id=f"sort-{index + 1}")
            for index, key in enumerate(SORT_KEYS.split(","))
        ),
        Binding("f1,question_mark,h", "app.help", "Help", key_display="F1", id="help"),
        Binding("q,f10", "app.quit", "Quit", key_display="q", id="quit"),
    ]

    def __init__(self, source: str, filter_text: str) -> None:
        super().__init__()
        self._source = source
        self._filter_text = filter_text
        self._newest: Frame | None = None
        self._sort: Sort | None = None
        self.paused = False

    def compose(self) -> ComposeResult:
        yield ContextBar(self._source)
        yield FilterBar(self._filter_text)
        yield Pulse()
        yield GridView()
        yield Footer(show_command_palette=False)
        yield Static(id="too-small")

    def on_mount(self) -> None:
        self.query_one(GridView).focus()

    def on_resize(self) -> None:
        width, height = self.app.size
        too_small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(too_small, "-too-small")
        if too_small:
            self.query_one("#too-small", Static).update(f"needs {SMALLEST[0]}x{SMALLEST[1]}, is {width}x{height}")

    def show(self, frame: Frame) -> None:
        """Take the newest frame; while paused it waits, and only the state line tells that time goes on."""
        self._newest = frame
        if not self.paused:
            self._paint(frame)

    def _paint(self, frame: Frame) -> None:
        snapshot = frame.snapshot if self._sort in (None, frame.snapshot.sort) else frame.snapshot.sorted_by(self._sort)
        with self.app.batch_update():
            self.query_one(ContextBar).show(frame, paused=self.paused)
            self.query_one(FilterBar).show(frame)
            self.query_one(Pulse).show(frame.gauges)
            self.query_one(GridView).apply(snapshot, mark_new=frame.state in (State.LIVE, State.LIMITED))

    def action_pause(self) -> None:
        """Hold the display, or let it catch up."""
        self.paused = not self.paused
        if self._newest is None:
            return
        if self.paused:
            self.query_one(ContextBar).show(self._newest, paused=True)
        else:
            self._paint(self._newest)

    def action_sort(self, column: int) -> None:
        """Sort by the column of that number; the same one again turns the order round."""
        grid = self.query_one(GridView)
        sort = grid.next_sort(column)
        if sort is not None and grid.snapshot is not None:
            self._sort = sort
            grid.apply(grid.snapshot.sorted_by(sort))

    def action_pick_sort(self) -> None:
        """Let the user choose the column from a list."""
        snapshot = self.query_one(GridView).snapshot
        if snapshot is not None:
            self.app.push_screen(SortPicker(snapshot.columns, snapshot.sort), self._picked)

    def _picked(self, column: int | None) -> None:
        if column is not None:
            self.action_sort(column)

    @on(GridView.SortChosen)
    def _header_clicked(self, message: GridView.SortChosen) -> None:
        self.action_sort(message.column)
