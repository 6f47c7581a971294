"""The data of one of the three standard streams."""

from typing import Any

from csyspy.chisels.api import Chisel


class StreamChisel(Chisel):
    """Prints what all processes read or write on one descriptor number, as it is."""

    category = "I/O"
    fields = {"data": "evt.rawarg.data"}

    def on_event(self, event: Any) -> None:
        data = event["data"]
        if data is not None:
            self.print(data)
