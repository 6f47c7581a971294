"""cri-o, by what it answers (cri-o/cri-o: server/container_status.go, sandbox_status.go, container_events.go): no Debian package has it."""

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from csyspy.containers import layouts
from csyspy.containers.cri import CriRuntime
from csyspy.containers.cri.messages import message
from csyspy.containers.service import MetadataService

from .conftest import state_folder, wait_for
from .cristub import CriStub

APP, POD = "a1" * 32, "b2" * 32
IMAGE_ID = "c3" * 32
DIGEST = "sha256:" + "d4" * 32
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "KILL"]
"""cri-o's own defaults, fewer than containerd's (internal/config/capabilities)."""


def spec(*, capabilities: tuple[str, ...] = (), read_only: bool = False) -> dict[str, Any]:
    """What cri-o hands to its OCI runtime."""
    return {
        "ociVersion": "1.2.0",
        "process": {
            "user": {"uid": 1001, "gid": 0},
            "env": ["container=crio", "A=b"],
            "capabilities": {"bounding": [f"CAP_{name}" for name in (*CAPABILITIES, *capabilities)]},
        },
        "root": {"path": "/var/lib/containers/storage/overlay/x/merged", "readonly": read_only},
        "linux": {
            "resources": {"memory": {"limit": 64 << 20, "swap": 64 << 20}, "cpu": {"shares": 256, "quota": 50_000, "period": 100_000}},
            "cgroupsPath": f"kubepods-burstable-pod7.slice:crio:{APP}",
        },
    }


def container(privileged: bool = False, **changes: Any) -> Any:
    """A verbose answer of ContainerStatus."""
    info = {"sandboxID": POD, "pid": 4711, "runtimeSpec": spec(**changes), "privileged": privileged}
    labels = {f"io.kubernetes.pod.{key}": value for key, value in {"name": "web-0", "namespace": "shop", "uid": "u1"}.items()}
    return message("ContainerStatusResponse")(
        status={
            "id": APP,
            "metadata": {"name": "app", "attempt": 3},
            "created_at": 1_795_219_926_000_000_000,
            "image": {"image": "quay.io/shop/app:1.2"},
            "image_ref": f"quay.io/shop/app@{DIGEST}",
            "image_id": IMAGE_ID,
            "labels": {**labels, "io.kubernetes.container.name": "app"},
            "mounts": [{"container_path": "/data", "host_path": "/srv/data", "readonly": False}],
        },
        info={"info": json.dumps(info)},
    )


def sandbox(spoofed: bool) -> Any:
    """A verbose answer of PodSandboxStatus; without infrastructure containers (the default) it has a specification and no more."""
    info = {"runtimeSpec": {}} if spoofed else {"image": "registry.k8s.io/pause:3.10", "pid": 4700, "runtimeSpec": spec(read_only=True)}
    return message("PodSandboxStatusResponse")(
        status={
            "id": POD,
            "metadata": {"name": "web-0", "uid": "u1", "namespace": "shop"},
            "network": {"ip": "10.85.0.7", "additional_ips": [{"ip": "1100:200::7"}]},
            "linux": {"namespaces": {"options": {"network": 0, "pid": 1, "ipc": 2}}},
            "labels": {"app": "web", "io.kubernetes.pod.uid": "u1", "io.kubernetes.pod.name": "web-0"},
        },
        info={"info": json.dumps(info)},
    )


@pytest.fixture
def stub() -> Iterator[CriStub]:
    with state_folder("crio") as folder:
        stub = CriStub(str(folder / "crio.sock")).start()
        stub.containers[APP], stub.sandboxes[POD], stub.sandbox_of[APP] = container(), sandbox(spoofed=True), POD
        yield stub
        stub.stop()


@pytest.fixture
def runtime(stub: CriStub) -> Iterator[CriRuntime]:
    runtime = CriRuntime(stub.path)
    yield runtime
    runtime.close()


def test_a_container(runtime: CriRuntime) -> None:
    assert runtime.version() == "cri-o 1.34.0"
    info = runtime.lookup(APP[:12])
    assert info is not None
    assert (info.full_id, info.name, info.type, info.restart_count) == (APP, "app", layouts.CRIO, 3)
    image = info.image
    assert (image.name, image.repository, image.tag, image.digest) == ("quay.io/shop/app:1.2", "quay.io/shop/app", "1.2", DIGEST)
    assert image.id == IMAGE_ID
    assert (info.ip, info.pod_sandbox_labels["app"]) == ("10.85.0.7", "web")
    assert (info.limits.memory_bytes, info.limits.cpu_quota_us, info.limits.cpu_shares) == (64 << 20, 50_000, 256)
    assert [(m.source, m.destination, m.writable) for m in info.mounts] == [("/srv/data", "/data", True)]
    walls = info.confinement
    assert (walls.privileged, walls.read_only_root, walls.user, walls.capabilities_added) == (False, False, "1001", ())
    assert (walls.host_network, walls.host_pid, walls.host_ipc) == (False, False, True)
    assert info.as_json()["type"] == layouts.CRIO
    assert runtime.lookup("0" * 12) is None


def test_capabilities_beyond_the_usual_ones(stub: CriStub, runtime: CriRuntime) -> None:
    stub.containers[APP] = container(capabilities=("NET_ADMIN",), read_only=True)
    info = runtime.lookup(APP)
    assert info is not None
    assert (info.confinement.capabilities_added, info.confinement.read_only_root) == (("CAP_NET_ADMIN",), True)


def test_a_privileged_one_is_said_so_in_short(stub: CriStub, runtime: CriRuntime) -> None:
    stub.containers[APP] = container(privileged=True, capabilities=("SYS_ADMIN", "NET_ADMIN"))
    info = runtime.lookup(APP)
    assert info is not None
    assert (info.confinement.privileged, info.confinement.capabilities_added) == (True, ())


@pytest.mark.parametrize("spoofed", [True, False])
def test_a_sandbox(stub: CriStub, runtime: CriRuntime, spoofed: bool) -> None:
    stub.sandboxes[POD] = sandbox(spoofed)
    info = runtime.lookup(POD[:12])
    assert info is not None
    assert (info.is_pod_sandbox, info.name, info.ip) == (True, "web-0", "10.85.0.7")
    assert info.image.name == ("" if spoofed else "registry.k8s.io/pause:3.10")


def test_an_image_known_by_its_id_only(stub: CriStub, runtime: CriRuntime) -> None:
    """cri-o before 1.30 puts the id where the name is asked for, and no image_id."""
    status = stub.containers[APP].status
    status.image.image, status.image_id = IMAGE_ID, ""
    info = runtime.lookup(APP)
    assert info is not None
    assert (info.image.id, info.image.repository, info.image.digest) == (IMAGE_ID, "quay.io/shop/app", DIGEST)


@pytest.mark.parametrize(
    "text", ["", "no json", "[1]", '{"runtimeSpec": 5, "privileged": "yes"}', '{"runtimeSpec": {"linux": []}}', "[" * 5000]
)
def test_info_of_any_shape(stub: CriStub, runtime: CriRuntime, text: str) -> None:
    stub.containers[APP].info["info"] = stub.sandboxes[POD].info["info"] = text
    info = runtime.lookup(APP)
    assert info is not None
    assert (info.name, info.confinement.privileged) == ("app", False)


def test_without_pod_events_ids_are_looked_up_when_they_are_seen(stub: CriStub) -> None:
    service = MetadataService([CriRuntime(stub.path)])
    try:
        service.want(APP[:12])
        assert service.settle(20)
        assert service.get(APP) is not None
        assert not service.notes()[0].fault
    finally:
        service.close()


def test_with_pod_events_they_are_looked_up_as_they_start(stub: CriStub) -> None:
    stub.events = queue.Queue()
    service = MetadataService([CriRuntime(stub.path)])
    try:
        stub.events.put(APP)
        wait_for(lambda: service.get(APP), "the started container is not known")
    finally:
        service.close()
