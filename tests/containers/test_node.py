"""Runtimes and cluster together: one description of a container, told again when the cluster says something new."""

import contextlib
import socket
from typing import Any

import pytest

from csyspy.cli.command import Command
from csyspy.cli.metadata import open_metadata
from csyspy.containers import sockets
from csyspy.containers.info import ContainerInfo
from csyspy.containers.kubernetes import PodStore
from csyspy.containers.kubernetes.store import Object
from csyspy.containers.node import News, NodeMetadata
from csyspy.containers.service import MetadataService
from csyspy.containers.sockets import found
from csyspy.errors import UsageError

from .conftest import state_folder
from .test_service import DEADLINE_S, FakeRuntime, full

POD = Object("Pod", "web-0", "shop", "u1", {"app": "web"}, (("ReplicaSet", "web-5d9"),))


@pytest.fixture
def runtime() -> FakeRuntime:
    runtime = FakeRuntime()
    labels = {"io.kubernetes.pod.uid": "u1", "io.kubernetes.pod.name": "web-0"}
    runtime.known[full(1)[:12]] = ContainerInfo(full_id=full(1), type=7, name="app", labels=labels)
    runtime.known[full(2)[:12]] = ContainerInfo(full_id=full(2), type=0, name="alone")
    return runtime


def taken(news: News) -> dict[str, Any]:
    return {container["name"]: container.get("k8s") for container in news.take()}


def test_a_pods_container_is_told_again_when_its_pod_changes(runtime: FakeRuntime) -> None:
    pods = PodStore()
    node = NodeMetadata(MetadataService([runtime]), pods)
    pods.changed = node.pods_changed
    try:
        node.want(full(1))
        node.want(full(2))
        assert node.settle(DEADLINE_S)
        news = node.news()
        assert taken(news) == {"app": None, "alone": None}
        pods.put(POD)
        told = taken(news)
        assert list(told) == ["app"]
        assert told["app"]["rs"]["name"] == "web-5d9"
        pods.put(Object("Namespace", "shop", "", "n1", {"team": "a"}))
        assert taken(news)["app"]["ns"] == {"name": "shop", "id": "n1", "labels": {"team": "a"}}
        assert news.take() == []
        known = node.get(full(1)[:12])
        assert known is not None
        assert known["k8s"]["ns"]["id"] == "n1"
    finally:
        node.close()


def test_each_reader_is_told_of_all_containers(runtime: FakeRuntime) -> None:
    node = NodeMetadata(MetadataService([runtime]))
    early = node.news()
    try:
        node.want(full(1))
        assert node.settle(DEADLINE_S)
        assert list(taken(early)) == ["app"]
        late = node.news()
        node.want(full(2))
        assert node.settle(DEADLINE_S)
        assert list(taken(late)) == ["app", "alone"]
        assert list(taken(early)) == ["alone"]
        assert early.take() == late.take() == []
    finally:
        node.close()


def test_faults_are_named(runtime: FakeRuntime) -> None:
    runtime.fault = TypeError("nonsense")
    node = NodeMetadata(MetadataService([runtime]))
    try:
        node.want(full(1))
        while not node.faults():
            node.settle(0.01)
        assert "nonsense" in node.faults()[0]
        assert "nonsense" in node.looked_for()[0]
        assert any(line.startswith("cri: nobody listens at /run/containerd/") for line in node.looked_for())
    finally:
        node.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:2375", "relative/path.sock", "ssh://host"])
def test_only_unix_sockets_are_asked(address: str) -> None:
    with pytest.raises(UsageError, match="not a unix socket"):
        found(docker_host=address)


def test_a_wrong_socket_is_refused_where_it_was_asked_for_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--docker-host tcp://host:1: not a unix socket"):
        open_metadata(Command(docker_host="tcp://host:1"))
    monkeypatch.setenv("DOCKER_HOST", "tcp://host:1")
    open_metadata(Command()).close()


def test_named_sockets_come_first() -> None:
    there = found(cri=["/tmp/a.sock"], docker_host="unix:///tmp/b.sock")
    assert [(entry.kind, entry.path) for entry in there[:2]] == [("cri", "/tmp/a.sock"), ("docker", "/tmp/b.sock")]


def test_sockets_of_users_without_root_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with state_folder("run") as folder, contextlib.ExitStack() as stack:
        paths = [folder / user / "podman" / "podman.sock" for user in ("1000", "1001")]
        for path in paths:
            path.parent.mkdir(parents=True)
            listener = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            listener.bind(str(path))
        (folder / "1002").mkdir()  # a user who runs none
        monkeypatch.setattr(sockets, "ROOTLESS_HOME", str(folder))
        ends = [(entry.kind, entry.path) for entry in found()][-2:]
        assert ends == [("podman", str(path)) for path in paths]
        monkeypatch.setattr(sockets, "ROOTLESS_HOME", str(folder / "none"))
        assert not {str(path) for path in paths} & {entry.path for entry in found()}
