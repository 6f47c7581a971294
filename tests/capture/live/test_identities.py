"""What the kernel does not say about a thread."""

from typing import Any

from csyspy.capture.live.identities import CONTAINER_FIELDS, HOST, Identities

TEXTS = {field for field, value in zip(CONTAINER_FIELDS, HOST, strict=True) if isinstance(value, str)}
ID = "c0ffee" + "1" * 58
POD: dict[str, Any] = {
    "id": ID[:12], "name": "web", "type": 7, "image": "nginx:1",
    "labels": {"io.kubernetes.pod.uid": "u1", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop"},
    "k8s": {
        "labels": {"app": "web", "io.kubernetes.x": "y"},
        "ns": {"id": "n1", "name": "shop", "labels": {"team": "a"}},
        "rs": {"id": "r1", "name": "web-5", "labels": {}},
        "svc": [{"id": "s1", "name": "front", "labels": {"b": "", "a": "1"}}, {"id": "s2", "name": "back", "labels": {}}],
    },
}  # fmt: skip


class Metadata:
    """Knows a container from the second asking on."""

    def __init__(self) -> None:
        self.wanted: list[str] = []

    def want(self, container_id: str) -> None:
        self.wanted.append(container_id)

    def get(self, container_id: str) -> None:
        return None

    def news(self) -> "Metadata":
        return self

    def take(self) -> list[dict[str, Any]]:
        return [POD]


def of(identities: Identities, row: Any, field: str) -> str:
    return str(row[CONTAINER_FIELDS.index(field)])


def test_the_host_has_a_value_for_every_field():
    assert len(HOST) == len(CONTAINER_FIELDS)


def test_a_gone_process_is_found_by_the_path_that_the_kernel_remembers():
    identities = Identities(Metadata())
    identities.path_of = {7: b"/kubepods/pod1/" + ID.encode()}.get
    row = identities.container((1, 7), 2**22 + 1)
    assert list(row[:3]) == [ID[:12], ID[:12], "docker"]
    assert len(row) == len(CONTAINER_FIELDS)
    assert row[CONTAINER_FIELDS.index("container.privileged")] is None, "nobody has said that it is not"


def test_what_runtime_and_cluster_say_arrives_in_place():
    identities = Identities(Metadata())
    identities.path_of = {7: b"/kubepods/pod1/" + ID.encode()}.get
    row = identities.container((1, 7), 2**22 + 1)
    identities.forget()
    assert list(row[:4]) == [ID[:12], "web", "containerd", "nginx:1"]
    values = {field: of(identities, row, field) for field in CONTAINER_FIELDS if field.startswith("k8s.") and field in TEXTS}
    assert values == {
        "k8s.pod.id": "u1", "k8s.pod.name": "web-0", "k8s.pod.labels": "app:web", "k8s.pod.image": "nginx:1",
        "k8s.ns.name": "shop", "k8s.ns.id": "n1",
        "k8s.ns.labels": "team:a", "k8s.rc.id": "", "k8s.rc.name": "", "k8s.rc.labels": "", "k8s.rs.id": "r1", "k8s.rs.name": "web-5",
        "k8s.rs.labels": "", "k8s.svc.id": "s1, s2", "k8s.svc.name": "front, back", "k8s.svc.labels": "a:1, b",
        "k8s.deployment.id": "", "k8s.deployment.name": "", "k8s.deployment.labels": "",
    }  # fmt: skip
