"""Rules of the source k8s_audit on audit events: own cases, and the samples in ../shared/samples/k8s."""

import json
from pathlib import Path
from typing import Any

import pytest

from csyspy.fields.catalogue import K8S_AUDIT, catalogue
from csyspy.fields.names import resolve
from csyspy.rules.alerts import Alert, to_json
from csyspy.rules.audit import AuditEngine
from csyspy.rules.audit_fields import AuditEvent, extractor
from csyspy.rules.audit_log import LONGEST_BYTES, AuditReader
from csyspy.rules.audit_summary import AuditSummary, Deed
from csyspy.rules.engine import EngineOptions
from csyspy.rules.loader import load
from csyspy.rules.model import SYSCALL, LoadOptions

POD: dict[str, Any] = {
    "kind": "Event",
    "auditID": "a1",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-03-14T09:27:10.153152Z",
    "verb": "create",
    "requestURI": "/api/v1/namespaces/shop/pods?dryRun=All&x=a%20b",
    "user": {"username": "ann", "groups": ["dev", "system:authenticated"]},
    "sourceIPs": ["10.0.0.1", "10.0.0.2"],
    "objectRef": {"resource": "pods", "namespace": "shop", "name": "web"},
    "responseStatus": {"code": 201},
    "responseObject": {"metadata": {"name": "web-1"}},
    "annotations": {"authorization.k8s.io/decision": "allow"},
    "requestObject": {
        "spec": {
            "hostPID": True,
            "securityContext": {"runAsUser": 7, "supplementalGroups": [1, 2]},
            "volumes": [{"name": "v", "hostPath": {"path": "/etc/shadow"}}, {"name": "w", "emptyDir": {}}],
            "containers": [
                {
                    "name": "one",
                    "image": "reg:5000/team/app:1.2@sha256:ab",
                    "command": ["sh", "-c"],
                    "ports": [{"hostPort": 80}, {"containerPort": 81}],
                    "securityContext": {"privileged": True, "capabilities": {"add": ["NET_ADMIN", "SYS_TIME"]}, "runAsUser": 0},
                },
                {"name": "two", "image": "app"},
            ],
        }
    },
}
BINDING = {
    "auditID": "a2",
    "stageTimestamp": "2026-03-14T09:27:10+01:00",
    "requestObject": {
        "roleRef": {"name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}],
        "rules": [{"verbs": ["get", "list"], "resources": ["pods"]}, {"verbs": ["*"]}],
    },
}


def event(data: dict[str, Any]) -> AuditEvent:
    found = AuditReader().read(json.dumps(data).encode())
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("field", "arg", "value"),
    [
        ("ka.auditid", None, "a1"),
        ("ka.user.groups", None, ["dev", "system:authenticated"]),
        ("ka.uri.param", "dryRun", "All"),
        ("ka.uri.param", "x", "a b"),
        ("ka.uri.param", "none", None),
        ("ka.auth.decision", None, "allow"),
        ("ka.auth.reason", None, None),
        ("ka.response.code", None, "201"),
        ("ka.target.pod.name", None, "web-1"),
        ("ka.sourceips", None, ["10.0.0.1", "10.0.0.2"]),
        ("ka.sourceips", "1", ["10.0.0.2"]),
        ("ka.req.pod.host_pid", None, "true"),
        ("ka.req.pod.host_ipc", None, None),
        ("ka.req.pod.run_as_user", None, "7"),
        ("ka.req.pod.supplemental_groups", None, ["1", "2"]),
        ("ka.req.pod.containers.name", None, ["one", "two"]),
        ("ka.req.pod.containers.name", "1", ["two"]),
        ("ka.req.pod.containers.name", "2", None),
        ("ka.req.pod.containers.image.repository", None, ["reg:5000/team/app", "app"]),
        ("ka.req.container.image", None, "reg:5000/team/app:1.2@sha256:ab"),
        ("ka.req.pod.containers.command", None, ["sh -c"]),
        ("ka.req.pod.containers.args", None, None),
        ("ka.req.pod.containers.privileged", None, ["true"]),
        ("ka.req.container.privileged", None, "true"),
        ("ka.req.pod.containers.add_capabilities", None, ["NET_ADMIN", "SYS_TIME"]),
        ("ka.req.pod.containers.host_port", None, ["80", "81"]),
        ("ka.req.pod.containers.run_as_user", None, ["0"]),
        ("ka.req.pod.containers.eff_run_as_user", None, ["0", "7"]),
        ("ka.req.pod.containers.eff_run_as_group", "0", ["0"]),
        ("ka.req.pod.initContainers.name", None, None),
        ("ka.req.pod.volumes.hostpath", None, ["/etc/shadow"]),
        ("ka.req.pod.volumes.volume_type", None, ["hostPath", "emptyDir"]),
        ("ka.req.volume.hostpath", "/etc*", "true"),
        ("ka.req.volume.hostpath", "/etc", "false"),
        ("json.value", "/objectRef/name", "web"),
        ("jevt.value", "/sourceIPs/1", "10.0.0.2"),
        ("jevt.value", "/responseStatus", '{"code":201}'),
        ("jevt.value", "/annotations/authorization.k8s.io~1decision", "allow"),
        ("json.value", "/objectRef/none", None),
        ("json.rawtime", None, "1773480430153152000"),
        ("evt.rawtime.ns", None, 153152000),
        ("evt.source", None, "k8s_audit"),
    ],
)
def test_fields(field: str, arg: str | None, value: object) -> None:
    assert extractor(resolve(field, arg, K8S_AUDIT))(event(POD)) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ka.req.binding.role", "cluster-admin"),
        ("ka.req.binding.subjects.user_names", ["u"]),
        ("ka.req.binding.subjects.serviceaccount_ns_names", ["n:s"]),
        ("ka.req.binding.subjects.group_names", []),
        ("ka.req.role.rules.verbs", ["get", "list", "*"]),
        ("ka.req.role.rules.resources", ["pods"]),
        ("json.rawtime", "1773476830000000000"),
    ],
)
def test_fields_of_roles_and_bindings(field: str, value: object) -> None:
    assert extractor(resolve(field, None, K8S_AUDIT))(event(BINDING)) == value


def test_every_field_of_the_source_gives_something_for_any_event() -> None:
    odd = {"auditID": [], "stageTimestamp": POD["stageTimestamp"], "requestObject": {"spec": {"containers": [1, None], "volumes": {}}}}
    for name, field in catalogue().items():
        if K8S_AUDIT in field.sources and not name.startswith("evt."):
            arg = "0" if "index" in field.arg else "a" if field.arg else None
            for data in (POD, BINDING, odd):
                extractor(resolve(name, arg, K8S_AUDIT))(event(data))


def fired(condition: str, data: dict[str, Any] = POD) -> bool:
    alerts: list[Alert] = []
    AuditEngine(rules(condition), alerts.append).feed(event(data))
    return bool(alerts)


def rules(condition: str, output: str = "o") -> Any:
    text = json.dumps(
        [{"rule": "r", "desc": "d", "condition": condition, "output": output, "priority": "notice", "source": K8S_AUDIT, "tags": ["t"]}]
    )
    result = load([("r.yaml", text)], LoadOptions((SYSCALL, K8S_AUDIT)))
    assert result.successful, result.errors
    return result.rules


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("ka.verb = create", True),
        ("ka.verb in (get, create) and not ka.user.name startswith system:", True),
        ("ka.verb != create", False),
        ("ka.auth.reason != x", False),
        ("ka.auth.reason exists", False),
        ("ka.user.groups intersects (dev, ops)", True),
        ("ka.user.groups in (dev)", False),
        ("ka.user.groups in (dev, system:authenticated)", True),
        ("ka.req.pod.containers.privileged intersects (true)", True),
        ("ka.uri regex '/api/v1/.*'", True),
        ("ka.uri glob */pods*", True),
        ("ka.uri icontains DRYRUN", True),
        ("ka.uri pmatch (/api)", True),
        ("toupper(ka.verb) = CREATE", True),
        ("len(ka.user.groups) = 2", True),
        ('join(";", ka.user.groups) = "dev;system:authenticated"', True),
        ("ka.target.name = val(ka.resp.name)", False),
        ("ka.target.name = val(ka.req.configmap.name)", True),
        ("evt.rawtime > 1", True),
        ("evt.num = 2", False),
        ("jevt.value[/stage] in (ResponseComplete)", True),
    ],
)
def test_conditions(condition: str, verdict: bool) -> None:
    assert fired(condition) is verdict
    assert fired(f"not ({condition})") is not verdict


def test_fields_of_system_calls_are_refused_and_the_other_way_round() -> None:
    for source, condition, reason in (
        (K8S_AUDIT, "proc.name = cat", "it belongs to system calls, not to k8s_audit"),
        (SYSCALL, "evt.type = open and ka.verb = get", "it belongs to the source k8s_audit, not to system calls"),
    ):
        text = json.dumps([{"rule": "r", "desc": "d", "condition": condition, "output": "o", "priority": "info", "source": source}])
        result = load([("r.yaml", text)], LoadOptions((SYSCALL, K8S_AUDIT)))
        assert [(each.code, reason in each.message) for each in result.errors] == [("LOAD_ERR_COMPILE_CONDITION", True)]


def test_the_source_is_known_where_the_file_asks_for_its_plugin() -> None:
    rule = '- {rule: r, desc: d, condition: ka.verb exists, output: "%ka.verb", priority: info, source: k8s_audit}\n'
    assert [each.code for each in load([("r.yaml", rule)]).warnings] == ["LOAD_UNKNOWN_SOURCE"]
    plugin = "- required_plugin_versions: [{name: k8saudit, version: 0.7.0}]\n"
    assert len(load([("r.yaml", plugin + rule)]).rules) == 1


def test_an_alert_has_text_and_fields() -> None:
    alerts: list[Alert] = []
    output = "%ka.verb by %ka.user.name in %ka.user.groups at %evt.rawtime as %ka.impuser.name %4ka.target.name|"
    engine = AuditEngine(rules("ka.verb exists", output), alerts.append, EngineOptions(hostname="h", iso_time=True))
    engine.feed(event(POD))
    text = "create by ann in (dev,system:authenticated) at 1773480430153152000 as <NA> web |"
    shown = json.loads(to_json(alerts[0]))
    assert shown["output"] == f"2026-03-14T09:27:10.153152000+0000: Notice {text}"
    assert shown["output_fields"]["ka.user.groups"] == ["dev", "system:authenticated"]
    assert shown["output_fields"]["ka.impuser.name"] is None
    assert (shown["source"], shown["time"], shown["tags"]) == (K8S_AUDIT, "2026-03-14T09:27:10.153152000Z", ["t"])
    assert engine.fired == {"r": 1}


def test_what_an_event_says_cannot_move_the_cursor() -> None:
    alerts: list[Alert] = []
    AuditEngine(rules("ka.verb exists", "%ka.verb"), alerts.append).feed(event({**POD, "verb": "get\x1b[2J\x9b\n"}))
    assert alerts[0].message == "get\\u001b[2J\\u009b\\n"


def test_logs_webhook_bodies_and_rubbish_are_read() -> None:
    reader = AuditReader()
    body = json.dumps({"kind": "EventList", "items": [POD, BINDING, {"no": "event"}]}).encode()
    lines = [json.dumps(POD).encode(), b"", b'{"half', b"[" * 100_000, b"7", body, b" " * (LONGEST_BYTES + 1) + b"{}", b'"\xff"']
    assert [each.number for each in reader.read_lines(lines)] == [1, 2, 3]
    assert reader.skipped == 6
    assert reader.problem.startswith("line 3 is not JSON")


def test_deeds_are_counted_once_a_request() -> None:
    summary = AuditSummary()
    for stage, seconds in (("RequestReceived", 1), ("ResponseStarted", 2), ("ResponseComplete", 3), ("ResponseComplete", 2)):
        summary.add(event({**POD, "stage": stage, "stageTimestamp": f"2026-03-14T09:27:0{seconds}Z"}))
    summary.add(event({**BINDING, "stage": "ResponseComplete", "impersonatedUser": {"username": "bob"}, "requestURI": "/x?y=z"}))
    first, second = summary.rows()
    assert first.deed == Deed("ann", "create", "pods", "shop", "web", "201")
    assert (first.count, first.last_ns - first.first_ns, first.address) == (2, 1_000_000_000, "10.0.0.1")
    assert second.deed == Deed(" as bob", "", "/x", "", "", "")


def test_the_samples_are_read(shared: Path) -> None:
    for name in ("audit_log.jsonl", "audit_webhook_bodies.jsonl"):
        reader = AuditReader()
        with (shared / "samples" / "k8s" / name).open("rb") as file:
            found = list(reader.read_lines(file))
        assert len(found) >= 10
        assert not reader.skipped
