"""CPUs. Upstream's view of that name never loads (draios/sysdig: userspace/sysdig/chisels/v_cpus.lua), so this one is our own."""

from csyspy.views.view import KUBERNETES, Aggregation, Column, Unit, View

CPUS = View(
    id="cpus",
    name="CPUs",
    description="What is called on every CPU: how often, for how long, and how much of it fails.",
    filter="syscall.type exists",
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "evt.type", *KUBERNETES),
    use_defaults=True,
    drilldown_target="procs",
    tips=("A CPU that does much more than its neighbours often serves a device's interrupts, or a thread bound to it.",),
    columns=(
        Column("NA", "evt.cpu", Unit.ID, is_key=True),
        Column("CPU", "evt.cpu", Unit.ID, 5, priority=9, description="number of the CPU"),
        Column(
            "CALLS/S", "evt.count", Unit.PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="calls and their ends per second",
        ),
        Column("TIME", "evt.latency", Unit.DURATION_NS, 9, Aggregation.SUM, priority=7, description="time spent in calls"),
        Column("BPS IN", "evt.buflen.in", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=6, description="bytes in per second"),
        Column("BPS OUT", "evt.buflen.out", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=6, description="bytes out per second"),
        Column("ERRORS", "evt.count.error", Unit.COUNT, 8, Aggregation.SUM, priority=8, description="failed calls"),
    ),
)
