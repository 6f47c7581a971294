"""The audit view's rows: who did what to which object, as counted so far."""

from csyspy.rules.alerts import iso_time
from csyspy.rules.audit_summary import AuditSummary
from csyspy.views.snapshot import Snapshot, Sort, Value, snapshot_of
from csyspy.views.view import View


def audit_snapshot(view: View, deeds: AuditSummary, sort: Sort | None, *, seq: int = 0, time_ns: int = 0) -> Snapshot:
    """The view (of the source k8s_audit) as it stands. Rows keep the order of the most frequent first."""
    rows: list[dict[str, Value]] = []
    for row in deeds.rows():
        deed = row.deed
        rows.append({
            view.key.field: " ".join((deed.user, deed.verb, deed.resource, deed.namespace, deed.name, deed.code)),
            "evt.num": row.count,
            "ka.user.name": deed.user,
            "ka.verb": deed.verb,
            "ka.target.resource": deed.resource or None,
            "ka.target.namespace": deed.namespace or None,
            "ka.target.name": deed.name or None,
            "ka.response.code": int(deed.code) if deed.code.isdecimal() else None,
            "ka.sourceips": row.address or None,
            "evt.datetime": _seconds(row.first_ns),
            "evt.time": _seconds(row.last_ns),
        })
    return snapshot_of(view, rows, sort=sort, seq=seq, time_ns=time_ns)


def _seconds(time_ns: int) -> str:
    return iso_time(time_ns)[:19] + "Z"
