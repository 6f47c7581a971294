"""What deploy/ asks a cluster for: valid objects, the least of rights, and those for everything that is read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from csyspy.containers.kubernetes.store import RESOURCES

KINDS = {
    "Namespace": "V1Namespace",
    "ServiceAccount": "V1ServiceAccount",
    "ClusterRole": "V1ClusterRole",
    "ClusterRoleBinding": "V1ClusterRoleBinding",
    "DaemonSet": "V1DaemonSet",
}


@pytest.fixture(scope="module")
def objects(root: Path) -> dict[str, Any]:
    documents = yaml.safe_load_all((root / "deploy" / "daemonset.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.mark.parametrize("kind", KINDS)
def test_valid(kind: str, objects: dict[str, Any]) -> None:
    from kubernetes.client import ApiClient

    found = ApiClient().deserialize(json.dumps(objects[kind]), KINDS[kind], "application/json")
    assert found.metadata.name == "csyspy"
    # The models pass over names they do not know: what went in must come out again.
    assert known_names(ApiClient().sanitize_for_serialization(found)) >= known_names(objects[kind])


def known_names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(known_names, value.values()))
    if isinstance(value, list):
        return set().union(*map(known_names, value))
    return set()


def test_rights_are_those_of_what_is_watched(objects: dict[str, Any]) -> None:
    granted = {(group, name) for rule in objects["ClusterRole"]["rules"] for group in rule["apiGroups"] for name in rule["resources"]}
    paths = [resource.path.split("/") for resource in RESOURCES]
    read = {(path[2] if path[1] == "apis" else "", path[-1]) for path in paths}
    assert read <= granted
    assert granted - read == {("", "nodes")}
    assert all(rule["verbs"] == ["get", "list", "watch"] for rule in objects["ClusterRole"]["rules"])


def test_least_privilege(objects: dict[str, Any]) -> None:
    pod = objects["DaemonSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["privileged"] is False
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["BPF", "PERFMON", "SYS_PTRACE"]}
    assert security["readOnlyRootFilesystem"] is True
    assert "hostNetwork" not in pod


def test_the_parts_belong_together(objects: dict[str, Any]) -> None:
    account = objects["ServiceAccount"]["metadata"]
    subject = {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
    assert objects["ClusterRoleBinding"]["subjects"] == [subject]
    assert objects["DaemonSet"]["spec"]["template"]["spec"]["serviceAccountName"] == account["name"]
    spec = objects["DaemonSet"]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
