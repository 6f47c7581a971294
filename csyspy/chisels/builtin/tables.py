"""The built-in chisels that are a table each: what they sum, by what, and how it is shown.

Names, keys, titles, filters and row counts are those of sysdig's chisels of the same name.
"""

from dataclasses import dataclass

from csyspy.chisels.api import Argument
from csyspy.chisels.table import Table, TableChisel

CPU = "CPU Usage"
ERRORS = "Errors"
IO = "I/O"
NET = "Net"
PERFORMANCE = "Performance"

FILE_IO = "fd.type=file and evt.is_io=true"
IP_IO = "(fd.type=ipv4 or fd.type=ipv6) and evt.is_io=true"
IN_CONTAINER = "container.name!=host"
BYTES = "evt.rawarg.res"
COUNT = "evt.count"
TIME = "evt.latency"
PERCENT_TO_NS = 10_000_000  # procinfo comes each second: one percent of it in ns

PROCESS = (("proc.name", "proc.pid"), ("Process", "PID"))
PROCESS_IN = (("proc.name", "proc.pid", "thread.vtid", "container.name"), ("Process", "Host_pid", "Container_pid", "container.name"))
CONTAINER = (("container.name",), ("container.name",))
SYSCALL = (("evt.type",), ("Syscall",))
SYSCALL_IN = (("evt.type", "container.name"), ("Syscall", "container.name"))
FILE = (("fd.name",), ("Filename",))
FILE_IN = (("fd.name", "container.name"), ("Filename", "container.name"))
CONTAINER_FILE = (("container.name", "fd.name"), ("container.name", "Filename"))

KEY = Argument("key", "The filter field to group by; several are separated by commas")
BY_KEY = (("{key}",), ("{key}",))


@dataclass(frozen=True)
class Definition:
    """A table chisel as data; `container_table` is what -pc shows instead."""

    name: str
    category: str
    short: str
    long: str
    table: Table
    container_table: Table | None = None
    args: tuple[Argument, ...] = ()

    def chisel(self) -> type[TableChisel]:
        """The class that the registry hands out."""
        members = {
            "__module__": __name__,
            "__doc__": self.short,
            "name": self.name,
            "category": self.category,
            "short_description": self.short,
            "description": self.long,
            "args": self.args,
            "table": self.table,
            "container_table": self.container_table,
        }
        return type(self.name, (TableChisel,), members)


def _cpu(by: tuple[tuple[str, ...], tuple[str, ...]]) -> Table:
    return Table(
        *by,
        value="thread.cpu",
        title="CPU%",
        units="timepct",
        top=10,
        filter="evt.type=procinfo",
        value_name="thread.exectime",
        scale=PERCENT_TO_NS,
        keep_zero=True,
    )


def _bytes(by: tuple[tuple[str, ...], tuple[str, ...]], where: str, top: int) -> Table:
    return Table(*by, value=BYTES, title="Bytes", units="bytes", top=top, filter=where)


def _count(by: tuple[tuple[str, ...], tuple[str, ...]], title: str, where: str, top: int) -> Table:
    return Table(*by, value=COUNT, title=title, top=top, filter=where)


def _time(by: tuple[tuple[str, ...], tuple[str, ...]], where: str, top: int) -> Table:
    return Table(*by, value=TIME, title="Time", units="time", top=top, filter=where)


DEFINITIONS = (
    Definition(
        "topprocs_cpu",
        CPU,
        "Processes that use the most CPU",
        "CPU time of each process as a share of the time captured, the ten busiest first. It needs the procinfo events that a recorder "
        "writes once a second. With -pc the container and the pid in it are shown, too.",
        _cpu(PROCESS),
        _cpu((("proc.name", "proc.pid", "proc.vpid", "container.name"), ("Process", "Host_pid", "Container_pid", "container.name"))),
    ),
    Definition(
        "topcontainers_cpu",
        CPU,
        "Containers that use the most CPU",
        "CPU time of each container as a share of the time captured, the ten busiest first.",
        _cpu(CONTAINER),
    ),
    Definition(
        "topscalls",
        PERFORMANCE,
        "System calls made most often",
        "How often each kind of event occurs, context switches left out. Enter and exit count as one each.",
        _count(SYSCALL, "# Calls", "evt.type!=switch", 30),
        _count(SYSCALL_IN, "# Calls", "evt.type!=switch", 30),
    ),
    Definition(
        "topscalls_time",
        PERFORMANCE,
        "System calls that take the most time",
        "Time between enter and exit, summed per system call.",
        _time(SYSCALL, "", 30),
        _time(SYSCALL_IN, "", 30),
    ),
    Definition(
        "topconns",
        NET,
        "Network connections with the most traffic",
        "Bytes read and written per IP connection.",
        _bytes((("fd.l4proto", "fd.name"), ("Proto", "Conn")), IP_IO, 30),
        _bytes((("container.name", "fd.l4proto", "fd.name"), ("container.name", "Proto", "Conn")), IP_IO, 30),
    ),
    Definition(
        "topports_server",
        NET,
        "Server ports with the most traffic",
        "Bytes read and written per port on the server's side of IP connections.",
        _bytes((("fd.sport",), ("Srv Port",)), IP_IO, 100),
        _bytes((("fd.sport", "container.name"), ("Srv Port", "container.name")), IP_IO, 100),
    ),
    Definition(
        "topprocs_net",
        NET,
        "Processes with the most network traffic",
        "Bytes that each process reads from and writes to IP sockets.",
        _bytes(PROCESS, IP_IO, 100),
        _bytes(PROCESS_IN, IP_IO, 100),
    ),
    Definition(
        "topcontainers_net",
        NET,
        "Containers with the most network traffic",
        "Bytes that each container reads from and writes to IP sockets; the host is left out.",
        _bytes(CONTAINER, f"{IP_IO} and {IN_CONTAINER}", 100),
    ),
    Definition(
        "topprocs_file",
        IO,
        "Processes that read and write the most file data",
        "Bytes that each process reads from and writes to files.",
        _bytes(PROCESS, FILE_IO, 10),
        _bytes(PROCESS_IN, FILE_IO, 10),
    ),
    Definition(
        "topcontainers_file",
        IO,
        "Containers that read and write the most file data",
        "Bytes that each container reads from and writes to files; the host is left out.",
        _bytes(CONTAINER, f"{FILE_IO} and {IN_CONTAINER}", 10),
    ),
    Definition(
        "topfiles_bytes",
        IO,
        "Files with the most data read and written",
        "Bytes read from and written to each file.",
        _bytes(FILE, FILE_IO, 10),
        _bytes(CONTAINER_FILE, FILE_IO, 10),
    ),
    Definition(
        "topfiles_time",
        IO,
        "Files on which the most time is spent",
        "Time that reads and writes of each file take.",
        _time(FILE, FILE_IO, 10),
        _time(FILE_IN, FILE_IO, 10),
    ),
    Definition(
        "topfiles_errors",
        ERRORS,
        "Files with the most failed calls",
        "System calls on each file that return an error.",
        _count(FILE, "#Errors", "fd.type=file and evt.failed=true", 100),
        _count(FILE_IN, "#Errors", "fd.type=file and evt.failed=true", 100),
    ),
    Definition(
        "topprocs_errors",
        ERRORS,
        "Processes with the most failed system calls",
        "System calls of each process that return an error.",
        _count(PROCESS, "#Errors", "evt.failed=true", 100),
        _count(PROCESS_IN, "#Errors", "evt.failed=true", 100),
    ),
    Definition(
        "topcontainers_error",
        ERRORS,
        "Containers with the most failed system calls",
        "System calls in each container that return an error; the host is left out.",
        _count(CONTAINER, "#Errors", f"evt.failed=true and {IN_CONTAINER}", 100),
    ),
    Definition(
        "fdbytes_by",
        IO,
        "I/O bytes by any filter field",
        "Bytes read and written, summed for each value of the filter field that is given: fdbytes_by fd.directory, "
        "fdbytes_by proc.name. Several fields, separated by commas, make a combined key.",
        _bytes(BY_KEY, "evt.is_io=true and evt.failed=false", 30),
        args=(KEY,),
    ),
    Definition(
        "fdtime_by",
        IO,
        "I/O time by any filter field",
        "Time that reads and writes take, summed for each value of the filter field that is given.",
        _time(BY_KEY, "evt.is_io=true", 10),
        args=(KEY,),
    ),
)

TABLES: dict[str, type[TableChisel]] = {definition.name: definition.chisel() for definition in DEFINITIONS}
