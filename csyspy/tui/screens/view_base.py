"""The screen of a view: its parts, and the way from a query to what is painted."""

import time
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from csyspy.tui.arrange import arranged, tree, with_gone
from csyspy.tui.commands import Place, bindings
from csyspy.tui.completion import values_on_screen
from csyspy.tui.frame import LIVE_STATES, Can, Feed, Frame, Query, State
from csyspy.tui.scope import Level, Scope
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.time_travel import NS_PER_S, Kept, TimeTravel
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.detail_pane import DetailPane
from csyspy.tui.widgets.empty import EmptyState, empty_text
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.pulse import Pulse
from csyspy.tui.widgets.scrubber import Scrubber
from csyspy.views.demand import asked_of
from csyspy.views.snapshot import Snapshot, Sort
from csyspy.views.view import Kind, View

if TYPE_CHECKING:
    from csyspy.tui.received import Received

SMALLEST = (60, 15)
"""Columns and lines under which there is nothing sensible to draw."""

ABOUT_LOSS = "the kernel had no room for it, so the numbers are too low. A filter (F4) or a selection (Enter) asks the kernel for less."


class ViewBase(CommandScreen):
    """Asks the feed for view × selections × filter × time, and paints what comes."""

    PLACE = Place.TABLE
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.TABLE)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    DEFAULT_CSS = """
    ViewBase { background: $background; }
    ViewBase #body { height: 1fr; }
    ViewBase #too-small { display: none; width: 100%; height: 100%; content-align: center middle; color: $warning; }
    ViewBase.-tall GaugeBox {
        height: 5;
        border: round $border;
        border-title-color: $primary;
        border-title-style: bold;
        border-subtitle-color: $foreground;
        padding: 0 1;
    }
    ViewBase GridView.-empty { display: none; }
    ViewBase.-narrow #body { layout: vertical; }
    ViewBase.-narrow DetailPane { width: 100%; height: 10; }
    ViewBase Scrubber.-off { display: none; }
    ViewBase.-too-small > * { display: none; }
    ViewBase.-too-small #too-small { display: block; }
    """

    def __init__(
        self,
        feed: Feed,
        views: Mapping[str, View],
        view: View,
        filter_text: str,
        *,
        interval_s: float,
        containers: bool,
        rules_files: tuple[str, ...] = (),
        received: "Received | None" = None,
    ) -> None:
        super().__init__(feed)
        self.views = views
        """All there are, by id, in the order of their names."""
        self.scope = Scope((Level(view.id),))
        self.filter_text = filter_text
        self.row_text = ""
        self.rules_files = rules_files
        """Falco rules to run; empty: those of an installed Falco, else our own."""
        self.received = received
        """What comes from elsewhere, if anything may."""
        self.sought = ""
        self.containers = containers
        self.travel = TimeTravel(feed.index, int(interval_s * NS_PER_S))
        self.kept = Kept()
        self.paused_at_s: float | None = None
        """When the display was held; None while it runs."""
        self.as_tree = False
        self.columns: dict[str, tuple[int, ...]] = {}
        """View id -> columns that are shown, where these are not all."""
        if Can.SEEK not in feed.can:
            self.columns = {view.id: view.usual_columns(containers) for view in views.values() if any(c.on_request for c in view.columns)}
        self.query_seq = 0
        self.frame: Frame | None = None
        """What is painted."""
        self._arranged: Snapshot | None = None
        """Its rows in the order of the user, before anything was put among them."""

    @property
    def view(self) -> View:
        return self.views[self.scope.top.view_id]

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        yield FilterBar(self.filter_text)
        yield Pulse()
        with Horizontal(id="body"):
            yield GridView()
            yield EmptyState()
            yield DetailPane()
        yield Scrubber()
        yield KeyBar(self.PLACE, self.why_not)
        yield Static(id="too-small")

    def on_mount(self) -> None:
        grid = self.query_one(GridView)
        grid.choose_columns(self.columns)
        grid.focus()
        self.query_one(Scrubber).set_class(Can.SEEK not in self.feed.can, "-off")
        self.ask()

    def on_resize(self) -> None:
        width, height = self.app.size
        too_small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(too_small, "-too-small")
        if too_small:
            self.query_one("#too-small", Static).update(f"needs {SMALLEST[0]}x{SMALLEST[1]}, is {width}x{height}")

    def has_selection(self) -> bool:
        return self.query_one(GridView).cursor_row is not None

    def about(self) -> tuple[str, str]:
        parts = [self.view.description]
        if self.frame is not None:
            parts += [self.frame.notice, f"{self.frame.loss}: {ABOUT_LOSS}" if self.frame.loss else ""]
        return self.view.name, "\n\n".join(part for part in parts if part)

    # asking

    def ask(self) -> None:
        """Ask anew: something that the answer depends on has changed."""
        from csyspy.tui.app import CsyspyApp

        self.query_seq += 1
        crumbs = tuple(level.term.label for level in self.scope.levels if level.term)
        self.query_one(ContextBar).show_way(self.view.name, crumbs)
        self.query_one(FilterBar).show_filter(self.filter_text, self.row_text)
        self.show_time()
        assert isinstance(self.app, CsyspyApp)
        self.app.ask(self.present_query())

    def present_query(self) -> Query:
        return Query(
            self.view,
            self.scope.filter_text(self.filter_text),
            self.travel.window,
            self.row_text,
            self.scope.top.sort,
            self.containers,
            self.asked,
            not self.travel.is_playing,
            self.query_seq,
        )

    @property
    def asked(self) -> frozenset[str]:
        """Fields of the view's columns that are counted because the user chose them."""
        return asked_of(self.view.shown_columns(self.containers), self.columns.get(self.view.id, ()))

    def keep_sort(self, sort: Sort) -> None:
        """The user wants this order, until they choose another view."""
        self.scope = Scope((*self.scope.levels[:-1], replace(self.scope.top, sort=sort)))

    # painting

    def show(self, frame: Frame) -> None:
        """Take the newest frame; while the display is held it waits, and only the state line tells that time goes on."""
        if frame.query_seq != self.query_seq:
            return
        if frame.state in LIVE_STATES:
            self.kept.add(frame)
            if self.paused_at_s is not None:
                self.show_time()
                return
        self.paint(frame)

    def paint(self, frame: Frame) -> None:
        """Draw a frame, in the order that the user chose last."""
        before, before_arranged, self.frame = self.frame, self._arranged, frame
        is_first = before is None or before.query_seq != frame.query_seq
        snapshot = arranged(frame.snapshot, self.scope.top.sort)
        self._arranged = snapshot
        gone: frozenset[Hashable] = frozenset()
        marks_changes = frame.state in LIVE_STATES
        if before is not None and not is_first and marks_changes:
            marks_changes = frame.snapshot.time_ns >= before.snapshot.time_ns  # walking back, what has yet to come is not new
            if marks_changes and before_arranged is not None and before_arranged.columns == snapshot.columns:
                snapshot, gone = with_gone(snapshot, before_arranged)
        guides: Mapping[int, str] = {}
        if self.as_tree:
            snapshot, guides = tree(snapshot)
        # new lines of a live list come at its end, as long as nobody has sorted it otherwise
        follows = frame.state in LIVE_STATES and self.view.kind is Kind.LIST and self.scope.top.sort is None
        grid = self.query_one(GridView)
        with self.app.batch_update():
            grid.apply(snapshot, mark_new=marks_changes, gone=gone, guides=guides, follow=follows)
            if is_first and self.scope.top.cursor_key is not None:
                grid.select(self.scope.top.cursor_key, self.scope.top.top)
                self.scope = Scope((*self.scope.levels[:-1], replace(self.scope.top, cursor_key=None)))
            self.query_one(FilterBar).show(frame)
            self.query_one(Pulse).show(frame.gauges)
            empty = self.query_one(EmptyState)
            is_empty = not snapshot.order and frame.state is not State.LOADING
            empty.display = is_empty
            grid.set_class(is_empty, "-empty")
            if is_empty:
                empty.show(empty_text(self.present_query(), frame, depth=self.scope.depth))
            self.show_position()
            self.show_time()

    def show_time(self) -> None:
        """Bring state line and scrubber up to the present."""
        state, behind = None, ""
        if self.paused_at_s is not None:
            state, behind = State.PAUSED, f"{time.monotonic() - self.paused_at_s:.0f} s"
            if self.kept.back:
                behind += f", {self.kept.back} back"
        elif self.travel.is_playing:
            state, behind = State.REPLAY, f"×{self.travel.speed:g}"
        self.query_one(ContextBar).show(self.frame, state, behind)
        self.query_one(Scrubber).show(self.travel, is_loading=not self.feed.index.is_complete)

    def show_position(self) -> None:
        grid = self.query_one(GridView)
        if grid.snapshot is not None:
            count = grid.line_count
            self.query_one(KeyBar).show_position(f"{min(grid.cursor + 1, count):,}/{count:,}")

    def values(self) -> Mapping[str, list[str]]:
        """Per field what the table shows in it."""
        snapshot = self.query_one(GridView).snapshot
        return values_on_screen(snapshot) if snapshot is not None else {}
