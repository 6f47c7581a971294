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


def test_views(options: list[str]) -> None:
    def rows(view: str) -> dict[str, dict[str, object]]:
        return {row["NAME"]: row for row in json.loads(csyspy_live("-v", view, "--json", "--once", *options))["rows"]}

    pod = rows("kubernetes_pods")["till-5d9"]
    assert (pod["NAMESPACE"], pod["RESTARTS"], pod["MEM LIM"], pod["LABELS"]) == ("shop", 7, 64 << 20, "app:till")
    assert pod["CPU/REQ"] == pytest.approx(2 * float(str(pod["CPU/LIM"])))
    assert rows("kubernetes_deployments")["till"]["LABELS"] == "tier:front"
    assert rows("kubernetes_services")["cash"]["NAMESPACE"] == "shop"
    assert rows("kubernetes_replicasets")["till-5d"]["RESTARTS"] == 7
    assert rows("kubernetes_namespaces")["shop"]["LABELS"] == "team:a"


def test_lines_rules_and_what_is_recorded(options: list[str], tmp_path: Path) -> None:
    wanted = "till till-5d cash a"
    shown = ["-p", "%k8s.deployment.name %k8s.rs.name %k8s.svc.name %k8s.ns.label[team]", "k8s.deployment.name=till and k8s.svc.name=cash"]
    assert set(lines_live(*options, *shown)) == {wanted}
    path = str(tmp_path / "x.scap")
    csyspy_live("-M", "3", *options, "-w", path)
    assert set(csyspy_live("-r", path, *shown).splitlines()) == {wanted}
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE)
    said = "deployment=till rs=till-5d svc=cash team=a"
    alerts = csyspy_live("--rules", str(rules), "-r", path).splitlines()
    assert alerts
    assert all(alert.endswith(said) for alert in (*alerts, *lines_live("--rules", str(rules), *options)))
    assert "execve" in csyspy_live("-r", path, "-c", "topscalls", "k8s.deployment.name=till")
    (row,) = json.loads(csyspy_live("-r", path, "-v", "kubernetes_deployments", "--json"))["rows"]
    assert (row["NAME"], row["RESTARTS"]) == ("till", 7)
