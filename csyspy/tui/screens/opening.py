"""What opens beside or above the table: events, data, spectrogram, detail, legend, overview, actions."""

import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import SuspendNotSupported
from textual.message import Message
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.fields.errors import FieldError
from csyspy.tui.commands import Command
from csyspy.tui.frame import Can, Frame, Window
from csyspy.tui.moments import AROUND_NS
from csyspy.tui.scope import Term, joined
from csyspy.tui.screens.drilling import Drilling
from csyspy.tui.widgets.detail_pane import DetailPane
from csyspy.tui.widgets.grid import GridView
from csyspy.views.format import clock
from csyspy.views.view import Action

if TYPE_CHECKING:
    from csyspy.chisels.registry import Entry
    from csyspy.tui.collect.detail import Detail

DETAIL_S = 1.0
"""While events are looked through, how often the pane says what was found."""
DETAIL_DELAY_S = 0.25
"""The cursor has to rest for so long before the events of its row are looked through."""


class Opening(Drilling):
    """Commands that open something on the selection."""

    _detail: "Detail | None" = None
    _detail_of: object = None
    """Query and row that the detail is about."""

    def _inner(self, term: Term | None) -> tuple[str, tuple[str, ...]]:
        """The filter of the selected row, or of the whole scope where none is selected, and the way there."""
        crumbs = tuple(level.term.label for level in self.scope.levels if level.term)
        if term is None:
            return joined(self.scope.filter_text(), self.view.filter), crumbs
        return self.scope.filter_text(term.condition), (*crumbs, term.label)

    def command_dig(self) -> None:
        from csyspy.tui.screens.dig import DigScreen

        self.app.push_screen(DigScreen(self.feed, *self._events_of(self.selection())))

    def command_echo(self) -> None:
        from csyspy.tui.screens.echo import EchoScreen

        self.app.push_screen(EchoScreen(self.feed, *self._events_of(self.selection())))

    def _events_of(self, term: Term | None):  # type: ignore[no-untyped-def]
        scope_filter, crumbs = self._inner(term)
        return scope_filter, self.filter_text, crumbs, self.travel.window

    def command_spectrogram(self) -> None:
        self.open_spectrogram("spectro_all")

    def command_spectrogram_files(self) -> None:
        self.open_spectrogram("spectro_file")

    def open_spectrogram(self, view_id: str) -> None:
        from csyspy.tui.screens.spectrogram import SpectrogramScreen

        self.app.push_screen(SpectrogramScreen(self.feed, self.views, view_id, *self._events_of(None)))

    def open_around(self) -> None:
        from csyspy.tui.screens.dig import DigScreen

        key, index = self.query_one(GridView).cursor_key, self.feed.index
        assert isinstance(key, int)
        is_time = self.view.row_key() is not None  # otherwise the event's number
        start_ns, end_ns = (key, key) if is_time else (index.time_before(key), index.time_of(key))
        window = Window(start_ns - AROUND_NS, end_ns + AROUND_NS)
        crumbs = (*self._inner(None)[1], f"around {clock(key)}" if is_time else f"around #{key:,}")
        first_ns, first_event = (key, 0) if is_time else (0, key)
        self.app.push_screen(DigScreen(self.feed, self.scope.filter_text(), "", crumbs, window, first_ns, first_event))

    def command_overview(self) -> None:
        from csyspy.tui.screens.overview import OverviewScreen

        self.app.push_screen(OverviewScreen(self.feed, self.filter_text, self.open_view))

    def open_view(self, view_id: str) -> None:
        """A view of the whole machine."""
        self._go(self.scope.back(0).viewed(view_id))

    def open_chisel(self, entry: "Entry") -> None:
        """Run a chisel on the selection; where it takes arguments, ask for them."""
        if not entry.args:
            self._run_chisel(entry, "")
            return
        from csyspy.tui.screens.prompt import Prompt

        lines = [f"{'[' if argument.optional else ''}{argument.name}{']' if argument.optional else ''}: {argument.description}"
                 for argument in entry.args]
        title = f"Arguments of {entry.name}"
        self.app.push_screen(Prompt(title, "\n".join(lines)), lambda text: self._run_chisel(entry, text) if text is not None else None)

    def _run_chisel(self, entry: "Entry", arguments: str) -> None:
        from csyspy.tui.screens.chisel import ChiselScreen

        self.app.push_screen(ChiselScreen(self.feed, entry.name, arguments, *self._events_of(None)))

    def command_legend(self) -> None:
        from csyspy.tui.screens.page import legend_page

        self.app.push_screen(legend_page(self, self.view))

    # detail

    class DetailFound(Message):
        """More is known about the row that was looked at."""

        def __init__(self, of: object, detail: "Detail") -> None:
            super().__init__()
            self.of = of
            self.detail = detail

    def command_detail(self) -> None:
        pane = self.query_one(DetailPane)
        pane.toggle_class("-open")
        self._detail_of = None
        if pane.has_class("-open"):
            self._look_closer()
        else:
            self.workers.cancel_group(self, "detail")

    def paint(self, frame: Frame) -> None:
        super().paint(frame)
        if self.query_one(DetailPane).has_class("-open"):
            self._look_closer()

    @on(GridView.CursorMoved)
    def _cursor_moved(self) -> None:
        self.show_position()
        if self.query_one(DetailPane).has_class("-open"):
            self._detail = None
            self._show_detail()
            self.set_timer(DETAIL_DELAY_S, partial(self._look_closer_at, self.query_one(GridView).cursor_key))

    def _look_closer_at(self, key: object) -> None:
        if self.query_one(GridView).cursor_key == key and self.query_one(DetailPane).has_class("-open"):
            self._look_closer()

    def _look_closer(self) -> None:
        """Show the row as it is now; where it is another one, or another time, look through its events."""
        term, of = self.selection(), (self.query_seq, self.query_one(GridView).cursor_key)
        if of != self._detail_of:
            self._detail_of, self._detail = of, None
            if term is not None and Can.EVENTS in self.feed.can:
                self._collect_detail(term, of)
        self._show_detail()

    @work(thread=True, exclusive=True, group="detail", exit_on_error=False)
    def _collect_detail(self, term: Term, of: object) -> None:
        from csyspy.tui.collect.detail import DetailCollector

        worker = get_current_worker()
        due_s = time.monotonic() + DETAIL_S

        def tell(state: object) -> None:
            nonlocal due_s
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + DETAIL_S
                self.post_message(self.DetailFound(of, collector.result()))

        try:
            collector = DetailCollector(self.scope.filter_text(term.condition, self.filter_text))
            self.feed.walk(collector.sinks, self.travel.window, lambda: worker.is_cancelled, tell)
        except (FieldError, CsyspyError) as error:
            self.log.warning(str(error))
            return
        if not worker.is_cancelled:
            self.post_message(self.DetailFound(of, collector.result()))

    @on(DetailFound)
    def _detail_found(self, message: DetailFound) -> None:
        if message.of == self._detail_of:
            self._detail = message.detail
            self._show_detail()

    def _show_detail(self) -> None:
        grid, pane = self.query_one(GridView), self.query_one(DetailPane)
        term = self.selection()
        if grid.snapshot is not None and grid.cursor_row is not None and pane.has_class("-open"):
            pane.show(term.label if term else self.view.name, grid.snapshot, grid.cursor_row, self._detail)

    # actions

    def why_not(self, command: Command) -> str:
        if command.id == "actions" and not self.view.actions:
            return f"{self.view.name} has no actions"
        return super().why_not(command)

    def command_actions(self) -> None:
        grid = self.query_one(GridView)
        if grid.snapshot is None or grid.cursor_row is None:
            return
        from csyspy.tui.screens.picker import Choice, Picker
        from csyspy.tui.shell_actions import command_line, fields_of_row, why_not

        cells = fields_of_row(grid.snapshot, grid.cursor_row)
        entries = []
        for action in self.view.actions:
            reason = why_not(action, cells, is_capture=Can.SEEK in self.feed.can)
            try:
                line = command_line(action, cells)
            except LookupError:
                line = action.command
            entries.append(Choice(action, action.label, line, reason, action.hotkey))
        self.app.push_screen(Picker("Actions", entries), self._action_chosen)

    @on(GridView.RowMenu)
    def _row_menu(self) -> None:
        self.action_command("actions")

    def _action_chosen(self, action: Action | None) -> None:
        grid = self.query_one(GridView)
        if action is None or grid.snapshot is None or grid.cursor_row is None:
            return
        from csyspy.tui.screens.prompt import Confirm
        from csyspy.tui.shell_actions import command_line, fields_of_row

        line = command_line(action, fields_of_row(grid.snapshot, grid.cursor_row))
        if action.ask_confirmation:
            self.app.push_screen(Confirm(action.label, line), lambda yes: self.run_program(action, line) if yes else None)
        else:
            self.run_program(action, line)

    def run_program(self, action: Action, line: str) -> None:
        """Run a command line in a shell, with the screen out of its way."""
        try:
            with self.app.suspend():
                print(f"$ {line}", flush=True)
                code = subprocess.run(line, shell=True, check=False).returncode
                if action.wait_finish:
                    input(f"\ncsyspy: ended with {code}; Enter goes back ")
        except SuspendNotSupported:
            self.notify("this terminal cannot be given to another program", severity="error")
            return
        except (EOFError, KeyboardInterrupt):
            return
        if code:
            self.notify(f"{line}: ended with {code}", severity="warning", markup=False)
