"""Real pods whose owners and services an API server tells, live and in what is recorded: `-k`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Runtime, csyspy_live, lines_live
from .kubestub import Stub

BUSY = "while :; do cat /etc/passwd; sleep 0.1; done >/dev/null 2>&1"
RESOURCES = {"limits": {"cpu": "500m", "memory": "64Mi"}, "requests": {"cpu": "250m"}}
RULE = """
- rule: Anything of a deployment
  desc: For the fields of its output.
  condition: evt.type in (execve, open, openat) and k8s.deployment.name = till and k8s.svc.name contains cash
  output: "deployment=%k8s.deployment.name rs=%k8s.rs.name svc=%k8s.svc.name team=%k8s.ns.label[team]"
  priority: notice
"""


@pytest.fixture(scope="module")
def options(crinode: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The pod shop/till-5d9, busy, of a deployment and behind a service; the options that find both servers."""
    crinode.run("add", "shop/till-5d9", BUSY)
    stub = Stub().start()
    (pod,) = [one for one in json.loads(crinode.run("podlist"))["items"] if one["metadata"]["name"] == "till-5d9"]
    pod["metadata"]["labels"] = {"app": "till"}
    pod["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "till-5d", "uid": "r1", "controller": True}]
    pod["spec"] |= {"nodeName": "n1", "containers": [{"name": "main", "resources": RESOURCES}]}
    pod["status"]["containerStatuses"] = [{"name": "main", "restartCount": 7}]
    owner = {"ownerReferences": [{"kind": "Deployment", "name": "till", "uid": "d1", "controller": True}]}
    for kind, meta, spec in (
        ("Namespace", {"name": "shop", "uid": "n1", "labels": {"team": "a"}}, {}),
        ("Deployment", {"name": "till", "namespace": "shop", "uid": "d1", "labels": {"tier": "front"}}, {}),
        ("ReplicaSet", {"name": "till-5d", "namespace": "shop", "uid": "r1", **owner}, {}),
        ("Service", {"name": "cash", "namespace": "shop", "uid": "s1"}, {"selector": {"app": "till"}}),
    ):
        stub.apply({"kind": kind, "metadata": meta, "spec": spec})
    stub.apply({**pod, "kind": "Pod"})
    config = tmp_path_factory.mktemp("cluster") / "config"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
                "clusters": [{"name": "c", "cluster": {"server": stub.url}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )  # fmt: skip
    yield ["--cri", crinode.socket, "-k", str(config), "--node-name", "n1"]
    stub.stop()
    crinode.run("rm", "till-5d9")


@pytest.fixture(scope="module")
def recorded(options: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("cluster") / "x.scap")
    csyspy_live("-M", "2", *options, "-w", path)
    return path


def rows(view: str, *words: str) -> dict[str, dict[str, object]]:
    return {row["NAME"]: row for row in json.loads(csyspy_live("-v", view, "--json", *words))["rows"]}


def test_the_view_of_pods(options: list[str]) -> None:
    pod = rows("kubernetes_pods", "--once", *options)["till-5d9"]
    assert (pod["NAMESPACE"], pod["RESTARTS"], pod["MEM LIM"], pod["LABELS"]) == ("shop", 7, 64 << 20, "app:till")
    assert pod["IMAGE"] == "registry.local/busybox:1.35"
    assert pod["CPU/REQ"] == pytest.approx(2 * float(str(pod["CPU/LIM"])))


@pytest.mark.parametrize(
    ("view", "name", "column", "expected"),
    [
        ("deployments", "till", "LABELS", "tier:front"),
        ("deployments", "till", "RESTARTS", 7),
        ("services", "cash", "NAMESPACE", "shop"),
        ("replicasets", "till-5d", "RESTARTS", 7),
        ("namespaces", "shop", "LABELS", "team:a"),
    ],
)
def test_views_of_what_is_recorded(view: str, name: str, column: str, expected: object, recorded: str) -> None:
    assert rows(f"kubernetes_{view}", "-r", recorded)[name][column] == expected


def test_lines_live_and_recorded(options: list[str], recorded: str) -> None:
    shown = ["-p", "%k8s.deployment.name %k8s.rs.name %k8s.svc.name %k8s.ns.label[team]", "k8s.deployment.name=till and k8s.svc.name=cash"]
    assert set(lines_live(*options, *shown)) == set(csyspy_live("-r", recorded, *shown).splitlines()) == {"till till-5d cash a"}


def test_rules_and_chisels(recorded: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE)
    alerts = csyspy_live("--rules", str(rules), "-r", recorded).splitlines()
    assert alerts
    assert all(alert.endswith("deployment=till rs=till-5d svc=cash team=a") for alert in alerts)
    assert "execve" in csyspy_live("-r", recorded, "-c", "topscalls", "k8s.deployment.name=till")
