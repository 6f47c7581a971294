"""The data that is exchanged over chosen IP sockets."""

from typing import Any

from csyspy.chisels.builtin._payload import PAYLOAD_FIELDS, ColoredChisel, payload_text
from csyspy.chisels.context import Context
from csyspy.chisels.layout import format_bytes


class ExchangeChisel(ColoredChisel):
    """Payloads one after the other; a heading where the direction turns, red for reads, blue for writes.

    The heading comes with each payload, but its size is that of the first after the turn, as in sysdig.
    """

    category = "Net"
    color_off_word = "disable_colors"
    fields = {**PAYLOAD_FIELDS, "is_read": "evt.is_io_read", "size": "evt.rawarg.res"}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.reading: bool | None = None
        self.heading = ""

    def on_event(self, event: Any) -> None:
        size, data = event["size"], payload_text(event)
        if size is None or size <= 0 or data is None:
            return
        reading = bool(event["is_read"])
        if reading is not self.reading:
            self.reading = reading
            color, what = (self.color.red, "Read") if reading else (self.color.blue, "Write")
            self.heading = f"{color}------ {what} {format_bytes(size)}"
        self.print(self.heading)
        self.print(data)

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.print(self.color.reset)
