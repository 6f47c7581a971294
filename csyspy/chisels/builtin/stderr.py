"""stderr: what processes write on their standard error."""

from typing import Any

from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLOR, ColoredChisel
from csyspy.chisels.layout import column, encode, scalar


class Stderr(ColoredChisel):
    """The data of descriptor 2; with -pc in the colour of the container it comes from."""

    name = "stderr"
    category = "I/O"
    short_description = "Print the standard error of processes"
    description = (
        "The data that processes write on descriptor 2, as it is. With -pc each piece has its container, green for the host, else blue."
    )
    args = (DISABLE_COLOR,)
    filter = "fd.num=2 and evt.is_io=true"
    fields = {"data": "evt.rawarg.data", **CONTAINER_FIELDS}

    def on_event(self, event: Any) -> None:
        data = event["data"]
        if data is None:
            return
        if not self.context.container_data:
            self.print(data)
            return
        color = self.color.green if event["container"] == "host" else self.color.blue
        start = f"{color}{column(scalar(event['container_id']), 20)} {column(scalar(event['container']), 20)} "
        self.print(encode(start), data if isinstance(data, bytes) else encode(data))
