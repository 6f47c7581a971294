"""What users and programs say and do (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from csyspy.views.view import KUBERNETES, Aggregation, Column, Kind, Unit, View

_COMMANDS = (
    "((evt.type=execve and evt.dir=<) "
    "or (evt.type=chdir and evt.dir=< and proc.name contains sh and not proc.name contains sshd)) and evt.failed=false"
)

SPY_USERS = View(
    id="spy_users",
    name="Spy Users",
    description="Commands that users run, and the directories their shells go to, one a line.",
    kind=Kind.LIST,
    filter=_COMMANDS,
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", *KUBERNETES),
    use_defaults=True,
    tags=("Default",),
    tips=("The filter proc.loginshellid keeps one login shell and what was started from it.",),
    columns=(
        Column("TIME", "evt.time", colsize=12, priority=9, description="when"),
        Column("USER", "user.name", colsize=10, priority=7, description="user name"),
        Column("SHELL", "proc.ppid", Unit.ID, 8, may_be_unknown=True, priority=6, description="parent process id"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

SPY_USERS_WSYSDIG = View(
    id="spy_users_wsysdig",
    name="Spy Users",
    description="The last command that every process ran, as a table.",
    filter=_COMMANDS,
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", *KUBERNETES),
    use_defaults=True,
    propagate_filter=False,
    drilldown_target="threads",
    tags=("Default", "wsysdig", "nocsysdig"),
    columns=(
        Column("NA", "thread.nametid", is_key=True),
        Column("TIME", "evt.time", colsize=12, is_sorting=True, priority=9, description="when"),
        Column("USER", "user.name", colsize=10, priority=7, description="user name"),
        Column("SHELL", "proc.ppid", Unit.ID, 8, may_be_unknown=True, priority=6, description="parent process id"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

SPY_SYSLOG = View(
    id="spy_syslog",
    name="Spy Syslog",
    description="Messages on their way to syslog, one a line.",
    kind=Kind.LIST,
    filter="fd.name contains /dev/log and evt.is_io_write=true and evt.dir=< and evt.failed=false",
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", *KUBERNETES),
    tags=("Default",),
    columns=(
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("PROC", "proc.name", colsize=8, priority=7, description="program name"),
        Column("FAC", "syslog.facility.str", colsize=8, priority=6, description="facility name"),
        Column("SEV", "syslog.severity.str", colsize=8, priority=5, description="severity name"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("MESSAGE", "syslog.message", priority=9, description="message text"),
    ),
)
