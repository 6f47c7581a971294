"""All that is known of the containers of this machine: what the runtimes say, and what the cluster adds to it.

The result is the JSON of container events, with a member `k8s` where an API server was asked (PodStore.describe), so that one form serves
rows, events and captures.
"""

import threading
from collections.abc import Sequence
from typing import Any, Final

from csyspy.containers.info import ContainerInfo
from csyspy.containers.kubernetes import ClusterWatch, PodStore
from csyspy.containers.service import MetadataService
from csyspy.containers.sockets import USUAL, found, open_runtime

POD_UID: Final = "io.kubernetes.pod.uid"
Container = dict[str, Any]
"""The object `container` of a container event."""


class NodeMetadata:
    """Containers by id, found in the background. No method waits but `settle`."""

    def __init__(self, service: MetadataService, pods: PodStore | None = None, cluster: ClusterWatch | None = None) -> None:
        self._service = service
        self._pods = pods
        self._cluster = cluster
        self._known: dict[str, Container] = {}
        self._changes: dict[str, int] = {}
        """Id -> the number of its last change; in the order of these."""
        self._last_change = 0
        self._learning = threading.Lock()
        """Held by one reader at a time. Pods are asked meanwhile, so that `pods_changed`, which they call, must not take it."""
        self._stale_lock = threading.Lock()
        self._stale: set[str] = set()

    def want(self, container_id: str) -> None:
        """See that the container becomes known."""
        self._service.want(container_id)

    def get(self, container_id: str) -> Container | None:
        """What is known of a container, by its shortened id; None while nothing is."""
        known = self._known.get(container_id)
        if known is not None:
            return known
        info = self._service.get(container_id)
        return self._described(info) if info is not None else None

    def news(self) -> "News":
        """For one who wants to be told of containers."""
        return News(self)

    def changed_since(self, change: int) -> tuple[list[Container], int]:
        """The containers of which something new has become known after a change, by its number, and the number of the last one."""
        self._learn()
        if change == self._last_change:
            return [], change
        with self._learning:
            fresh = []
            for container_id in reversed(self._changes):
                if self._changes[container_id] <= change:
                    break
                fresh.append(self._known[container_id])
            return fresh[::-1], self._last_change

    def _learn(self) -> None:
        """Take over what the runtimes and the cluster have told."""
        if not self._stale and not self._service.has_news:  # asked for with every batch of events: no lock for nothing
            return
        with self._learning:
            fresh = {info.id: info for info in self._service.take()}
            with self._stale_lock:
                stale, self._stale = self._stale, set()
            for container_id, container in self._known.items():
                if container_id not in fresh and container["labels"].get(POD_UID) in stale:
                    info = self._service.get(container_id)
                    if info is not None:
                        fresh[container_id] = info
            for info in fresh.values():
                self._known[info.id] = self._described(info)
                self._last_change += 1
                self._changes.pop(info.id, None)
                self._changes[info.id] = self._last_change

    def pods_changed(self, uids: set[str]) -> None:
        """Their containers are to be described anew; PodStore calls this on its own threads."""
        with self._stale_lock:
            self._stale |= uids

    def _described(self, info: ContainerInfo) -> Container:
        container = info.as_json()
        cluster = self._pods.describe(info.labels.get(POD_UID, "")) if self._pods is not None else None
        if cluster is not None:
            container["k8s"] = cluster
        return container

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is being looked up; False where that takes longer."""
        if self._cluster is not None:
            self._cluster.synced(timeout_s)
        return self._service.settle(timeout_s)

    @property
    def asked_node(self) -> str:
        """The node whose pods an API server is asked about; empty where none is asked."""
        return self._cluster.node if self._cluster is not None else ""

    def looked_for(self) -> list[str]:
        """Where names of containers are asked for, and where nobody listens, a line each: for a screen that has no container to show."""
        notes = self._service.notes()
        lines = [f"{note.name} at {note.socket}: {note.fault or 'is there'}" for note in notes]
        missing = dict.fromkeys(entry.kind for entry in USUAL if entry.kind not in {note.name for note in notes})
        lines += [f"{kind}: nobody listens at {_usual(kind)}" for kind in missing]
        return lines

    def faults(self) -> list[str]:
        """What does not answer as it should, a line each."""
        lines = [f"{note.name}: {note.fault}" for note in self._service.notes() if note.fault]
        if self._cluster is not None:
            lines += [f"kubernetes, {kind}: {fault}" for kind, fault in sorted(self._cluster.notes().items())]
        return lines

    def close(self) -> None:
        """Stop asking."""
        self._service.close()
        if self._cluster is not None:
            self._cluster.close()


class News:
    """What one reader has not been told yet. There may be several, in threads of their own: each is told of all containers, and begins with
    those that are known already."""

    def __init__(self, node: NodeMetadata) -> None:
        self._node = node
        self._told = 0

    def take(self) -> list[Container]:
        """The containers of which something new has become known since the last call."""
        fresh, self._told = self._node.changed_since(self._told)
        return fresh


def _usual(kind: str) -> str:
    return ", ".join(entry.path for entry in USUAL if entry.kind == kind)


def open_node(
    cri: Sequence[str] = (),
    docker_host: str = "",
    kubeconfig: str | None = None,
    node_name: str = "",
    cri_timeout_s: float | None = None,
) -> NodeMetadata:
    """Metadata of this machine's containers, from the sockets found and those given.

    ``cri_timeout_s`` is how long each answer of a CRI runtime may take. ``kubeconfig`` is a file, an empty text for the usual places, None
    for no cluster; in a pod with a service account the cluster is asked without being told. Raises UsageError for an address that cannot
    be one."""
    from csyspy.containers.kubernetes.client import KubernetesApi, in_cluster

    service = MetadataService([open_runtime(entry, cri_timeout_s) for entry in found(cri, docker_host)])
    if kubeconfig is None and not in_cluster():
        return NodeMetadata(service)
    pods = PodStore()
    node = NodeMetadata(service, pods, ClusterWatch(lambda: KubernetesApi(kubeconfig or ""), pods, node=node_name))
    pods.changed = node.pods_changed
    return node
