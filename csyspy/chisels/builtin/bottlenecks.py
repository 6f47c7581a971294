"""bottlenecks: the slowest system calls."""

from typing import Any

from csyspy.chisels.api import Chisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar

HOW_MANY = 10


class Bottlenecks(Chisel):
    """The ten calls that took the longest, enter and exit of each."""

    name = "bottlenecks"
    category = "Performance"
    short_description = "The slowest system calls"
    description = (
        f"The {HOW_MANY} system calls that took the longest to return, slowest first: a line for the enter event and one for the exit."
    )
    fields = {
        "latency": "evt.latency",
        "type": "evt.type",
        "args": "evt.args",
        "process": "proc.name",
        "tid": "thread.tid",
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.entered: dict[object, str] = {}
        self.slowest: list[tuple[int, str, str]] = []

    def on_event(self, event: Any) -> None:
        latency = event["latency"]
        if latency is None or event["type"] == "switch":
            return
        if latency == 0:
            self.entered[event["tid"]] = self._line(event, 0, ">")
            return
        place = next((i for i, row in enumerate(self.slowest) if latency > row[0]), len(self.slowest))
        if place < HOW_MANY:
            self.slowest.insert(place, (latency, self.entered.get(event["tid"], "nil"), self._line(event, latency, "<")))
            del self.slowest[HOW_MANY:]

    def _line(self, event: Any, latency_ns: int, direction: str) -> str:
        process = event["process"]
        return (
            f"{event.num}) {latency_ns // 1_000_000_000}.{latency_ns % 1_000_000_000:09} {'' if process is None else process} "
            f"({scalar(event['tid'])}) {direction} {event['type']} {scalar(event['args'])}"
        )

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        for _, enter, leave in self.slowest:
            self.print(enter)
            self.print(leave)
