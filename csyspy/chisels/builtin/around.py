"""around: save the events around those that a filter finds."""

from typing import Any

from csyspy.chisels.api import Argument, ChiselError
from csyspy.chisels.builtin._around import DUMP_FILE, DUMP_RANGE, AroundChisel
from csyspy.chisels.layout import scalar


class Around(AroundChisel):
    """A line for each event that passes the run's filter; what happened around it on its thread is written to a file."""

    name = "around"
    category = "Misc"
    short_description = "Write the events around those that the filter finds to a file"
    description = (
        "Prints each event that passes the filter of the command line, and writes all events of "
        "the same thread that are near it in time to a capture file."
    )
    args = (Argument(DUMP_FILE, "The capture file to write"), DUMP_RANGE)
    fields = {"process": "proc.name", "tid": "thread.tid", "time": "evt.time"}

    def on_init(self) -> None:
        if not self.context.filter_text:
            raise ChiselError("chisel around needs a filter that says around what")

    def on_event(self, event: Any) -> None:
        process = event["process"]
        self.print(f"{scalar(event['time'])} {'<NA>' if process is None else process}({scalar(event['tid'])})")
        self.mark(event)

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        if self.context.is_tty:
            self.print(self.color.reset)
        self.print(f"\nSaving events around {len(self.marks)} syslog entries to {self.dump_file}")
        self.save()
