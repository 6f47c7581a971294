"""A capture at a glance: a tile per topic, each opens its view (the idea is sysdig-inspect's)."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.tui.collect.overview import TOPICS, OverviewCollector, Tile
from csyspy.tui.commands import Place, bindings
from csyspy.tui.frame import Feed, State
from csyspy.tui.graph import area, stretch
from csyspy.tui.reading import Reading
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.views.format import short_bytes, short_count


class TileBox(Widget, can_focus=True):
    """One topic: how much in all, and when."""

    DEFAULT_CSS = """
    TileBox {
        height: 1fr; min-height: 4; border: round $border; border-title-color: $primary; border-title-style: bold;
        border-subtitle-color: $foreground; padding: 0 1; color: $level-low;
    }
    TileBox:focus { border: heavy $accent; border-title-color: $accent; }
    TileBox.-none { color: $faint; border-subtitle-color: $faint; }
    """

    class Opened(Message):
        """The user wants to know more."""

        def __init__(self, view_id: str) -> None:
            super().__init__()
            self.view_id = view_id

    def __init__(self, tile: Tile) -> None:
        super().__init__()
        self.tile = tile
        self.show(tile)

    def show(self, tile: Tile) -> None:
        self.tile = tile
        self.border_title = tile.topic.title
        self.border_subtitle = short_bytes(tile.total) if tile.topic.bytes_field else short_count(tile.total)
        self.set_class(not tile.total, "-none")
        self.refresh()

    def render(self) -> Content:
        width, height = self.content_size
        lines = area(stretch(self.tile.rates, width), width, max(height, 1), max(self.tile.rates, default=0.0) or 1.0)
        return Content("\n".join(lines))

    def on_click(self, event: events.Click) -> None:
        self.focus()
        if event.chain == 2:
            self.post_message(self.Opened(self.tile.topic.view_id))


class OverviewScreen(CommandScreen):
    """Calls `open_view` with the view behind the chosen tile."""

    PLACE: ClassVar[Place] = Place.OVERVIEW
    BINDINGS = [
        *bindings(Place.OVERVIEW),
        Binding("left", "step(-1, 0)", show=False),
        Binding("right", "step(1, 0)", show=False),
        Binding("up,k", "step(0, -1)", show=False),
        Binding("down,j", "step(0, 1)", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
    DEFAULT_CSS = """
    OverviewScreen Grid { grid-size: 3; grid-gutter: 0 1; height: 1fr; overflow-y: auto; }
    OverviewScreen.-normal Grid { grid-size: 4; }
    """

    class Grown(Message):
        """So much has been read, and this came of it."""

        def __init__(self, tiles: tuple[Tile, ...], progress: float | None, pace: list[str]) -> None:
            super().__init__()
            self.tiles, self.progress, self.pace = tiles, progress, pace

    def __init__(self, feed: Feed, filter_text: str, open_view: Callable[[str], None]) -> None:
        super().__init__(feed)
        self._filter_text = filter_text
        self._open_view = open_view
        self._is_reading = True

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        with Grid():
            for topic in TOPICS:
                yield TileBox(Tile(topic, 0, ()))
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        bar = self.query_one(ContextBar)
        bar.show_way("Overview", (self._filter_text,) if self._filter_text else ())
        bar.show(None, State.LOADING)
        self.query(TileBox).first().focus()
        self._collect()

    def about(self) -> tuple[str, str]:
        return "Overview", "The whole capture by topic: how much in all, and when. Enter opens the view behind a tile."

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _collect(self) -> None:
        worker = get_current_worker()
        collector = OverviewCollector(self._filter_text)
        reading = Reading(self.feed, None, lambda *far: self.post_message(self.Grown(collector.tiles(), *far)))

        def on_step(state: Any) -> None:
            collector.note(state)
            reading(state)

        problem = ""
        try:
            self.feed.walk(collector.sinks, None, lambda: worker.is_cancelled, on_step)
        except CsyspyError as error:
            problem = error.message
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, collector.tiles(), problem)

    @on(Grown)
    def _grown(self, message: Grown) -> None:
        if not self._is_reading:  # it was under way when the end came
            return
        self._fill(message.tiles)
        self.query_one(ContextBar).show(None, State.LOADING, "  ".join(message.pace), progress=message.progress)

    def _fill(self, tiles: tuple[Tile, ...]) -> None:
        for box, tile in zip(self.query(TileBox), tiles, strict=True):
            box.show(tile)

    def _show(self, tiles: tuple[Tile, ...], problem: str) -> None:
        self._is_reading = False
        self._fill(tiles)
        self.query_one(ContextBar).show(None, State.PARTIAL if problem else State.END, problem or f"{self.feed.index.events:,} events")

    def action_step(self, across: int, down: int) -> None:
        boxes = list(self.query(TileBox))
        columns = 4 if self.has_class("-normal") else 3
        at = boxes.index(self.focused) if isinstance(self.focused, TileBox) else 0
        boxes[max(0, min(at + across + down * columns, len(boxes) - 1))].focus()

    def command_drill(self) -> None:
        if isinstance(self.focused, TileBox):
            self._open(self.focused.tile.topic.view_id)

    def on_tile_box_opened(self, message: TileBox.Opened) -> None:
        self._open(message.view_id)

    def _open(self, view_id: str) -> None:
        if self.is_active:
            self.app.pop_screen()
            self._open_view(view_id)

    def command_views(self) -> None:
        self._hand_down("views")

    def command_alerts(self) -> None:
        self._hand_down("alerts")

    def command_dig(self) -> None:
        self._hand_down("dig")

    def _hand_down(self, command_id: str) -> None:
        """Leave, and let the screen of views do it."""
        if self.is_active:
            self.app.pop_screen()
            self._bottom().action_command(command_id)

    def _bottom(self) -> CommandScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, CommandScreen)
        return screen
