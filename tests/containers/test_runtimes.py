"""Names and images from real runtimes."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from csyspy.containers import layouts
from csyspy.containers.cri import CriRuntime
from csyspy.containers.docker import DockerRuntime
from csyspy.containers.info import ContainerInfo
from csyspy.containers.runtime import RuntimeUnavailable
from csyspy.containers.service import MetadataService
from csyspy.views.containers import CONTAINERS

from .conftest import Runtime, csyspy_live, wait_for


def looked_up(runtime: DockerRuntime | CriRuntime, container_id: str) -> ContainerInfo:
    found = runtime.lookup(container_id[:12])
    assert found is not None
    return found


def test_docker(docker: Runtime, tmp_path: Path) -> None:
    options = ["-l", "app=web", "-m", "64m", "--cpus", "0.5", "-v", f"{tmp_path}:/data", "--read-only", "--cap-add", "NET_ADMIN"]
    full_id = docker.run("run", "-d", "--name", "web-1", "--network", "host", "--health-cmd", "true", *options, "busybox:lab")
    info = looked_up(DockerRuntime(docker.socket), full_id)
    assert (info.full_id, info.name, info.type) == (full_id, "web-1", layouts.DOCKER)
    assert (info.image.name, info.image.repository, info.image.tag) == ("busybox:lab", "busybox", "lab")
    assert info.labels == {"app": "web"}
    assert [(m.source, m.destination, m.writable) for m in info.mounts] == [(str(tmp_path), "/data", True)]
    assert (info.limits.memory_bytes, info.limits.cpu_quota_us) == (64 << 20, 50_000)
    walls = info.confinement
    assert (walls.read_only_root, walls.host_network, walls.host_pid, walls.privileged) == (True, True, False, False)
    assert walls.capabilities_added in (("NET_ADMIN",), ("CAP_NET_ADMIN",))
    assert info.healthcheck is not None
    assert info.healthcheck.args == ("-c", "true")
    assert abs(info.created_s - time.time()) < 600
    assert DockerRuntime(docker.socket).lookup("0" * 12) is None
    assert DockerRuntime(docker.socket).version().startswith("docker ")


def test_docker_tells_of_new_containers_and_new_names(docker: Runtime) -> None:
    service = MetadataService([DockerRuntime(docker.socket)])
    try:
        # The stream of events has to be open before anything happens.
        first = docker.run("run", "-d", "--network", "none", "busybox:lab")
        wait_for(lambda: service.get(first) or docker.run("restart", "-t", "0", first), "no event of a start")
        full_id = docker.run("run", "-d", "--name", "before", "--network", "none", "busybox:lab")
        wait_for(lambda: service.get(full_id), "the new container is not known")
        docker.run("rename", "before", "after")
        wait_for(lambda: (info := service.get(full_id)) is not None and info.name == "after", "the new name is not known")
        docker.run("rm", "-f", "after")
        known = service.get(full_id)
        assert known is not None
        assert known.name == "after"
    finally:
        service.close()


def test_podman(podman: Runtime) -> None:
    full_id = podman.run("run", "-d", "--name", "cache", "--network", "none", "-l", "app=cache", "busybox:lab", "sleep", "1000")
    runtime = DockerRuntime(podman.socket)
    info = looked_up(runtime, full_id)
    assert (info.full_id, info.name, info.type) == (full_id, "cache", layouts.PODMAN)
    assert (info.image.repository, info.image.tag) == ("localhost/busybox", "lab")
    assert info.labels["app"] == "cache"
    assert runtime.version().startswith("podman ")


def test_pods(crinode: Runtime) -> None:
    runtime = CriRuntime(crinode.socket)
    assert runtime.version().startswith("containerd ")
    ids = container_ids(crinode)
    httpd = looked_up(runtime, ids["httpd"])
    assert (httpd.name, httpd.type) == ("httpd", layouts.CONTAINERD)
    assert (httpd.image.repository, httpd.image.tag) == ("registry.local/busybox", "1.35")
    assert httpd.labels["io.kubernetes.pod.name"] == "web-0"
    assert httpd.labels["io.kubernetes.pod.namespace"] == "default"
    assert httpd.pod_sandbox_labels["app"] == "web"
    assert httpd.limits.memory_bytes == 64 << 20
    sandbox = looked_up(runtime, httpd.pod_sandbox_id)
    assert sandbox.is_pod_sandbox
    assert sandbox.name == "web-0"
    assert runtime.lookup("0" * 12) is None
    runtime.close()


def container_ids(crinode: Runtime) -> dict[str, str]:
    """Name of a container -> its id, as containerd's own tool tells them."""
    listed = subprocess.run(
        ["ctr", "-a", crinode.socket, "-n", "k8s.io", "containers", "ls", "-q"], capture_output=True, text=True, check=True
    ).stdout.split()
    found = {}
    for container_id in listed:
        words = ["ctr", "-a", crinode.socket, "-n", "k8s.io", "containers", "info", container_id]
        labels = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["Labels"]
        found[labels.get("io.kubernetes.container.name") or labels["io.kubernetes.pod.name"]] = container_id
    return found


def test_a_runtime_that_is_gone_is_said(crinode: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"none\.sock"):
        CriRuntime(str(tmp_path / "none.sock")).version()


def test_names_on_the_command_line(docker: Runtime, crinode: Runtime) -> None:
    docker.run("run", "-d", "--name", "busy", "--network", "none", "busybox:lab", "sh", "-c", "while :; do :; done")
    try:
        table = csyspy_live("-c", "topcontainers_cpu", "-M", "1", "--docker-host", docker.socket, "--cri", crinode.socket)
    finally:
        docker.run("rm", "-f", "busy")
    names = [line.split()[1] for line in table.splitlines()[2:]]
    assert {"busy", "shell", "host"} <= set(names)


def rows(view: str, *words: str) -> dict[str, dict[str, Any]]:
    """The rows of a view, live, by what they are called."""
    table = json.loads(csyspy_live("-v", view, "--json", "--once", *words))
    return {row["NAME"]: row for row in table["rows"]}


def test_what_containers_use_of_what_they_may(docker: Runtime, crinode: Runtime) -> None:
    sockets = ["--docker-host", docker.socket, "--cri", crinode.socket]
    loop = "cp /bin/busybox /tool; while :; do i=0; while [ $i -lt 500 ]; do i=$((i+1)); done; /tool true; true </no; done 2>&1"
    columns = ",".join(column.name for column in CONTAINERS.shown_columns())  # with ERRORS, which is counted on request
    docker.run("run", "-d", "--name", "burner", "--network", "none", "--cpus", "0.02", "-m", "32m", "busybox:lab", "sh", "-c", loop)
    try:
        found: dict[str, dict[str, Any]] = {}

        def measured() -> bool:
            found.update(rows("containers", *sockets, "--columns", columns))
            row = found["burner"]
            counted = all(row[column] > 0 for column in ("THROTTLED", "CPU/LIM", "DRIFT", "ERRORS"))
            return counted and row["IMAGE"] == "busybox:lab"

        wait_for(measured, "not all is measured")
        walls = rows("immutability", *sockets)
    finally:
        docker.run("rm", "-f", "burner")
    burner, httpd = found["burner"], found["httpd"]
    assert (burner["MEM LIM"], burner["RESTARTS"], burner["POD"]) == (32 << 20, 0, "")
    assert burner["MEM/LIM"] == pytest.approx(100 * burner["MEM"] / burner["MEM LIM"])
    assert (httpd["POD"], httpd["NAMESPACE"], httpd["MEM LIM"], httpd["RESTARTS"], httpd["DRIFT"]) == ("web-0", "default", 64 << 20, 0, 0)
    assert [walls["burner"][column] for column in ("ROOT R/O", "PRIV", "TAG", "HOST NS")] == [False, False, "lab", ""]
    assert [walls["httpd"][column] for column in ("TAG", "HOST NS")] == ["1.35", "network"]
    assert 0 < httpd["MEM/LIM"] < 100
    assert httpd["CPU/REQ"] == pytest.approx(2 * httpd["CPU/LIM"])  # 250m of 500m
    pod = rows("kubernetes_pods", *sockets)["web-0"]
    assert (pod["NAMESPACE"], pod["IMAGE"], pod["RESTARTS"], pod["DRIFT"]) == ("default", "registry.local/busybox:1.35", 0, 0)
    assert 0 < pod["MEM/LIM"] < 100


def test_limits_are_known_without_asking_anybody(crinode: Runtime) -> None:
    by_id = {row["ID"]: row for row in rows("containers").values()}
    httpd = by_id[container_ids(crinode)["httpd"][:12]]
    assert (httpd["NAME"], httpd["MEM LIM"]) == (httpd["ID"], 64 << 20)
    assert httpd["CPU/LIM"] is not None
