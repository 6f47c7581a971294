"""Processes, the view csyspy starts with (draios/sysdig: userspace/sysdig/chisels/v_procs.lua)."""

from csyspy.views.view import Aggregation, Column, Unit, View

PROCS = View(
    id="procs",
    name="Processes",
    description="All running processes: CPU, memory, and the bytes they move through files and the network.",
    filter="evt.type!=switch",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", "fd.type", "k8s.pod.id", "k8s.rc.id", "k8s.rs.id", "k8s.svc.id", "k8s.ns.id",
    ),
    is_root=True,
    use_defaults=True,
    drilldown_target="threads",
    tags=("Default",),
    tips=("Enter on a process shows its threads.",),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column("NA", "proc.pid", Unit.ID, is_groupby_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("PPID", "proc.ppid", Unit.ID, 8, priority=3, description="parent process id"),
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
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="exe plus arguments"),
    ),
)
