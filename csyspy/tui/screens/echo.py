"""The data that a selection reads and writes (csysdig's F5)."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from csyspy.tui.cells import Cells
from csyspy.tui.collect.echo import Chunk, Display, EchoCollector
from csyspy.tui.commands import Place, bindings
from csyspy.tui.screens.searching import Searching
from csyspy.tui.screens.stream import StreamScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView
from csyspy.views.format import clock, printable, short_bytes

RULE = "──"


class EchoScreen(Searching, StreamScreen):
    """A rule per read and write, and the data under it."""

    PLACE = Place.ECHO
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.ECHO)
    heading = "I/O activity"

    _data: EchoCollector | None = None
    _display = Display.DOTTED

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        yield LinesView(self._line, when_empty=self.why_empty)
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        lines = self.query_one(LinesView)
        lines.follows = self.is_endless
        lines.focus()

    def about(self) -> tuple[str, str]:
        return "I/O activity", "The data of every read (<) and write (>) of the selection. F2 shows it dotted, printable or as hex."

    def why_empty(self) -> str:
        return "nothing is read or written yet" if self.is_reading else "nothing was read or written; Esc goes back"

    def collector(self) -> EchoCollector:
        self._data = EchoCollector(self.whole_filter, self._display)
        return self._data

    def draw(self) -> None:
        lines = self.query_one(LinesView)
        lines.show_count(self.line_count)
        count = len(self._data.chunks) if self._data is not None else 0
        notes = [self._display.value, f"{count:,} reads and writes"]
        if self._data is not None and self._data.is_full:
            notes.append("the first ones: narrow them with F4 or the time")
        if self.problem:
            notes.append(self.problem)
        self.show_state(*notes)
        self.show_position()

    def _line(self, number: int) -> Cells:
        if self._data is None:
            return []
        chunk, text = self._data.line(number)
        role = "in" if chunk.is_read else "out"
        if text is not None:
            return [("  ", "text"), (text, role)]
        arrow = "<" if chunk.is_read else ">"
        return [
            (f"{RULE} {arrow} ", role),
            (f"{short_bytes(chunk.moved_bytes)}B ", "name"),
            (f"{_way(chunk)} ", "faint"),
            (printable(chunk.fd), "key"),
            (f"  {printable(chunk.process)}({chunk.tid})  {clock(chunk.time_ns)}", "faint"),
        ]

    def command_display(self) -> None:
        self._display = self._display.next
        if self._data is not None:
            self._data.use(self._display)
        self.draw()

    def command_clear(self) -> None:
        if self._data is not None:
            self._data.clear()
            self.draw()

    def command_follow(self) -> None:
        lines = self.query_one(LinesView)
        lines.follows = not lines.follows
        lines.show_count(self.line_count)

    @property
    def line_count(self) -> int:
        return self._data.line_count if self._data is not None else 0

    def line_text(self, line: int) -> str:
        return "".join(text for text, _ in self._line(line))


def _way(chunk: Chunk) -> str:
    return "read from" if chunk.is_read else "written to"
