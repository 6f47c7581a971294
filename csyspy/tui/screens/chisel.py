"""What a chisel prints about the selection."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from csyspy.chisels.api import EndCapture
from csyspy.tui.cells import Cells
from csyspy.tui.collect.chisel import ChiselCollector
from csyspy.tui.commands import Place, bindings
from csyspy.tui.frame import Feed, Window
from csyspy.tui.screens.searching import Searching
from csyspy.tui.screens.stream import Collector, StreamScreen
from csyspy.tui.widgets.context_bar import ContextBar
from csyspy.tui.widgets.key_bar import KeyBar
from csyspy.tui.widgets.lines import LinesView


class ChiselScreen(Searching, StreamScreen):
    """The lines of one chisel."""

    PLACE = Place.PAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings(Place.PAGE)

    def __init__(
        self,
        feed: Feed,
        name: str,
        arguments: str,
        scope_filter: str,
        filter_text: str,
        crumbs: tuple[str, ...],
        window: Window | None,
    ) -> None:
        super().__init__(feed, scope_filter, filter_text, crumbs, window)
        self.heading = f"{name} {arguments}".strip()
        self._chisel, self._arguments = name, arguments
        self._printed: ChiselCollector | None = None

    def compose(self) -> ComposeResult:
        yield ContextBar(self.feed.source)
        yield LinesView(self._line, when_empty=self.why_empty)
        yield KeyBar(self.PLACE, self.why_not)

    def on_mount(self) -> None:
        self.query_one(LinesView).focus()

    def why_empty(self) -> str:
        return "nothing to say yet" if self.is_reading else "nothing to say; Esc goes back"

    def collector(self) -> ChiselCollector:
        self._printed = ChiselCollector(self._chisel, self._arguments, self.whole_filter)
        return self._printed

    def walk(self, collector: Collector, is_cancelled: Callable[[], bool], tell: Callable[[Any], None]) -> None:
        assert isinstance(collector, ChiselCollector)

        def step(state: Any) -> None:
            collector.step(state)
            tell(state)

        try:
            super().walk(collector, is_cancelled, step)
        except EndCapture:
            pass
        finally:
            collector.end()

    def draw(self) -> None:
        lines = self.query_one(LinesView)
        lines.show_count(self.line_count)
        self.show_state(self.problem or f"{self.line_count:,} lines")
        self.show_position()

    @property
    def line_count(self) -> int:
        return len(self._printed.lines) if self._printed is not None else 0

    def line_text(self, line: int) -> str:
        return self._printed.lines[line] if self._printed is not None else ""

    def _line(self, number: int) -> Cells:
        return [(self.line_text(number), "text")]
