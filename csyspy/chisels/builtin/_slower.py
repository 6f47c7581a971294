"""Calls that take longer than a threshold: heading, columns and colours."""

from typing import Any

from csyspy.chisels.api import Argument, to_number
from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLOR, ColoredChisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import column, scalar, whole

NS_PER_MS = 1_000_000

WHEN = ("evt.datetime", 23)
CONTAINERS = ("container.id", 20), ("container.name", 20)


def rule(width: int) -> str:
    """The line under a heading."""
    return "-" * width


class SlowerChisel(ColoredChisel):
    """Takes `min_ms` and prints what took longer."""

    category = "Performance"
    args = (Argument("min_ms", "Milliseconds that a call must take to be shown", "int"), DISABLE_COLOR)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.min_ms = 0.0

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "min_ms":
            self.min_ms = to_number(self, value, name)
        else:
            super().on_set_arg(name, value)

    def line_color(self, event: Any) -> str:
        """Green for the host, blue for containers."""
        return self.color.green if event["container"] == "host" else self.color.blue

    def place(self, event: Any) -> str:
        """The first columns: time and, with -pc, container."""
        start = column(scalar(event["datetime"]), 23) + " "
        if self.context.container_data:
            start += column(scalar(event["container_id"]), 20) + " " + column(scalar(event["container"]), 20) + " "
        return start


class SlowIoChisel(SlowerChisel):
    """I/O on descriptors of one kind that took longer than `min_ms`."""

    skip = ""  # what names of descriptors that are left out begin with
    fields = {
        "type": "evt.type",
        "direction": "evt.dir",
        "datetime": "evt.datetime",
        "fd": "fd.name",
        "process": "proc.name",
        "latency": "evt.latency",
        **CONTAINER_FIELDS,
    }

    def on_init(self) -> None:
        columns = [WHEN, *(CONTAINERS if self.context.container_data else ()), ("proc.name", 12), ("evt.type", 8), ("LATENCY(ms)", 12)]
        self.print(" ".join(column(title, width) for title, width in columns), " fd.name")
        self.print(" ".join(rule(width) for _, width in columns), " ", rule(41))

    def on_event(self, event: Any) -> None:
        latency = event["latency"]
        if latency is None or latency / NS_PER_MS <= self.min_ms or event["direction"] != "<":
            return
        fd = scalar(event["fd"])
        if self.skip and fd.startswith(self.skip):
            return
        self.print(
            f"{self.line_color(event)}{self.place(event)}{column(scalar(event['process']), 12)} {scalar(event['type']):<8} "
            f"{whole(latency / NS_PER_MS):>12} {fd}"
        )
