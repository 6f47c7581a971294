"""Processes and threads: what they use, what fails for them, what they hold open (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from csyspy.views.view import KUBERNETES, Action, Aggregation, Column, Unit, View

_ACTIONS = (
    Action("9", "kill -9", "kill -9 %proc.pid", wait_finish=False, ask_confirmation=True),
    Action("c", "generate core", "gcore %proc.pid"),
    Action("g", "gdb attach", "gdb -p %proc.pid", wait_finish=False),
    Action("k", "kill", "kill %proc.pid", wait_finish=False, ask_confirmation=True),
    Action("l", "ltrace", "ltrace -p %proc.pid"),
    Action("s", "print stack", 'gdb -p %proc.pid --batch --quiet -ex "thread apply all bt full" -ex "quit"'),
)

PROCS = View(
    id="procs",
    name="Processes",
    description="All running processes: CPU, memory, and the bytes they move through files and the network.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", "fd.type", *KUBERNETES,
    ),
    is_root=True,
    use_defaults=True,
    drilldown_target="threads",
    tags=("Default", "wsysdig"),
    tips=("Enter on a process shows its threads.",),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column("NA", "proc.pid", Unit.ID, is_groupby_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("PPID", "proc.ppid", Unit.ID, 8, may_be_unknown=True, priority=3, description="parent process id"),
        Column("VPID", "proc.vpid", Unit.ID, 8, tags=("containers",), priority=2, description="pid inside its pid namespace"),
        Column(
            "CPU", "thread.cpu", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, is_sorting=True, priority=9,
            description="CPU percent; 100 is one whole CPU",
        ),
        Column("USER", "user.name", colsize=10, priority=6, description="user name"),
        Column("TH", "proc.nthreads", Unit.COUNT, 5, Aggregation.MAX, Aggregation.MAX, priority=5, description="threads"),
        Column("VIRT", "thread.vmsize.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.MAX, priority=4, description="virtual memory"),
        Column("RES", "thread.vmrss.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.MAX, priority=8, description="resident memory"),
        Column(
            "FILE", "evt.buflen.file", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, Aggregation.SUM, priority=7,
            description="file bytes per second, both directions",
        ),
        Column(
            "NET", "evt.buflen.net", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, Aggregation.SUM, priority=7,
            description="network bytes per second, both directions",
        ),
        Column("CONTAINER", "container.name", colsize=18, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=(
        *_ACTIONS,
        Action("f", "one-time lsof", "lsof -p %proc.pid"),
        Action("[", "increment nice by 1", "renice $(expr $(ps -h -p %proc.pid -o nice) + 1) -p %proc.pid", wait_finish=False),
        Action("]", "decrement nice by 1", "renice $(expr $(ps -h -p %proc.pid -o nice) - 1) -p %proc.pid", wait_finish=False),
    ),
)

THREADS = View(
    id="threads",
    name="Threads",
    description="All threads: CPU, and the bytes they move through files and the network.",
    filter="evt.type!=switch",
    applies_to=(
        "", "proc.pid", "thread.nametid", "proc.name", "container.id", "fd.sport", "fd.sproto", "fd.name", "fd.containername",
        "fd.directory", "fd.containerdirectory", "evt.res", *KUBERNETES,
    ),
    is_root=True,
    use_defaults=True,
    drilldown_target="files",
    tags=("Default", "wsysdig"),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("TID", "thread.tid", Unit.ID, 8, priority=9, description="thread id"),
        Column("VPID", "proc.vpid", Unit.ID, 8, tags=("containers",), priority=2, description="pid inside its pid namespace"),
        Column("VTID", "thread.vtid", Unit.ID, 8, tags=("containers",), priority=5, description="thread id inside its pid namespace"),
        Column(
            "CPU", "thread.cpu", Unit.PERCENT, 7, Aggregation.AVG, is_sorting=True, priority=9,
            description="CPU percent; 100 is one whole CPU",
        ),
        Column(
            "FILE", "evt.buflen.file", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, priority=7,
            description="file bytes per second, both directions",
        ),
        Column(
            "NET", "evt.buflen.net", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, priority=7,
            description="network bytes per second, both directions",
        ),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

PROCS_CPU = View(
    id="procs_cpu",
    name="Processes CPU",
    description="CPU of every process, in its own code and in the kernel, beside how many calls it makes.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", "fd.type", *KUBERNETES,
    ),
    is_root=True,
    use_defaults=True,
    drilldown_target="threads",
    tags=("Default", "wsysdig"),
    tips=(
        "Much SYS beside many SYSCALLS is a process that talks to the kernel all the time; the view System Calls says what about. "
        "Much SYS with few calls is the kernel's own work.",
    ),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column("NA", "proc.pid", Unit.ID, is_groupby_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("VPID", "proc.vpid", Unit.ID, 8, tags=("containers",), priority=7, description="pid inside its pid namespace"),
        Column(
            "TOT", "thread.cpu", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, is_sorting=True, priority=9,
            description="CPU percent; 100 is one whole CPU",
        ),
        Column(
            "USER", "thread.cpu.user", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, priority=5,
            description="user CPU percent",
        ),
        Column(
            "SYS", "thread.cpu.system", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, priority=4,
            description="kernel CPU percent",
        ),
        Column(
            "SYSCALLS", "evt.count", Unit.PER_S, 10, Aggregation.TIME_AVG, Aggregation.SUM, priority=3,
            description="calls and their ends per second",
        ),
        Column("CONTAINER", "container.name", colsize=18, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=_ACTIONS,
)

PROCS_ERRORS = View(
    id="procs_errors",
    name="Processes Errors",
    description="Failed system calls of every process, told apart by what they were about.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="errors",
    tags=("Default", "wsysdig"),
    tips=("Enter on a process shows which errors these were.",),
    columns=(
        Column("NA", "proc.pid", Unit.ID, is_key=True),
        Column("FILE", "evt.count.error.file", Unit.COUNT, 7, Aggregation.SUM, priority=9, description="failed file calls"),
        Column("NET", "evt.count.error.net", Unit.COUNT, 7, Aggregation.SUM, priority=7, description="failed network calls"),
        Column("MEMORY", "evt.count.error.memory", Unit.COUNT, 8, Aggregation.SUM, priority=6, description="failed memory calls"),
        Column("OTHER", "evt.count.error.other", Unit.COUNT, 8, Aggregation.SUM, priority=5, description="other failed calls"),
        Column("PID", "proc.pid", Unit.ID, 8, priority=4, description="process id"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=_ACTIONS,
)

PROCS_FD_USAGE = View(
    id="procs_fd_usage",
    name="Processes FD Usage",
    description="How many descriptors every process has open, against what it is allowed.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", "fd.type", *KUBERNETES,
    ),
    is_root=True,
    use_defaults=True,
    drilldown_target="io_by_type",
    tags=("Default",),
    tips=("A process near 100 % will soon fail with EMFILE; I/O by Type, a drill-down away, says what it holds open.",),
    columns=(
        Column("NA", "proc.pid", Unit.ID, is_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("VPID", "proc.vpid", Unit.ID, 8, tags=("containers",), priority=7, description="pid inside its pid namespace"),
        Column("OPEN", "proc.fdopencount", Unit.COUNT, 8, Aggregation.MAX, is_sorting=True, priority=9, description="open descriptors"),
        Column("MAX", "proc.fdlimit", Unit.COUNT, 8, Aggregation.MAX, priority=5, description="descriptor limit"),
        Column("PCT", "proc.fdusage", Unit.PERCENT, 7, Aggregation.MAX, priority=4, description="open / limit in percent"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=_ACTIONS,
)

PAGE_FAULTS = View(
    id="page_faults",
    name="Page Faults",
    description="Page faults of every process since it started: major ones waited for a disk, minor ones did not.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="errors",
    tags=("Default", "wsysdig"),
    tips=("Only major faults make a process wait; on a machine with enough memory they stand still.",),
    columns=(
        Column("NA", "proc.pid", Unit.ID, is_key=True),
        Column(
            "MAJOR", "thread.pfmajor", Unit.COUNT, 8, Aggregation.MAX, is_sorting=True, priority=9,
            description="major faults since start",
        ),
        Column("MINOR", "thread.pfminor", Unit.COUNT, 8, Aggregation.MAX, priority=7, description="minor faults since start"),
        Column("PID", "proc.pid", Unit.ID, 8, priority=6, description="process id"),
        Column("VPID", "proc.vpid", Unit.ID, 8, tags=("containers",), priority=5, description="pid inside its pid namespace"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)
