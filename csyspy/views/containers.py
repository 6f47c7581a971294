"""Containers (draios/sysdig: userspace/sysdig/chisels/v_containers, v_containers_errors.lua)."""

from functools import partial

from csyspy.views.view import KUBERNETES, Action, Aggregation, Column, Unit, View

_ACTIONS = (
    Action("a", "docker attach", "docker attach %container.id"),
    Action("b", "bash shell", "docker exec -i -t %container.id /bin/bash", wait_finish=False),
    Action("f", "follow logs", "docker logs -f %container.id"),
    Action("h", "image history", "docker history %container.image"),
    Action("i", "docker inspect", "docker inspect %container.id"),
    Action("k", "docker kill", "docker kill %container.id", ask_confirmation=True),
    Action("l", "docker logs", "docker logs %container.id"),
    Action("s", "docker stop", "docker stop %container.id"),
    Action("z", "docker pause", "docker pause %container.id"),
    Action("u", "docker unpause", "docker unpause %container.id"),
    Action("w", "docker wait", "docker wait %container.id"),
    # ours, for containers that only a CRI runtime manages
    Action("B", "crictl shell", "crictl exec -i -t %container.id /bin/sh", wait_finish=False),
    Action("F", "crictl follow logs", "crictl logs -f %container.id"),
    Action("L", "crictl logs", "crictl logs %container.id"),
    Action("I", "crictl inspect", "crictl inspect %container.id"),
    Action("S", "crictl stop", "crictl stop %container.id", ask_confirmation=True),
)

_own = partial(Column, tags=("csyspy",))
_known = partial(_own, may_be_unknown=True)  # of some containers there is no limit, of captures no control groups

CONTAINERS = View(
    id="containers",
    name="Containers",
    description="Every running container with the CPU, memory, file and network traffic of all its processes together.",
    filter="container.name != host",
    applies_to=("", "evt.res", *KUBERNETES),
    use_defaults=True,
    drilldown_target="procs",
    tags=("wsysdig",),
    tips=("Enter on a container shows its processes; from there every other view is about that container alone.",),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column(
            "CPU", "thread.cpu", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, is_sorting=True, priority=9,
            description="CPU percent; 100 is one whole CPU",
        ),
        # MAX, where upstream has AVG: today the fields are 0 on all events but one a second, which they are 1 on
        Column("PROCS", "evt.count.procinfo", Unit.COUNT, 8, Aggregation.MAX, Aggregation.SUM, priority=7, description="processes"),
        Column("THREADS", "evt.count.threadinfo", Unit.COUNT, 9, Aggregation.MAX, Aggregation.SUM, priority=6, description="threads"),
        Column("VIRT", "thread.vmsize.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.SUM, priority=5, description="virtual memory"),
        Column("RES", "thread.vmrss.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.SUM, priority=5, description="resident memory"),
        Column(
            "FILE", "evt.buflen.file", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, Aggregation.SUM, priority=4,
            description="file bytes per second, both directions",
        ),
        Column(
            "NET", "evt.buflen.net", Unit.BYTES_PER_S, 7, Aggregation.TIME_AVG, Aggregation.SUM, priority=4,
            description="network bytes per second, both directions",
        ),
        _known(
            "CPU/LIM", "container.cpu.of_limit", Unit.PERCENT, 8, Aggregation.AVG, Aggregation.SUM, priority=3,
            description="CPU in percent of what the container may use",
        ),
        _known(
            "CPU/REQ", "container.cpu.of_request", Unit.PERCENT, 8, Aggregation.AVG, Aggregation.SUM, priority=2,
            description="CPU in percent of what Kubernetes keeps for it",
        ),
        _known(
            "THROTTLED", "container.cpu.throttled", Unit.PERCENT, 10, Aggregation.MAX, Aggregation.MAX, priority=2,
            description="percent of the scheduler's periods in which it had to wait for its CPU limit",
        ),
        _known(
            "MEM", "container.memory.used", Unit.BYTES, 7, Aggregation.MAX, Aggregation.MAX,
            description="memory that its control group counts, without pages that can be dropped",
        ),
        _known(
            "MEM/LIM", "container.memory.of_limit", Unit.PERCENT, 8, Aggregation.MAX, Aggregation.MAX, priority=3,
            description="MEM in percent of what the container may use",
        ),
        _known("MEM LIM", "container.memory.limit", Unit.BYTES, 8, Aggregation.MAX, Aggregation.MAX, description="memory it may use"),
        _own(
            "ERRORS", "evt.count.error", Unit.COUNT, 8, Aggregation.SUM, Aggregation.SUM, priority=2, on_request=True,
            description="system calls that failed",
        ),
        _known(
            "RESTARTS", "container.restarts", Unit.COUNT, 9, Aggregation.MAX, Aggregation.MAX, priority=2,
            description="how often it was started anew",
        ),
        _own(
            "DRIFT", "evt.count.drift", Unit.COUNT, 6, Aggregation.SUM, Aggregation.SUM, priority=2,
            description="programs executed that the image did not bring",
        ),
        _own("NAMESPACE", "k8s.ns.name", colsize=14, description="Kubernetes namespace of its pod"),
        _own("POD", "k8s.pod.name", colsize=20, description="Kubernetes pod that it belongs to"),
        Column("NA", "container.id", is_groupby_key=True),
        Column("ENGINE", "container.type", colsize=8, priority=2, description="runtime: docker, containerd, cri-o, podman, …"),
        Column("IMAGE", "container.image", colsize=26, priority=3, description="image reference"),
        Column("ID", "container.id", colsize=13, priority=2, description="first 12 characters of the id, or host"),
        Column("NAME", "container.name", priority=9, description="container name, or host"),
    ),
    actions=_ACTIONS,
)

CONTAINERS_ERRORS = View(
    id="containers_errors",
    name="Containers Errors",
    description="Failed system calls of every container, told apart by what they were about.",
    filter="container.name != host",
    applies_to=(
        "", "container.id", "fd.name", "fd.containername", "fd.sport", "fd.sproto", "evt.type", "fd.directory",
        "fd.containerdirectory", *KUBERNETES,
    ),
    use_defaults=True,
    drilldown_target="errors",
    tags=("Default",),
    columns=(
        Column("NA", "proc.pid", Unit.ID, is_key=True),
        Column("ID", "container.id", is_groupby_key=True),
        Column(
            "FILE", "evt.count.error.file", Unit.COUNT, 7, Aggregation.SUM, Aggregation.SUM, priority=9,
            description="failed file calls",
        ),
        Column(
            "NET", "evt.count.error.net", Unit.COUNT, 7, Aggregation.SUM, Aggregation.SUM, priority=7,
            description="failed network calls",
        ),
        Column(
            "MEMORY", "evt.count.error.memory", Unit.COUNT, 8, Aggregation.SUM, Aggregation.SUM, priority=6,
            description="failed memory calls",
        ),
        Column(
            "OTHER", "evt.count.error.other", Unit.COUNT, 8, Aggregation.SUM, Aggregation.SUM, priority=5,
            description="other failed calls",
        ),
        Column("ENGINE", "container.type", colsize=8, priority=4, description="runtime: docker, containerd, cri-o, podman, …"),
        Column("ID", "container.id", colsize=13, priority=3, description="first 12 characters of the id, or host"),
        Column("CONTAINER", "container.name", priority=9, description="container name, or host"),
    ),
    actions=_ACTIONS,
)
