"""The pulse strip: the machine, or the capture, in four numbers with their recent past."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from csyspy.tui.frame import Gauge
from csyspy.tui.graph import area, spark, stretch
from csyspy.views.format import short_count

MID_LEVEL = 0.5
HIGH_LEVEL = 0.85
SHORT_SPARK_WIDTH = 12
"""At most; less where label and number need the room."""


class GaugeBox(Widget):
    """One gauge: a framed graph where the screen is tall, else `CPU ▁▂▅▇ 38%` on one line."""

    COMPONENT_CLASSES = {"gauge--label", "gauge--text", "gauge--low", "gauge--mid", "gauge--high"}
    DEFAULT_CSS = """
    GaugeBox {
        width: 1fr;
        height: 1;
        background: $background;
        & > .gauge--label { color: $primary; text-style: bold; }
        & > .gauge--text { color: $foreground; }
        & > .gauge--low { color: $level-low; }
        & > .gauge--mid { color: $level-mid; }
        & > .gauge--high { color: $level-high; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._gauge: Gauge | None = None
        self._graph: list[str] = []
        """Its lines, where they have been drawn already."""

    def show(self, gauge: Gauge | None) -> None:
        """Draw gauge; None leaves the place empty."""
        if gauge == self._gauge:
            return
        self._gauge = gauge
        self._graph = []
        self.border_title = gauge.label if gauge else ""
        self.border_subtitle = gauge.text if gauge else ""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        base = self.rich_style
        if self._gauge is None or y >= height:
            return Strip.blank(width, base)
        if height == 1:
            return self._one_line(self._gauge).apply_style(base).adjust_cell_length(width, base)
        if len(self._graph) != height or len(self._graph[0]) != width:
            self._graph = area(self._values(self._gauge, width), width, height, self._gauge.peak)
        # The graph warms up with its height, so that one glance at its tips tells how busy it was.
        role = self._role((height - y) / height if self._gauge.level is not None else 0.0)
        return Strip([Segment(self._graph[y], self._style(role))]).apply_style(base)

    def _one_line(self, gauge: Gauge) -> Strip:
        room = self.size.width - len(gauge.label) - len(gauge.text) - 4
        width = max(0, min(room, SHORT_SPARK_WIDTH))
        graph = spark(self._values(gauge, width), width, gauge.peak)
        return Strip(
            [
                Segment(f" {gauge.label} ", self._style("label")),
                Segment(graph, self._style(self._role(gauge.level or 0.0))),
                Segment(f" {gauge.text}", self._style("text")),
            ]
        )

    @staticmethod
    def _values(gauge: Gauge, width: int) -> Sequence[float]:
        return stretch(gauge.history, width) if gauge.is_whole else gauge.history

    @staticmethod
    def _role(level: float) -> str:
        return "high" if level > HIGH_LEVEL else "mid" if level > MID_LEVEL else "low"

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"gauge--{role}", partial=True)


class Pulse(Horizontal):
    """Four gauges side by side, and how often rules have matched once that is known."""

    DEFAULT_CSS = """
    Pulse { height: auto; background: $background; }
    Pulse #alerts {
        display: none; width: auto; height: 100%; padding: 0 1; color: $faint; content-align: center middle;
    }
    Pulse #alerts.-some { text-style: bold; }
    """
    PLACES = 4

    class AlertsClicked(Message):
        """The user wants to see the alerts."""

    def compose(self) -> ComposeResult:
        for _ in range(self.PLACES):
            yield GaugeBox()
        yield Static(id="alerts")

    def show_alerts(self, count: int, colour: str) -> None:
        """Rules run, and have matched so often; in the colour of the most urgent."""
        alerts = self.query_one("#alerts", Static)
        alerts.update(Content.styled(f"{'▲ ' if count else ''}{short_count(count)} alert{'s' if count != 1 else ''}", colour))
        alerts.set_class(bool(count), "-some")
        alerts.display = True

    @on(events.Click, "#alerts")
    def _alerts_clicked(self) -> None:
        self.post_message(self.AlertsClicked())

    def show(self, gauges: tuple[Gauge, ...]) -> None:
        boxes = self.query(GaugeBox)
        for place, box in enumerate(boxes):
            box.show(gauges[place] if place < len(gauges) else None)
