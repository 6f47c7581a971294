"""What a container may use, and what it uses of it."""

import json
from typing import Any

import pytest
from process_events import DOCKER_ID, capture, execve, simple, values
from scap_builder import i64

from csyspy.engine.extract.described import ContainerFields

LIMITED: dict[str, Any] = {
    "id": "c0ffee", "type": 7, "name": "app", "cpu_quota": 50_000, "cpu_period": 100_000, "cpu_shares": 256, "memory_limit": 64 << 20,
    "restart_count": 2, "cgroup": {"memory_bytes": 32 << 20, "throttled_percent": 12.5},
}  # fmt: skip
IN_POD = {"labels": {"io.kubernetes.pod.uid": "u1"}}
CLUSTER = {
    "restarts": {"app": 5},
    "resources": {
        "app": {"limits": {"cpu": "500m", "memory": "64Mi"}, "requests": {"cpu": "250m"}},
        "helper": {"limits": {"cpu": 1, "memory": "1G"}, "requests": {"cpu": "0.5"}},
    },
}


def of(field: str, **more: Any) -> Any:
    return ContainerFields([field]).of(LIMITED | more)[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container.cpu.limit", 50.0),
        ("container.memory.limit", 64 << 20),
        ("container.memory.used", 32 << 20),
        ("container.memory.of_limit", 50.0),
        ("container.cpu.throttled", 12.5),
        ("container.restarts", 2),
        ("container.cpu.request", None),  # shares that somebody else set are no request
        ("k8s.pod.cpu.limit", None),
    ],
)
def test_what_the_runtime_and_the_control_groups_say(field: str, value: object) -> None:
    assert of(field) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container.cpu.request", 25.0),
        ("container.restarts", 5),
        ("k8s.pod.cpu.limit", 150.0),
        ("k8s.pod.cpu.request", 75.0),
        ("k8s.pod.memory.limit", (64 << 20) + 10**9),
    ],
)
def test_what_the_api_server_says_of_a_pod(field: str, value: object) -> None:
    assert of(field, k8s=CLUSTER) == value


def test_a_pod_with_a_container_without_limit_has_none() -> None:
    helper = {"resources": {**CLUSTER["resources"], "helper": {"requests": {"cpu": "1"}}}}
    assert of("k8s.pod.cpu.limit", k8s=helper) is None
    assert of("k8s.pod.cpu.request", k8s=helper) == 125.0


@pytest.mark.parametrize(("shares", "percent"), [(512, 50.0), (2, None), (0, None)])
def test_shares_of_a_pods_container_are_what_it_requests(shares: int, percent: float | None) -> None:
    assert of("container.cpu.request", cpu_shares=shares, **IN_POD) == percent


@pytest.mark.parametrize(
    "value", [None, "text", [], {}, -1, 0, True, 2**63 - 4096, 10**400, float("nan"), {"app": None}, {"app": {"limits": 5}}]
)
@pytest.mark.parametrize("member", ["cpu_quota", "cpu_period", "cpu_shares", "memory_limit", "restart_count", "cgroup", "k8s", "labels"])
def test_members_of_any_shape(member: str, value: object) -> None:
    names = [
        "container.cpu.limit", "container.cpu.request", "container.cpu.throttled", "container.memory.limit", "container.memory.used",
        "container.memory.of_limit", "container.restarts", "k8s.pod.cpu.limit", "k8s.pod.memory.limit",
    ]  # fmt: skip
    assert len(ContainerFields(names).of(LIMITED | IN_POD | {member: value})) == len(names)
    for inside in ("resources", "restarts"):
        assert len(ContainerFields(names).of(LIMITED | {"k8s": {inside: value}})) == len(names)


def test_cpu_in_percent_of_the_limit_is_that_of_the_thread() -> None:
    told = simple("CONTAINER_JSON_2_E", -1, json.dumps({"container": LIMITED | {"id": DOCKER_ID[:12]}}).encode() + b"\0")
    ticks = [simple("PROCINFO_E", 10, i64(user), i64(system)) for user, system in ((10, 5), (17, 8))]
    cgroups = f"cpuset=/docker/{DOCKER_ID}\0".encode()
    data = capture(told, execve(10, cgroups=cgroups), *ticks)
    assert values(data, "thread.cpu", "container.cpu.of_limit", "container.cpu.of_request")[-1] == (10.0, 20.0, None)
