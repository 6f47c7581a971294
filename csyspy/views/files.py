"""Files, and what is done with them (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from csyspy.views.view import KUBERNETES, Action, Aggregation, Column, Kind, Unit, View

FILES = View(
    id="files",
    name="Files",
    description="Files and directories by what was read from and written to them.",
    filter="(fd.type=file or fd.type=directory) and fd.name!=''",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "fd.directory",
        "fd.containerdirectory", "evt.res", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="procs",
    tags=("Default", "wsysdig"),
    tips=("Enter on a file shows which processes use it.",),
    columns=(
        Column("NA", "fd.name", is_key=True, tags=("default",)),
        Column("NA", "fd.containername", is_key=True, tags=("containers",)),
        Column("BYTES IN", "evt.buflen.file.in", Unit.BYTES, 10, Aggregation.SUM, priority=9, description="bytes read"),
        Column("BYTES OUT", "evt.buflen.file.out", Unit.BYTES, 11, Aggregation.SUM, priority=7, description="bytes written"),
        Column("OPS", "evt.count.exit", Unit.COUNT, 8, Aggregation.SUM, is_sorting=True, priority=9, description="completed calls"),
        Column(
            "OPENS", "evt.count.open", Unit.COUNT, 8, Aggregation.SUM, priority=5,
            description="calls that open it, by whichever of open, openat, openat2 and creat",
        ),
        Column("ERRORS", "evt.count.error", Unit.COUNT, 8, Aggregation.SUM, priority=4, description="failed calls"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("FILENAME", "fd.name", priority=9, description="path"),
    ),
    actions=(
        Action("l", "less file", "less %fd.name", wait_finish=False),
    ),
)

DIRECTORIES = View(
    id="directories",
    name="Directories",
    description="Directories by what was read and written in them.",
    filter="(fd.type=file or fd.type=directory) and fd.name!=''",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "evt.res", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="files",
    tags=("Default", "wsysdig"),
    tips=("Enter on a directory shows the files in it.",),
    columns=(
        Column("NA", "fd.directory", is_key=True, tags=("default",)),
        Column("NA", "fd.containerdirectory", is_key=True, tags=("containers",)),
        Column("BYTES IN", "evt.buflen.file.in", Unit.BYTES, 10, Aggregation.SUM, priority=9, description="bytes read"),
        Column("BYTES OUT", "evt.buflen.file.out", Unit.BYTES, 11, Aggregation.SUM, priority=7, description="bytes written"),
        Column("OPS", "evt.count.exit", Unit.COUNT, 8, Aggregation.SUM, is_sorting=True, priority=9, description="completed calls"),
        Column(
            "OPENS", "evt.count.open", Unit.COUNT, 8, Aggregation.SUM, priority=5,
            description="calls that open it, by whichever of open, openat, openat2 and creat",
        ),
        Column("ERRORS", "evt.count.error", Unit.COUNT, 8, Aggregation.SUM, priority=4, description="failed calls"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("DIRNAME", "fd.directory", priority=9, description="path"),
    ),
    actions=(
        Action("l", "ls directory", "ls -al %fd.directory"),
    ),
)

FILE_OPENS = View(
    id="file_opens",
    name="File Opens List",
    description="One line for every call that opens a file, or fails to.",
    kind=Kind.LIST,
    filter="evt.type in (open, openat, openat2, creat, open_by_handle_at) and evt.dir=<",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "fd.name",
        "fd.containername", "fd.directory", "fd.containerdirectory", "evt.res", *KUBERNETES,
    ),
    tags=("Default",),
    columns=(
        Column("TIME", "evt.time", colsize=19, priority=9, description="when"),
        Column("RES", "evt.res", colsize=9, priority=7, description="SUCCESS or errno name"),
        Column("FILE", "fd.name", colsize=40, priority=8, description="path"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=(
        Action("l", "less file", "less %fd.name", wait_finish=False),
    ),
)

SLOW_IO = View(
    id="slow_io",
    name="Slow File I/O",
    description="Reads and writes of files that took longer than a millisecond, slowest first.",
    filter="evt.is_io=true and fd.type=file and (not fd.name contains '/dev/') and evt.latency>1000000",
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", *KUBERNETES),
    use_defaults=True,
    tags=("Default", "wsysdig"),
    capacity=10_000,
    tips=(
        "One slow call is the disk's mood; the same file again and again is worth a look.",
        "Live the calls stay until c forgets them.",
    ),
    columns=(
        Column("NA", "evt.rawtime", Unit.ID, is_key=True),
        Column("TIME", "evt.time", colsize=12, priority=9, description="when"),
        Column("LATENCY", "evt.latency", Unit.DURATION_NS, 9, is_sorting=True, priority=9, description="how long the call took"),
        Column("FILENAME", "fd.name", colsize=32, priority=8, description="path"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("PID", "proc.pid", Unit.ID, 8, priority=4, description="process id"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

IO_BY_TYPE = View(
    id="io_by_type",
    name="I/O by Type",
    description="Bytes, calls and time by kind of descriptor: files, sockets, pipes and the others.",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "evt.res", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="procs",
    tags=("Default", "wsysdig"),
    columns=(
        Column("NA", "fd.type", is_key=True),
        Column("BPS IN", "evt.buflen.in", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=9, description="bytes in per second"),
        Column("BPS OUT", "evt.buflen.out", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=7, description="bytes out per second"),
        Column(
            "IOPS", "evt.count", Unit.PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="calls and their ends per second",
        ),
        Column("TIME", "evt.latency", Unit.DURATION_NS, 9, Aggregation.SUM, priority=5, description="time in calls"),
        Column(
            "LAT p50/p99", "evt.latency.io", Unit.DURATION_NS, 14, Aggregation.QUANTILES, tags=("csyspy",), priority=4, on_request=True,
            description="half of the reads and writes took no longer, and 99 of 100, to 6 %",
        ),
        Column(
            "I/O Type", "fd.type", aggregation=Aggregation.SUM, priority=9,
            description="kind: file, directory, ipv4, ipv6, unix, pipe, event, …",
        ),
    ),
)
