"""proc_exec_time: how long processes ran."""

from typing import Any

from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLORS, ColoredChisel
from csyspy.chisels.layout import column, format_time, scalar

YELLOW_NS = 3_000_000_000
RED_NS = 10_000_000_000
CONTAINERS = ("container.id", 20), ("container.name", 20)


class ProcExecTime(ColoredChisel):
    """Processes that end, with the time they ran."""

    name = "proc_exec_time"
    category = "Performance"
    short_description = "How long processes run"
    description = (
        "Each process that ends, with its run time, name and arguments: yellow above three seconds, red above ten, "
        "otherwise green on the host and "
        "blue in containers. -pc adds the container."
    )
    args = (DISABLE_COLORS,)
    color_off_word = "disable_colors"
    filter = "evt.type=procexit"
    fields = {"duration": "proc.duration", "process": "proc.name", "args": "proc.args", **CONTAINER_FIELDS}

    def on_init(self) -> None:
        columns = [("proc.duration", 13), *(CONTAINERS if self.context.container_data else ()), ("proc.name", 12)]
        self.print(" ".join(column(title, width) for title, width in columns), " proc.args")
        self.print(" ".join("-" * width for _, width in columns), " ", "-" * 20)

    def on_event(self, event: Any) -> None:
        duration = event["duration"]
        if duration is None:
            return
        color = self.color.green if event["container"] == "host" else self.color.blue
        if duration > RED_NS:
            color = self.color.red
        elif duration > YELLOW_NS:
            color = self.color.yellow
        container = ""
        if self.context.container_data:
            container = column(scalar(event["container_id"]), 20) + " " + column(scalar(event["container"]), 20) + " "
        self.print(f"{color}{column(format_time(duration), 13)} {container}{column(scalar(event['process']), 12)} {scalar(event['args'])}")

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.print(self.color.reset)
