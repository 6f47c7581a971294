"""Going into a row and out again, and looking at a selection through another view."""

from dataclasses import replace
from typing import ClassVar

from textual import on

from csyspy.tui.frame import Can
from csyspy.tui.scope import Level, Scope, Term, drill_target, term_of
from csyspy.tui.screens.view_base import ViewBase
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.grid import GridView
from csyspy.views.view import Kind, View


class Drilling(ViewBase):
    """Commands that change the scope."""

    OPENERS: ClassVar[dict[str, str]] = {"dig": "dig", "echo": "echo"}
    """Views that have a screen of their own -> the command that opens it."""

    def selection(self) -> Term | None:
        """What the row under the cursor stands for; None where there is none, as before the screen is drawn (`-v dig`)."""
        grid = next(iter(self.query(GridView)), None)
        if grid is None or grid.snapshot is None or grid.cursor_row is None:
            return None
        return term_of(grid.snapshot, grid.cursor_row, containers=self.containers)

    def command_drill(self) -> None:
        if self.view.rows_are_events and Can.SEEK in self.feed.can and self.query_one(GridView).cursor_row is not None:
            self.open_around()
            return
        term = self.selection()
        target = drill_target(self.view, term.field, self.views) if term is not None else None
        if term is None or target is None:
            self.notify(f"nothing lies below {self.view.name}; d shows the events", timeout=3)
            return
        self.drill(term, target)

    def drill(self, term: Term, target: View) -> None:
        """One level down, to a view."""
        self._go(self.scope.drilled(term, target.id, left=self._left_level()))

    def _go(self, scope: Scope) -> None:
        """Be somewhere else: what was held, or chosen in the table, belongs to the place before."""
        self.paused_at_s = None
        self.kept.clear()
        self.as_tree = False
        self.query_one(GridView).select(None)
        self.scope = scope
        self.ask()

    def _left_level(self) -> Level:
        grid = self.query_one(GridView)
        return replace(self.scope.top, cursor_key=grid.cursor_key, top=grid.cursor - grid.top)

    def command_back(self) -> None:
        self.go_to_depth(self.scope.depth - 1)

    def command_depth_to(self, level: int) -> None:
        self.go_to_depth(level - 1)

    def go_to_depth(self, depth: int) -> None:
        """Back out to that many selections; what lies deeper is left."""
        if 0 <= depth < self.scope.depth:
            self._go(self.scope.back(depth))

    @on(ContextBar.CrumbClicked)
    def _crumb_clicked(self, message: ContextBar.CrumbClicked) -> None:
        self.go_to_depth(message.depth)

    @on(GridView.RowOpened)
    def _row_opened(self) -> None:
        self.action_command("drill")

    def command_views(self) -> None:
        from csyspy.tui.screens.picker import Choice, Picker

        field = self.scope.field
        entries = [
            Choice(view.id, view.name, view.description, self.why_not_view(view), "●" if view is self.view else "")
            for view in sorted(self.views.values(), key=lambda view: (bool(self.why_not_view(view)), view.name))
        ]
        title = "Select view" + (f" of {self.scope.top.term.label}" if field and self.scope.top.term else "")
        self.app.push_screen(Picker(title, entries, self.view.id), self.switch_view)

    def why_not_view(self, view: View) -> str:
        """Why a view makes no sense here; empty where it does."""
        if not view.applies(self.scope.field):
            return f"it does not apply to {self.scope.field}" if self.scope.field else "it needs a selection to apply to"
        return self.feed.why_not(view)

    def switch_view(self, view_id: str | None) -> None:
        """Look at the same selection through another view."""
        if view_id is None or view_id == self.view.id:
            return
        if self.views[view_id].kind is Kind.SPECTROGRAM:
            self.open_spectrogram(view_id)
            return
        if view_id in self.OPENERS:
            self.action_command(self.OPENERS[view_id])
            return
        self._go(self.scope.viewed(view_id))

    def open_spectrogram(self, view_id: str) -> None:
        """The calls of the selection by latency."""
        raise NotImplementedError

    def open_around(self) -> None:
        """The selected row is an event: what happened just before it and just after."""
        raise NotImplementedError
