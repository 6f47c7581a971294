"""What runs on Kubernetes, by everything that owns pods (draios/sysdig: userspace/sysdig/chisels/v_kubernetes_*.lua)."""

from functools import partial

from csyspy.views.view import KUBERNETES, Action, Aggregation, Column, Unit, View

_own = partial(Column, tags=("csyspy",))
_known = partial(_own, may_be_unknown=True)  # limits and requests of whole pods come from the API server
_POD_COLUMNS = (
    _known(
        "CPU/LIM", "k8s.pod.cpu.of_limit", Unit.PERCENT, 8, Aggregation.AVG, Aggregation.SUM, priority=5,
        description="CPU in percent of what all containers of the pod may use",
    ),
    _known(
        "CPU/REQ", "k8s.pod.cpu.of_request", Unit.PERCENT, 8, Aggregation.AVG, Aggregation.SUM, priority=3,
        description="CPU in percent of what they request",
    ),
    _known(
        "THROTTLED", "container.cpu.throttled", Unit.PERCENT, 10, Aggregation.MAX, Aggregation.MAX, priority=4,
        description="percent of the scheduler's periods in which a container had to wait for its CPU limit; of the one that waited most",
    ),
    _known(
        "MEM/LIM", "container.memory.of_limit", Unit.PERCENT, 8, Aggregation.MAX, Aggregation.MAX, priority=5,
        description="memory in percent of what a container may use; of the one nearest to its limit",
    ),
    _known(
        "MEM LIM", "k8s.pod.memory.limit", Unit.BYTES, 8, Aggregation.MAX, Aggregation.MAX,
        description="memory that all containers of the pod may use",
    ),
)
_POD_IMAGE = _own("IMAGE", "k8s.pod.image", colsize=26, priority=3, description="image; where a pod has several containers, that of one")
_POD_ACTIONS = (
    Action("b", "bash shell", "kubectl --namespace=%k8s.ns.name exec %k8s.pod.name -i -t -- /bin/bash"),
    Action("l", "log", "kubectl --namespace=%k8s.ns.name logs %k8s.pod.name"),
    Action("f", "follow log", "kubectl --namespace=%k8s.ns.name logs -f %k8s.pod.name"),
    Action("o", "previous log", "kubectl --namespace=%k8s.ns.name logs -p %k8s.pod.name"),
)


def _view(
    kind: str,
    name: str,
    owner: str,
    noun: str,
    description: str,
    *,
    below: tuple[str, ...],
    resource: str,
    target: str = "kubernetes_pods",
    more_columns: tuple[Column, ...] = (),
    last_columns: tuple[Column, ...] = (),
    more_actions: tuple[Action, ...] = (),
) -> View:
    """The view of one kind of object.

    `owner` is its field class, `below` the selections under which the view makes sense, `resource` kubectl's word for it.
    """
    kubectl = "kubectl --namespace=%k8s.ns.name"
    return View(
        id=f"kubernetes_{kind}",
        name=name,
        description=description,
        filter=f"k8s.{owner}.id != ''",
        applies_to=("", "evt.res", *below),
        use_defaults=True,
        drilldown_target=target,
        columns=(
            Column("NA", "thread.tid", Unit.ID, is_key=True),
            Column(
                "CPU", "thread.cpu", Unit.PERCENT, 7, Aggregation.AVG, Aggregation.SUM, is_sorting=True, priority=9,
                description="CPU percent; 100 is one whole CPU",
            ),
            Column("VIRT", "thread.vmsize.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.SUM, priority=4, description="virtual memory"),
            Column("RES", "thread.vmrss.b", Unit.BYTES, 7, Aggregation.MAX, Aggregation.SUM, priority=6, description="resident memory"),
            Column(
                "FILE", "evt.buflen.file", Unit.BYTES_PER_S, 8, Aggregation.TIME_AVG, Aggregation.SUM, priority=5,
                description="file bytes per second, both directions",
            ),
            Column(
                "NET", "evt.buflen.net", Unit.BYTES_PER_S, 8, Aggregation.TIME_AVG, Aggregation.SUM, priority=5,
                description="network bytes per second, both directions",
            ),
            *more_columns,
            _own(
                "ERRORS", "evt.count.error", Unit.COUNT, 8, Aggregation.SUM, Aggregation.SUM, priority=4,
                description="system calls that failed",
            ),
            _known(
                "RESTARTS", "container.restarts", Unit.COUNT, 9, Aggregation.MAX, Aggregation.MAX, priority=4,
                description="how often a container was started anew; of the one that was most often",
            ),
            _own(
                "DRIFT", "evt.count.drift", Unit.COUNT, 6, Aggregation.SUM, Aggregation.SUM, priority=3,
                description="programs executed that the image did not bring",
            ),
            Column("NA", f"k8s.{owner}.id", is_groupby_key=True),
            Column("ID", f"k8s.{owner}.id", colsize=38, priority=2, description=f"{noun} id"),
            Column("NAME", f"k8s.{owner}.name", colsize=25, priority=8, description=f"{noun} name"),
            *(
                ()
                if owner == "ns"
                else (Column("NAMESPACE", "k8s.ns.name", colsize=20, priority=7, description="namespace the object is in"),)
            ),
            *last_columns,
            Column("LABELS", f"k8s.{owner}.labels", priority=1, description=f"{noun} labels, joined with commas"),
        ),
        actions=(
            Action("d", "describe", f"{kubectl} describe {resource} %k8s.{owner}.name"),
            Action("x", "delete", f"{kubectl} delete {resource} %k8s.{owner}.name", ask_confirmation=True),
            *more_actions,
        ),
    )


_PODS, _RCS, _RSS, _SVCS, _NAMESPACES = KUBERNETES
KUBERNETES_PODS = _view(
    "pods", "K8s Pods", "pod", "pod", "Pods with the CPU, memory and traffic of all their containers.",
    below=(_RCS, _RSS, _SVCS, _NAMESPACES), resource="pods", target="containers", more_columns=_POD_COLUMNS, last_columns=(_POD_IMAGE,),
    more_actions=_POD_ACTIONS,
)
KUBERNETES_NAMESPACES = _view(
    "namespaces", "K8s Namespaces", "ns", "namespace", "Namespaces with the CPU, memory and traffic of all their pods.",
    below=(_PODS, _RCS, _RSS, _SVCS), resource="namespaces",
)
KUBERNETES_SERVICES = _view(
    "services", "K8s Services", "svc", "service", "Services with the CPU, memory and traffic of the pods behind them.",
    below=(_PODS, _RCS, _RSS, _NAMESPACES), resource="services",
)
KUBERNETES_DEPLOYMENTS = _view(
    "deployments", "K8s Deployments", "deployment", "deployment", "Deployments with the CPU, memory and traffic of all their pods.",
    below=(_PODS, _SVCS, _NAMESPACES), resource="deployment",
)
KUBERNETES_REPLICASETS = _view(
    "replicasets", "K8s ReplicaSets", "rs", "replica set", "Replica sets with the CPU, memory and traffic of all their pods.",
    below=(_PODS, _SVCS, _NAMESPACES), resource="rs",
)
KUBERNETES_CONTROLLERS = _view(
    "controllers", "K8s Controllers", "rc", "replication controller",
    "Replication controllers with the CPU, memory and traffic of all their pods.",
    below=(_PODS, _SVCS, _NAMESPACES), resource="rc",
)
