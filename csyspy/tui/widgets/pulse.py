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
LEAST_SPARK_WIDTH = 3
"""What is shorter tells nothing."""
USUAL_NUMBER = 7
"""Cells that a number is expected to take: `14.4K/s`."""


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
        self.spark_width = 0
        """Cells of the graph that stands in one line with the rest."""

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
        graph = spark(self._values(gauge, self.spark_width), self.spark_width, gauge.peak) + " " * bool(self.spark_width)
        return Strip(
            [
                Segment(f" {gauge.label} ", self._style("label")),
                Segment(graph, self._style(self._role(gauge.level or 0.0))),
                Segment(gauge.text, self._style("text")),
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
    _count = -1
    """Alerts; -1 while nobody counts them."""
    _colour = ""

    def __init__(self) -> None:
        super().__init__()
        self._gauges: tuple[Gauge, ...] = ()
        self._widest: dict[str, int] = {}
        """Label -> cells of the longest number so far: as long as there is room for that, none of them moves."""

    class AlertsClicked(Message):
        """The user wants to see the alerts."""

    def compose(self) -> ComposeResult:
        for _ in range(self.PLACES):
            yield GaugeBox()
        yield Static(id="alerts")

    def show_alerts(self, count: int, colour: str) -> None:
        """Rules run, and have matched so often; in the colour of the most urgent."""
        self._count, self._colour = count, colour
        alerts = self.query_one("#alerts", Static)
        alerts.set_class(bool(count), "-some")
        alerts.display = True
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """In one line every gauge gets what its words take, and all the same graph; where not even the words fit, the last go."""
        is_tall = self.screen.has_class("-tall")
        words = [len(gauge.label) + 2 for gauge in self._gauges]
        needs = [cells + self._widest[gauge.label] for cells, gauge in zip(words, self._gauges, strict=True)]
        sign, number = "▲ " if self._count else "", short_count(max(self._count, 0))
        said = f"{sign}{number} alert{'s' if self._count != 1 else ''}"
        room = self.size.width
        if self._count >= 0:
            if not is_tall and sum(needs) + len(said) + 2 > room:
                said = sign + number
            self.query_one("#alerts", Static).update(Content.styled(said, self._colour))
            room -= len(said) + 2
        if sum(needs) > room:
            needs = [cells + len(gauge.text) for cells, gauge in zip(words, self._gauges, strict=True)]
        shown = len(needs)
        while not is_tall and shown and sum(needs[:shown]) > room:
            shown -= 1
        spare = (room - sum(needs[:shown])) // max(shown, 1)
        spark_width = min(spare - 2, SHORT_SPARK_WIDTH) if spare - 2 >= LEAST_SPARK_WIDTH else 0
        for place, box in enumerate(self.query(GaugeBox)):
            box.spark_width = spark_width
            box.display = is_tall or place < shown or not shown
            box.styles.width = "1fr" if is_tall or place >= shown else needs[place] + min(spare, spark_width + 2)
            box.refresh()

    @on(events.Click, "#alerts")
    def _alerts_clicked(self) -> None:
        self.post_message(self.AlertsClicked())

    def show(self, gauges: tuple[Gauge, ...]) -> None:
        is_as_wide = [(each.label, len(each.text)) for each in gauges] == [(each.label, len(each.text)) for each in self._gauges]
        self._gauges = gauges
        if not is_as_wide:
            self._widest = {each.label: max(self._widest.get(each.label, USUAL_NUMBER), len(each.text)) for each in gauges}
            self._fit()
        boxes = self.query(GaugeBox)
        for place, box in enumerate(boxes):
            box.show(gauges[place] if place < len(gauges) else None)
