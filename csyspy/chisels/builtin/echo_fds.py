"""echo_fds: the data that processes read and write."""

from typing import Any

from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLOR, PAYLOAD_FIELDS, ColoredChisel, payload_text
from csyspy.chisels.layout import format_bytes, scalar


class EchoFds(ColoredChisel):
    """A line for each successful read and write, in red and blue, and under it the data."""

    name = "echo_fds"
    category = "I/O"
    short_description = "Print the data that processes read and write"
    description = (
        "For every read and write that moves data: how much, from or to what, by which process, then the data itself. Reads are red, "
        "writes blue; with -pc the container comes first, hosts green, containers cyan. Best used with a filter."
    )
    args = (DISABLE_COLOR,)
    filter = "evt.is_io=true and evt.dir=< and evt.rawres>0"
    fields = {
        "is_read": "evt.is_io_read",
        "size": "evt.rawarg.res",
        **PAYLOAD_FIELDS,
        "fd": "fd.name",
        "process": "proc.name",
        **CONTAINER_FIELDS,
    }

    def on_event(self, event: Any) -> None:
        size = event["size"]
        if size is None:
            return
        if size > 0:
            self.print(self._heading(event, size))
        data = payload_text(event)
        if data is not None:
            self.print(data)

    def _heading(self, event: Any, size: int) -> str:
        color, what, link = (self.color.red, "Read", "from") if event["is_read"] else (self.color.blue, "Write", "to")
        container = ""
        if self.context.container_data:
            name = scalar(event["container"])
            of_container = self.color.green if name == "host" else self.color.cyan
            container = f"{of_container} [{name}] [{scalar(event['container_id'])}]"
        fd = event["fd"]
        end = f"{color} {'<NA>' if fd is None else fd} ({scalar(event['process'])})"
        return f"{color}------ {what} {format_bytes(size)} {link} {container} {end}"

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.print(self.color.reset)
