"""System calls, their callers, and the errors they end with (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from csyspy.views.view import KUBERNETES, Aggregation, Column, Unit, View

SYSCALLS = View(
    id="syscalls",
    name="System Calls",
    description="System calls by how often they are made and how long they take.",
    filter="syscall.type exists",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "fd.name",
        "fd.containername", "fd.directory", "fd.containerdirectory", "evt.res", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="syscall_procs",
    tags=("Default", "wsysdig"),
    tips=("TOT TIME adds up over threads, so waiting calls come to more than the time that went by.",),
    columns=(
        Column("NA", "evt.type", is_key=True),
        Column(
            "CALLS/S", "evt.count", Unit.PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="calls and their ends per second",
        ),
        Column("TOT TIME", "evt.latency", Unit.DURATION_NS, 10, Aggregation.SUM, priority=7, description="time spent in calls"),
        Column("AVG TIME", "evt.latency", Unit.DURATION_NS, 10, Aggregation.AVG, priority=6, description="time that one call took"),
        Column(
            "LAT p50/p99", "evt.latency", Unit.DURATION_NS, 14, Aggregation.QUANTILES, tags=("csyspy",), priority=5, on_request=True,
            description="half of the calls took no longer, and 99 of 100, to 6 %",
        ),
        Column("SYSCALL", "evt.type", colsize=32, aggregation=Aggregation.SUM, priority=9, description="event or system call name"),
    ),
)

SYSCALL_PROCS = View(
    id="syscall_procs",
    name="Syscall Callers",
    description="Who makes the selected call, how often, and how long it takes.",
    filter="syscall.type exists",
    applies_to=("evt.type",),
    use_defaults=True,
    tags=("Default",),
    columns=(
        Column("NA", "proc.pid", Unit.ID, is_key=True),
        Column(
            "CALLS/S", "evt.count", Unit.PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="calls and their ends per second",
        ),
        Column("TIME", "evt.latency", Unit.DURATION_NS, 9, Aggregation.SUM, priority=7, description="time spent in calls"),
        Column(
            "LAT p50/p99", "evt.latency", Unit.DURATION_NS, 14, Aggregation.QUANTILES, tags=("csyspy",), priority=5, on_request=True,
            description="half of the calls took no longer, and 99 of 100, to 6 %",
        ),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

ERRORS = View(
    id="errors",
    name="Errors",
    description="Error codes that system calls came back with, and how often each.",
    filter="evt.res != SUCCESS",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "fd.directory",
        "fd.containerdirectory", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="procs_errors",
    tags=("Default", "wsysdig"),
    tips=(
        "A few errors are part of normal work: ENOENT while a library is looked for, EAGAIN on sockets that do not block. "
        "Look for the others.",
    ),
    columns=(
        Column("NA", "evt.res", is_key=True),
        Column("COUNT", "evt.count", Unit.COUNT, 8, Aggregation.SUM, is_sorting=True, priority=9, description="calls that failed so"),
        Column("ERROR", "evt.res", priority=9, description="SUCCESS or errno name"),
    ),
)
