"""All fields of one event."""

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.tui.cells import Cells
from csyspy.tui.collect.card import CardCollector
from csyspy.tui.commands import move_bindings
from csyspy.tui.frame import Feed, Window
from csyspy.tui.scope import condition
from csyspy.tui.screens.modal import Modal
from csyspy.tui.widgets.lines import LinesView
from csyspy.views.format import clock, printable

NAME_CELLS = 28
TIMES = frozenset({"evt.time", "evt.rawtime", "evt.outputtime"})
"""Fields in ns since the epoch."""


class CardScreen(Modal[str | None]):
    """Answers with a condition to add to the filter; None where there is none to add."""

    DEFAULT_CSS = """
    CardScreen { align: center middle; background: $background 60%; }
    CardScreen #box {
        width: 94%; max-width: 140; height: 92%; background: $background; border: round $primary;
        border-title-color: $primary; border-title-style: bold; border-subtitle-color: $faint; padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace,enter", "dismiss(None)", show=False),
        Binding("y", "copy", show=False),
        Binding("plus", "add(False)", show=False),
        Binding("minus", "add(True)", show=False),
        *move_bindings(),
    ]

    def __init__(self, feed: Feed, number: int, known: dict[str, Any] | None = None, note: str = "") -> None:
        super().__init__()
        self._feed = feed
        self._number = number
        self._known = known
        """The fields, where they are at hand; None: the event is looked for in the feed."""
        self._note = note
        self._fields: list[tuple[str, Any]] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"Event {self._number:,}" + (f"  {self._note}" if self._note else "")
            box.border_subtitle = "y copies field=value  + adds it to the filter  - excludes it  Esc leaves"
            yield LinesView(self._line)

    def on_mount(self) -> None:
        self.query_one(LinesView).focus()
        if self._known is not None:
            self._show(list(self._known.items()))
        else:
            self._read()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _read(self) -> None:
        worker = get_current_worker()
        collector = CardCollector(self._number)
        try:
            self._feed.walk(collector.sinks, self._window(), lambda: worker.is_cancelled or collector.is_full, lambda state: None)
        except CsyspyError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
        fields = list(collector.result().items())
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show, fields)

    def _window(self) -> Window | None:
        """Where about the event is, so that what lies before it is only passed through."""
        index = self._feed.index
        return Window(index.time_before(self._number), index.end_ns + 1) if index.events else None

    def _show(self, fields: list[tuple[str, Any]]) -> None:
        self._fields = fields
        self.query_one(LinesView).show_count(len(fields))

    def _line(self, line: int) -> Cells:
        name, value = self._fields[line]
        role = "faint" if value in (0, "", False) else "text"
        text = f"{clock(value, digits=9)}  {value}" if name in TIMES and isinstance(value, int) else _text(value)
        return [(f"{name:<{NAME_CELLS}} ", "key"), (printable(text), role)]

    def _condition(self, *, negated: bool = False) -> str:
        line = self.query_one(LinesView).cursor
        if line >= len(self._fields):
            return ""
        return condition(*self._fields[line], negated=negated)

    def action_copy(self) -> None:
        text = self._condition()
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(text, title="Copied", timeout=2, markup=False)

    def action_add(self, negated: bool) -> None:
        self.dismiss(self._condition(negated=negated) or None)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
