"""Who did what to which object of a Kubernetes cluster. No view of sysdig's."""

from functools import partial

from csyspy.views.view import K8S_AUDIT, Aggregation, Column, Unit, View

_known = partial(Column, may_be_unknown=True)  # requests for no object have none

AUDIT = View(
    id="k8s_audit",
    name="Kubernetes Audit",
    description="Who did what to which object, as the audit log of Kubernetes' API server tells it. It comes by --from, or with -r FILE.",
    source=K8S_AUDIT,
    use_defaults=True,
    tips=(
        "A request counts once, when it is answered: a CODE of 403 was refused.",
        "Somebody acting for somebody else is shown as `user as other`.",
    ),
    columns=(
        Column("NA", "json.obj", is_key=True),
        Column(
            "COUNT", "evt.num", Unit.COUNT, 8, Aggregation.SUM, is_sorting=True, priority=8,
            description="requests of the same user, for the same, with the same answer",
        ),
        Column("USER", "ka.user.name", colsize=34, priority=9, description="who asked"),
        Column("VERB", "ka.verb", colsize=10, priority=9, description="what they did: get, list, create, delete …"),
        _known("RESOURCE", "ka.target.resource", colsize=26, priority=9, description="kind of object/subresource, or the path asked for"),
        _known("NAMESPACE", "ka.target.namespace", colsize=16, priority=7, description="its namespace"),
        _known("CODE", "ka.response.code", Unit.ID, 6, priority=8, description="the answer, as in HTTP"),
        _known("FROM", "ka.sourceips", colsize=18, priority=5, description="address of the newest of these requests"),
        Column("FIRST", "evt.datetime", colsize=21, aggregation=Aggregation.MIN, priority=3, description="when the oldest came"),
        Column("LAST", "evt.time", colsize=21, aggregation=Aggregation.MAX, priority=6, description="when the newest came"),
        _known("NAME", "ka.target.name", priority=9, description="the object's name"),
    ),
)
