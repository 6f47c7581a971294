"""spy_logs: what is written to log files."""

from typing import Any

from csyspy.chisels.api import Argument
from csyspy.chisels.builtin._around import DUMP_FILE, DUMP_RANGE, AroundChisel
from csyspy.chisels.builtin._payload import DISABLE_COLOR
from csyspy.chisels.layout import scalar

LOG_FILES = (
    "(fd.name contains .log or fd.name contains _log or fd.name contains /var/log) and not (fd.name contains .gz or fd.name contains .tgz)"
)


class SpyLogs(AroundChisel):
    """Lines written to files that look like logs, with process and file."""

    name = "spy_logs"
    category = "Logs"
    short_description = "Show what processes write to log files; save the events around it"
    description = (
        "Each line that is written to a file with `.log` or `_log` in its name or below /var/log: process, file and line. On a terminal "
        "warnings are yellow, errors red. With a file name as argument, the events around each line are written to that capture file."
    )
    args = (Argument(DUMP_FILE, "The capture file to write", optional=True), DUMP_RANGE, DISABLE_COLOR)
    filter = f"({LOG_FILES}) and evt.is_io_write=true and evt.dir=< and evt.failed=false"
    fields = {"buffer": "evt.arg.data", "process": "proc.name", "file": "fd.name", "container": "container.name"}
    buffer_format = "ascii"

    def on_event(self, event: Any) -> None:
        buffer = event["buffer"]
        if buffer is not None:
            start = f"{scalar(event['process'])} {scalar(event['file'])} "
            for line in scalar(buffer).split("\n"):
                if line:
                    self.print(self._place(event, line), start, line)
        self.mark(event)

    def _place(self, event: Any, line: str) -> str:
        """What stands before process, file and line: colours on a terminal, the container with -pc."""
        container = scalar(event["container"])
        with_container = self.context.container_data
        if not self.context.is_tty:
            return f"{container} " if with_container else ""
        color = self.color.green
        if "warn" in line.lower():
            color = self.color.yellow
        elif "err" in line:
            color = self.color.red
        if not with_container:
            return f"{color} "
        of_container = color if container == "host" else self.color.blue
        return f"{color} {of_container} {container} {color} "

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        if self.context.is_tty:
            self.print(self.color.reset)
        if self.dump_file:
            self.print(f"Writing events for {len(self.marks)} log entries")
            self.save()
