"""Events themselves, one a line: what csysdig shows for Dig and Echo (draios/sysdig: userspace/sinspui/cursescomponents.cpp)."""

from csyspy.views.view import ANYWHERE, Column, Kind, Unit, View

DIG = View(
    id="dig",
    name="Dig",
    description="The events of the selection, one a line.",
    kind=Kind.LIST,
    applies_to=("", ANYWHERE),
    use_defaults=True,
    tips=("A call has two lines: > where it begins, < where it is over and its result is known.",),
    columns=(
        Column("EVT#", "evt.num", Unit.ID, 9, priority=6, description="number of the event"),
        Column("TIME", "evt.time", colsize=19, priority=8, description="when"),
        Column("LAT", "evt.latency", Unit.DURATION_NS, 8, priority=5, description="time from the call's beginning to its end"),
        Column("CPU", "evt.cpu", Unit.ID, 5, priority=3, description="number of the CPU"),
        Column("PROC", "proc.name", colsize=16, priority=8, description="program name"),
        Column("TID", "thread.tid", Unit.ID, 8, priority=7, description="thread id"),
        Column("CONTAINER", "container.name", colsize=18, tags=("containers",), priority=7, description="container name, or host"),
        Column("D", "evt.dir", colsize=2, priority=9, description="> the call begins, < it is over"),
        Column("TYPE", "evt.type", colsize=14, priority=9, description="what happened"),
        Column("INFO", "evt.info", priority=9, description="parameters"),
    ),
)

ECHO = View(
    id="echo",
    name="I/O activity",
    description="What the selection reads and writes, one call a line.",
    kind=Kind.LIST,
    filter="evt.is_io=true and evt.dir=< and evt.rawres>0",
    applies_to=("", ANYWHERE),
    columns=(
        Column("TIME", "evt.time", colsize=19, priority=6, description="when"),
        Column("IO", "evt.io_dir", colsize=6, priority=9, description="read or write"),
        Column("BYTES", "evt.rawres", Unit.COUNT, 8, priority=8, description="bytes moved"),
        Column("FD", "fd.num", Unit.ID, 5, priority=5, description="descriptor"),
        Column("NAME", "fd.name", colsize=32, priority=8, description="file, or both ends of a connection"),
        Column("PROC", "proc.name", colsize=16, priority=7, description="program name"),
        Column("PID", "proc.pid", Unit.ID, 8, priority=7, description="process id"),
        Column("CONTAINER", "container.name", colsize=18, tags=("containers",), priority=7, description="container name, or host"),
        Column("DATA", "evt.buffer", priority=9, description="the beginning of what was moved"),
    ),
)
