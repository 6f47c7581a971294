"""scallslower: slow system calls."""

from typing import Any

from csyspy.chisels.builtin._payload import CONTAINER_FIELDS
from csyspy.chisels.builtin._slower import CONTAINERS, NS_PER_MS, WHEN, SlowerChisel, rule
from csyspy.chisels.layout import column, number, scalar


class ScallSlower(SlowerChisel):
    """System calls that take longer than a threshold."""

    name = "scallslower"
    short_description = "Slow system calls"
    description = (
        "System calls that take longer than the given number of milliseconds. Lines of the host are green, of "
        "containers blue; -pc adds their "
        "columns."
    )
    fields = {
        "type": "evt.type",
        "datetime": "evt.datetime",
        "process": "proc.name",
        "latency": "evt.latency",
        **CONTAINER_FIELDS,
    }

    def on_init(self) -> None:
        columns = [WHEN, *(CONTAINERS if self.context.container_data else ()), ("proc.name", 23), ("LATENCY(ms)", 20)]
        heading = " ".join(column(title, width) for title, width in columns)
        if self.context.container_data:
            heading = heading.replace("container.id         ", "container.id          ", 1)  # sysdig's heading has two blanks there
        self.print(heading, " evt.type")
        self.print(" ".join(rule(width) for _, width in columns), " ", rule(20))

    def on_event(self, event: Any) -> None:
        latency = event["latency"]
        if latency is None or latency / NS_PER_MS <= self.min_ms:
            return
        self.print(
            f"{self.line_color(event)}{self.place(event)}{column(scalar(event['process']), 23)} {number(latency / NS_PER_MS):<20} "
            f"{scalar(event['type'])}"
        )
