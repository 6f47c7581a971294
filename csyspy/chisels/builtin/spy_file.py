"""spy_file: what is read from and written to files."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import format_bytes, scalar

DIRECTIONS = {"R": "evt.is_io_read=true", "W": "evt.is_io_write=true"}


class SpyFile(Chisel):
    """A line for each read and write of files, with the data."""

    name = "spy_file"
    category = "I/O"
    short_description = "Show the data that is read from and written to files, or to one file"
    description = (
        "Each read and write of a file that succeeds: time, process, R or W, size, file and data. The first argument restricts it to reads "
        "or writes, the second to one file. Terminals are left out."
    )
    args = (
        Argument("read_or_write", "`R`, `W` or `RW`; both where it is not given", optional=True),
        Argument("spy_on_file_name", "The name of the only file to show", optional=True),
    )
    fields = {
        "time": "evt.time",
        "process": "proc.name",
        "pid": "proc.pid",
        "is_write": "evt.is_io_write",
        "size": "evt.rawarg.res",
        "file": "fd.name",
        "data": "evt.arg.data",
    }
    buffer_format = "ascii"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.given: dict[str, str] = {}

    def on_set_arg(self, name: str, value: str) -> None:
        self.given[name] = value

    def on_init(self) -> None:
        file = self.given.get("spy_on_file_name")
        where = f"(fd.name={file})" if file else "(not fd.name contains /dev/pt and not fd.name contains /dev/tty)"
        direction = DIRECTIONS.get(self.given.get("read_or_write", "").upper(), "evt.is_io=true")
        self.filter = f"{where} and {direction} and fd.type=file and evt.dir=< and evt.failed=false"

    def on_event(self, event: Any) -> None:
        size, data = event["size"] or 0, scalar(event["data"])
        if size == 0 and data == "NULL":
            data = ""
        self.print(
            f"{scalar(event['time'])} {scalar(event['process'])}({scalar(event['pid'])}) {'W' if event['is_write'] else 'R'} "
            f"{format_bytes(size)} {scalar(event['file'])} {data}"
        )
