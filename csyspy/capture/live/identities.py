"""What the kernel does not say about a thread: its user's name, its container, its command line."""

import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from csyspy.containers import container_of
from csyspy.containers.node import Container, NodeMetadata

_LABELS: Final = {
    "k8s.pod.id": "io.kubernetes.pod.uid", "k8s.pod.name": "io.kubernetes.pod.name", "k8s.ns.name": "io.kubernetes.pod.namespace",
}  # fmt: skip
_OWNERS: Final = ("rc", "rs", "svc", "deployment")
CONTAINER_FIELDS: Final = (
    "container.id", "container.name", "container.type", "container.image", *_LABELS, "k8s.ns.id", "k8s.ns.labels", "k8s.pod.labels",
    *(f"k8s.{owner}.{part}" for owner in _OWNERS for part in ("id", "name", "labels")),
)  # fmt: skip
"""What `container` tells, in its order."""
_KUBELET: Final = ("annotation.", "io.kubernetes.")
"""What labels begin with that nobody but Kubernetes itself wrote."""
_OF_CLUSTER: Final = len(CONTAINER_FIELDS) - 4
HOST: Final = ("host", "host", "host", *[""] * (_OF_CLUSTER + 1))
# libs: container_engine/sinsp_container_type.h
_ENGINES: Final = {
    0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 6: "cri", 7: "containerd", 8: "cri-o", 9: "bpm", 11: "podman",
    100: "nspawn",
}  # fmt: skip
LISTEN: Final = "0A"


class Identities:
    """Each question is asked once per new value; the tables keep the answers."""

    def __init__(self, metadata: NodeMetadata | None = None) -> None:
        self.path_of: Callable[[int], bytes | None] = lambda cgroup: None
        """What the kernel remembers of a control group by its id, for processes that are gone."""
        self._listening: frozenset[int] | None = None
        self._metadata = metadata
        self._containers: dict[str, list[str]] = {}

    def forget(self) -> None:
        """Look anew at what changes by itself: call it at each sample."""
        self._listening = None
        if self._metadata is not None:
            for container in self._metadata.take():
                row = self._containers.get(container["id"])
                if row is not None:
                    _describe(row, container)

    def listens(self, protocol: str, port: int) -> bool:
        """Whether a TCP socket of this machine listens on the port."""
        if protocol != "tcp":
            return False
        if self._listening is None:
            self._listening = frozenset(_listening("/proc/net/tcp")) | frozenset(_listening("/proc/net/tcp6"))
        return port in self._listening

    def user(self, uid: int) -> str:
        """The user's name, or the number where nobody has it."""
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def container(self, cgroups: tuple[int, int], pid: int) -> Sequence[str]:
        """CONTAINER_FIELDS of a process in those control groups, which may be gone.

        The name is the id until the runtime has told one; it then changes in place."""
        found = container_of(_cgroups(pid) or [(b"", path) for path in map(self.path_of, cgroups) if path is not None])
        if found is None:
            return HOST
        container_id, kind, name = found
        row = self._containers.get(container_id)
        if row is None:
            row = self._containers[container_id] = [container_id, name or container_id, _ENGINES.get(kind, ""), *[""] * (_OF_CLUSTER + 1)]
            if self._metadata is not None:
                self._metadata.want(container_id)
                known = self._metadata.get(container_id)
                if known is not None:
                    _describe(row, known)
        return row

    def exeline(self, pid: int) -> str | None:
        """The command line, words separated by blanks; None where there is none."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read(4096).rstrip(b"\0 ").replace(b"\0", b" ").decode("utf-8", "surrogateescape") or None
        except OSError:
            return None


def _describe(row: list[str], container: Container) -> None:
    row[1] = container["name"] or row[0]
    row[2] = _ENGINES.get(container["type"], row[2])
    row[3] = container["image"]
    cluster = container.get("k8s") or {}
    row[4:] = [
        *(container["labels"].get(label, "") for label in _LABELS.values()),
        *(_of_owners(cluster.get("ns"), part) for part in ("id", "labels")),
        _joined({key: value for key, value in _pod_labels(container, cluster).items() if not key.startswith(_KUBELET)}),
        *(_of_owners(cluster.get(owner), part) for owner in _OWNERS for part in ("id", "name", "labels")),
    ]


def _pod_labels(container: Container, cluster: Mapping[str, Any]) -> Mapping[str, str]:
    """Labels of the pod: the API server has the newest."""
    found = cluster.get("labels") or container.get("pod_sandbox_labels")
    return found if isinstance(found, dict) else {}


def _of_owners(found: Any, part: str) -> str:
    """That part of an object of the cluster, or of several, joined by commas (as csyspy/engine/extract/k8s.pyx has it)."""
    entries = [entry for entry in (found if isinstance(found, list) else [found]) if isinstance(entry, dict)]
    texts = [_joined(entry.get(part) or {}) if part == "labels" else str(entry.get(part) or "") for entry in entries]
    return ", ".join(text for text in texts if text)


def _joined(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}:{labels[key]}" if labels[key] else key for key in sorted(labels))


def _cgroups(pid: int) -> list[tuple[bytes, bytes]]:
    """(subsystem, path) pairs of a process; none where it is gone."""
    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            lines = [line.split(b":", 2) for line in file.read().split(b"\n")]
    except OSError:
        return []
    return [(fields[1], fields[2]) for fields in lines if len(fields) == 3]


def _listening(path: str) -> Iterator[int]:
    try:
        with open(path) as file:
            next(file, None)
            for line in file:
                _, local, _, state, _ = line.split(maxsplit=4)
                if state == LISTEN:
                    yield int(local.rpartition(":")[2], 16)
    except (OSError, ValueError):
        return
