"""Connections, ports and their queues (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from functools import partial

from csyspy.views.view import KUBERNETES, Action, Aggregation, Column, Kind, Unit, View

_own = partial(Column, tags=("csyspy",))

CONNECTIONS = View(
    id="connections",
    name="Connections",
    description="IP connections that carried anything: their ends, bytes each way per second, and who owns them.",
    filter="(fd.type=ipv4 or fd.type=ipv6) and fd.name!=''",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "proc.name", "thread.tid", "fd.sport", "fd.sproto", "fd.dport", "fd.dproto",
        "fd.port", "fd.proto", "fd.lport", "fd.rport", "evt.res", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="incoming_connections",
    tags=("Default", "wsysdig"),
    tips=("After a drill-down it holds the connections of that process, container or port alone.",),
    columns=(
        Column("NA", "fd.name", is_key=True, tags=("default",)),
        Column("NA", "fd.containername", is_key=True, tags=("containers",)),
        Column("L4PROTO", "fd.l4proto", colsize=8, priority=5, description="tcp, udp, icmp or raw"),
        Column("LIP", "fd.lip", colsize=17, priority=4, description="local address"),
        Column("LPORT", "fd.lport", Unit.ID, 8, priority=7, description="local port"),
        _own("DIR", "fd.role", Unit.ROLE, 4, priority=8, description="who began: → this side connected, ← it accepted"),
        Column("RIP", "fd.rip", colsize=17, priority=8, description="remote address"),
        Column("RPORT", "fd.rport", Unit.ID, 8, priority=8, description="remote port"),
        _own(
            "STATE", "fd.state", colsize=7, aggregation=Aggregation.MAX, priority=4,
            description="of TCP: SYN it is being made, EST it was in use last, CLOSED since; the kernel's own tables have those in use",
        ),
        Column(
            "BPS IN", "evt.buflen.net.in", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="bytes received per second",
        ),
        Column(
            "BPS OUT", "evt.buflen.net.out", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=6,
            description="bytes sent per second",
        ),
        Column("IOPS", "evt.count", Unit.PER_S, 9, Aggregation.TIME_AVG, priority=3, description="calls and their ends per second"),
        _own(
            "RTT", "fd.rtt", Unit.DURATION_NS, 8, Aggregation.MAX, may_be_unknown=True, of_tables=True, priority=5,
            description="of TCP: time there and back, smoothed by the kernel",
        ),
        _own(
            "LAT p50/p99", "evt.latency.io", Unit.DURATION_NS, 14, Aggregation.QUANTILES, priority=5, on_request=True,
            description="half of the reads and writes on it took no longer, and 99 of 100, to 6 %; waiting for the other end is part of it",
        ),
        _own(
            "LAT MAX", "evt.latency", Unit.DURATION_NS, 9, Aggregation.MAX, priority=1, on_request=True,
            description="the call on it that took longest",
        ),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
    actions=(
        Action("c", "tcpdump connection", "tcpdump -niany host %fd.lip and host %fd.rip and port %fd.lport and port %fd.rport"),
        Action("l", "tcpdump local IP", "tcpdump -niany host %fd.lip"),
        Action("n", "nslookup remote IP", "nslookup %fd.rip"),
        Action("P", "ping remote IP", "ping %fd.rip", wait_finish=False),
        Action("r", "tcpdump remote IP", "tcpdump -niany host %fd.rip"),
        Action("t", "traceroute remote IP", "traceroute %fd.rip"),
    ),
)

SPORTS = View(
    id="sports",
    name="Server Ports",
    description="Ports that servers of this machine, or those it talks to, listen on, by traffic.",
    filter="(fd.type=ipv4 or fd.type=ipv6) and fd.name!=''",
    applies_to=("", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", "evt.res", *KUBERNETES),
    use_defaults=True,
    drilldown_target="connections",
    tags=("wsysdig",),
    columns=(
        Column("NA", "fd.sport", Unit.ID, is_key=True),
        Column("SPORT", "fd.sport", Unit.ID, 8, priority=9, description="server port"),
        Column(
            "BPS IN", "evt.buflen.net.in", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, is_sorting=True, priority=9,
            description="bytes received per second",
        ),
        Column(
            "BPS OUT", "evt.buflen.net.out", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG, priority=6,
            description="bytes sent per second",
        ),
        Column("IO CALLS", "evt.count", Unit.COUNT, 10, Aggregation.SUM, priority=5, description="calls and their ends"),
    ),
    actions=(
        Action("t", "tcpdump port", "tcpdump -niany port %fd.sport", wait_finish=False),
    ),
)

BACKLOG = View(
    id="backlog",
    name="Socket Queues",
    description="How full the queues of listening sockets were when connections were accepted.",
    filter="evt.type=accept",
    applies_to=("", "proc.pid", "proc.name", "fd.sport", "fd.sproto"),
    use_defaults=True,
    drilldown_target="connections",
    tags=("Default",),
    columns=(
        Column("NA", "fd.sport", Unit.ID, is_key=True),
        Column("PID", "proc.pid", Unit.ID, 8, priority=9, description="process id"),
        Column("PORT", "fd.sport", Unit.ID, 8, priority=7, description="server port"),
        Column(
            "BACKLOG", "evt.arg[3]", Unit.COUNT, 9, Aggregation.AVG, is_sorting=True, priority=9,
            description="connections that wait to be accepted",
        ),
        Column(
            "BACKLOG_PCT", "evt.arg[2]", Unit.PERCENT, 13, Aggregation.AVG, priority=5,
            description="part of the queue that is full, percent",
        ),
        Column("BACKLOG_MAX", "evt.arg[4]", Unit.COUNT, 13, priority=4, description="connections that may wait"),
        Column("PROC", "proc.name", colsize=16, priority=9, description="program name"),
    ),
)

INCOMING_CONNECTIONS = View(
    id="incoming_connections",
    name="New Connections",
    description="One line for every connection that a server accepted.",
    kind=Kind.LIST,
    filter="evt.type=accept and evt.dir=< and evt.failed=false",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", "fd.name", "fd.containername", "fd.sport",
        "fd.sproto", "fd.dport", "fd.port", "fd.lport", "fd.rport", *KUBERNETES,
    ),
    tags=("Default",),
    columns=(
        Column("TIME", "evt.time", colsize=19, priority=9, description="when"),
        Column("Connection", "fd.name", colsize=40, priority=7, description="both ends of the connection"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=8, description="container name, or host"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)

PORT_BINDINGS = View(
    id="port_bindings",
    name="Port bindings",
    description="One line whenever a port is bound, or a listening socket closed.",
    kind=Kind.LIST,
    filter=(
        "(evt.type=bind and evt.dir=< and (fd.type=ipv4 or fd.type=ipv6)) "
        "or (evt.type=close and evt.dir=> and fd.typechar=2 and fd.type=ipv4)"
    ),
    use_defaults=True,
    tags=("default", "wsysdig", "nocsysdig"),
    columns=(
        Column("TIME", "evt.time", colsize=12, priority=9, description="when"),
        Column("OPERATION", "evt.type", colsize=24, priority=7, description="bind, or close"),
        Column("PORT", "fd.sport", Unit.ID, 8, priority=6, description="port that is bound or let go"),
        Column("Command", "proc.exeline", aggregation=Aggregation.MAX, priority=9, description="command line"),
    ),
)
