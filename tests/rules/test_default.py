"""The rules that come with csyspy: each fires on what it is about, and on nothing of an ordinary day."""

import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from fd_events import connect, openat, sock_address, sock_tuple, socket
from process_events import DOCKER_ID, capture, execve, simple
from scap_builder import Process, i64

from csyspy.containers import container_of
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.rules.alerts import Alert
from csyspy.rules.audit import AuditEngine
from csyspy.rules.audit_log import AuditReader
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.loader import load
from csyspy.rules.model import K8S_AUDIT, SYSCALL, LoadResult
from csyspy.rules.settings import own_rules_files

# rule -> captures of ../shared/captures that hold what it is about, with the number of alerts
ON_CAPTURES = {
    "Interactive shell in container": {"newer/modern_a_containers": 2, "newer/newest_a_containers": 2, "attacks": 1},
    "Command run in running container": {"newer/modern_a_containers": 4, "newer/newest_a_containers": 4},
    "Reverse shell": {"newer/modern_a_containers": 2, "newer/newest_a_containers": 2, "attacks": 8},
    "Credential file read": {"newer/modern_a_attacks": 4, "newer/newest_a_attacks": 4, "newer/newest_a_containers": 2},
    "Configuration below etc written": {"newer/modern_a_attacks": 2, "newer/newest_a_attacks": 2, "newer/newest_a_containers": 1},
    "Program directory changed": {"newer/modern_a_containers": 2, "newer/newest_a_containers": 2, "newer/newest_a_attacks": 1},
    "Shell history cleared": {"newer/modern_a_attacks": 1, "newer/newest_a_attacks": 1},
    "Log cleared": {"newer/modern_a_attacks": 2, "newer/newest_a_attacks": 2},
    "Package manager in container": {"attacks": 3},
    "New program run in container": {"newer/modern_a_containers": 1, "newer/newest_a_containers": 1},
    "Program run from memory": {"newer/modern_a_attacks": 2, "newer/newest_a_containers": 2},
    "Crypto miner started": {"attacks": 4},
    "Process traced by another": {"newer/modern_a_attacks": 2, "newer/newest_a_attacks": 2},
    "Program made to run as its owner": {"newer/modern_a_attacks": 2, "newer/newest_a_containers": 1},
}
SYNTHESIZED = {"Network scanner started", "Unexpected outbound connection", "User changed to root"}
PROCESSES = [Process(1, ptid=0, comm=b"init"), Process(10, tail="old")]


def started(comm: bytes, contained: bool = False, args: bytes = b"-n\0/etc/hosts\0") -> bytes:
    """Process 10 becomes another program."""
    cgroups = f"cpu=/docker/{DOCKER_ID}\0".encode() if contained else b"cpu=/\0"
    return execve(10, exe=b"/opt/" + comm, comm=comm, args=args, cgroups=cgroups)


@pytest.fixture(scope="module")
def own() -> LoadResult:
    result = load(own_rules_files())
    assert not result.errors + result.warnings
    return result


class _Bytes:
    """A capture in memory."""

    name = "test"

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data

    def read(self) -> memoryview | None:
        data, self._data = self._data, None
        return None if data is None else memoryview(data)

    def next_file(self) -> bool:
        return False


def alerts_of(own: LoadResult, source: Any) -> list[Alert]:
    found: list[Alert] = []
    rules = [rule for rule in own.rules if rule.source == SYSCALL and rule.enabled]
    options = EngineOptions(every=True)
    engine = RuleEngine(rules, found.append, options, conditions=conditions_of(own), required_engine=own.required_engine_version)
    state = State()
    state.container_of = container_of
    state.configure(verbose=True)
    state.needs = engine.sink.needs
    Walker(state, source).run([engine.sink])
    return found


def names(alerts: list[Alert]) -> list[str]:
    return [alert.rule for alert in alerts]


def test_every_rule_says_what_it_is_for(own: LoadResult) -> None:
    assert {rule.name for rule in own.rules if rule.source == SYSCALL} == ON_CAPTURES.keys() | SYNTHESIZED
    for rule in own.rules:
        assert len(rule.desc.split()) > 8
        assert any(tag.startswith("mitre_") for tag in rule.tags)
        assert any(tag[:1] == "T" and tag[1:2].isdigit() for tag in rule.tags)
        assert " | " in rule.output


def test_no_rule_has_the_name_or_the_condition_of_a_public_one(own: LoadResult, shared: Path) -> None:
    public = load([shared / "falco-rules" / "falco-rules-5.1.0"])
    assert not {rule.name for rule in own.rules} & {rule.name for rule in public.rules}
    assert not {rule.condition.strip() for rule in own.rules} & {rule.condition.strip() for rule in public.rules}
    assert not {macro.name for macro in own.macros} & {macro.name for macro in public.macros}


def test_each_rule_fires_on_captures_of_what_it_is_about(own: LoadResult, captures: Path) -> None:
    from csyspy.capture import open_source

    wanted: dict[str, dict[str, int]] = {}
    for rule, counts in ON_CAPTURES.items():
        for name, count in counts.items():
            wanted.setdefault(name, {})[rule] = count
    for name, counts in wanted.items():
        source = open_source([str(captures / f"{name}.scap")])
        fired = Counter(names(alerts_of(own, source)))
        source.close()
        assert {rule: fired[rule] for rule in counts} == counts, name


def test_nothing_fires_on_a_web_server(own: LoadResult, captures: Path) -> None:
    from csyspy.capture import open_source

    assert not alerts_of(own, open_source([str(captures / "web.scap")]))


def connection(address: str, port: int, comm: bytes = b"agent", contained: bool = True) -> bytes:
    made = socket(3) + connect(3, sock_tuple("10.1.1.1", 40000, address, port), sock_address(address, port))
    return capture(started(comm, contained), made, processes=PROCESSES)


@pytest.mark.parametrize(
    ("data", "fires"),
    [
        (connection("203.0.113.7", 4444), True),
        (connection("203.0.113.7", 443), False),
        (connection("10.2.3.4", 4444), False),
        (connection("172.20.3.4", 4444), False),
        (connection("203.0.113.7", 4444, b"apt"), False),
        (connection("203.0.113.7", 4444, contained=False), False),
    ],
)
def test_connections_out_of_a_container(own: LoadResult, data: bytes, fires: bool) -> None:
    assert ("Unexpected outbound connection" in names(alerts_of(own, _Bytes(data)))) is fires


@pytest.mark.parametrize(
    ("comm", "args", "fires"),
    [
        (b"nmap", b"10.0.0.0/24\0", True),
        (b"nc", b"-z\0host\x001-1024\0", True),
        (b"nc", b"-w\x001\0-nvz\0host\x0080\0", True),
        (b"nc", b"-w\x001\0my-zone\x0080\0", False),
        (b"cat", b"-z\0", False),
    ],
)
def test_scanners(own: LoadResult, comm: bytes, args: bytes, fires: bool) -> None:
    data = capture(started(comm, args=args), processes=PROCESSES)
    assert names(alerts_of(own, _Bytes(data))) == (["Network scanner started"] if fires else [])


def setuid(uid: int, result: int = 0) -> bytes:
    return simple("SETUID_E", 10, struct.pack("<I", uid)) + simple("SETUID_X", 10, i64(result))


@pytest.mark.parametrize(
    ("comm", "uid", "result", "fires"),
    [(b"sploit", 0, 0, True), (b"sploit", 0, -1, False), (b"sploit", 1000, 0, False), (b"sudo", 0, 0, False)],
)
def test_becoming_root(own: LoadResult, comm: bytes, uid: int, result: int, fires: bool) -> None:
    data = capture(started(comm), setuid(uid, result), processes=PROCESSES)
    assert names(alerts_of(own, _Bytes(data))) == (["User changed to root"] if fires else [])


def test_a_known_reader_is_left_alone_and_others_can_be_made_known(own: LoadResult) -> None:
    reading = openat(3, b"/etc/shadow")
    for comm, count in ((b"sshd", 0), (b"cat", 1)):
        data = capture(started(comm), reading, processes=PROCESSES)
        assert names(alerts_of(own, _Bytes(data))) == ["Credential file read"] * count
    more = "- list: known_credential_readers\n  items: [cat]\n  override: {items: append}\n"
    changed = load([*own_rules_files(), ("local.yaml", more)])
    assert not alerts_of(changed, _Bytes(data))


POD = {"resource": "pods", "namespace": "kube-system", "name": "p"}
AUDITED: dict[str, dict[str, Any]] = {
    "Command run in pod": {"objectRef": {**POD, "subresource": "exec"}, "requestURI": "/x?command=sh&command=-c"},
    "Port of pod forwarded": {"objectRef": {**POD, "subresource": "portforward"}},
    "Privileged pod created": {
        "verb": "create",
        "objectRef": POD,
        "requestObject": {"spec": {"containers": [{"image": "a"}, {"image": "b", "securityContext": {"privileged": True}}]}},
    },
    "Pod shares the node": {"verb": "create", "objectRef": POD, "requestObject": {"spec": {"volumes": [{"hostPath": {"path": "/etc"}}]}}},
    "Pod created in system namespace": {"verb": "create", "objectRef": POD},
    "Cluster administrator appointed": {
        "verb": "create",
        "objectRef": {"resource": "clusterrolebindings", "name": "b"},
        "requestObject": {"roleRef": {"name": "cluster-admin"}, "subjects": [{"kind": "User", "name": "u"}]},
    },
    "Secret refused": {"verb": "get", "objectRef": {"resource": "secrets", "name": "s"}, "responseStatus": {"code": 403}},
    "Anonymous request allowed": {"verb": "list", "user": {"username": "system:anonymous"}, "requestURI": "/api/v1/nodes"},
}


@pytest.mark.parametrize("rule", AUDITED)
def test_rules_on_audit_events(own: LoadResult, rule: str) -> None:
    plain = {
        "auditID": "1",
        "stage": "ResponseComplete",
        "stageTimestamp": "2026-03-14T09:27:10Z",
        "user": {"username": "ann"},
        "annotations": {"authorization.k8s.io/decision": "allow"},
    }
    found: list[Alert] = []
    engine = AuditEngine(own.rules, found.append, EngineOptions(every=True))
    reader = AuditReader()
    engine.feed(reader.read(json.dumps(plain).encode())[0])
    assert not found
    engine.feed(reader.read(json.dumps({**plain, **AUDITED[rule]}).encode())[0])
    assert rule in names(found)
    assert AUDITED.keys() == {each.name for each in own.rules if each.source == K8S_AUDIT}


def test_the_files_are_plain_yaml() -> None:
    for file in Path(own_rules_files()[0]).glob("*.yaml"):
        assert isinstance(yaml.safe_load(file.read_text("utf-8")), list)
