"""Chisels that save the events around those they show, by running csyspy once more over the same capture."""

from typing import Any

from csyspy.chisels.api import Argument, ChiselError
from csyspy.chisels.builtin._payload import ColoredChisel
from csyspy.chisels.context import Context

DUMP_FILE = "dump_file_name"
DUMP_RANGE = Argument(
    "dump_range_ms", "Milliseconds that are saved before and after each event; 1000 where it is not given", "int", optional=True
)


class AroundChisel(ColoredChisel):
    """Remembers events, and at the end asks for a run that writes what is around them on the same thread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.dump_file = ""
        self.dump_range_ms = "1000"
        self.marks: list[tuple[int, int]] = []

    def on_set_arg(self, name: str, value: str) -> None:
        if name == DUMP_FILE:
            self.dump_file = value
        elif name == DUMP_RANGE.name:
            if not value.isascii() or not value.isdigit():
                raise ChiselError(f"chisel {self.name} takes a number of milliseconds, not {value!r}")
            self.dump_range_ms = value
        else:
            super().on_set_arg(name, value)

    def on_capture_start(self) -> None:
        if self.dump_file and not self.context.source_name:
            raise ChiselError(f"chisel {self.name} saves events around others only from a capture file")

    def mark(self, event: Any) -> None:
        """Remember the event."""
        if self.dump_file:
            self.marks.append((event.ts, event.tid))

    def save(self) -> None:
        """Ask for the run that writes the marked events' surroundings."""
        wanted = " or ".join(f"(evt.around[{ts}]={self.dump_range_ms} and thread.tid={tid})" for ts, tid in self.marks)
        self.context.next_run = ["-r", self.context.source_name, "-w", self.dump_file, wanted or "evt.num=0"]
