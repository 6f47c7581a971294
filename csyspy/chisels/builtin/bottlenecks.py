"""bottlenecks: the slowest system calls."""

from typing import Any

from csyspy.chisels.api import Chisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar

HOW_MANY = 10

Call = tuple[int, object, object, object, object]  # number, process, thread, type and arguments of one event


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
        self.entered: dict[object, Call] = {}
        self.slowest: list[tuple[int, Call | None, Call]] = []

    def on_event(self, event: Any) -> None:
        latency = event["latency"]
        if latency is None or event["type"] == "switch":
            return
        tid = event["tid"]
        if latency == 0:
            self.entered[tid] = self._call(event, tid)
            return
        if len(self.slowest) == HOW_MANY and latency <= self.slowest[-1][0]:
            return
        place = next((i for i, row in enumerate(self.slowest) if latency > row[0]), len(self.slowest))
        self.slowest.insert(place, (latency, self.entered.get(tid), self._call(event, tid)))
        del self.slowest[HOW_MANY:]

    @staticmethod
    def _call(event: Any, tid: object) -> Call:
        return event.num, event["process"], tid, event["type"], event["args"]

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        for latency, enter, leave in self.slowest:
            self.print(_line(enter, 0, ">") if enter is not None else "nil")
            self.print(_line(leave, latency, "<"))


def _line(call: Call, latency_ns: int, direction: str) -> str:
    num, process, tid, kind, args = call
    seconds, rest = divmod(latency_ns, 1_000_000_000)
    name = "" if process is None else scalar(process)
    return f"{num}) {seconds}.{rest:09} {name} ({scalar(tid)}) {direction} {scalar(kind)} {scalar(args)}"
