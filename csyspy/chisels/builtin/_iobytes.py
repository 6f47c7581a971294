"""Bytes per second, in and out."""

from typing import Any

from csyspy.chisels.api import Chisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import number, scalar


class IoBytesChisel(Chisel):
    """Each second a line with the bytes that were read and written in it."""

    fields = {"size": "evt.rawarg.res", "time": "evt.time.s", "is_read": "evt.is_io_read"}
    period_ns = 1_000_000_000

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.read = 0
        self.written = 0

    def on_event(self, event: Any) -> None:
        size = event["size"]
        if size is None or size <= 0:
            return
        if event["is_read"]:
            self.read += size
        else:
            self.written += size

    def on_interval(self, ts_ns: int, delta_ns: int) -> None:
        time = scalar(self.event["time"])
        self.print(f"{time} in:{number(self.read)} out:{number(self.written)} tot:{number(self.read + self.written)}")
        self.read = self.written = 0
